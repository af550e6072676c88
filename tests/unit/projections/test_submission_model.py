"""The read model of a submission: what it writes and tells, and that reading it equals the shared fold."""

from dataclasses import replace
from itertools import pairwise

import orjson
from hypothesis import given
from hypothesis import strategies as st

from projections.models.model import STAGE, Fact, joined
from projections.models.submission import submission_of, tell, version_of
from projections.models.submission_body import submission_body
from projections.models.submission_past import before
from schemas.events import CaseJudged, Event, JudgingStarted
from schemas.ids import judging_id
from schemas.rules.submission import Judged, Received, Shown, Submission, Unreceived, current, evolve, initial
from schemas.rules.visibility import Sight
from schemas.topics import JUDGINGS, SUBMISSIONS, VERDICTS
from schemas.values import Verdict
from tests.unit.projections.stories import NOON, Log, attempt, case, received, started, submission, verdict
from tests.unit.projections.tables import Tables

WHOLE_STORY = (received(), started(), case(index=0), case(index=1), case(index=2), verdict())


def told(*events: Event) -> Tables:
    return projected(Log().tell(*events))


def projected(facts: list[Fact]) -> Tables:
    tables = Tables()
    tables.apply(joined(map(tell, facts)).writes)
    return tables


def read(tables: Tables, number: int = 1) -> Received:
    found = submission_of(submission(number), tables.rows("submissions", submission(number)))
    assert found is not None
    return found


def test_a_submission_without_judging_is_queued() -> None:
    body = submission_body(read(told(received())), version=0)
    assert (body["state"], body["cases"], body["verdict"]) == ("queued", [], None)
    assert body["submitted_at"] == NOON.isoformat()


def test_files_come_back_byte_for_byte() -> None:
    assert read(told(received())).accepted.files == received().files


def test_a_started_attempt_shows_its_cases_as_they_end() -> None:
    body = submission_body(read(told(received(), started(), case(index=0), case(index=1))), version=0)
    assert (body["state"], [one["case"] for one in body["cases"]], body["problem_cases"]) == ("running", ["1", "2"], 3)


def test_a_case_tells_whether_it_was_run() -> None:
    run, stored = case(index=0), case(index=1)
    stored = replace(stored, result=replace(stored.result, from_stored_output=True))
    body = submission_body(read(told(received(), started(), run, stored)), version=0)
    assert [one["from_stored_output"] for one in body["cases"]] == [False, True]


def test_cases_of_a_lost_attempt_are_not_shown() -> None:
    body = submission_body(read(told(received(), started(), case(index=0), started(start=1), case(index=1))), version=0)
    assert (body["state"], body["cases"], body["attempt_id"]) == ("compiling", [], attempt(1, 1))


def test_the_first_verdict_counts_whichever_attempt_it_is_of() -> None:
    read_back = read(told(received(), verdict(start=1, said=Verdict.WA), verdict(start=0)))
    assert submission_body(read_back, version=0)["verdict"] == "WA"
    assert read_back.judgings[0].differing_repeats == 1  # type: ignore[union-attr]  # it is judged


def test_a_repeated_start_of_a_lost_attempt_is_no_later_attempt() -> None:
    body = submission_body(read(told(received(), started(), started(start=1), started(), case(start=1))), version=0)
    assert (body["attempt_id"], len(body["cases"])) == (attempt(1, 1), 1)


def test_the_first_result_of_a_case_stays() -> None:
    again = case(index=0, verdict=Verdict.WA)
    body = submission_body(read(told(received(), started(), case(index=0), again)), version=0)
    assert [one["verdict"] for one in body["cases"]] == ["AC"]


def test_the_first_acceptance_stays() -> None:
    assert read(told(received(), received(user="eve"))).accepted.user_id == "ada"


def test_a_verdict_that_is_here_first_tells_what_was_submitted() -> None:
    body = submission_body(read(told(verdict())), version=0)
    assert (body["state"], body["user_id"], body["problem_id"]) == ("judged", "ada", "sum")


def test_progress_alone_is_no_submission() -> None:
    assert submission_of(submission(1), told(started(), case()).rows("submissions", submission(1))) is None


def test_what_is_hidden_looks_exactly_like_a_queued_one() -> None:
    queued, judged = (
        submission_body(read(told(*story)), Sight.AS_QUEUED, version=9) for story in (WHOLE_STORY[:1], WHOLE_STORY)
    )
    assert queued == judged


def test_versions_grow_with_the_state() -> None:
    versions = [one.version for one in joined(map(tell, Log().tell(*WHOLE_STORY))).announcements]
    assert all(earlier < later for earlier, later in pairwise(versions))
    assert versions[-1] < 2**53


def test_a_later_verdict_has_a_lower_version_than_the_first() -> None:
    first, later = joined(map(tell, Log().tell(verdict(), verdict(start=1)))).announcements
    assert first.version > later.version > STAGE


def test_a_snapshot_has_the_version_of_the_message_that_brought_it_there() -> None:
    facts = Log().tell(*WHOLE_STORY)
    for count, fact in enumerate(facts, 1):
        rows = projected(facts[:count]).rows("submissions", submission(1))
        assert version_of(submission(1), rows) == tell(fact).announcements[0].version


def test_the_verdict_message_is_what_a_get_answers() -> None:
    facts = Log().tell(*WHOLE_STORY)
    rows = projected(facts).rows("submissions", submission(1))
    message = orjson.loads(tell(facts[-1]).announcements[0].data)
    assert message == submission_body(read(projected(facts)), version=version_of(submission(1), rows))


def test_a_judging_of_a_rejudging_is_kept_and_not_announced() -> None:
    (fact,) = Log().tell(verdict(said=Verdict.WA, rejudging="r1"))
    assert tell(fact).writes
    assert tell(fact).announcements == ()
    tables = told(received(), verdict(), verdict(said=Verdict.WA, rejudging="r1"))
    assert current(read(tables)).judging_id == judging_id(submission(1))  # type: ignore[union-attr]  # it is judged


EVENTS = st.one_of(
    st.builds(received, st.integers(1, 2)),
    st.builds(started, st.integers(1, 2), st.integers(0, 2)),
    st.builds(case, st.integers(1, 2), st.integers(0, 2), st.integers(0, 2)),
    st.builds(lambda number, start: verdict(number, start, list(Verdict)[start]), st.integers(1, 2), st.integers(0, 2)),
)
ORDERS = st.lists(st.sampled_from((SUBMISSIONS, JUDGINGS, VERDICTS)), max_size=60)


@given(st.lists(EVENTS, max_size=20), ORDERS, ORDERS)
def test_any_interleaving_and_any_repeat_leave_the_same_rows(events: list[Event], one: list, other: list) -> None:  # type: ignore[type-arg]  # of topics
    log = Log()
    log.tell(*events)
    once = projected(log.interleaved(one))
    twice = projected(log.interleaved(other) + log.interleaved(one)[::-1])
    assert once.cells == twice.cells


@given(st.lists(EVENTS, max_size=20), ORDERS)
def test_what_is_read_equals_the_shared_fold(events: list[Event], order: list) -> None:  # type: ignore[type-arg]  # of topics
    log = Log()
    log.tell(*begun(events))
    facts = log.interleaved(order)
    tables = projected(facts)
    for number in (1, 2):
        folded: Submission = initial(submission(number))
        for fact in facts:
            folded = evolve(folded, fact.event)
        found = submission_of(submission(number), tables.rows("submissions", submission(number)))
        if isinstance(folded, Unreceived):
            assert found is None or found.accepted.files == ()
        else:
            assert found is not None
            assert (found.accepted, shown(found)) == (folded.accepted, shown(folded))


@given(st.lists(EVENTS, max_size=20), ORDERS, st.data())
def test_before_an_offset_it_is_what_it_was_then(events: list[Event], order: list, data: st.DataObject) -> None:  # type: ignore[type-arg]  # of topics
    log = Log()
    log.tell(*events)
    facts = log.interleaved(order)
    then = facts[: data.draw(st.integers(0, len(facts)))]
    ends = {topic.name: sum(fact.position.topic == topic.name for fact in then) for topic in log.of_topic}
    for number in (1, 2):
        rows = [before(row, ends) for row in projected(facts).rows("submissions", submission(number))]
        were = projected(then).rows("submissions", submission(number))
        assert submission_of(submission(number), rows) == submission_of(submission(number), were)
        assert version_of(submission(number), rows) == version_of(submission(number), were)


def begun(events: list[Event]) -> list[Event]:
    """Without cases of attempts that have not started before: an executor appends its start first."""
    started_ids: set[str] = set()
    kept: list[Event] = []
    for event in events:
        if isinstance(event, JudgingStarted):
            started_ids.add(event.attempt_id)
        if not isinstance(event, CaseJudged) or event.attempt_id in started_ids:
            kept.append(event)
    return kept


def shown(submission: Received) -> Shown:
    """Without the count of differing repeats: the fold counts records, the rows attempts, of which a repeat is none."""
    now = current(submission)
    return replace(now, differing_repeats=0) if isinstance(now, Judged) else now
