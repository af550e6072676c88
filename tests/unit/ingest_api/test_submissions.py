"""Submissions over HTTP: what is accepted, and how each bad one is refused."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest

from schemas.eventlog.memory_store import Outage
from schemas.http.identity import Role
from schemas.ids import SubmissionId
from schemas.topics import SUBMISSIONS
from schemas.values import Position, SourceFile
from tests.unit.ingest_api.write_side import (
    CPP,
    PROBLEM,
    START,
    SUBMISSION,
    WriteSide,
    new_id,
    refusal_of,
    running,
    until_answered,
)

LIMIT = 256 * 1024


def file(name: str, content: bytes = b"int main() {}\n") -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode(), "encoding": "base64"}


def files(*given: dict[str, str]) -> dict[str, Any]:
    return {"problem_id": "sum", "language": "cpp", "files": list(given)}


async def test_an_accepted_submission_stands_in_the_log_with_all_that_is_pinned(write_side: WriteSide) -> None:
    await write_side.create_contest()
    body = SUBMISSION | {"contest_id": "spring"}
    response = await write_side.http.post("/submissions", json=body, headers=write_side.token("ada"))
    assert response.status_code == 202
    (record,) = write_side.log.records(SUBMISSIONS)
    (event,) = write_side.accepted()
    assert response.json() == {"submission_id": event.submission_id, "position": str(record.position)}
    assert (event.user_id, event.contest_id, event.team_id, event.problem_id, event.language) == (
        "ada",
        "spring",
        "red",
        "sum",
        "cpp",
    )
    assert event.problem_revision == (await _revision(write_side))
    assert event.files == (SourceFile(name="Main.cpp", content=b"int main() {}\n"),)
    assert event.submitted_at == event.occurred_at == START


async def test_several_files_come_as_json_or_as_a_form_alike(write_side: WriteSide) -> None:
    await write_side.create_contest()
    who = write_side.token("ada")
    expected = (
        SourceFile(name="a.cpp", content="// häßlich\n".encode()),
        SourceFile(name="data.bin", content=b"\xff\x00"),
    )
    json = files({"name": "a.cpp", "content": "// häßlich\n"}, file("data.bin", b"\xff\x00"))
    assert (await write_side.http.post("/submissions", json=json, headers=who)).status_code == 202
    form = {"problem_id": "sum", "language": "cpp"}
    uploads = [("files", (each.name, each.content)) for each in expected]
    response = await write_side.http.post("/submissions", data=form, files=uploads, headers=who)
    assert response.status_code == 202, response.text
    assert [event.files for event in write_side.accepted()] == [expected, expected]


async def test_a_problem_that_another_worker_has_just_created_is_known(write_side: WriteSide) -> None:
    async with running(write_side) as other_worker:
        setter = write_side.token("setter", Role.SETTER)
        assert (await other_worker.post("/problems", json=PROBLEM, headers=setter)).status_code == 201
        response = await write_side.http.post("/submissions", json=SUBMISSION, headers=write_side.token("ada"))
        assert response.status_code == 202


BAD_BODIES: dict[str, tuple[dict[str, Any], int, str]] = {
    "one byte over 256 KiB": (SUBMISSION | {"source": "x" * (LIMIT + 1)}, 413, "submission-too-large"),
    "over 256 KiB in all": (files(*(file(f"{n}.cpp", b"x" * LIMIT) for n in range(2))), 413, "submission-too-large"),
    "101 files": (files(*(file(f"{n}.cpp") for n in range(101))), 413, "too-many-files"),
    "no source": ({"problem_id": "sum", "language": "cpp"}, 422, "no-source"),
    "an empty source": (SUBMISSION | {"source": ""}, 422, "no-source"),
    "source and files": (SUBMISSION | {"files": [file("a.cpp")]}, 422, "invalid-body"),
    "a path": (files(file("src/a.cpp")), 422, "invalid-file-name"),
    "a path upwards": (files(file("..")), 422, "invalid-file-name"),
    "a path of another system": (files(file("src\\a.cpp")), 422, "invalid-file-name"),
    "a name with a space": (files(file("a b.cpp")), 422, "invalid-file-name"),
    "a name with a newline": (files(file("a.cpp\n")), 422, "invalid-file-name"),
    "a name like an option": (files(file("-o.cpp")), 422, "invalid-file-name"),
    "a hidden name": (files(file(".profile")), 422, "invalid-file-name"),
    "a name in another script": (files(file("ä.cpp")), 422, "invalid-file-name"),
    "no name": (files(file("")), 422, "invalid-file-name"),
    "a name without end": (files(file("a" * 101)), 422, "invalid-file-name"),
    "a name twice": (files(file("a.cpp"), file("A.cpp")), 422, "duplicate-file-name"),
    "an entry point with a path": (SUBMISSION | {"entry_point": "../x"}, 422, "invalid-entry-point"),
    "no base64": (files({"name": "a.cpp", "content": "?", "encoding": "base64"}), 422, "invalid-base64"),
    "another encoding": (files({"name": "a.cpp", "content": "", "encoding": "rot13"}), 422, "invalid-body"),
    "Latin-1 where text is needed": (files(file("a.cpp", b"\xe4"), file("b.cpp")), 422, "not-text"),
    "a NUL byte": (SUBMISSION | {"source": "int main() {}\0"}, 422, "nul-byte"),
    "an unknown problem": (SUBMISSION | {"problem_id": "nope"}, 404, "unknown-problem"),
    "an unknown language": (SUBMISSION | {"language": "cobol"}, 422, "unknown-language"),
    "an unknown contest": (SUBMISSION | {"contest_id": "nope"}, 404, "unknown-contest"),
    "an unknown member": (SUBMISSION | {"user_id": "grace"}, 422, "invalid-body"),
    "a number for a text": (SUBMISSION | {"source": 1}, 422, "invalid-body"),
    "no problem": ({"language": "cpp", "source": "x"}, 422, "invalid-body"),
}


@pytest.mark.parametrize(("body", "status", "name"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_bad_submission_is_refused_by_its_own_type_and_not_written(
    write_side: WriteSide, body: dict[str, Any], status: int, name: str
) -> None:
    await write_side.create_contest()
    for method, path in (("POST", "/submissions"), ("PUT", f"/submissions/{new_id(START)}")):
        response = await write_side.http.request(method, path, json=body, headers=write_side.token("ada"))
        assert (response.status_code, refusal_of(response)) == (status, name)
    assert write_side.accepted() == []


async def test_files_without_number_are_refused_at_once_and_in_few_words(write_side: WriteSide) -> None:
    body = files(*({"name": "", "encoding": "rot13"} for _ in range(20_000)))
    response = await write_side.http.post("/submissions", json=body, headers=write_side.token("ada"))
    assert (response.status_code, refusal_of(response)) == (422, "invalid-body")
    assert len(response.content) < 2_000


BAD_RAW: dict[str, tuple[bytes, str, int, str]] = {
    "malformed JSON": (b'{"problem_id": ', "application/json", 400, "malformed-json"),
    "no body": (b"", "application/json", 400, "malformed-json"),
    "JSON that is not UTF-8": (b'{"source": "\xff"}', "application/json", 400, "malformed-json"),
    "half a surrogate": (b'{"source": "\\ud800"}', "application/json", 400, "malformed-json"),
    "another media type": (b"int main() {}", "text/x-c++src", 415, "unsupported-media-type"),
    "no media type": (b"{}", "", 415, "unsupported-media-type"),
    "a form without a boundary": (b"--x\r\n", "multipart/form-data", 400, "malformed-multipart"),
    "a broken form": (b"nonsense", "multipart/form-data; boundary=x", 400, "malformed-multipart"),
    "a body over the limit": (b" " * (2 * 1024 * 1024 + 1), "application/json", 413, "body-too-large"),
}


@pytest.mark.parametrize(("content", "media_type", "status", "name"), BAD_RAW.values(), ids=BAD_RAW.keys())
async def test_a_body_that_is_none_is_refused(
    write_side: WriteSide, content: bytes, media_type: str, status: int, name: str
) -> None:
    headers = write_side.token("ada") | ({"Content-Type": media_type} if media_type else {})
    response = await write_side.http.post("/submissions", content=content, headers=headers)
    assert (response.status_code, refusal_of(response)) == (status, name)


async def test_a_form_field_that_is_not_utf_8_is_refused_and_not_recoded(write_side: WriteSide) -> None:
    await write_side.create_contest()

    def form(source: bytes) -> bytes:
        parts = {"problem_id": b"sum", "language": b"cpp", "source": source}
        fields = [
            b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (k.encode(), v)
            for k, v in parts.items()
        ]
        return b"".join(fields) + b"--x--\r\n"

    headers = write_side.token("ada") | {"Content-Type": "multipart/form-data; boundary=x"}
    refused = await write_side.http.post("/submissions", content=form(b"// \xe4"), headers=headers)
    assert refusal_of(refused) == "not-text"
    accepted = await write_side.http.post("/submissions", content=form("// ä".encode()), headers=headers)
    assert accepted.status_code == 202
    assert write_side.accepted()[0].files[0].content == "// ä".encode()


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, "token-missing"),
        ({"Authorization": "Bearer x"}, "token-invalid"),
        ({"Authorization": "Basic x"}, "token-invalid"),
    ],
)
async def test_who_one_is_comes_first(write_side: WriteSide, headers: dict[str, str], name: str) -> None:
    response = await write_side.http.post("/submissions", json={}, headers=headers)
    assert (response.status_code, refusal_of(response)) == (401, name)
    assert response.headers["www-authenticate"] == "Bearer"


async def test_an_expired_token_is_told_apart(write_side: WriteSide) -> None:
    token = write_side.token("ada")
    write_side.clock.now += timedelta(hours=13)
    response = await write_side.http.post("/submissions", json=SUBMISSION, headers=token)
    assert (response.status_code, refusal_of(response)) == (401, "token-expired")


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/submissions"), ("DELETE", "/submissions/x")])
async def test_a_wrong_method_is_told_the_right_ones(write_side: WriteSide, method: str, path: str) -> None:
    response = await write_side.http.request(method, path)
    assert (response.status_code, refusal_of(response)) == (405, "method-not-allowed")
    assert response.headers["allow"] in ("POST", "PUT")


CONTEST_CASES: dict[str, tuple[str, timedelta, dict[str, Any], int, str]] = {
    "before it starts": ("ada", -timedelta(microseconds=1), {}, 403, "contest-not-running"),
    "when it has ended": ("ada", timedelta(hours=1), {}, 403, "contest-not-running"),
    "in no team": ("grace", timedelta(), {}, 403, "not-registered"),
    "a problem of elsewhere": ("ada", timedelta(), {"problem_id": "other"}, 422, "problem-not-in-contest"),
}


@pytest.mark.parametrize(
    ("user", "after", "change", "status", "name"), CONTEST_CASES.values(), ids=CONTEST_CASES.keys()
)
async def test_a_contest_takes_its_own_while_it_runs(
    write_side: WriteSide, user: str, after: timedelta, change: dict[str, Any], status: int, name: str
) -> None:
    await write_side.create_contest()
    other = PROBLEM | {"problem_id": "other"}
    await write_side.http.post("/problems", json=other, headers=write_side.token("setter", Role.SETTER))
    write_side.clock.now = START + after
    write_side.offer(CPP)
    response = await write_side.http.post(
        "/submissions", json=SUBMISSION | {"contest_id": "spring"} | change, headers=write_side.token(user)
    )
    assert (response.status_code, refusal_of(response)) == (status, name)


async def test_a_retired_problem_takes_no_more(write_side: WriteSide) -> None:
    await write_side.create_contest()
    setter = write_side.token("setter", Role.SETTER)
    assert (await write_side.http.delete("/problems/sum", headers=setter)).status_code == 200
    response = await write_side.http.post("/submissions", json=SUBMISSION, headers=write_side.token("ada"))
    assert (response.status_code, refusal_of(response)) == (410, "problem-retired")


async def test_a_language_that_nobody_has_offered_for_a_minute_is_our_trouble_not_the_authors(
    write_side: WriteSide,
) -> None:
    await write_side.create_contest()
    write_side.clock.now += timedelta(seconds=60)
    response = await write_side.http.post("/submissions", json=SUBMISSION, headers=write_side.token("ada"))
    assert (response.status_code, refusal_of(response)) == (503, "language-unavailable")
    assert response.headers["retry-after"] == "5"


# --- the client's own id ---


async def test_the_same_again_gets_the_same_answer_and_is_in_the_log_once(write_side: WriteSide) -> None:
    await write_side.create_contest()
    path, who = f"/submissions/{new_id(START)}", write_side.token("ada")
    first = await write_side.http.put(path, json=SUBMISSION, headers=who)
    again = await write_side.http.put(path, json=SUBMISSION, headers=who)
    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert len(write_side.accepted()) == 1


async def test_ten_at_once_on_two_workers_are_one(write_side: WriteSide) -> None:
    await write_side.create_contest()
    path, who = f"/submissions/{new_id(START)}", write_side.token("ada")
    async with running(write_side) as other_worker:
        workers = [write_side.http, other_worker] * 5
        answers = await asyncio.gather(*(worker.put(path, json=SUBMISSION, headers=who) for worker in workers))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len(write_side.accepted()) == 1


async def test_what_was_accepted_stays_accepted_when_the_contest_has_ended(write_side: WriteSide) -> None:
    await write_side.create_contest()
    path, who = f"/submissions/{new_id(START)}", write_side.token("ada")
    body = SUBMISSION | {"contest_id": "spring"}
    first = await write_side.http.put(path, json=body, headers=who)
    write_side.clock.now += timedelta(hours=2)
    again = await write_side.http.put(path, json=body, headers=who)
    assert (again.status_code, again.json()) == (202, first.json())


@pytest.mark.parametrize(
    ("user", "change"),
    [("ada", {"source": "int main() { return 0; }\n"}), ("grace", {}), ("ada", {"entry_point": "x"})],
)
async def test_another_user_or_content_cannot_have_the_id(
    write_side: WriteSide, user: str, change: dict[str, str]
) -> None:
    await write_side.create_contest()
    path = f"/submissions/{new_id(START)}"
    await write_side.http.put(path, json=SUBMISSION, headers=write_side.token("ada"))
    response = await write_side.http.put(path, json=SUBMISSION | change, headers=write_side.token(user))
    assert (response.status_code, refusal_of(response)) == (409, "submission-id-taken")
    assert len(write_side.accepted()) == 1


async def test_nobody_can_take_the_id_of_a_submission_that_was_made_by_post(write_side: WriteSide) -> None:
    await write_side.create_contest()
    posted = await write_side.http.post("/submissions", json=SUBMISSION, headers=write_side.token("ada"))
    path = f"/submissions/{posted.json()['submission_id']}"
    for user in ("grace", "ada"):
        response = await write_side.http.put(path, json=SUBMISSION, headers=write_side.token(user))
        assert (response.status_code, refusal_of(response)) == (409, "submission-id-taken")
    assert len(write_side.accepted()) == 1


@pytest.mark.parametrize(
    ("submission_id", "name"),
    [
        ("nonsense", "invalid-submission-id"),
        ("6f1c7a52-3d0e-4e0b-9d4c-6a1b5f0c2e11", "invalid-submission-id"),
        (new_id(START).replace("-", ""), "invalid-submission-id"),
        (new_id(START - timedelta(hours=24, seconds=1)), "submission-id-out-of-window"),
        (new_id(START + timedelta(seconds=61)), "submission-id-out-of-window"),
        ("ffffffff-ffff-7000-8000-000000000000", "submission-id-out-of-window"),
    ],
)
async def test_an_id_is_a_uuid7_of_these_hours(write_side: WriteSide, submission_id: str, name: str) -> None:
    await write_side.create_contest()
    who = write_side.token("ada")
    response = await write_side.http.put(f"/submissions/{submission_id}", json=SUBMISSION, headers=who)
    assert (response.status_code, refusal_of(response)) == (422, name)


# --- the log fails ---


async def test_what_the_log_refused_is_refused_and_not_written(write_side: WriteSide) -> None:
    await write_side.create_contest()
    write_side.log.outage = Outage.DOWN
    who = write_side.token("ada")
    for method, path in (("POST", "/submissions"), ("PUT", f"/submissions/{new_id(START)}")):
        response = await write_side.http.request(method, path, json=SUBMISSION, headers=who)
        assert (response.status_code, refusal_of(response)) == (503, "log-unavailable")
        assert response.headers["retry-after"] == "1"
    write_side.log.outage = None
    assert write_side.accepted() == []


@pytest.mark.parametrize("outage", [Outage.ACKNOWLEDGEMENT_LOST, Outage.FATE_UNKNOWN])
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_an_unknown_outcome_is_said_and_the_same_again_finishes_it(
    write_side: WriteSide, outage: Outage, method: str
) -> None:
    await write_side.create_contest()
    who = write_side.token("ada")
    path = "/submissions" if method == "POST" else f"/submissions/{new_id(START)}"
    write_side.log.outage = outage
    unknown = await write_side.http.request(method, path, json=SUBMISSION, headers=who)
    assert (unknown.status_code, refusal_of(unknown)) == (503, "outcome-unknown")
    submission_id = SubmissionId(unknown.json()["submission_id"])

    write_side.log.outage = None
    write_side.clock.now += timedelta(seconds=6)
    again = await until_answered(
        lambda: write_side.http.put(f"/submissions/{submission_id}", json=SUBMISSION, headers=who)
    )
    assert again.status_code == 202, again.text
    assert again.json()["submission_id"] == submission_id
    events = write_side.accepted()
    assert len(set(events)) == 1, "a repeat is the same event"
    assert events[0].submitted_at == START, "the time is that of the first try"
    claim = await write_side.claims.find(submission_id)
    assert claim is not None
    assert claim.position == Position.parse(again.json()["position"])


async def test_a_claim_whose_claimant_died_is_finished_by_the_next_with_what_was_pinned(
    write_side: WriteSide,
) -> None:
    await write_side.create_contest()
    path, who = f"/submissions/{new_id(START)}", write_side.token("ada")
    write_side.log.outage = Outage.DOWN  # the claim is made, the event is not written
    await write_side.http.put(path, json=SUBMISSION | {"contest_id": "spring"}, headers=who)
    write_side.log.outage = None
    write_side.clock.now += timedelta(hours=2)  # and the contest has ended since
    write_side.clock.now += timedelta(seconds=6)
    response = await until_answered(
        lambda: write_side.http.put(path, json=SUBMISSION | {"contest_id": "spring"}, headers=write_side.token("ada"))
    )
    assert response.status_code == 202, response.text
    (event,) = write_side.accepted()
    assert (event.submitted_at, event.team_id) == (START, "red")


async def _revision(write_side: WriteSide) -> str:
    again = await write_side.http.put(
        "/problems/sum", json=PROBLEM, headers=write_side.token("setter", Role.SETTER) | {"If-Match": "*"}
    )
    return str(again.json()["revision"])
