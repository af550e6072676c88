"""Statistics: the same rows however they came, figures by hand, and what rejudgings move."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.models.model import Fact, joined
from projections.models.problem_statistics import ROWS as OF_PROBLEMS
from projections.models.problem_statistics import problem_statistics
from projections.models.statistic_rows import Outcome, StatisticRows, outcomes_of
from projections.models.user_statistics import ROWS as OF_USERS
from projections.models.user_statistics import user_statistics
from schemas.events import Event, RejudgingApplied
from schemas.golden_records import example
from schemas.ids import LanguageId, ProblemId, SubmissionId, UserId, judging_id
from schemas.manifests import NowCurrent, current_manifest
from schemas.topics import REJUDGINGS, SUBMISSIONS, VERDICTS
from schemas.values import Position, Verdict
from tests.unit.projections.stories import NOON, Log, received, submission, verdict
from tests.unit.projections.tables import Tables

RECHECK = "recheck"


def projected(facts: list[Fact], rows: StatisticRows = OF_PROBLEMS) -> Tables:
    tables = Tables()
    tables.apply(joined(map(rows.tell, facts)).writes)
    return tables


def outcomes(tables: Tables, rows: StatisticRows = OF_PROBLEMS, owner: str = "sum") -> list[Outcome]:
    found = [row for shard in range(rows.shards) for row in tables.rows(rows.table, owner, shard)]
    return sorted(outcomes_of(found), key=lambda outcome: outcome.submission_id)


def became(number: int, said: Verdict | None, *, offset: int, by: str = RECHECK) -> Fact:
    told = received(number)
    row = NowCurrent(
        submission_id=submission(number),
        user_id=told.user_id,
        team_id=None,
        contest_id=None,
        problem_id=told.problem_id,
        language=told.language,
        submitted_at=told.submitted_at,
        judging_id=judging_id(submission(number), by),
        verdict=said,
        score=0.0,
        cpu_time_ms=7,
        memory_bytes=1,
    )
    position = Position(topic=REJUDGINGS.name, partition=0, offset=offset)
    return Fact(position, example(RejudgingApplied), current_manifest([row]))


def verdicts(facts: list[Fact]) -> list[Verdict | None]:
    return [outcome.verdict for outcome in outcomes(projected(facts))]


def test_a_submission_is_there_once_and_has_its_first_verdict() -> None:
    assert verdicts(Log().tell(received())) == [None]
    assert verdicts(Log().tell(received(), verdict(), verdict(start=1, said=Verdict.WA), received())) == [Verdict.AC]
    assert verdicts(Log().tell(verdict(said=Verdict.WA))) == [Verdict.WA]


def test_verdicts_of_rejudgings_move_nothing_until_they_are_applied() -> None:
    facts = Log().tell(received(), verdict(said=Verdict.WA), verdict(rejudging=RECHECK))
    assert verdicts(facts) == [Verdict.WA]
    applied = became(1, Verdict.AC, offset=4)
    assert verdicts([*facts, applied]) == [Verdict.AC]
    assert verdicts([*facts, applied, became(1, Verdict.WA, offset=5, by="original")]) == [Verdict.WA]
    assert verdicts([became(1, Verdict.WA, offset=5, by="original"), applied, *facts]) == [Verdict.WA]


def test_a_verdict_that_comes_after_the_revert_counts() -> None:
    reverted = became(1, None, offset=5, by="original")
    assert verdicts([*Log().tell(received()), reverted]) == [None]
    assert verdicts([*Log().tell(received(), verdict()), reverted]) == [Verdict.AC]


EVENTS = st.one_of(
    st.builds(received, st.integers(1, 3), user=st.sampled_from(["ada", "bob"])),
    st.builds(lambda number, said: verdict(number, said=said), st.integers(1, 3), st.sampled_from(list(Verdict))),
)
APPLIED = st.builds(
    lambda number, said, offset: became(number, said, offset=offset),
    st.integers(1, 3),
    st.sampled_from([None, *Verdict]),
    st.integers(0, 9),
)
ORDERS = st.lists(st.sampled_from((SUBMISSIONS, VERDICTS)), max_size=30)


@given(st.lists(EVENTS, max_size=12), st.lists(APPLIED, max_size=4, unique_by=lambda it: it.position.offset), st.data())
def test_any_order_and_any_repeat_leave_the_same_rows(
    events: list[Event], applied: list[Fact], data: st.DataObject
) -> None:
    facts = [*Log().tell(*events), *applied]
    mixed = data.draw(st.permutations(facts))
    for rows in (OF_PROBLEMS, OF_USERS):
        assert projected([*mixed, *facts], rows).cells == projected(facts, rows).cells


def outcome(
    number: int,
    said: Verdict | None,
    *,
    user: str = "ada",
    cpu_ms: int = 3,
    language: str = "cpp",
    problem: str = "sum",
) -> Outcome:
    return replace(
        outcomes(projected(Log().tell(received(number))))[0],
        verdict=said,
        user_id=UserId(user),
        cpu_time_ms=cpu_ms,
        submitted_at=NOON + timedelta(hours=6 * number),
        problem_id=ProblemId(problem),
        language=LanguageId(language),
    )


def test_a_problems_figures() -> None:
    figures = problem_statistics(
        [
            outcome(1, Verdict.AC, cpu_ms=0),
            outcome(2, Verdict.AC, cpu_ms=10),
            outcome(3, Verdict.WA, user="bob", cpu_ms=11),
            outcome(4, Verdict.AC, user="bob", cpu_ms=11, language="python3"),
            outcome(5, Verdict.AC, user="eve", cpu_ms=10_001),
            outcome(6, None, user="zed"),
            outcome(7, Verdict.JUDGE_ERROR, user="zed"),
            outcome(8, Verdict.CE, user="zed"),
        ]
    )
    assert figures == {
        "submissions": 8,
        "judged": 6,
        "accepted": 4,
        "acceptance_rate": 4 / 6,
        "users_tried": 4,
        "users_solved": 3,
        "verdicts": {"AC": 4, "CE": 1, "JUDGE_ERROR": 1, "WA": 1},
        "languages": [
            {"language": "cpp", "submissions": 7, "judged": 5, "accepted": 3},
            {"language": "python3", "submissions": 1, "judged": 1, "accepted": 1},
        ],
        "cpu_time": {
            "bounds_ms": [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
            "accepted": [1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        },
    }


def test_a_users_figures() -> None:
    figures = user_statistics(
        [
            outcome(1, Verdict.WA),
            outcome(2, Verdict.AC),
            outcome(3, Verdict.AC),
            outcome(9, None, problem="gcd", language="java"),
        ]
    )
    assert figures == {
        "submissions": 4,
        "judged": 3,
        "accepted": 2,
        "acceptance_rate": 2 / 3,
        "tried": ["gcd", "sum"],
        "solved": ["sum"],
        "verdicts": {"AC": 2, "WA": 1},
        "languages": [
            {"language": "cpp", "submissions": 3, "judged": 3, "accepted": 2},
            {"language": "java", "submissions": 1, "judged": 0, "accepted": 0},
        ],
        "days": [
            {"day": "2026-09-01", "submissions": 1, "judged": 1, "accepted": 0},
            {"day": "2026-09-02", "submissions": 2, "judged": 2, "accepted": 2},
            {"day": "2026-09-03", "submissions": 1, "judged": 0, "accepted": 0},
        ],
    }


@pytest.mark.parametrize("count", [problem_statistics, user_statistics])
def test_of_nothing_there_is_no_rate(count: object) -> None:
    assert callable(count)
    assert count([])["acceptance_rate"] is None


def test_an_outcome_comes_back_as_it_was() -> None:
    contest = received(contest="spring")
    tables = projected(Log().tell(replace(contest, submission_id=SubmissionId(submission(1)))))
    [found] = outcomes(tables)
    assert (found.contest_id, found.team_id, found.submitted_at) == ("spring", "team of ada", contest.submitted_at)
