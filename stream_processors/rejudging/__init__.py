"""The jury's office: decides about rejudgings and releases their jobs, one process at a time, beside the router.

A process of its own, since a decision may read the whole log at full speed, which no submission should wait for.
"""
