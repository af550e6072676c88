"""The router between real engines: jobs, the feed, dead letters, and what a kill does to them."""

import os
import subprocess
from collections import defaultdict
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from schemas.blobs.directory import DirectoryBlobStore
from schemas.events import (
    ContestRejudged,
    ContestRevised,
    ContestSubmissionAccepted,
    ContestThawed,
    ContestVerdictReached,
    DeadLettered,
    JudgingRequested,
    JudgingStalled,
    RejudgingApplied,
    RejudgingOpened,
    RejudgingRefused,
    RejudgingReverted,
    SubmissionReceived,
    TeamRegistered,
    VerdictReached,
)
from schemas.golden_records import example
from schemas.ids import ContestId, EventId, RejudgingId, SubmissionId, TeamId, judging_id
from schemas.manifests import read_current
from schemas.topics import CONTESTS, REJUDGING_REQUESTS, SUBMISSIONS, VERDICTS, Topic
from schemas.values import DeadLetterReason, Lane, Position, RejudgingChange, StallAnswer, SubmissionFilter, Verdict
from tests.integration.stream_processors.members import joined
from tests.integration.stream_processors.model_executor import WINDOW, ModelExecutor, verdict_on
from tests.integration.stream_processors.room import Room
from tests.unit.stream_processors.rejudging_world import change, opening

BEFORE_THE_KILL = 40
SUBMISSIONS_IN_ALL = 120
BACKLOG = 500
REJUDGED = 40


def jobs_of(room: Room, submission: SubmissionReceived) -> list[JudgingRequested]:
    return [job for job in room.appended(JudgingRequested) if job.submission_id == submission.submission_id]


def routed(room: Room, submissions: list[SubmissionReceived]) -> int:
    """How many of them have a job."""
    ids = {job.submission_id for job in room.appended(JudgingRequested)}
    return sum(submission.submission_id in ids for submission in submissions)


@pytest.mark.usefixtures("router")
def test_a_submission_becomes_a_job_in_its_lane(room: Room) -> None:
    practice, contest = room.submission(), room.submission(ContestId("finals"))
    positions = [room.log.append(SUBMISSIONS, submission).result(10) for submission in (practice, contest)]
    room.wait_for(lambda: routed(room, [practice, contest]) == 2, "two jobs")
    for submission, position, lane in zip((practice, contest), positions, (Lane.PRACTICE, Lane.CONTEST), strict=True):
        [job] = jobs_of(room, submission)
        assert (job.lane, job.caused_by, job.files) == (lane, position, submission.files)
        assert job.give_up is None
        assert job.cases


@pytest.mark.usefixtures("router")
@pytest.mark.parametrize("topic", [SUBMISSIONS, VERDICTS, CONTESTS], ids=lambda topic: topic.name)
def test_poison_is_a_dead_letter_and_its_partition_goes_on(room: Room, topic: Topic) -> None:
    junk = f"junk {uuid4()}".encode()
    room.append_bytes(topic, junk, partition=1)
    room.append_bytes(SUBMISSIONS, junk + b" too", partition=1)
    submission = room.submission()
    room.log.append(SUBMISSIONS, submission, partition=1).result(10)
    room.wait_for(lambda: routed(room, [submission]) == 1, "job behind the poison")
    room.wait_for(lambda: any(letter.value == junk for letter in room.appended(DeadLettered)), "dead letter")
    [letter] = [letter for letter in room.appended(DeadLettered) if letter.value == junk]
    assert letter.caused_by is not None
    assert (letter.caused_by.topic, letter.caused_by.partition) == (topic.name, 1)
    assert (letter.key, letter.reason) == (b"key", DeadLetterReason.UNDECODABLE)


@pytest.mark.usefixtures("router")
def test_the_feed_keeps_the_order_of_each_source(room: Room) -> None:
    contest_id = ContestId(f"c{uuid4().hex[:8]}")
    contest: ContestRevised = example(ContestRevised)
    team: TeamRegistered = example(TeamRegistered)
    verdict: VerdictReached = example(VerdictReached)
    thaw: ContestThawed = example(ContestThawed)
    room.log.append(CONTESTS, replace(contest, contest_id=contest_id))
    for number in range(5):
        room.log.append(CONTESTS, replace(team, contest_id=contest_id, team_id=TeamId(f"team {number}")))
    for _ in range(30):
        submission = room.submission(contest_id)
        room.log.append(SUBMISSIONS, submission)
        room.log.append(
            VERDICTS,
            replace(
                verdict,
                event_id=EventId(f"verdict {submission.submission_id}"),
                submission_id=submission.submission_id,
                judging_id=judging_id(submission.submission_id),
                contest_id=contest_id,
                team_id=TeamId("red"),
            ),
        )
    room.log.append(CONTESTS, replace(thaw, contest_id=contest_id)).result(10)

    room.wait_for(lambda: sum(map(len, feed(room, contest_id).values())) >= 67, "feed")
    sources = feed(room, contest_id)
    assert all(offsets == sorted(set(offsets)) for offsets in sources.values())
    assert sum(map(len, sources.values())) == 67
    assert {topic for topic, _ in sources} == {"contests", "submissions", "verdicts"}


def feed(room: Room, contest_id: ContestId) -> dict[tuple[str, int], list[int]]:
    """The source offsets of a contest's feed, per source partition, in the order of the feed."""
    kinds = (ContestRevised, TeamRegistered, ContestThawed, ContestSubmissionAccepted, ContestVerdictReached)
    sources: dict[tuple[str, int], list[int]] = defaultdict(list)
    for event in room.everything():
        if isinstance(event, kinds) and event.contest_id == contest_id:
            assert isinstance(event.caused_by, Position)
            sources[event.caused_by.topic, event.caused_by.partition].append(event.caused_by.offset)
    return sources


def test_a_killed_router_loses_nothing_and_repeats_under_the_same_ids(
    room: Room, router: subprocess.Popen[bytes]
) -> None:
    submissions = [room.submission() for _ in range(SUBMISSIONS_IN_ALL)]
    for submission in submissions[:BEFORE_THE_KILL]:
        room.log.append(SUBMISSIONS, submission).result(10)
    room.wait_for(lambda: routed(room, submissions) > 0, "first job")
    router.kill()
    router.wait()
    for submission in submissions[BEFORE_THE_KILL:]:
        room.log.append(SUBMISSIONS, submission).result(10)
    room.start()
    room.wait_for(lambda: routed(room, submissions) == SUBMISSIONS_IN_ALL, "all jobs")
    first: dict[SubmissionId, JudgingRequested] = {}
    for job in room.appended(JudgingRequested):
        known = first.setdefault(job.submission_id, job)
        assert replace(job, occurred_at=known.occurred_at) == known


def test_a_router_that_is_stopped_in_a_backlog_loses_and_repeats_nothing(
    room: Room, router: subprocess.Popen[bytes]
) -> None:
    submissions = [room.submission() for _ in range(BACKLOG)]
    for submission in submissions:
        room.log.append(SUBMISSIONS, submission)
    room.wait_for(lambda: routed(room, submissions) > 0, "first job")
    assert room.stop(router) == 0
    assert os.listdir(room.work) == []
    room.start()
    room.wait_for(lambda: routed(room, submissions) == BACKLOG, "all jobs")
    ids = {submission.submission_id for submission in submissions}
    assert sum(job.submission_id in ids for job in room.appended(JudgingRequested)) == BACKLOG


@pytest.mark.usefixtures("router")
def test_an_executor_that_lives_and_judges_nothing_leaves_its_work_to_another(room: Room) -> None:
    """What stands with one that only polls is judged by the other, in whichever lane that one reads."""
    with joined(room.log, answers=False) as stuck, joined(room.log, answers=True) as healthy:
        room.wait_for(lambda: len(stuck.partitions()) == len(healthy.partitions()) == 9, "both to read")
        contests = (None, ContestId("finals"))
        submissions = [
            replace(room.submission(contests[number % 2]), problem_revision=room.quick_revision) for number in range(24)
        ]
        for submission in submissions:
            room.log.append(SUBMISSIONS, submission).result(10)
        ids = {submission.submission_id for submission in submissions}
        room.wait_for(lambda: ids <= set(healthy.judged), "verdicts")
        stalls = [stall for stall in room.appended(JudgingStalled) if stall.submission_id in ids]
        again = [job for job in room.appended(JudgingRequested) if job.submission_id in ids and job.attempt > 1]
    assert 0 < len(stalls) < len(ids)
    assert {stall.answer for stall in stalls} == {StallAnswer.ASKED_AGAIN}
    assert sorted(job.submission_id for job in again) == sorted(stall.submission_id for stall in stalls)
    metrics = httpx.get(f"{room.url}/metrics", timeout=5).text
    assert f'judgestream_stalls_total{{answer="asked_again"}} {len(stalls):.1f}' in metrics


def test_a_rejudging_moves_a_contest_in_one_step_whoever_is_killed(room: Room) -> None:
    contest_id = ContestId(f"c{uuid4().hex[:8]}")
    submissions = [room.submission(contest_id) for _ in range(REJUDGED)]
    for submission in submissions:
        room.log.append(SUBMISSIONS, submission).result(10)
        room.log.append(VERDICTS, verdict_on(submission, Verdict.WA)).result(10)
    executor = ModelExecutor(room)
    rejudging_id = RejudgingId(str(uuid4()))
    of_contest = SubmissionFilter(contest_ids=(contest_id,))
    room.log.append(REJUDGING_REQUESTS, opening(rejudging_id, filter=of_contest, everything=False)).result(10)

    office = room.start_office()
    room.wait_for(lambda: len(executor.jobs(rejudging_id)) > 0, "first jobs")
    assert len(executor.jobs(rejudging_id)) <= WINDOW
    room.wait_for(lambda: executor.judge(WINDOW) >= 0 and len(executor.verdicts) > 0, "first verdicts")
    office.kill()
    office.wait()
    office = room.start_office()
    room.wait_for(lambda: executor.judge(REJUDGED) >= 0 and len(executor.verdicts) == REJUDGED, "verdicts")
    assert executor.verdicts == {judging_id(submission.submission_id, rejudging_id) for submission in submissions}
    for asked in (RejudgingChange.APPLY, RejudgingChange.APPLY, RejudgingChange.REVERT):
        room.log.append(REJUDGING_REQUESTS, change(rejudging_id, asked)).result(10)
    room.wait_for(lambda: len(room.appended(ContestRejudged)) == 2, "two steps of the contest")
    executor.close()

    [opened] = room.appended(RejudgingOpened)
    [applied] = room.appended(RejudgingApplied)
    [refused] = room.appended(RejudgingRefused)
    [reverted] = room.appended(RejudgingReverted)
    assert (opened.selected, applied.changed, reverted.changed) == (REJUDGED,) * 3
    assert refused.refusal == "already-applied"
    steps = room.appended(ContestRejudged)
    assert [(step.contest_id, step.manifest, step.reverted) for step in steps] == [
        (contest_id, applied.manifest, False),
        (contest_id, reverted.manifest, True),
    ]
    blobs = DirectoryBlobStore(room.folder / "blobs")
    assert {row.verdict for row in read_current(blobs.get(applied.manifest))} == {Verdict.AC}
    assert {row.verdict for row in read_current(blobs.get(reverted.manifest))} == {Verdict.WA}
    assert room.stop(office) == 0
