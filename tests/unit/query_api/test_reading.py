"""What is answered, waited for and refused."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from projections.models.submission import SubmissionView
from projections.models.submission_past import NO_ENDS, Ends
from projections.query_api import documents, submissions
from projections.query_api.app import make_api
from projections.query_api.parameters import cursor_of
from schemas.cassandra import CassandraUnavailable
from schemas.http.openapi import FOLDER, text_of
from schemas.ids import LanguageId, SubmissionId
from schemas.topics import SUBMISSIONS
from schemas.values import LanguageInfo, Verdict
from tests.unit.query_api.read_side import (
    IN_FREEZE,
    JUDY,
    NOW,
    START,
    MemoryReads,
    ReadSide,
    new_id,
    reading,
    refusal_of,
)

UNKNOWN = new_id(START - timedelta(days=1))
FRESH = new_id(NOW)
POSITION = "submissions:0:0"


@pytest.fixture
def full(side: ReadSide) -> ReadSide:
    """A read side with something of everything."""
    return filled(side)


@pytest.fixture(scope="module")
def full_shared(shared: ReadSide) -> ReadSide:
    """The same, for tests that only ask."""
    return filled(shared)


def filled(side: ReadSide) -> ReadSide:
    side.open_contest()
    side.create_problem()
    side.submit(contest=True)
    cpp = LanguageInfo(language=LanguageId("cpp"), name="C++", compiler_version="12", suffixes=(".cpp",), starter="")
    side.reads.offered.append(cpp)
    return side


@pytest.mark.parametrize("who", [None, JUDY])
@pytest.mark.parametrize(
    ("path", "document"),
    [
        (f"/submissions/{new_id(IN_FREEZE)}", documents.Submission),
        ("/submissions?contest_id=spring", documents.SubmissionPage),
        ("/problems/sum", documents.Problem),
        ("/problems", documents.ProblemPage),
        ("/languages", documents.Languages),
        ("/contests/spring", documents.Contest),
        ("/contests", documents.ContestPage),
        ("/contests/spring/board", documents.Board),
    ],
)
async def test_answers_are_as_the_description_says(
    full_shared: ReadSide, path: str, document: type[BaseModel], who: Any
) -> None:
    response = await full_shared.http.get(path, headers=full_shared.token(*who) if who else {})
    assert response.status_code == 200, response.text
    document.model_validate_json(response.content)


async def test_the_checked_in_description_is_current(side: ReadSide) -> None:
    document = make_api(side.ports()).openapi()
    assert (FOLDER / "query_api.json").read_text() == text_of(document), (
        "run python -m projections.query_api.write_openapi"
    )


async def test_one_description_has_both_sides(side: ReadSide) -> None:
    document = (await side.get("/openapi.json")).json()
    assert {"get", "put"} <= document["paths"]["/api/v1/submissions/{submission_id}"].keys()
    assert {"Submission", "SubmissionBody"} <= document["components"]["schemas"].keys()


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/nothing", 404, "not-found"),
        (f"/submissions/{UNKNOWN}", 404, "unknown-submission"),
        (f"/submissions/{UNKNOWN}?wait=30", 404, "unknown-submission"),
        (f"/submissions/{FRESH}", 404, "unknown-submission"),
        ("/submissions/7", 422, "invalid-submission-id"),
        (f"/submissions/{UNKNOWN.upper()}", 422, "invalid-submission-id"),
        (f"/submissions/{UNKNOWN}?wait=-1", 422, "invalid-parameter"),
        (f"/submissions/{UNKNOWN}?wait=31", 422, "invalid-parameter"),
        (f"/submissions/{UNKNOWN}?wait=nan", 422, "invalid-parameter"),
        (f"/submissions/{UNKNOWN}?wait=soon", 422, "invalid-parameter"),
        (f"/submissions/{UNKNOWN}?after=7", 400, "invalid-position"),
        (f"/submissions/{UNKNOWN}?after=nothing:0:0", 400, "invalid-position"),
        (f"/submissions/{UNKNOWN}?after=submissions:99:0", 400, "invalid-position"),
        (f"/submissions/{UNKNOWN}?after=submissions:0:0", 400, "invalid-position"),
        (f"/submissions/{UNKNOWN}?after=submissions:0:-1", 400, "invalid-position"),
        (f"/submissions/{UNKNOWN}?after=dead-letters:0:0", 400, "invalid-position"),
        ("/submissions", 422, "invalid-parameter"),
        ("/submissions?language=cpp", 422, "invalid-parameter"),
        ("/submissions?user_id=ada&limit=0", 422, "invalid-parameter"),
        ("/submissions?user_id=ada&limit=201", 422, "invalid-parameter"),
        ("/submissions?user_id=ada&limit=x", 422, "invalid-parameter"),
        ("/submissions?user_id=ada&verdict=OK", 422, "invalid-parameter"),
        ("/submissions?user_id=a%00b", 422, "invalid-parameter"),
        ("/submissions?user_id=" + "x" * 129, 422, "invalid-parameter"),
        ("/submissions?user_id=ada&cursor=!", 400, "invalid-cursor"),
        ("/submissions?user_id=ada&cursor=eA", 400, "invalid-cursor"),
        ("/submissions?user_id=ada&cursor=%FF%FE", 400, "invalid-cursor"),
        (f"/submissions?user_id=ada&cursor={cursor_of('999999999999999999.x')}", 400, "invalid-cursor"),
        ("/problems/none", 404, "unknown-problem"),
        ("/problems/a%20b", 404, "unknown-problem"),
        ("/problems?cursor=gA", 400, "invalid-cursor"),
        ("/contests/none", 404, "unknown-contest"),
        ("/contests/none/board", 404, "unknown-contest"),
        ("/contests?cursor=bm9uZQ", 400, "invalid-cursor"),
        ("/contests/spring/board?view=mine", 422, "invalid-parameter"),
    ],
)
async def test_bad_input_is_a_problem_document(full_shared: ReadSide, path: str, status: int, expected: str) -> None:
    assert refusal_of(await full_shared.http.get(path)) == (status, expected)


async def test_a_bad_token_is_refused_even_where_none_is_needed(full: ReadSide) -> None:
    response = await full.http.get("/problems/sum", headers={"Authorization": "Bearer nonsense"})
    assert refusal_of(response) == (401, "token-invalid")


async def test_another_method_is_not_allowed(full: ReadSide) -> None:
    response = await full.http.post("/problems")
    assert refusal_of(response) == (405, "method-not-allowed")
    assert response.headers["allow"] == "GET"


async def test_head_is_answered_as_get(full: ReadSide) -> None:
    response = await full.http.head("/problems/sum")
    assert (response.status_code, response.headers["etag"]) == (200, f'"{"5" * 64}"')


class AwayReads(MemoryReads):
    """The store is away."""

    async def submission(self, submission_id: SubmissionId, ends: Ends = NO_ENDS) -> SubmissionView | None:  # noqa: ARG002
        raise CassandraUnavailable(f"no node answers for {submission_id}")


async def test_a_store_that_is_away_is_our_trouble(tmp_path: Path) -> None:
    async with reading(tmp_path, AwayReads()) as side:
        response = await side.get(f"/submissions/{UNKNOWN}")
    assert refusal_of(response) == (503, "store-unavailable")
    assert response.headers["retry-after"] == "1"


async def test_a_sample_that_is_lost_is_our_trouble(full: ReadSide, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    assert refusal_of(await full.get("/problems/sum")) == (503, "store-unavailable")


async def test_wait_is_answered_when_the_verdict_is_told(side: ReadSide) -> None:
    submission_id = side.submit(contest=False, verdict=None)
    waiting = asyncio.create_task(side.get(f"/submissions/{submission_id}", "ada", wait=30))
    async with asyncio.timeout(5):
        while not side.wakes.is_watched(f"submission:{submission_id}"):  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)
        side.submit(contest=False, verdict=Verdict.WA)
        side.wakes.wake(f"submission:{submission_id}")
        assert (await waiting).json()["verdict"] == "WA"


async def test_wait_is_answered_for_a_submission_that_was_on_its_way(side: ReadSide) -> None:
    waiting = asyncio.create_task(side.get(f"/submissions/{FRESH}", "ada", wait=30))
    async with asyncio.timeout(5):
        while not side.wakes.is_watched(f"submission:{FRESH}"):  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)
        assert side.submit(contest=False, at=NOW) == FRESH
        side.wakes.wake(f"submission:{FRESH}")
        assert (await waiting).json()["verdict"] == "AC"


async def test_wait_ends_with_what_is_known(side: ReadSide) -> None:
    submission_id = side.submit(contest=False, verdict=None)
    assert (await side.get(f"/submissions/{submission_id}", wait=0.01)).json()["state"] == "queued"


async def test_whoever_waits_is_answered_when_the_service_ends(side: ReadSide) -> None:
    submission_id = side.submit(contest=False, verdict=None)
    waiting = asyncio.create_task(side.get(f"/submissions/{submission_id}", wait=30))
    async with asyncio.timeout(5):
        while not side.wakes.is_watched(f"submission:{submission_id}"):  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)
        side.wakes.end()
        assert (await waiting).json()["state"] == "queued"


def append(side: ReadSide) -> None:
    """Makes `POSITION` a position of the log."""
    side.log.inject(SUBMISSIONS, b"a submission", partition=0)


async def test_after_is_answered_at_once_where_the_model_has_it(full: ReadSide) -> None:
    full.reads.applied["submissions"] = 1
    body = (await full.get(f"/submissions/{new_id(IN_FREEZE)}", after=POSITION)).json()
    assert body["applied"] is True


async def test_after_waits_for_the_model(full: ReadSide) -> None:
    append(full)
    waiting = asyncio.create_task(full.get("/submissions", user_id="ada", after=POSITION))
    await asyncio.sleep(0)
    full.reads.applied["user_submissions"] = 1
    assert (await waiting).json()["applied"] is True


async def test_a_model_that_lags_is_answered_as_it_is(full: ReadSide) -> None:
    append(full)
    body = (await full.get(f"/submissions/{new_id(IN_FREEZE)}", after=POSITION, wait=0)).json()
    assert (body["applied"], body["submission_id"]) == (False, new_id(IN_FREEZE))


async def test_a_submission_that_only_the_log_has_is_queued(full: ReadSide) -> None:
    append(full)
    response = await full.get(f"/submissions/{FRESH}", after=POSITION, wait=0)
    documents.Submission.model_validate_json(response.content)
    assert (response.json()["state"], response.json()["applied"]) == ("queued", False)


async def test_a_list_goes_on_where_the_page_before_ended(side: ReadSide) -> None:
    ids = [side.submit(contest=False, at=START + timedelta(minutes=number // 2), number=number) for number in range(7)]
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await side.get("/submissions", user_id="ada", limit=3, **cursor)).json()
        found += [line["submission_id"] for line in page["submissions"]]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
    assert found == ids[::-1]


async def test_a_filter_that_nothing_passes_ends(side: ReadSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "MOST_LOOKED_AT", 4)
    for number in range(6):
        side.submit(contest=False, number=number)
    page = (await side.get("/submissions", user_id="ada", verdict="CE")).json()
    assert page["submissions"] == []
    rest = (await side.get("/submissions", user_id="ada", verdict="CE", cursor=page["cursor"])).json()
    assert rest == {"submissions": [], "cursor": None}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"user_id": "ada", "language": "cpp"}, 1),
        ({"user_id": "ada", "language": "java"}, 0),
        ({"user_id": "ada", "problem_id": "sum", "contest_id": "spring", "verdict": "AC"}, 1),
        ({"user_id": "ada", "problem_id": "other"}, 0),
        ({"contest_id": "spring", "user_id": "bob"}, 0),
        ({"problem_id": "sum", "language": "cpp"}, 1),
    ],
)
async def test_filters_hold_together(full: ReadSide, filters: dict[str, str], expected: int) -> None:
    page = (await full.get("/submissions", "ada", **filters)).json()
    assert len(page["submissions"]) == expected


async def test_what_is_public_is_revalidated(full: ReadSide) -> None:
    first = await full.get("/contests/spring/board")
    assert (first.headers["cache-control"], first.headers["vary"]) == ("public, no-cache", "Authorization")
    again = await full.http.get("/contests/spring/board", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    full.open_contest(thawed=True)
    changed = await full.http.get("/contests/spring/board", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_what_was_asked_for_with_a_token_is_kept_by_nobody(full: ReadSide) -> None:
    for path in ("/contests/spring/board", "/problems/sum", f"/submissions/{new_id(IN_FREEZE)}"):
        assert (await full.get(path, "ada")).headers["cache-control"] == "private, no-store"


async def test_a_problems_etag_is_its_revision(full: ReadSide) -> None:
    body = await full.get("/problems/sum", JUDY)
    assert body.headers["etag"] == f'"{body.json()["revision"]}"'


async def test_a_retired_problem_is_shown_but_not_listed(side: ReadSide) -> None:
    side.create_problem(retired=True)
    assert (await side.get("/problems/sum")).json()["retired"] is True
    assert (await side.get("/problems")).json()["problems"] == []


async def test_a_board_row_has_the_version_of_its_last_change(full: ReadSide) -> None:
    board = (await full.get("/contests/spring/board")).json()
    assert [row["version"] for row in board["rows"]] == [7, 7]
    assert (board["epoch"], board["offset"], board["thawed"]) == ("1", 7, False)


async def test_answers_are_timed_by_route(full: ReadSide) -> None:
    await full.get("/problems/sum")
    await full.get("/nothing")
    shown = (await full.http.get("http://test/metrics")).text
    assert 'judgestream_query_seconds_count{route="/api/v1/problems/{problem_id}",status="200"}' in shown
    assert 'judgestream_query_seconds_count{route="none",status="404"}' in shown
