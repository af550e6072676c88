"""Dead letters over HTTP: who sees them, in which order, and what is refused."""

from base64 import b64decode
from dataclasses import replace

import pytest

from projections.query_api import documents
from schemas.dead_letters import dead_letter
from schemas.eventlog.memory_store import Outage
from schemas.events import JudgingRequested
from schemas.golden_records import example
from schemas.ids import RejudgingId, SubmissionId
from schemas.topics import DEAD_LETTERS, JOBS
from schemas.values import DeadLetterReason, Lane, Position
from tests.unit.query_api.read_side import JUDY, NOW, ROOT, ReadSide, refusal_of


def give_up(
    side: ReadSide, number: int, value: bytes = b"\x00junk", key: bytes | None = None, source: Position | None = None
) -> str:
    """A letter for the `number`-th record of a lane; answers where the letter stands."""
    letter = dead_letter(
        source or Position(topic="jobs.practice", partition=2, offset=number),
        key=key,
        value=value,
        reason=DeadLetterReason.ATTEMPTS_EXHAUSTED,
        detail=f"reason {number}",
        given_up_by="executor one",
        now=NOW,
    )
    return str(side.log.append(DEAD_LETTERS, letter, partition=0).result())


async def test_letters_come_newest_first_page_by_page(side: ReadSide) -> None:
    for number in range(7):
        give_up(side, number)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = (await side.get("/dead-letters", JUDY, limit=3, **cursor)).json()
        documents.DeadLetterPage.model_validate(page)
        seen += [line["detail"] for line in page["dead_letters"]]
        cursor = {"cursor": page["cursor"]}
    assert seen == [f"reason {number}" for number in range(6, -1, -1)]
    assert page["cursor"] is None


async def test_a_page_says_what_where_why_who_and_when(side: ReadSide) -> None:
    position = give_up(side, 4)
    [line] = (await side.get("/dead-letters", ROOT)).json()["dead_letters"]
    assert line == {
        "position": position,
        "given_up_at": NOW.isoformat(),
        "source": "jobs.practice:2:4",
        "reason": "attempts_exhausted",
        "detail": "reason 4",
        "given_up_by": "executor one",
        "value_bytes": 5,
    }


async def test_a_letter_has_the_bytes(side: ReadSide) -> None:
    give_up(side, 1)
    position = give_up(side, 2, value=bytes(range(256)), key=b"\xff")
    response = await side.get(f"/dead-letters/{position}", JUDY)
    shown = documents.DeadLetter.model_validate_json(response.content)
    assert (b64decode(shown.value), b64decode(shown.key or "")) == (bytes(range(256)), b"\xff")
    assert response.headers["cache-control"] == "private, no-store"


async def test_a_letter_names_submission_and_rejudging_as_long_as_the_record_is_there(side: ReadSide) -> None:
    job = replace(
        example(JudgingRequested), submission_id=SubmissionId("s"), rejudging_id=RejudgingId("r"), lane=Lane.REJUDGE
    )
    source = side.log.append(JOBS[Lane.REJUDGE], job, partition=2).result()
    named = []
    for at in (source, replace(source, offset=1), Position(topic="gone", partition=0, offset=0)):
        letter = (await side.get(f"/dead-letters/{give_up(side, 0, source=at)}", JUDY)).json()
        named.append((letter["submission_id"], letter["rejudging_id"]))
    assert named == [("s", "r"), (None, None), (None, None)]


async def test_what_is_no_letter_is_shown_too(side: ReadSide) -> None:
    position = str(side.log.inject(DEAD_LETTERS, b"who wrote this?"))
    [line] = (await side.get("/dead-letters", JUDY)).json()["dead_letters"]
    assert (line["reason"], line["source"]) == ("unreadable", None)
    shown = (await side.get(f"/dead-letters/{position}", JUDY)).json()
    assert b64decode(shown["value"]) == b"who wrote this?"


async def test_without_letters_the_page_is_empty(side: ReadSide) -> None:
    assert (await side.get("/dead-letters", JUDY)).json() == {"dead_letters": [], "cursor": None}


@pytest.mark.parametrize("path", ["/dead-letters", "/dead-letters/dead-letters:0:0"])
async def test_letters_are_for_the_jury(side: ReadSide, path: str) -> None:
    give_up(side, 0)
    assert refusal_of(await side.get(path)) == (401, "token-missing")
    assert refusal_of(await side.get(path, "ada")) == (403, "forbidden")
    assert (await side.get(path, JUDY)).status_code == (await side.get(path, ROOT)).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/dead-letters?cursor=!", 400, "invalid-cursor"),
        ("/dead-letters?cursor=c3ByaW5n", 400, "invalid-cursor"),
        ("/dead-letters?cursor=LTE", 400, "invalid-cursor"),
        ("/dead-letters?limit=0", 422, "invalid-parameter"),
        ("/dead-letters?limit=201", 422, "invalid-parameter"),
        ("/dead-letters/7", 400, "invalid-position"),
        ("/dead-letters/dead-letters:1:0", 400, "invalid-position"),
        ("/dead-letters/dead-letters:0:1", 404, "unknown-dead-letter"),
        ("/dead-letters/submissions:0:0", 404, "unknown-dead-letter"),
    ],
)
async def test_what_cannot_be_is_refused(side: ReadSide, path: str, status: int, expected: str) -> None:
    give_up(side, 0)
    response = await side.http.get(path, headers=side.token(*JUDY))
    assert refusal_of(response) == (status, expected)


async def test_a_cursor_beyond_the_end_begins_at_the_end(side: ReadSide) -> None:
    give_up(side, 0)
    assert len((await side.get("/dead-letters", JUDY, cursor="OTk5")).json()["dead_letters"]) == 1


async def test_while_the_log_is_away_it_says_so(side: ReadSide) -> None:
    side.log.outage = Outage.DOWN
    response = await side.get("/dead-letters", JUDY)
    assert refusal_of(response) == (503, "store-unavailable")
    assert response.headers["retry-after"] == "1"
