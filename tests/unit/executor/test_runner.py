"""From one record to its end: a verdict, or a JUDGE_ERROR and a dead letter, or nothing because we go down."""

import itertools
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from executor.attempts import Start
from executor.errors import JobLost
from executor.runner import Runner
from executor.sandbox.errors import EngineUnavailable, SandboxFault, Stopped
from executor.sandbox.port import Exited, RunOutcome
from schemas.blobs.directory import DirectoryBlobStore
from schemas.dead_letters import LETTER_BYTES
from schemas.eventlog.errors import AppendRejected
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.eventlog.port import Record
from schemas.eventlog.topic_checks import MESSAGE_BYTES
from schemas.events import CaseJudged, DeadLettered, Event, JudgingStarted, VerdictReached
from schemas.topics import DEAD_LETTERS, JOBS, JUDGINGS, VERDICTS, Topic
from schemas.values import DeadLetterReason, Lane, Position, Verdict
from tests.unit.executor.jobs import NOW, POSITION, case, job, judge_with, missing_case
from tests.unit.executor.scripted_sandbox import Ran, ScriptedSandbox, outcome

DELAYS = (0.0, 0.0)
FIRST = Start(position=POSITION, number=1)


@pytest.fixture
def log() -> MemoryEventLog:
    return MemoryEventLog()


@pytest.fixture
def blobs(tmp_path: Path) -> DirectoryBlobStore:
    return DirectoryBlobStore(tmp_path)


def record_of(event: Event, value: bytes = b"as it stood") -> Record:
    return Record(position=POSITION, appended_at=NOW, event=event, value=value)


def runner_with(log: MemoryEventLog, blobs: DirectoryBlobStore, sandbox: ScriptedSandbox) -> Runner:
    return Runner(judge=judge_with(sandbox, blobs), event_log=log, progress_log=log, retry_delays_s=DELAYS)


def counted(first: Start = FIRST) -> Callable[[], Start]:
    """Counts every further start of a job."""
    numbers = itertools.count(first.number + 1)
    return lambda: replace(first, number=next(numbers))


def verdicts(log: MemoryEventLog) -> list[VerdictReached]:
    return [event for event in log.events(VERDICTS) if isinstance(event, VerdictReached)]


def dead_letters(log: MemoryEventLog) -> list[DeadLettered]:
    return [event for event in log.events(DEAD_LETTERS) if isinstance(event, DeadLettered)]


def failing(times: int) -> Callable[[Ran], RunOutcome]:
    """A run that fails for our reasons so many times."""
    failures = iter(range(times))

    def run(ran: Ran) -> RunOutcome:
        if next(failures, None) is not None:
            raise EngineUnavailable("start a container", "gone")
        return outcome(output=ran.stdin)

    return run


def test_progress_and_verdict_reach_the_log(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    runner_with(log, blobs, ScriptedSandbox()).bring_to_its_end(
        record_of(job([case(blobs, "1", b"1", b"1")])), FIRST, counted()
    )
    assert [type(event) for event in log.events(JUDGINGS)] == [JudgingStarted, CaseJudged]
    assert [event.verdict for event in verdicts(log)] == [Verdict.AC]
    assert dead_letters(log) == []


def test_a_fault_of_ours_that_passes_costs_nothing_but_an_attempt(
    log: MemoryEventLog, blobs: DirectoryBlobStore
) -> None:
    runner = runner_with(log, blobs, ScriptedSandbox(on_run=failing(2)))
    runner.bring_to_its_end(record_of(job([case(blobs, "1", b"1", b"1")])), FIRST, counted())
    assert [(event.verdict, event.attempt) for event in verdicts(log)] == [(Verdict.AC, 3)]
    assert dead_letters(log) == []


def test_a_fault_of_ours_that_stays_is_a_judge_error_and_a_dead_letter(
    log: MemoryEventLog, blobs: DirectoryBlobStore
) -> None:
    runner = runner_with(log, blobs, ScriptedSandbox(on_run=failing(3)))
    runner.bring_to_its_end(record_of(job([case(blobs, "1", b"1", b"1")])), FIRST, counted())
    (verdict,), (letter,) = verdicts(log), dead_letters(log)
    assert verdict.verdict is Verdict.JUDGE_ERROR
    assert verdict.reason == "EngineUnavailable: the container engine failed to start a container: gone"
    assert (letter.reason, letter.value) == (DeadLetterReason.ATTEMPTS_EXHAUSTED, b"as it stood")
    assert (letter.caused_by, letter.detail) == (POSITION, verdict.reason)


def test_a_missing_blob_is_a_judge_error_in_the_end(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    runner_with(log, blobs, ScriptedSandbox()).bring_to_its_end(record_of(job([missing_case("1")])), FIRST, counted())
    assert [event.verdict for event in verdicts(log)] == [Verdict.JUDGE_ERROR]
    assert len(dead_letters(log)) == 1


def test_a_hopeless_job_is_not_tried_again(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    runner_with(log, blobs, ScriptedSandbox()).bring_to_its_end(record_of(job(language="cobol")), FIRST, counted())
    assert [(event.verdict, event.attempt) for event in verdicts(log)] == [(Verdict.JUDGE_ERROR, 1)]
    assert len(dead_letters(log)) == 1


def test_a_slip_of_our_own_code_is_ours_too(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    def slip(_: Ran) -> RunOutcome:
        raise ZeroDivisionError

    runner = runner_with(log, blobs, ScriptedSandbox(on_run=slip))
    runner.bring_to_its_end(record_of(job([case(blobs, "1", b"1", b"1")])), FIRST, counted())
    assert [event.verdict for event in verdicts(log)] == [Verdict.JUDGE_ERROR]


def test_a_given_up_job_is_answered_without_a_dead_letter_of_ours(
    log: MemoryEventLog, blobs: DirectoryBlobStore
) -> None:
    runner_with(log, blobs, ScriptedSandbox()).bring_to_its_end(record_of(job(give_up="poison")), FIRST, counted())
    assert [(event.verdict, event.reason) for event in verdicts(log)] == [(Verdict.JUDGE_ERROR, "poison")]
    assert dead_letters(log) == []


def test_bytes_that_are_no_event_are_buried_as_they_are(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    log.inject(JOBS[Lane.PRACTICE], b"junk", key=b"k")
    (record,) = log.records(JOBS[Lane.PRACTICE])
    runner_with(log, blobs, ScriptedSandbox()).bring_to_its_end(record, FIRST, counted())
    (letter,) = dead_letters(log)
    assert (letter.value, letter.key, letter.reason) == (b"junk", b"k", DeadLetterReason.UNDECODABLE)
    assert verdicts(log) == []


def test_a_record_that_is_longer_than_a_letter_is_buried_cut(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    log.inject(JOBS[Lane.PRACTICE], b"x" * (MESSAGE_BYTES - 100))
    (record,) = log.records(JOBS[Lane.PRACTICE])
    runner_with(log, blobs, ScriptedSandbox()).bring_to_its_end(record, FIRST, counted())
    (letter,) = dead_letters(log)
    assert len(letter.value) == LETTER_BYTES
    assert letter.detail.endswith(f"(cut from {MESSAGE_BYTES - 100} bytes)")


class NarrowLog(MemoryEventLog):
    """A log that takes no long records: a broker whose topic was made with another limit."""

    def append(self, topic: Topic, event: Event, *, partition: int | None = None) -> "Future[Position]":
        if isinstance(event, DeadLettered) and len(event.value) > 100:
            rejected: Future[Position] = Future()
            rejected.set_exception(AppendRejected("too long"))
            return rejected
        if isinstance(event, VerdictReached) and event.compiler_output:
            rejected = Future()
            rejected.set_exception(AppendRejected("too long"))
            return rejected
        return super().append(topic, event, partition=partition)


def test_a_letter_that_the_log_never_takes_is_buried_without_its_bytes(blobs: DirectoryBlobStore) -> None:
    log = NarrowLog()
    log.inject(JOBS[Lane.PRACTICE], b"x" * 101)
    (record,) = log.records(JOBS[Lane.PRACTICE])
    runner_with(log, blobs, ScriptedSandbox()).bring_to_its_end(record, FIRST, counted())
    (letter,) = dead_letters(log)
    assert (letter.value, letter.caused_by) == (b"", record.position)
    assert "its bytes were refused" in letter.detail


def test_a_verdict_that_the_log_never_takes_is_our_error(blobs: DirectoryBlobStore) -> None:
    log = NarrowLog()
    sandbox = ScriptedSandbox(on_compile=lambda _: outcome(Exited(1), stderr=b"said too much"))
    request = job([case(blobs, "1", b"1", b"1")])
    runner_with(log, blobs, sandbox).bring_to_its_end(record_of(request), FIRST, counted())
    assert [event.verdict for event in verdicts(log)] == [Verdict.JUDGE_ERROR]
    assert [letter.reason for letter in dead_letters(log)] == [DeadLetterReason.ATTEMPTS_EXHAUSTED]


def test_an_exhausted_job_is_given_up_without_a_run(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    sandbox = ScriptedSandbox()
    start = Start(position=POSITION, number=4, exhausted=True)
    runner_with(log, blobs, sandbox).bring_to_its_end(record_of(job([case(blobs, "1", b"1", b"1")])), start, counted())
    assert [(event.verdict, event.attempt) for event in verdicts(log)] == [(Verdict.JUDGE_ERROR, 4)]
    assert [letter.detail for letter in dead_letters(log)] == [verdicts(log)[0].reason]
    assert sandbox.ran == []


def test_a_job_that_became_anothers_is_left_to_it(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    def lost() -> Start:
        raise JobLost(str(POSITION))

    runner = runner_with(log, blobs, ScriptedSandbox(on_run=failing(1)))
    with pytest.raises(JobLost):
        runner.bring_to_its_end(record_of(job([case(blobs, "1", b"1", b"1")])), FIRST, lost)
    assert verdicts(log) == []
    assert dead_letters(log) == []


def test_another_event_in_a_lane_is_buried(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    sandbox = ScriptedSandbox()
    runner_with(log, blobs, sandbox).bring_to_its_end(record_of(job([case(blobs, "1", b"1", b"1")])), FIRST, counted())
    stray = verdicts(log)[0]
    runner_with(log, blobs, sandbox).bring_to_its_end(record_of(stray), FIRST, counted())
    assert [letter.reason for letter in dead_letters(log)] == [DeadLetterReason.UNEXPECTED_EVENT]
    assert len(verdicts(log)) == 1


def in_background(runner: Runner, record: Record) -> tuple[Thread, list[SandboxFault]]:
    stopped: list[SandboxFault] = []

    def work() -> None:
        try:
            runner.bring_to_its_end(record, FIRST, counted())
        except Stopped as fault:
            stopped.append(fault)

    thread = Thread(target=work)
    thread.start()
    return thread, stopped


def test_a_verdict_waits_for_the_log_to_come_back(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    log.outage = Outage.DOWN
    runner = runner_with(log, blobs, ScriptedSandbox())
    thread, stopped = in_background(runner, record_of(job([case(blobs, "1", b"1", b"1")])))
    thread.join(0.3)
    assert thread.is_alive()
    log.outage = None
    thread.join(10)
    assert not thread.is_alive()
    assert stopped == []
    assert [event.verdict for event in verdicts(log)] == [Verdict.AC]


def test_a_verdict_whose_acknowledgement_was_lost_is_appended_again_under_the_same_id(
    log: MemoryEventLog, blobs: DirectoryBlobStore
) -> None:
    log.outage = Outage.ACKNOWLEDGEMENT_LOST
    runner = runner_with(log, blobs, ScriptedSandbox())
    thread, _ = in_background(runner, record_of(job([case(blobs, "1", b"1", b"1")])))
    thread.join(0.3)
    log.outage = None
    thread.join(10)
    assert len(verdicts(log)) >= 2
    assert len({event.event_id for event in verdicts(log)}) == 1


def test_going_down_ends_a_wait_and_leaves_no_verdict(log: MemoryEventLog, blobs: DirectoryBlobStore) -> None:
    judge = judge_with(ScriptedSandbox(on_run=failing(9)), blobs)
    runner = Runner(judge=judge, event_log=log, progress_log=log, retry_delays_s=(60.0,))
    thread, stopped = in_background(runner, record_of(job([case(blobs, "1", b"1", b"1")])))
    thread.join(0.1)
    runner.stop()
    thread.join(10)
    assert len(stopped) == 1
    assert verdicts(log) == []
    assert dead_letters(log) == []
