"""The read model of a problem's statistics: how often it was tried and solved, by whom, in what and how fast."""

from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypedDict

from projections.models.model import Model
from projections.models.statistic_rows import Outcome, StatisticRows
from schemas.cassandra import Cassandra, Row
from schemas.ids import ProblemId
from schemas.values import Verdict

VERSION: Final = 1

ROWS: Final = StatisticRows(table="problem_statistics", owner=lambda outcome: outcome.problem_id, shards=8)
"""A problem may have a hundred thousand submissions: 20 MB in eight partitions."""

PROBLEM_STATISTICS_MODEL: Final[Model] = ROWS.model(VERSION)

BOUNDS_MS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
"""Upper bounds of the buckets of CPU time, each with its bound; a last one has what is slower."""

UNDECIDED: Final = frozenset({Verdict.JUDGE_ERROR, Verdict.UNKNOWN})
"""Our own failures say nothing about a program, so they count as not judged."""


class Counts(TypedDict):
    """`judged` of the submissions have a verdict that may be seen, of which `accepted` are AC."""

    submissions: int
    judged: int
    accepted: int


class LanguageCounts(Counts):
    """The same in one language."""

    language: str


class CpuTimes(TypedDict):
    """How many accepted programs took at most each of `bounds_ms`, and more than the one before; one bucket more."""

    bounds_ms: list[int]
    accepted: list[int]


class ProblemStatistics(Counts):
    """A problem's figures; `acceptance_rate` is null where nothing is judged. Users are counted once each."""

    acceptance_rate: float | None
    users_tried: int
    users_solved: int
    verdicts: dict[str, int]
    languages: list[LanguageCounts]
    cpu_time: CpuTimes


def read_problem_statistics(cassandra: Cassandra, problem_id: ProblemId) -> AsyncIterator[list[Row]]:
    """Its rows, some at a time."""
    return ROWS.read(cassandra, problem_id)


def problem_statistics(outcomes: Iterable[Outcome]) -> ProblemStatistics:
    """The figures of these submissions, whose verdicts are None where they may not be seen."""
    every = list(outcomes)
    accepted = [it for it in every if it.verdict is Verdict.AC]
    times = [0] * (len(BOUNDS_MS) + 1)
    for one in accepted:
        times[bisect_left(BOUNDS_MS, one.cpu_time_ms)] += 1
    counts = counts_of(every)
    return {
        **counts,
        "acceptance_rate": rate_of(counts),
        "users_tried": len({it.user_id for it in every}),
        "users_solved": len({it.user_id for it in accepted}),
        "verdicts": verdicts_of(every),
        "languages": languages_of(every),
        "cpu_time": {"bounds_ms": list(BOUNDS_MS), "accepted": times},
    }


def counts_of(outcomes: Iterable[Outcome]) -> Counts:
    """How many, how many judged, how many accepted."""
    verdicts = [it.verdict for it in outcomes]
    judged = [verdict for verdict in verdicts if is_decided(verdict)]
    return {"submissions": len(verdicts), "judged": len(judged), "accepted": judged.count(Verdict.AC)}


def is_decided(verdict: Verdict | None) -> bool:
    """Whether it says something about a program."""
    return verdict is not None and verdict not in UNDECIDED


def rate_of(counts: Counts) -> float | None:
    """Accepted of judged, 0 to 1."""
    return counts["accepted"] / counts["judged"] if counts["judged"] else None


def verdicts_of(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How often each verdict was reached, the most frequent first."""
    found = Counter(it.verdict.value for it in outcomes if it.verdict is not None)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def languages_of(outcomes: Iterable[Outcome]) -> list[LanguageCounts]:
    """The counts of each language, the most used first."""
    of_language: dict[str, list[Outcome]] = {}
    for one in outcomes:
        of_language.setdefault(one.language, []).append(one)
    every: list[LanguageCounts] = [
        {"language": language, **counts_of(of_language[language])} for language in sorted(of_language)
    ]
    return sorted(every, key=lambda counts: -counts["submissions"])
