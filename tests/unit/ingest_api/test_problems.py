"""Problems over HTTP: created, changed by who may, retired."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import pytest

from ingest_api.limits import DEFINITION_BYTES
from schemas.eventlog.memory_store import Outage
from schemas.events import ProblemRetired, ProblemRevised
from schemas.http.identity import Role
from schemas.ids import Sha256
from schemas.rules.definition import definition_of, parse
from schemas.topics import PROBLEMS
from schemas.values import Comparison, ComparisonKind, Limits, ProblemCase, Stub
from tests.unit.ingest_api.write_side import PROBLEM, WriteSide, refusal_of, running, until_answered


def sha256(content: str) -> Sha256:
    return Sha256(hashlib.sha256(content.encode()).hexdigest())


def revised(write_side: WriteSide) -> list[ProblemRevised]:
    return [event for event in write_side.log.events(PROBLEMS) if isinstance(event, ProblemRevised)]


async def create(write_side: WriteSide, **change: Any) -> str:
    """Creates the problem as `setter` and answers its revision."""
    who = write_side.token("setter", Role.SETTER)
    response = await write_side.http.post("/problems", json=PROBLEM | change, headers=who)
    assert response.status_code == 201, response.text
    return str(response.json()["revision"])


async def test_a_created_problem_stands_in_the_log_and_all_it_names_in_the_store(write_side: WriteSide) -> None:
    body = PROBLEM | {
        "tags": ["easy", "easy"],
        "limits": {"cpu_time_ms": 1500, "memory_bytes": 2**28},
        "comparison": {"kind": "float", "absolute": 1e-6},
        "stubs": {"cpp": {"before": "#include <x>\n"}},
    }
    who = write_side.token("setter", Role.SETTER)
    response = await write_side.http.post("/problems", json=body, headers=who)
    (event,) = revised(write_side)
    assert response.status_code == 201
    assert response.json() == {"problem_id": "sum", "revision": event.revision, "position": _position(write_side)}
    assert response.headers["etag"] == f'"{event.revision}"'
    assert (event.author_id, event.tags) == ("setter", ("easy",))
    assert event.limits == Limits(cpu_time_ms=1500, memory_bytes=2**28, output_bytes=2**23, wall_time_ms=5500)
    assert event.comparison == Comparison(kind=ComparisonKind.FLOAT, absolute=1e-6)
    assert event.stubs == (Stub(language=event.stubs[0].language, before="#include <x>\n", starter="", after=""),)
    assert event.cases == (
        ProblemCase(name="1", input_sha256=sha256("1 2\n"), answer_sha256=sha256("3\n"), sample=True),
    )
    assert write_side.blobs.get(sha256("1 2\n")) == b"1 2\n"
    assert parse(write_side.blobs.get(Sha256(event.revision))) == definition_of(event)


async def test_a_case_may_name_a_blob_that_was_sent_before(write_side: WriteSide) -> None:
    who = write_side.token("setter", Role.SETTER)
    sent = await write_side.http.put(f"/blobs/{sha256('1 2')}", content=b"1 2", headers=who)
    assert (sent.status_code, sent.json()) == (201, {"sha256": sha256("1 2"), "size_bytes": 3})
    again = await write_side.http.put(f"/blobs/{sha256('1 2')}", content=b"1 2", headers=who)
    assert again.status_code == 200
    await create(write_side, cases=[{"name": "1", "input": {"sha256": sha256("1 2")}, "answer": "3"}])
    (event,) = revised(write_side)
    assert event.cases[0].input_sha256 == sha256("1 2")


async def test_a_blob_that_was_never_sent_cannot_be_named(write_side: WriteSide) -> None:
    body = PROBLEM | {"cases": [{"name": "1", "input": {"sha256": "0" * 64}, "answer": "3"}]}
    response = await write_side.http.post("/problems", json=body, headers=write_side.token("setter", Role.SETTER))
    assert (response.status_code, refusal_of(response)) == (422, "blob-missing")
    assert revised(write_side) == []


async def refused_name(write_side: WriteSide, name: str, who: dict[str, str]) -> tuple[int, str, str]:
    """How a problem that names that blob as a sample's input is refused; the name itself left out of the words."""
    body = PROBLEM | {
        "problem_id": "mine",
        "cases": [{"name": "1", "input": {"sha256": name}, "answer": "3", "sample": True}],
    }
    response = await write_side.http.post("/problems", json=body, headers=who)
    return response.status_code, refusal_of(response), response.text.replace(name, "")


async def test_a_blob_of_someone_else_is_as_good_as_missing(write_side: WriteSide) -> None:
    hidden = [{"name": "1", "input": "hidden in", "answer": "hidden out"}]
    revision = await create(write_side, cases=hidden, editorial="Just add.")
    setter, other = write_side.token("setter", Role.SETTER), write_side.token("other", Role.SETTER)
    assert (await write_side.http.put(f"/blobs/{sha256('sent')}", content=b"sent", headers=setter)).is_success
    missing = await refused_name(write_side, "0" * 64, other)
    assert missing[:2] == (422, "blob-missing")
    for name in (sha256("hidden in"), sha256("hidden out"), sha256("sent"), revision):
        assert await refused_name(write_side, name, other) == missing
    assert len(revised(write_side)) == 1


async def test_an_author_may_not_name_the_own_definition_either(write_side: WriteSide) -> None:
    revision = await create(write_side)
    body = PROBLEM | {"cases": [{"name": "1", "input": {"sha256": revision}, "answer": "3", "sample": True}]}
    who = write_side.token("setter", Role.SETTER) | {"If-Match": "*"}
    response = await write_side.http.put("/problems/sum", json=body, headers=who)
    assert (response.status_code, refusal_of(response)) == (422, "blob-missing")


async def test_whoever_sends_the_same_content_may_name_it_too(write_side: WriteSide) -> None:
    await create(write_side)
    who = write_side.token("other", Role.SETTER)
    wrong = await write_side.http.put(f"/blobs/{sha256('3' + chr(10))}", content=b"guess", headers=who)
    assert (wrong.status_code, refusal_of(wrong)) == (422, "blob-mismatch")
    body = PROBLEM | {"problem_id": "mine", "cases": [{"name": "1", "input": {"sha256": sha256("3\n")}, "answer": ""}]}
    assert refusal_of(await write_side.http.post("/problems", json=body, headers=who)) == "blob-missing"
    assert (await write_side.http.put(f"/blobs/{sha256('3' + chr(10))}", content=b"3\n", headers=who)).is_success
    assert (await write_side.http.post("/problems", json=body, headers=who)).status_code == 201


async def test_an_edit_may_resend_the_cases_that_the_problem_has_now(write_side: WriteSide) -> None:
    first = await create(write_side)
    who = write_side.token("setter", Role.SETTER)
    named = {"name": "1", "input": {"sha256": sha256("1 2\n")}, "answer": {"sha256": sha256("3\n")}}
    elsewhere = PROBLEM | {"problem_id": "mine", "cases": [named]}
    assert refusal_of(await write_side.http.post("/problems", json=elsewhere, headers=who)) == "blob-missing"
    resent = PROBLEM | {"title": "Sum of two", "cases": [named, {"name": "2", "input": "", "answer": "0"}]}
    done = await write_side.http.put("/problems/sum", json=resent, headers=who | {"If-Match": first})
    assert done.status_code == 200, done.text
    shorter = PROBLEM | {"cases": [{"name": "2", "input": "", "answer": "0"}]}
    assert (await write_side.http.put("/problems/sum", json=shorter, headers=who | {"If-Match": "*"})).is_success
    late = await write_side.http.put("/problems/sum", json=resent, headers=who | {"If-Match": "*"})
    assert (late.status_code, refusal_of(late)) == (422, "blob-missing"), "of the current revision only"


@pytest.mark.parametrize("roles", [(Role.SETTER, Role.JURY), (Role.ADMIN,)])
async def test_jury_and_admins_may_name_any_blob_that_is_there(write_side: WriteSide, roles: tuple[Role, ...]) -> None:
    await create(write_side)
    who = write_side.token("judy", *roles)
    assert (await refused_name(write_side, "0" * 64, who))[:2] == (422, "blob-missing")
    body = PROBLEM | {"problem_id": "mine", "cases": [{"name": "1", "input": {"sha256": sha256("3\n")}, "answer": ""}]}
    assert (await write_side.http.post("/problems", json=body, headers=who)).status_code == 201


async def test_a_blob_whose_sender_cannot_be_recorded_or_asked_for_is_for_later(write_side: WriteSide) -> None:
    who, path = write_side.token("setter", Role.SETTER), f"/blobs/{sha256('1 2')}"
    write_side.senders.is_away = True
    unkept = await write_side.http.put(path, content=b"1 2", headers=who)
    assert (unkept.status_code, refusal_of(unkept), unkept.headers["retry-after"]) == (503, "store-unavailable", "1")
    assert (await refused_name(write_side, sha256("1 2"), who))[:2] == (503, "store-unavailable")
    write_side.senders.is_away = False
    assert (await refused_name(write_side, sha256("1 2"), who))[:2] == (422, "blob-missing")
    assert (await write_side.http.put(path, content=b"1 2", headers=who)).is_success
    await create(write_side, cases=[{"name": "1", "input": {"sha256": sha256("1 2")}, "answer": "3"}])


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [(sha256("x"), b"y", "blob-mismatch"), ("0" * 63, b"", "invalid-parameter"), ("A" * 64, b"", "invalid-parameter")],
)
async def test_a_blob_must_have_the_name_of_its_content(
    write_side: WriteSide, name: str, content: bytes, refusal: str
) -> None:
    who = write_side.token("setter", Role.SETTER)
    response = await write_side.http.put(f"/blobs/{name}", content=content, headers=who)
    assert (response.status_code, refusal_of(response)) == (422, refusal)
    assert not write_side.blobs.has(sha256("x"))


BAD: dict[str, dict[str, Any]] = {
    "no id": {"problem_id": None},
    "an id with a slash": {"problem_id": "a/b"},
    "an id with a newline": {"problem_id": "sum\n"},
    "a script in the statement": {"statement": "Add.\n\n<script>alert(1)</script>"},
    "a tag in a line": {"statement": "Add <b onclick=x>them</b>."},
    "a comment": {"editorial": "See <!-- this -->."},
    "NUL in the statement": {"statement": "a\0b"},
    "a statement without end": {"statement": "a" * (DEFINITION_BYTES + 1)},
    "an empty title": {"title": ""},
    "a title in two lines": {"title": "a\nb"},
    "no cases": {"cases": []},
    "1001 cases": {"cases": [{"name": str(n), "input": "", "answer": ""} for n in range(1001)]},
    "two cases of one name": {"cases": [{"name": "1", "input": "", "answer": ""}] * 2},
    "a case without answer": {"cases": [{"name": "1", "input": ""}]},
    "no time": {"limits": {"cpu_time_ms": 0, "memory_bytes": 2**28}},
    "an hour": {"limits": {"cpu_time_ms": 3_600_000, "memory_bytes": 2**28}},
    "a kilobyte": {"limits": {"cpu_time_ms": 1000, "memory_bytes": 1024}},
    "another comparison": {"comparison": {"kind": "vibes"}},
    "float without tolerance": {"comparison": {"kind": "float"}},
    "tokens with a tolerance": {"comparison": {"kind": "tokens", "absolute": 0.1}},
    "a negative tolerance": {"comparison": {"kind": "float", "absolute": -1}},
    "an unknown member": {"time_limit": 1},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
async def test_a_problem_that_is_not_well_defined_is_refused(write_side: WriteSide, change: dict[str, Any]) -> None:
    who = write_side.token("setter", Role.SETTER)
    response = await write_side.http.post("/problems", json=PROBLEM | change, headers=who)
    assert (response.status_code, refusal_of(response)) == (422, "invalid-body")
    assert revised(write_side) == []


async def test_all_texts_together_have_a_limit_too(write_side: WriteSide) -> None:
    body = PROBLEM | {"statement": "a" * (DEFINITION_BYTES - 10), "editorial": "b" * 100}
    response = await write_side.http.post("/problems", json=body, headers=write_side.token("setter", Role.SETTER))
    assert (response.status_code, refusal_of(response)) == (422, "invalid-problem")


async def test_an_id_is_taken_once(write_side: WriteSide) -> None:
    await create(write_side)
    response = await write_side.http.post("/problems", json=PROBLEM, headers=write_side.token("other", Role.SETTER))
    assert (response.status_code, refusal_of(response)) == (409, "problem-exists")


async def test_of_two_at_once_on_two_workers_one_is_first(write_side: WriteSide) -> None:
    bodies = [PROBLEM | {"title": title} for title in ("One", "Two")]
    async with running(write_side) as other_worker:
        answers = await asyncio.gather(
            *(
                worker.post("/problems", json=body, headers=write_side.token(body["title"], Role.SETTER))
                for worker, body in zip((write_side.http, other_worker), bodies, strict=True)
            )
        )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(revised(write_side)) == 1


async def test_an_edit_that_the_log_refused_may_be_sent_again(write_side: WriteSide) -> None:
    who = write_side.token("setter", Role.SETTER)
    write_side.log.outage = Outage.FATE_UNKNOWN
    unknown = await write_side.http.post("/problems", json=PROBLEM, headers=who)
    assert (unknown.status_code, refusal_of(unknown)) == (503, "outcome-unknown")
    write_side.log.outage = None
    write_side.clock.now += timedelta(seconds=1)
    again = await until_answered(lambda: write_side.http.post("/problems", json=PROBLEM, headers=who))
    assert again.status_code == 201, again.text


async def test_a_change_names_the_revision_that_it_changes(write_side: WriteSide) -> None:
    first = await create(write_side)
    who, changed = write_side.token("setter", Role.SETTER), PROBLEM | {"title": "Sum of two"}
    blind = await write_side.http.put("/problems/sum", json=changed, headers=who)
    assert (blind.status_code, refusal_of(blind)) == (428, "revision-required")
    done = await write_side.http.put("/problems/sum", json=changed, headers=who | {"If-Match": f'"{first}"'})
    assert done.status_code == 200
    assert done.json()["revision"] != first
    late = await write_side.http.put("/problems/sum", json=PROBLEM, headers=who | {"If-Match": f'"{first}"'})
    assert (late.status_code, refusal_of(late)) == (412, "revision-changed")
    assert late.json()["revision"] == done.json()["revision"]
    assert [event.title for event in revised(write_side)] == ["Sum", "Sum of two"]


async def test_no_change_is_no_event(write_side: WriteSide) -> None:
    first = await create(write_side)
    who = write_side.token("setter", Role.SETTER) | {"If-Match": first}
    response = await write_side.http.put("/problems/sum", json=PROBLEM, headers=who)
    assert (response.status_code, response.json()["revision"]) == (200, first)
    assert len(revised(write_side)) == 1


@pytest.mark.parametrize(
    ("user", "role", "status"),
    [
        ("setter", Role.SETTER, 200),
        ("root", Role.ADMIN, 200),
        ("other", Role.SETTER, 403),
        ("judy", Role.JURY, 403),
        ("setter", Role.USER, 403),
    ],
)
async def test_a_problem_belongs_to_its_author_and_the_admins(
    write_side: WriteSide, user: str, role: Role, status: int
) -> None:
    await create(write_side)
    who = write_side.token(user, role)
    changed = await write_side.http.put(
        "/problems/sum", json=PROBLEM | {"title": "Mine"}, headers=who | {"If-Match": "*"}
    )
    retired = await write_side.http.delete("/problems/sum", headers=who)
    assert (changed.status_code, retired.status_code) == (status, status)
    if status == 200:
        assert revised(write_side)[-1].author_id == "setter", "whoever changes it"


async def test_a_retired_problem_is_retired_once_and_not_changed_again(write_side: WriteSide) -> None:
    await create(write_side)
    who = write_side.token("setter", Role.SETTER)
    first = await write_side.http.delete("/problems/sum", headers=who)
    again = await write_side.http.delete("/problems/sum", headers=who)
    assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
    changed = await write_side.http.put("/problems/sum", json=PROBLEM, headers=who | {"If-Match": "*"})
    assert (changed.status_code, refusal_of(changed)) == (410, "problem-retired")
    assert sum(isinstance(event, ProblemRetired) for event in write_side.log.events(PROBLEMS)) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_what_is_not_there_is_not_edited(write_side: WriteSide, method: str) -> None:
    who = write_side.token("setter", Role.SETTER) | {"If-Match": "*"}
    response = await write_side.http.request(method, "/problems/nope", json=PROBLEM, headers=who)
    assert (response.status_code, refusal_of(response)) == (404, "unknown-problem")


def _position(write_side: WriteSide) -> str:
    return str(write_side.log.records(PROBLEMS)[0].position)
