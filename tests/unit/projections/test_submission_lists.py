"""Lists of submissions: what a line says, in which lists it stands, and that order does not matter."""

from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.models.model import Fact, joined
from projections.models.submission_lists import (
    OF_CONTEST,
    OF_PROBLEM,
    OF_USER,
    Place,
    SubmissionLine,
    SubmissionList,
    line_body,
)
from schemas.rules.visibility import Sight
from schemas.topics import SUBMISSIONS, VERDICTS
from schemas.values import Verdict
from tests.unit.projections.stories import NOON, Log, received, submission, verdict
from tests.unit.projections.tables import Tables

LISTS = (OF_USER, OF_PROBLEM, OF_CONTEST)


def projected(facts: list[Fact], *lists: SubmissionList) -> Tables:
    tables = Tables()
    for one in lists or LISTS:
        tables.apply(joined(map(one.tell, facts)).writes)
    return tables


def test_a_submission_stands_in_the_list_of_its_user_problem_and_contest() -> None:
    tables = projected(Log().tell(received(contest="finals")))
    assert [row["submission_id"] for row in tables.rows("user_submissions", "ada", "202609")] == [submission(1)]
    assert [row["submission_id"] for row in tables.rows("problem_submissions", "sum", "20260901")] == [submission(1)]
    assert len(tables.cells["contest_submissions"]) == 1
    assert [row["bucket"] for row in tables.rows("user_submissions_buckets", "ada")] == ["202609"]


def test_a_practice_submission_stands_in_no_contest() -> None:
    assert "contest_submissions" not in projected(Log().tell(received(), verdict())).cells


def test_a_user_is_told_of_acceptance_and_verdict_by_whole_lines() -> None:
    accepted, judged = joined(map(OF_USER.tell, Log().tell(received(), verdict(said=Verdict.WA)))).announcements
    assert (accepted.channel, judged.channel) == ("user:ada", "user:ada")
    before, after = orjson.loads(accepted.data), orjson.loads(judged.data)
    assert before["state"] == "queued"
    unchanged = {"submission_id", "user_id", "team_id", "problem_id", "contest_id", "language", "submitted_at"}
    assert {name: before[name] for name in unchanged} == {name: after[name] for name in unchanged}
    assert (after["state"], after["verdict"], after["cpu_time_ms"]) == ("judged", "WA", 5)
    assert before["version"] < after["version"]


def test_the_first_verdict_stays_in_the_line() -> None:
    tables = projected(Log().tell(received(), verdict(said=Verdict.WA), verdict(start=1, said=Verdict.AC)))
    (row,) = tables.rows("user_submissions", "ada", "202609")
    assert orjson.loads(row["judged"])["outcome"]["verdict"] == "WA"


def test_a_line_that_is_hidden_has_no_trace_of_its_verdict() -> None:
    lines = [OF_USER.tell(fact).announcements[0] for fact in Log().tell(received(), verdict())]
    assert lines[0].data != lines[1].data
    queued = SubmissionLine(
        submission_id=submission(1),
        user_id=received().user_id,
        team_id=None,
        problem_id=received().problem_id,
        contest_id=None,
        language=received().language,
        submitted_at=NOON,
        outcome=None,
        version=7,
    )
    assert line_body(queued, Sight.AS_QUEUED)["version"] == 0


def test_a_verdict_of_a_rejudging_does_not_touch_the_lists() -> None:
    (fact,) = Log().tell(verdict(rejudging="r1"))
    assert all(one.tell(fact).writes == () for one in LISTS)


@pytest.mark.parametrize("text", ["", "1", "x.y", "-1.a", "1.", "9" * 30 + ".a"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a place is"):
        Place.parse(text)


def test_a_place_survives_being_told() -> None:
    place = Place(int(NOON.timestamp()) * 1_000_000, submission(1))
    assert Place.parse(str(place)) == place


EVENTS = st.one_of(
    st.builds(received, st.integers(1, 3)),
    st.builds(verdict, st.integers(1, 3), st.integers(0, 1), st.sampled_from(Verdict)),
)


@given(st.lists(EVENTS, max_size=15), st.lists(st.sampled_from((SUBMISSIONS, VERDICTS))), st.randoms())
def test_any_interleaving_and_any_repeat_leave_the_same_rows(events, order, random) -> None:  # type: ignore[no-untyped-def]
    log = Log()
    log.tell(*events)
    shuffled = log.interleaved([])
    random.shuffle(shuffled)
    assert projected(log.interleaved(order)).cells == projected(shuffled + log.interleaved([])).cells


def test_a_month_ends_at_midnight_utc() -> None:
    last_minute = (NOON.replace(day=30, hour=23, minute=59) - NOON) / timedelta(minutes=1)
    tables = projected(Log().tell(received(1, minute=last_minute), received(2, minute=last_minute + 1)), OF_USER)
    assert [row["bucket"] for row in tables.rows("user_submissions_buckets", "ada")] == ["202609", "202610"]
