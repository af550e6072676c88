"""A running projector on real engines: what is told to the log is read back from every model."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from projections.models.boards import BoardView, read_board
from projections.models.contests import list_contests, read_contest
from projections.models.executors import read_languages
from projections.models.positions import UnknownTopic, has_applied
from projections.models.problem_statistics import problem_statistics, read_problem_statistics
from projections.models.problems import list_problems, read_problem
from projections.models.statistic_rows import outcomes_of
from projections.models.submission import read_submission
from projections.models.submission_body import submission_body
from projections.models.submission_lists import Place, SubmissionLine, of_contest, of_problem, of_user
from projections.models.user_statistics import read_user_statistics, user_statistics
from projections.query_api.timelines import Timelines
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import Cassandra
from schemas.eventlog.port import EventLog
from schemas.events import ContestVerdictReached, ProblemRetired
from schemas.ids import EventId, UserId
from schemas.rules.board_body import row_of
from schemas.rules.icpc_row import View
from schemas.rules.submission import accepted
from schemas.topics import CONTEST_FEED, PROBLEMS
from schemas.values import Verdict
from tests.integration.projections.running import caught_up, running, until
from tests.integration.projections.season import Season
from tests.unit.projections.stories import NOON, case, started, verdict


@pytest.fixture(scope="module")
def followed(
    event_log: EventLog, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EventLog]:
    """The log, while a projector follows it."""
    with running(environment, tmp_path_factory.mktemp("running") / "projector.log"):
        yield event_log


@pytest.fixture
def season(followed: EventLog) -> Season:
    """A season that a running projector follows."""
    season = Season(followed, random.Random(1))
    season.begin()
    return season


async def listed(lines: AsyncIterator[SubmissionLine], limit: int = 1000) -> list[SubmissionLine]:
    found = []
    async with aclosing(lines) as every:  # type: ignore[type-var]  # it is an async generator
        async for line in every:
            found.append(line)
            if len(found) == limit:
                break
    return found


async def test_a_submission_is_read_back_with_its_cases_and_verdict(season: Season, cassandra: Cassandra) -> None:
    told = season.submission()
    number = season.first + season.count
    season.tell(told, started(number), *(case(number, 0, index) for index in range(3)))
    await caught_up(cassandra, season.log)
    view = await read_submission(cassandra, told.submission_id)
    assert view is not None
    assert (view.submission.accepted, len(submission_body(view.submission, version=0)["cases"])) == (accepted(told), 3)
    season.tell(verdict(number, said=Verdict.WA, of=told))
    await caught_up(cassandra, season.log)
    view = await read_submission(cassandra, told.submission_id)
    assert view is not None
    assert submission_body(view.submission, version=0)["verdict"] == "WA"


async def test_lists_are_newest_first_and_paged_by_place(season: Season, cassandra: Cassandra) -> None:
    days = [season.submission(minute=day * 24 * 60) for day in range(70)]
    season.tell(*days, verdict(season.first + 1, of=days[0]))
    await caught_up(cassandra, season.log)
    newest_first = [one.submission_id for one in reversed(days)]
    owner, problem, contest = days[0].user_id, days[0].problem_id, season.contest_id
    for lines in (of_user(cassandra, owner), of_problem(cassandra, problem), of_contest(cassandra, contest)):
        found = await listed(lines)
        assert [line.submission_id for line in found] == newest_first
        assert found[-1].outcome is not None
    first_page = await listed(of_user(cassandra, owner), 25)
    second = await listed(of_user(cassandra, owner, Place.of(first_page[-1])), 45)
    assert [line.submission_id for line in first_page + second] == newest_first


async def test_a_long_list_of_one_moment_is_whole(season: Season, cassandra: Cassandra) -> None:
    many = [season.submission(minute=5) for _ in range(450)]
    season.tell(*many)
    await caught_up(cassandra, season.log)
    ids = sorted((one.submission_id for one in many), reverse=True)
    for lines in (of_user(cassandra, many[0].user_id), of_contest(cassandra, season.contest_id)):
        assert [line.submission_id for line in await listed(lines)] == ids


async def test_nobody_has_an_empty_list(cassandra: Cassandra) -> None:
    assert await listed(of_user(cassandra, UserId("nobody"))) == []


async def test_a_problem_is_as_its_last_revision_until_it_is_retired(season: Season, cassandra: Cassandra) -> None:
    season.tell(season.problem("sum", "Another title"))
    await caught_up(cassandra, season.log)
    problem = await read_problem(cassandra, season.problem_id("sum"))
    assert problem is not None
    assert (problem.definition.title, problem.retired) == ("Another title", False)
    assert season.problem_id("sum") in [line.problem_id for line in await list_problems(cassandra, limit=1000)]
    retired = ProblemRetired(
        event_id=EventId("gone"), occurred_at=NOON, caused_by=None, problem_id=season.problem_id("sum")
    )
    season.tell(retired, topic=PROBLEMS)
    await caught_up(cassandra, season.log)
    problem = await read_problem(cassandra, season.problem_id("sum"))
    assert problem is not None
    assert problem.retired
    assert season.problem_id("sum") not in [line.problem_id for line in await list_problems(cassandra, limit=1000)]


async def test_a_contest_is_read_back_with_its_teams(season: Season, cassandra: Cassandra) -> None:
    await caught_up(cassandra, season.log)
    contest = await read_contest(cassandra, season.contest_id)
    assert contest is not None
    assert (contest.contest.name, contest.thawed) == ("Finals", False)
    assert [team.name for team in contest.teams] == ["Ada", "Bob", "Cleo"]
    membership = contest.membership_of(season.user_id("bob"))
    assert membership is not None
    assert membership.team_id == f"bob-{season.name}"
    assert season.contest_id in [line.contest.contest_id for line in await list_contests(cassandra, 1000)]


async def test_languages_are_those_of_executors_that_reported_lately(season: Season, cassandra: Cassandra) -> None:
    await caught_up(cassandra, season.log)
    ours = f"cpp-{season.name}"
    assert ours in [info.language for info in await read_languages(cassandra, NOON + timedelta(seconds=60))]
    assert ours not in [info.language for info in await read_languages(cassandra, NOON + timedelta(seconds=61))]


async def test_a_frozen_solve_shows_on_the_jury_board_until_the_thaw(season: Season, cassandra: Cassandra) -> None:
    told = season.submission(minute=100)
    season.tell_story([told, verdict(season.first + season.count, of=told)])

    async def solved() -> list[int]:
        await caught_up(cassandra, season.log)
        boards = [await read_board(cassandra, season.contest_id, view) for view in (View.JURY, View.PUBLIC)]
        return [sum(row["solved"] for row in board.rows) for board in boards if board is not None]

    assert await solved() == [1, 0]
    season.thaw()
    assert await solved() == [1, 1]
    board = await read_board(cassandra, season.contest_id, View.PUBLIC)
    assert board is not None
    assert (board.thawed, board.epoch) == (True, "1.thawed")


async def test_a_model_has_applied_what_was_waited_for(season: Season, cassandra: Cassandra) -> None:
    (position,) = season.tell(season.submission())

    async def applied() -> bool:
        return await has_applied(cassandra, "submissions", position)

    await until("applied", applied)
    assert not await has_applied(cassandra, "submissions", replace(position, offset=position.offset + 10**6))
    with pytest.raises(UnknownTopic):
        await has_applied(cassandra, "problems", position)


async def test_a_board_has_applied_a_verdict_once_its_copy_is_in_it(season: Season, cassandra: Cassandra) -> None:
    told = season.submission()
    season.tell_story([told])
    (cause,) = season.tell(verdict(season.first + season.count, of=told))
    assert not await has_applied(cassandra, "boards", cause, key=season.contest_id)
    copy = ContestVerdictReached(
        event_id=EventId("copy"),
        occurred_at=NOON,
        caused_by=cause,
        contest_id=season.contest_id,
        team_id=told.team_id or "",  # type: ignore[arg-type]  # it has a team
        submission_id=told.submission_id,
        judging_id=verdict(season.first + season.count, of=told).judging_id,
        problem_id=told.problem_id,
        submitted_at=told.submitted_at,
        verdict=Verdict.AC,
        score=1.0,
    )
    season.tell(copy, topic=CONTEST_FEED)

    async def applied() -> bool:
        return await has_applied(cassandra, "boards", cause, key=season.contest_id)

    await until("the copy is applied", applied)


async def test_a_boards_past_is_what_the_live_board_was(season: Season, cassandra: Cassandra, tmp_path: Path) -> None:
    recorded: list[tuple[View, BoardView]] = []

    async def record() -> None:
        await caught_up(cassandra, season.log)
        for view in View:
            board = await read_board(cassandra, season.contest_id, view)
            assert board is not None
            recorded.append((view, board))

    await record()
    for story in season.draw(12):
        season.tell_story(story)
        await record()
    season.thaw()
    await record()
    timelines = Timelines(season.log, DirectoryBlobStore(tmp_path))
    for view, live in recorded:
        async with timelines.until_offset(season.contest_id, live.offset) as timeline:
            past = timeline.at(live.offset, view)
            assert past is not None
            latest = past.appended_at
            assert timeline.offset_at(latest) >= live.offset
        assert (past.board.offset, past.board.contest, past.board.thawed) == (live.offset, live.contest, live.thawed)
        assert {row.team_id: row for row in past.board.rows(view)} == {row["team_id"]: row_of(row) for row in live.rows}
    async with timelines.until_moment(season.contest_id, latest) as timeline:
        assert timeline.offset_at(latest) == recorded[-1][1].offset


async def test_a_submission_is_read_as_it_was_before_an_offset(season: Season, cassandra: Cassandra) -> None:
    told = season.submission()
    number = season.first + season.count
    season.tell(told, started(number), case(number))
    (decided,) = season.tell(verdict(number, of=told))
    await caught_up(cassandra, season.log)
    for ends, state in ({}, "judged"), ({decided.topic: decided.offset}, "running"):
        view = await read_submission(cassandra, told.submission_id, ends)
        assert view is not None
        assert submission_body(view.submission, version=0)["state"] == state


async def test_statistics_are_counted_from_what_was_told(season: Season, cassandra: Cassandra) -> None:
    for said in (Verdict.AC, Verdict.WA, None):
        told = season.submission()
        season.tell(told, *([] if said is None else [verdict(season.first + season.count, said=said, of=told)]))
    await caught_up(cassandra, season.log)
    rows = [row async for page in read_problem_statistics(cassandra, season.problem_id("sum")) for row in page]
    figures = problem_statistics(outcomes_of(rows))
    assert (figures["submissions"], figures["judged"], figures["accepted"]) == (3, 2, 1)
    rows = [row async for page in read_user_statistics(cassandra, season.user_id("ada")) for row in page]
    of_ada = user_statistics(outcomes_of(rows))
    assert (of_ada["submissions"], of_ada["solved"]) == (3, [season.problem_id("sum")])
