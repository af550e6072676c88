"""A submission's rows as they were: without what its topics said later."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.cassandra import Row
from schemas.topics import JUDGINGS, SUBMISSIONS, VERDICTS

Ends = Mapping[str, int]
"""By topic the first offset, in the partition that tells of the submission, that is not to count."""

NO_ENDS: Final[Ends] = MappingProxyType({})

TOLD_BY: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    SUBMISSIONS.name: {"received_offset": ("received", "files")},
    JUDGINGS.name: {"started_offset": ("started",), "case_offset": ("judged_case",)},
    VERDICTS.name: {"verdict_offset": ("verdict",)},
}
"""The columns that a topic feeds, by the one with its offset."""


def before(row: Row, ends: Ends) -> Row:
    """The row without what its topics said from those offsets on.

    Of several records for one column the first counts, whatever came after it, so that nothing is missing.
    """
    later = [
        column
        for topic, end in ends.items()
        for offset, told in TOLD_BY.get(topic, {}).items()
        if row[offset] is not None and row[offset] >= end
        for column in (offset, *told)
    ]
    return {**row, **dict.fromkeys(later)}
