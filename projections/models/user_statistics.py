"""The read model of a user's statistics: what they tried and solved, in which languages, on which days."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC
from typing import Final

from projections.models.model import Model
from projections.models.problem_statistics import (
    Counts,
    LanguageCounts,
    counts_of,
    languages_of,
    rate_of,
    verdicts_of,
)
from projections.models.statistic_rows import Outcome, StatisticRows
from schemas.cassandra import Cassandra, Row
from schemas.ids import UserId
from schemas.values import Verdict

VERSION: Final = 1

ROWS: Final = StatisticRows(table="user_statistics", owner=lambda outcome: outcome.user_id, shards=1)
"""Nobody submits more than some ten thousand times."""

USER_STATISTICS_MODEL: Final[Model] = ROWS.model(VERSION)


class DayCounts(Counts):
    """The same of one day, in UTC."""

    day: str


class UserStatistics(Counts):
    """A user's figures; problems are named in the order of their ids, days that have submissions in theirs."""

    acceptance_rate: float | None
    tried: list[str]
    solved: list[str]
    verdicts: dict[str, int]
    languages: list[LanguageCounts]
    days: list[DayCounts]


def read_user_statistics(cassandra: Cassandra, user_id: UserId) -> AsyncIterator[list[Row]]:
    """Their rows, some at a time."""
    return ROWS.read(cassandra, user_id)


def user_statistics(outcomes: Iterable[Outcome]) -> UserStatistics:
    """The figures of these submissions, whose verdicts are None where they may not be seen."""
    every = list(outcomes)
    counts = counts_of(every)
    return {
        **counts,
        "acceptance_rate": rate_of(counts),
        "tried": sorted({it.problem_id for it in every}),
        "solved": sorted({it.problem_id for it in every if it.verdict is Verdict.AC}),
        "verdicts": verdicts_of(every),
        "languages": languages_of(every),
        "days": _days(every),
    }


def _days(outcomes: Iterable[Outcome]) -> list[DayCounts]:
    of_day: dict[str, list[Outcome]] = {}
    for one in outcomes:
        of_day.setdefault(one.submitted_at.astimezone(UTC).date().isoformat(), []).append(one)
    return [{"day": day, **counts_of(of_day[day])} for day in sorted(of_day)]
