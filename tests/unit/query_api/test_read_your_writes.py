"""Every position that is handed out is good for every read."""

import asyncio
from dataclasses import replace

import pytest

from schemas.ids import ContestId
from schemas.topics import CONTESTS, PROBLEMS, REJUDGING_REQUESTS, SUBMISSIONS, TOPIC_BY_NAME, Topic
from schemas.values import RejudgingChange
from tests.unit.projections.rejudging_stories import Story, applied, change, opened, paused, refused, reverted
from tests.unit.projections.rejudging_stories import asked as asked_for
from tests.unit.query_api.read_side import JUDY, SPRING, ReadSide, refusal_of
from tests.unit.query_api.test_rejudgings import shown

BOARD = f"/contests/{SPRING}/board"
PATHS = ("/problems", "/contests", "/submissions", BOARD, "/rejudgings", "/users/ada/statistics")
HERE, ELSEWHERE = (SPRING,), (ContestId("winter"),)


def requested(offset: int) -> str:
    return f"rejudging-requests:0:{offset}"


@pytest.fixture
def regraded(side: ReadSide) -> ReadSide:
    """Opened, paused, refused, applied here, reverted here, applied elsewhere; all of it is decided."""
    story = Story().tell(asked_for(), opened(contest_ids=HERE))
    for what, decision in (
        (RejudgingChange.PAUSE, paused()),
        (RejudgingChange.APPLY, refused()),
        (RejudgingChange.APPLY, replace(applied(), contest_ids=HERE)),
        (RejudgingChange.REVERT, replace(reverted(), contest_ids=HERE)),
        (RejudgingChange.APPLY, replace(applied(), contest_ids=ELSEWHERE)),
    ):
        story.tell(change(what), decision)
    side.open_contest()
    side.reads.known_rejudgings = [shown(story)]
    side.reads.applied["rejudgings"] = 6
    for fact in story.facts:
        assert side.log.append(TOPIC_BY_NAME[fact.position.topic], fact.event).result() == fact.position
    return side


@pytest.mark.parametrize("offset", [0, 1, 2, 5], ids=["opened", "paused", "refused", "applied elsewhere"])
@pytest.mark.parametrize("topic", ["rejudging-requests", "rejudgings"])
async def test_a_board_has_a_request_that_does_not_move_it_once_it_is_decided(
    regraded: ReadSide, topic: str, offset: int
) -> None:
    answer = await regraded.get(BOARD, after=f"{topic}:0:{offset}")
    assert answer.json()["applied"] is True


@pytest.mark.parametrize("offset", [3, 4], ids=["applied", "reverted"])
@pytest.mark.parametrize("topic", ["rejudging-requests", "rejudgings"])
async def test_a_board_has_a_request_that_moves_it_once_it_has_moved(
    regraded: ReadSide, topic: str, offset: int
) -> None:
    regraded.reads.applied["boards"] = offset
    waiting = asyncio.create_task(regraded.get(BOARD, after=f"{topic}:0:{offset}"))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done, "the decision is known, and the board has not moved yet"
    regraded.reads.applied["boards"] = offset + 1
    assert (await waiting).json()["applied"] is True


async def test_a_board_waits_for_the_decision(regraded: ReadSide) -> None:
    regraded.reads.applied = {"rejudgings": 3, "boards": 6}
    waiting = asyncio.create_task(regraded.get(BOARD, after=requested(3)))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done
    regraded.reads.applied["rejudgings"] = 6
    assert (await waiting).json()["applied"] is True


async def test_a_request_that_the_log_does_not_have_is_waited_for_by_nobody(regraded: ReadSide) -> None:
    assert refusal_of(await regraded.get(BOARD, after=requested(6))) == (400, "invalid-position")


@pytest.mark.parametrize("topic", [SUBMISSIONS, PROBLEMS, CONTESTS, REJUDGING_REQUESTS], ids=lambda topic: topic.name)
@pytest.mark.parametrize("path", PATHS)
async def test_every_position_that_a_write_answers_is_good_for_every_read(
    side: ReadSide, path: str, topic: Topic
) -> None:
    side.open_contest()
    side.create_problem()
    position = side.log.inject(topic, b"what somebody wrote")
    models = ("submissions", "problems", "contests", "rejudgings", "boards", "user_submissions", "user_statistics")
    side.reads.applied = dict.fromkeys(models, 1)
    answer = await side.get(path, JUDY, after=position, user_id="ada")
    assert (answer.status_code, answer.json()["applied"]) == (200, True), answer.text


async def test_what_a_model_does_not_depend_on_is_asked_of_the_one_that_shows_it(side: ReadSide) -> None:
    position = side.log.inject(CONTESTS, b"a contest")
    waiting = asyncio.create_task(side.get("/problems", after=position))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done
    side.reads.applied["contests"] = 1
    assert (await waiting).json()["applied"] is True
