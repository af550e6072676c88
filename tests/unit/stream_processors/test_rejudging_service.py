"""The office of rejudgings on the log in memory: decisions, jobs, and what a kill leaves to its successor."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.eventlog.port import Committed, Partition
from schemas.events import (
    ContestRejudged,
    DeadLettered,
    ExecutorReported,
    JudgingRequested,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingOpened,
    RejudgingRefused,
    VerdictReached,
)
from schemas.golden_records import example
from schemas.heartbeats import unwatched
from schemas.ids import ContestId, ProblemRevision, RejudgingId, TeamId, judging_id
from schemas.manifests import read_current
from schemas.topics import (
    CONTEST_FEED,
    DEAD_LETTERS,
    EXECUTOR_POOL,
    EXECUTORS,
    JOBS,
    REJUDGING_REQUESTS,
    REJUDGINGS,
    SUBMISSIONS,
    VERDICTS,
    executor_group,
)
from schemas.values import (
    Comparison,
    ComparisonKind,
    JudgingOverride,
    Lane,
    RejudgingChange,
    RejudgingPriority,
    SubmissionFilter,
    Verdict,
)
from stream_processors.decide_rejudgings import Asked, Request
from stream_processors.rejudging.decider import Decider
from stream_processors.rejudging.followed import Followed
from stream_processors.rejudging.patience import PatientBlobs
from stream_processors.rejudging.releaser import Releaser
from stream_processors.rejudging.service import Service
from tests.unit.stream_processors.examples import DEFINITION_BYTES, NOW, judged, received, submission_id
from tests.unit.stream_processors.rejudging_world import change, only, opening

SLOTS = 2
WINDOW = 8
LANE = JOBS[Lane.REJUDGE]
LIVE_LANE = JOBS[Lane.CONTEST]


class Office:
    """A log, blobs and one process at a time that decides and releases."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.log = MemoryEventLog(clock=lambda: self.now)
        self.blobs = DirectoryBlobStore(folder)
        self.blobs.put(DEFINITION_BYTES)
        report: ExecutorReported = example(ExecutorReported)
        self.log.append(EXECUTORS, replace(report, slots=SLOTS, why_aside=None))
        self.executor = self.log.group_reader([LANE, LIVE_LANE], executor_group(EXECUTOR_POOL))
        self.service = self.start()

    def start(self) -> Service:
        followed = Followed(self.log, unwatched)
        blobs = PatientBlobs(self.blobs, pauses_s=())
        decider = Decider(self.log, blobs, followed, most_open=100, clock=lambda: self.now, beat=unwatched)
        releaser = Releaser(self.log, self.log, blobs, followed, clock=lambda: self.now, beat=unwatched)
        return Service(self.log, followed, decider, releaser, unwatched, idle_s=0)

    def restart(self) -> None:
        """As after a kill: nothing is left of the process but what stands in the log."""
        self.service._reader.die()  # type: ignore[attr-defined]  # the group's member in memory
        self.service = self.start()

    def ask(self, *requests: Request) -> None:
        for request in requests:
            self.log.append(REJUDGING_REQUESTS, request)
        self.turn(len(requests) + 2)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.turn(1)

    def turn(self, times: int = 3) -> None:
        for _ in range(times):
            self.service.turn()

    def submit(self, number: int, verdict: Verdict | None = Verdict.WA) -> None:
        self.log.append(SUBMISSIONS, received(number, contest=True)).result()
        if verdict is not None:
            self.log.append(VERDICTS, replace(judged(number), verdict=verdict)).result()

    def submit_now(self) -> None:
        """A submission whose job is in its lane already."""
        original: JudgingRequested = replace(example(JudgingRequested), lane=Lane.CONTEST, rejudging_id=None)
        self.log.append(LIVE_LANE, original, partition=0).result()

    def jobs(self) -> list[JudgingRequested]:
        return [event for event in self.log.events(LANE) if isinstance(event, JudgingRequested)]

    def judge(self) -> int:
        """Judges all that waits, and commits it."""
        count = 0
        while records := self.executor.poll(100, 0):
            for record in records:
                job = record.event
                assert isinstance(job, JudgingRequested)
                self.log.append(VERDICTS, verdict_on(job)).result()
                at = Partition(record.position.topic, record.position.partition)
                self.executor.commit({at: Committed(offset=record.position.offset + 1)})
                count += 1
        return count

    def finish(self) -> None:
        while self.judge():
            self.turn()


def verdict_on(job: JudgingRequested) -> VerdictReached:
    return replace(
        judged(),
        submission_id=job.submission_id,
        judging_id=job.judging_id,
        contest_id=job.contest_id,
        team_id=job.team_id,
        rejudging_id=job.rejudging_id,
        repeat=job.repeat,
        verdict=Verdict.AC,
    )


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.service.stop()
    office.service.run()


def kinds(office: Office) -> list[type]:
    return [type(event) for event in office.log.events(REJUDGINGS)]


def test_from_an_opening_to_a_board(office: Office) -> None:
    for number in range(20):
        office.submit(number)
    office.ask(opening("a", filter=SubmissionFilter(contest_ids=(ContestId("finals"),))))
    [opened] = office.log.events(REJUDGINGS)
    assert isinstance(opened, RejudgingOpened)
    assert len(office.jobs()) == WINDOW
    office.finish()
    assert {job.judging_id for job in office.jobs()} == {judging_id(submission_id(n), "a") for n in range(20)}
    assert len(office.jobs()) == 20
    office.ask(change("a", RejudgingChange.APPLY))
    applied = office.log.events(REJUDGINGS)[-1]
    assert isinstance(applied, RejudgingApplied)
    [step] = office.log.events(CONTEST_FEED)
    assert isinstance(step, ContestRejudged)
    assert (step.manifest, step.changed, step.reverted) == (applied.manifest, 20, False)
    assert step.caused_by == office.log.records(REJUDGINGS)[-1].position
    rows = read_current(office.blobs.get(step.manifest))
    assert {row.verdict for row in rows} == {Verdict.AC}
    office.ask(change("a", RejudgingChange.REVERT))
    step = office.log.events(CONTEST_FEED)[-1]
    assert isinstance(step, ContestRejudged)
    assert step.reverted
    assert {row.verdict for row in read_current(office.blobs.get(step.manifest))} == {Verdict.WA}


def test_a_job_reuses_what_the_current_verdict_left(office: Office) -> None:
    office.submit(1)
    exact = JudgingOverride(comparison=Comparison(kind=ComparisonKind.EXACT))
    office.ask(opening("a", override=exact))
    [job] = office.jobs()
    assert job.comparison == exact.comparison
    # The verdict's revision is not there, so that nobody knows what was compiled then.
    assert job.recorded is None
    revised = ProblemRevision(job.problem_revision)
    office.submit(2, None)
    office.log.append(VERDICTS, replace(judged(2), verdict=Verdict.WA, problem_revision=revised)).result()
    office.ask(opening("b", filter=only(2), override=exact))
    [job] = [job for job in office.jobs() if job.rejudging_id == "b"]
    assert job.recorded is not None
    assert job.recorded.judging_id == judging_id(submission_id(2))


def test_a_pause_and_a_cancellation_stop_at_once(office: Office) -> None:
    for number in range(40):
        office.submit(number)
    office.ask(opening("a"))
    office.ask(change("a", RejudgingChange.PAUSE))
    office.finish()
    assert len(office.jobs()) == WINDOW
    office.ask(change("a", RejudgingChange.RESUME))
    assert len(office.jobs()) == 2 * WINDOW
    office.ask(change("a", RejudgingChange.CANCEL))
    office.finish()
    assert len(office.jobs()) == 2 * WINDOW
    assert isinstance(office.log.events(REJUDGINGS)[-1], RejudgingCancelled)


def test_while_submissions_come_in_one_job_follows_another_after_a_rest(office: Office) -> None:
    for number in range(30):
        office.submit(number)
    office.ask(opening("a"))
    assert len(office.jobs()) == WINDOW
    office.submit_now()
    office.judge()
    # Both slots were taken for a second before that was seen: a tenth of them comes to as much in ten.
    office.later(1)
    office.later(8.9)
    assert len(office.jobs()) == WINDOW
    office.later(0.2)
    assert len(office.jobs()) == WINDOW + 1
    office.later(2)
    assert office.judge() == 1
    # One of them for 2.5 s: that takes 12.5 s.
    office.later(0.5)
    office.later(9.9)
    assert len(office.jobs()) == WINDOW + 1
    office.later(0.2)
    assert len(office.jobs()) == WINDOW + 2
    office.later(31)
    assert len(office.jobs()) == 2 * WINDOW + 1


def test_a_job_waits_a_while_for_submissions_to_end(office: Office) -> None:
    for number in range(30):
        office.submit(number)
    office.ask(opening("a"))
    office.judge()
    office.submit_now()
    office.later(0.2)
    office.later(10)
    assert len(office.jobs()) == WINDOW
    office.later(1.9)
    assert len(office.jobs()) == WINDOW
    office.later(0.2)
    assert len(office.jobs()) == WINDOW + 1
    office.judge()
    office.later(0.02)
    office.later(10)
    assert len(office.jobs()) == WINDOW + 2


def test_an_urgent_one_is_judged_first_and_others_share(office: Office) -> None:
    for number in range(30):
        office.submit(number)
    office.ask(opening("a"), opening("b"), opening("u", priority=RejudgingPriority.URGENT))
    released: list[Counter[RejudgingId | None]] = []
    while sum(map(Counter.total, released)) < 90:
        released.append(Counter(job.rejudging_id for job in office.jobs()) - sum(released, Counter()))
        office.judge()
        office.turn()
    first, *others = released
    assert first == {"a": WINDOW}
    assert others[:3] == [{"u": WINDOW}] * 3
    assert others[4] == {"a": WINDOW // 2, "b": WINDOW // 2}


def test_who_takes_over_releases_what_was_not_released(office: Office) -> None:
    for number in range(30):
        office.submit(number)
    office.ask(opening("a", repeats=2))
    office.judge()
    office.turn()
    office.restart()
    office.turn()
    assert len(office.jobs()) == 2 * WINDOW
    office.judge()
    office.restart()
    office.turn()
    office.finish()
    assert len(office.jobs()) == 60
    assert len({job.judging_id for job in office.jobs()}) == 60


def test_contests_are_told_by_whoever_takes_over(office: Office) -> None:
    office.submit(1)
    office.ask(opening("a"))
    office.finish()
    office.log.append(REJUDGING_REQUESTS, change("a", RejudgingChange.APPLY))
    [record] = [it for it in office.log.records(REJUDGING_REQUESTS) if it.position.offset == 1]
    decider = office.service._decider
    asked = Asked(request=change("a", RejudgingChange.APPLY), position=record.position, now=NOW)
    decider._append(asked, decider._decided(asked, record))
    assert kinds(office) == [RejudgingOpened, RejudgingApplied]
    assert office.log.events(CONTEST_FEED) == []
    office.restart()
    office.turn()
    assert kinds(office) == [RejudgingOpened, RejudgingApplied]
    [step] = office.log.events(CONTEST_FEED)
    assert isinstance(step, ContestRejudged)
    office.restart()
    office.turn()
    assert len(office.log.events(CONTEST_FEED)) == 1


def test_the_slower_of_two_deciders_goes_by_what_the_faster_said(office: Office) -> None:
    office.submit(1)
    rival = office.start()
    office.log.append(REJUDGING_REQUESTS, opening("a"))
    office.log.append(REJUDGING_REQUESTS, change("a", RejudgingChange.CANCEL))
    first, second = office.log.records(REJUDGING_REQUESTS)
    rival._decider.handle(first)
    office.service._decider.handle(first)
    rival._decider.handle(second)
    office.service._decider.handle(second)
    assert kinds(office) == [RejudgingOpened, RejudgingCancelled]


def test_poison_is_a_dead_letter_and_the_next_is_decided(office: Office) -> None:
    office.submit(1)
    office.log.inject(REJUDGING_REQUESTS, b"junk")
    office.ask(opening("a"))
    assert kinds(office) == [RejudgingOpened]
    [letter] = office.log.events(DEAD_LETTERS)
    assert isinstance(letter, DeadLettered)
    assert letter.value == b"junk"


def test_what_we_cannot_decide_is_refused_and_a_dead_letter(office: Office) -> None:
    office.submit(1)
    office.ask(opening("a"))
    office.finish()
    office.ask(change("a", RejudgingChange.APPLY))
    applied = office.log.events(REJUDGINGS)[-1]
    assert isinstance(applied, RejudgingApplied)
    manifest = next(path for path in office.blobs._root.rglob(applied.manifest))
    manifest.write_bytes(b"{}")
    office.ask(change("a", RejudgingChange.REVERT))
    refused = office.log.events(REJUDGINGS)[-1]
    assert isinstance(refused, RejudgingRefused)
    assert refused.refusal == "our-fault"
    assert len(office.log.events(DEAD_LETTERS)) == 1


def test_while_the_log_is_away_nothing_is_lost(office: Office) -> None:
    office.submit(1)
    office.log.append(REJUDGING_REQUESTS, opening("a"))
    office.turn(1)
    office.log.outage = Outage.DOWN
    with pytest.raises(LogUnavailable):
        office.turn()
    office.log.outage = None
    office.turn()
    assert kinds(office) == [RejudgingOpened]
    assert len(office.jobs()) == 1


def test_a_contest_is_told_whoever_has_no_team(office: Office) -> None:
    office.log.append(SUBMISSIONS, replace(received(1, contest=True), team_id=TeamId("blue"))).result()
    office.ask(opening("a"))
    office.finish()
    office.ask(change("a", RejudgingChange.APPLY))
    assert len(office.log.events(CONTEST_FEED)) == 1
