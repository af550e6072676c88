"""Rejudgings over HTTP: what stands in the log, and what is refused before it gets there."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from schemas.eventlog.memory_store import Outage
from schemas.events import ProblemRevised, RejudgingChangeRequested, RejudgingOpenRequested
from schemas.http.identity import Role
from schemas.ids import ContestId, LanguageId, ProblemId, RejudgingId, SubmissionId, UserId
from schemas.topics import PROBLEMS, REJUDGING_REQUESTS
from schemas.values import (
    Comparison,
    ComparisonKind,
    JudgingOverride,
    LimitsOverride,
    RejudgingChange,
    RejudgingPriority,
    SubmissionFilter,
    Verdict,
)
from tests.unit.ingest_api.write_side import PROBLEM, START, WriteSide, new_id, refusal_of, running, until_answered

ID = "019f4a3e-5c1b-7d2a-9e0f-000000000001"
OPEN: dict[str, Any] = {"filter": {"problem_ids": ["sum"]}, "reason": "case 3 was wrong"}
WHY: dict[str, Any] = {"reason": "as agreed"}


@pytest.fixture
async def jury(write_side: WriteSide) -> dict[str, str]:
    """A juror, with a contest and its problem."""
    await write_side.create_contest()
    return write_side.token("judy", Role.JURY)


def revision(side: WriteSide) -> str:
    (event,) = side.log.events(PROBLEMS)
    assert isinstance(event, ProblemRevised)
    return event.revision


async def test_what_is_asked_for_stands_in_the_log(write_side: WriteSide, jury: dict[str, str]) -> None:
    override = {
        "problem_revision": revision(write_side),
        "limits": {"cpu_time_ms": 2000},
        "comparison": {"kind": "float", "absolute": 1e-6},
        "all_cases": True,
        "image": "judgestream/cpp:2",
    }
    wanted = {
        "submission_ids": [ID.upper(), ID],
        "problem_ids": ["sum"],
        "contest_ids": ["spring"],
        "languages": ["cpp"],
        "user_ids": ["ada"],
        "verdicts": ["WA", "JUDGE_ERROR"],
        "submitted_from": "2026-11-21T12:30:00.5+01:00",
        "submitted_before": "2026-11-22T00:00:00Z",
    }
    body = {"filter": wanted, "override": override, "reason": " case 3 ", "priority": "urgent", "repeats": 3}
    response = await write_side.http.post("/rejudgings", json=body, headers=jury)
    assert response.status_code == 202, response.text
    (record,) = write_side.log.records(REJUDGING_REQUESTS)
    event = record.event
    assert isinstance(event, RejudgingOpenRequested)
    assert response.json() == {"rejudging_id": event.rejudging_id, "position": str(record.position)}
    assert response.headers["location"] == f"/api/v1/rejudgings/{event.rejudging_id}"
    assert event == RejudgingOpenRequested(
        event_id=event.event_id,
        occurred_at=START,
        caused_by=None,
        rejudging_id=event.rejudging_id,
        requested_by=UserId("judy"),
        reason="case 3",
        filter=SubmissionFilter(
            submission_ids=(SubmissionId(ID),),
            problem_ids=(ProblemId("sum"),),
            contest_ids=(ContestId("spring"),),
            languages=(LanguageId("cpp"),),
            user_ids=(UserId("ada"),),
            verdicts=(Verdict.WA, Verdict.JUDGE_ERROR),
            submitted_from=START - timedelta(minutes=29, seconds=59.5),
            submitted_before=START + timedelta(hours=12),
        ),
        override=JudgingOverride(
            problem_revision=event.override.problem_revision,
            limits=LimitsOverride(cpu_time_ms=2000),
            comparison=Comparison(kind=ComparisonKind.FLOAT, absolute=1e-6),
            all_cases=True,
            image="judgestream/cpp:2",
        ),
        repeats=3,
        priority=RejudgingPriority.URGENT,
        everything=False,
        dry_run=False,
    )


async def test_everything_is_taken_from_who_says_so(write_side: WriteSide, jury: dict[str, str]) -> None:
    body = {"filter": {}, "override": {"limits": {}}, "everything": True, "dry_run": True, "reason": "to count"}
    assert (await write_side.http.post("/rejudgings", json=body, headers=jury)).status_code == 202
    (event,) = write_side.log.events(REJUDGING_REQUESTS)
    assert isinstance(event, RejudgingOpenRequested)
    assert (event.filter, event.override) == (SubmissionFilter(), JudgingOverride())
    assert (event.everything, event.dry_run, event.repeats) == (True, True, 1)


@pytest.mark.parametrize("change", ["apply", "cancel", "revert", "pause", "resume"])
async def test_a_change_is_asked_for_whatever_the_state(
    write_side: WriteSide, jury: dict[str, str], change: str
) -> None:
    part = {"part": {"contest_ids": ["spring"]}} if change == "apply" else {}
    response = await write_side.http.post(f"/rejudgings/{ID}/{change}", json=WHY | part, headers=jury)
    assert response.status_code == 202, response.text
    (record,) = write_side.log.records(REJUDGING_REQUESTS)
    assert isinstance(record.event, RejudgingChangeRequested)
    assert record.event == RejudgingChangeRequested(
        event_id=record.event.event_id,
        occurred_at=START,
        caused_by=None,
        rejudging_id=RejudgingId(ID),
        requested_by=UserId("judy"),
        reason="as agreed",
        change=RejudgingChange(change),
        part=SubmissionFilter(contest_ids=(ContestId("spring"),)) if part else None,
    )
    assert response.json() == {"rejudging_id": ID, "position": str(record.position)}


async def test_the_same_put_again_asks_for_one_rejudging(write_side: WriteSide, jury: dict[str, str]) -> None:
    path = f"/rejudgings/{new_id(START)}"
    first = await write_side.http.put(path, json=OPEN, headers=jury)
    assert (first.status_code, first.headers["location"]) == (202, f"/api/v1{path}")
    write_side.clock.now += timedelta(hours=1)
    again = await write_side.http.put(path, json=OPEN, headers=jury)
    assert (again.status_code, again.json()) == (202, first.json())
    async with running(write_side) as other_worker:
        there = await other_worker.put(path.upper().replace("/REJUDGINGS", "/rejudgings"), json=OPEN, headers=jury)
        assert (there.status_code, there.json()) == (202, first.json())
    (event,) = write_side.log.events(REJUDGING_REQUESTS)
    assert isinstance(event, RejudgingOpenRequested)
    assert (first.json()["rejudging_id"], event.occurred_at) == (event.rejudging_id, START)


async def test_an_id_is_of_one_content_and_one_user(write_side: WriteSide, jury: dict[str, str]) -> None:
    path = f"/rejudgings/{new_id(START)}"
    assert (await write_side.http.put(path, json=OPEN, headers=jury)).status_code == 202
    root = write_side.token("root", Role.ADMIN)
    for body, who in ((OPEN | {"repeats": 2}, jury), (OPEN | {"dry_run": True}, jury), (OPEN, root)):
        refused = await write_side.http.put(path, json=body, headers=who)
        assert (refused.status_code, refusal_of(refused)) == (409, "rejudging-id-taken")
    assert len(write_side.log.events(REJUDGING_REQUESTS)) == 1


async def test_of_two_bodies_at_once_one_is_asked_for(write_side: WriteSide, jury: dict[str, str]) -> None:
    """On two workers, before either knows what the other has put into the log."""
    path = f"/rejudgings/{new_id(START)}"
    async with running(write_side) as other_worker:
        answers = await asyncio.gather(
            write_side.http.put(path, json=OPEN, headers=jury),
            other_worker.put(path, json=OPEN | {"repeats": 2}, headers=jury),
        )
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    assert len(write_side.log.events(REJUDGING_REQUESTS)) == 1


async def test_one_that_was_drawn_here_is_finished_by_put(write_side: WriteSide, jury: dict[str, str]) -> None:
    write_side.log.outage = Outage.FATE_UNKNOWN
    unknown = await write_side.http.post("/rejudgings", json=OPEN, headers=jury)
    path = f"/rejudgings/{unknown.json()['rejudging_id']}"
    assert (refusal_of(unknown), path.removeprefix("/") in unknown.json()["detail"]) == ("outcome-unknown", True)
    write_side.log.outage = None
    finished = await until_answered(lambda: write_side.http.put(path, json=OPEN, headers=jury))
    assert finished.status_code == 202, finished.text


@pytest.mark.parametrize("name", ["none", ID, "019f4a3e-5c1b-4d2a-9e0f-000000000001"])
async def test_a_chosen_id_is_a_uuid7_of_these_hours(write_side: WriteSide, jury: dict[str, str], name: str) -> None:
    refused = await write_side.http.put(f"/rejudgings/{name}", json=OPEN, headers=jury)
    assert (refused.status_code, refusal_of(refused)) == (422, "invalid-parameter")
    assert "rejudging_id: " in refused.json()["detail"]


def restricted(**more: Any) -> dict[str, Any]:
    return {"filter": {"problem_ids": ["sum"], **more}}


BAD: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "a time of no zone": (restricted(submitted_from="2026-11-21T12:00:00"), 422, "malformed-time", "with a zone"),
    "a time in words": (restricted(submitted_before="noon"), 422, "malformed-time", "filter/submitted_before: "),
    "a time as a number": (restricted(submitted_from=1_700_000_000), 422, "malformed-time", "RFC 3339"),
    "a day that is not": (restricted(submitted_from="2026-02-30T00:00:00Z"), 422, "malformed-time", "no such time"),
    "the end of time": (restricted(submitted_before="9999-12-31T23:59:59-14:00"), 422, "malformed-time", "2200"),
    "a time to come": (restricted(submitted_from="2026-11-21T12:00:01Z"), 422, "time-in-future", "submitted_from"),
    "a range from its end": (
        restricted(submitted_from="2026-11-21T11:00:00Z", submitted_before="2026-11-21T12:00:00+01:00"),
        422,
        "empty-time-range",
        "submitted_from should be before",
    ),
    "an unknown problem": (restricted(problem_ids=["nope"]), 404, "unknown-problem", "'nope'"),
    "an unknown contest": (restricted(contest_ids=["nope"]), 404, "unknown-contest", "'nope'"),
    "an unknown language": (restricted(languages=["cobol"]), 422, "unknown-language", "'cobol'"),
    "an unknown verdict": (restricted(verdicts=["OK"]), 422, "unknown-verdict", "AC, WA"),
    "no verdict at all": (restricted(verdicts=["UNKNOWN"]), 422, "unknown-verdict", "JUDGE_ERROR"),
    "a submission of no form": (restricted(submission_ids=["{1}"]), 422, "invalid-submission-id", "36"),
    "too many ids": (restricted(user_ids=["x"] * 10_001), 422, "too-many-ids", "10,000"),
    "a filter without a restriction": ({"filter": {}}, 422, "filter-restricts-nothing", "everything: true"),
    "empty lists": ({"filter": {"user_ids": []}}, 422, "filter-restricts-nothing", "everything: true"),
    "no filter": ({"filter": None}, 422, "invalid-body", "filter"),
    "a filter's misspelling": (restricted(problem_id="sum"), 422, "invalid-body", "filter/problem_id"),
    "no reason": ({"reason": None}, 422, "reason-needed", "why"),
    "a reason of spaces": ({"reason": "  "}, 422, "reason-needed", "why"),
    "a long reason": ({"reason": "x" * 501}, 422, "invalid-body", "reason"),
    "a reason of two lines": ({"reason": "a\nb"}, 422, "invalid-body", "reason"),
    "no repeat": ({"repeats": 0}, 422, "repeats-out-of-bounds", "1 to 20"),
    "many repeats": ({"repeats": 21}, 422, "repeats-out-of-bounds", "1 to 20"),
    "no time to run": ({"override": {"limits": {"cpu_time_ms": 0}}}, 422, "limits-out-of-bounds", "cpu_time_ms"),
    "no memory": ({"override": {"limits": {"memory_bytes": 2**20}}}, 422, "limits-out-of-bounds", "memory"),
    "a day of output": ({"override": {"limits": {"output_bytes": 2**40}}}, 422, "limits-out-of-bounds", "output"),
    "a day of waiting": ({"override": {"limits": {"wall_time_ms": 86_400_000}}}, 422, "limits-out-of-bounds", "wall"),
    "another comparison": ({"override": {"comparison": {"kind": "taste"}}}, 422, "invalid-body", "kind"),
    "a tolerance of tokens": ({"override": {"comparison": {"kind": "tokens", "absolute": 1}}}, 422, "invalid-body", ""),
    "an image of no name": ({"override": {"image": "a b"}}, 422, "invalid-body", "image"),
    "an unknown revision": ({"override": {"problem_revision": "0" * 64}}, 422, "unknown-revision", "no problem"),
    "another priority": ({"priority": "now"}, 422, "invalid-body", "priority"),
}


@pytest.mark.parametrize(("change", "status", "name", "told"), BAD.values(), ids=BAD.keys())
async def test_what_is_wrong_whatever_happened_is_refused_and_says_what_to_do(
    write_side: WriteSide, jury: dict[str, str], change: dict[str, Any], status: int, name: str, told: str
) -> None:
    response = await write_side.http.post("/rejudgings", json=OPEN | change, headers=jury)
    assert (response.status_code, refusal_of(response)) == (status, name)
    assert told in response.json()["detail"]
    assert write_side.log.events(REJUDGING_REQUESTS) == []


async def test_a_revision_is_a_definition_of_the_filters_own_problem(
    write_side: WriteSide, jury: dict[str, str]
) -> None:
    blob = write_side.blobs.put(b"1 2\n")
    body = OPEN | {"override": {"problem_revision": blob}}
    no_definition = await write_side.http.post("/rejudgings", json=body, headers=jury)
    assert refusal_of(no_definition) == "unknown-revision"
    setter = write_side.token("setter", Role.SETTER)
    wanted = revision(write_side)
    await write_side.http.post("/problems", json=PROBLEM | {"problem_id": "two"}, headers=setter)
    body = restricted(problem_ids=["two"]) | {"reason": "r", "override": {"problem_revision": wanted}}
    other = await write_side.http.post("/rejudgings", json=body, headers=jury)
    assert (other.status_code, refusal_of(other)) == (422, "revision-of-other-problem")
    assert "'sum'" in other.json()["detail"]


CHANGES: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "an id of no form": ("/rejudgings/none/apply", WHY, 422, "invalid-parameter"),
    "no reason": (f"/rejudgings/{ID}/cancel", {}, 422, "reason-needed"),
    "a part of a revert": (f"/rejudgings/{ID}/revert", WHY | {"part": {"user_ids": ["a"]}}, 422, "part-not-allowed"),
    "a part of all": (f"/rejudgings/{ID}/apply", WHY | {"part": {}}, 422, "filter-restricts-nothing"),
    "a part unknown": (f"/rejudgings/{ID}/apply", WHY | {"part": {"problem_ids": ["x"]}}, 404, "unknown-problem"),
    "another change": (f"/rejudgings/{ID}/forget", WHY, 404, "not-found"),
    "a change more": (f"/rejudgings/{ID}/pause", WHY | {"until": "noon"}, 422, "invalid-body"),
}


@pytest.mark.parametrize(("path", "body", "status", "name"), CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_that_is_none_is_refused(
    write_side: WriteSide, jury: dict[str, str], path: str, body: dict[str, Any], status: int, name: str
) -> None:
    response = await write_side.http.post(path, json=body, headers=jury)
    assert (response.status_code, refusal_of(response)) == (status, name)
    assert write_side.log.events(REJUDGING_REQUESTS) == []


@pytest.mark.parametrize("path", ["/rejudgings", f"/rejudgings/{ID}/apply"])
@pytest.mark.usefixtures("jury")
async def test_only_the_jury_and_admins_regrade(write_side: WriteSide, path: str) -> None:
    body = OPEN if path == "/rejudgings" else WHY
    assert (await write_side.http.post(path, json=body)).status_code == 401
    for role in (Role.USER, Role.SETTER):
        refused = await write_side.http.post(path, json=body, headers=write_side.token("sam", role))
        assert (refused.status_code, refusal_of(refused)) == (403, "forbidden")
    admitted = await write_side.http.post(path, json=body, headers=write_side.token("root", Role.ADMIN))
    assert admitted.status_code == 202


@pytest.mark.parametrize("path", ["/rejudgings", f"/rejudgings/{ID}/apply"])
async def test_what_the_log_did_not_acknowledge_is_not_accepted(
    write_side: WriteSide, jury: dict[str, str], path: str
) -> None:
    body = OPEN if path == "/rejudgings" else WHY
    write_side.log.outage = Outage.FATE_UNKNOWN
    unknown = await write_side.http.post(path, json=body, headers=jury)
    assert (unknown.status_code, refusal_of(unknown)) == (503, "outcome-unknown")
    write_side.log.outage = None
    again = await until_answered(lambda: write_side.http.post(path, json=body, headers=jury))
    assert again.status_code == 202, again.text
    assert len(write_side.log.events(REJUDGING_REQUESTS)) == 1
