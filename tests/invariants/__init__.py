"""A checker of the invariants that stands beside the product: it reads the raw log and imports nothing of ours.

`python -m tests.invariants` reads every topic from offset 0, folds it by rules written here a second time, and holds
against that what the public interface answers. It prints each violation and exits 1 where there is any.
"""
