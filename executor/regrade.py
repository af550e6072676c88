"""What becomes of a case whose limits or whose comparison changed, from the record of its run. Pure.

A record is decided by the table of `executor/policy.py` and by nothing else: the facts of the run are rebuilt from
it, and where it leaves open what they were (it does not say at which limit a run was ended, nor whether the kernel
killed), all that would have led to the recorded verdict must come to the same.

That holds as long as the same run would have gone the same way under the new limits. Where it would not, or where
that cannot be told from the record, the case is run again: `REASONS_TO_RUN` says when. Whoever asks sees to it that
program, input and command are the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from executor.policy import NANOSECONDS_PER_MS, JudgedRun, Strain, runs_again, verdict_by_usage
from executor.sandbox.port import Ending, Exited, Halted, Limit, RunOutcome, Signalled
from schemas.rules.verdict import OURS
from schemas.values import CaseResult, Limits, UsageSample, Verdict

BY_OUTPUT: Final = frozenset({Verdict.AC, Verdict.WA})
"""What the table leaves to the output."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The record decides, whatever the output is held against."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class DecidedByOutput:
    """The stored output, held against the answer, decides."""


@dataclass(frozen=True, slots=True)
class MustRun:
    """Nothing but a run decides."""

    why: str


Regraded = Decided | DecidedByOutput | MustRun


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFacts:
    """Implements `policy.Facts`: what a run may have been of which a record was made."""

    ending: Ending
    out_of_memory: bool
    cpu_time_ns: int
    memory_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True)
class ReasonToRun:
    """A reason to run a case although there is a record of it, made under the limits `was`."""

    fact: str
    holds: Callable[[CaseResult, Limits, Limits], bool]


def regrade(record: CaseResult, was: Limits, now: Limits) -> Regraded:
    """What the record of a run under the limits `was` comes to under the limits `now`."""
    for reason in REASONS_TO_RUN:
        if reason.holds(record, was, now):
            return MustRun(reason.fact)
    verdicts = {verdict_by_usage(facts, now) for facts in possible_facts(record, was)}
    if len(verdicts) != 1:
        return MustRun(NOT_CLEAR)
    verdict = verdicts.pop()
    if verdict is None:
        return DecidedByOutput()
    if verdict is Verdict.TLE and runs_again(list(map(_late_run, record.samples or [_only_sample(record)])), now):
        return MustRun(RUNS_AGAIN)
    return Decided(verdict)


def possible_facts(record: CaseResult, was: Limits) -> Iterator[RecordedFacts]:
    """Every run of which the record may tell: all those that come to its verdict under the limits that it had."""
    by_usage = None if record.verdict in BY_OUTPUT else record.verdict
    for ending, out_of_memory in product(_possible_endings(record), (False, True)):
        facts = RecordedFacts(
            ending=ending,
            out_of_memory=out_of_memory,
            cpu_time_ns=record.cpu_time_ms * NANOSECONDS_PER_MS,
            memory_bytes=record.memory_bytes,
            output_bytes=record.output_bytes,
        )
        if verdict_by_usage(facts, was) is by_usage:
            yield facts


def _possible_endings(record: CaseResult) -> tuple[Ending, ...]:
    if record.exit_code is not None:
        return (Exited(record.exit_code),)
    if record.signal is not None:
        return (Signalled(record.signal),)
    return tuple(map(Halted, Limit))


def _only_sample(record: CaseResult) -> UsageSample:
    return UsageSample(
        cpu_time_ms=record.cpu_time_ms, wall_time_ms=record.wall_time_ms, memory_bytes=record.memory_bytes
    )


def _late_run(sample: UsageSample) -> JudgedRun:
    """A run that failed for its time, as far as the reasons to run again ask; what strained the machine is not kept."""
    outcome = RunOutcome(
        ending=Halted(Limit.CPU),
        out_of_memory=False,
        cpu_time_ns=sample.cpu_time_ms * NANOSECONDS_PER_MS,
        wall_time_ns=sample.wall_time_ms * NANOSECONDS_PER_MS,
        memory_bytes=sample.memory_bytes,
        output=b"",
        stderr=b"",
    )
    return JudgedRun(outcome=outcome, verdict=Verdict.TLE, strain=Strain())


def _judged_by_us(record: CaseResult, _: Limits, __: Limits) -> bool:
    return record.verdict in OURS


def _raised(record: CaseResult, was: Limits, now: Limits) -> bool:
    match record.verdict:
        case Verdict.OLE:
            return now.output_bytes > was.output_bytes
        case Verdict.MLE:
            return now.memory_bytes > was.memory_bytes or (_was_halted(record) and _more_time(record, was, now))
        case Verdict.TLE:
            held_up = record.memory_bytes >= was.memory_bytes and now.memory_bytes > was.memory_bytes
            return held_up or (_was_halted(record) and _more_time(record, was, now))
        case _:
            return False


def _was_halted(record: CaseResult) -> bool:
    return record.exit_code is None and record.signal is None


def _more_time(record: CaseResult, was: Limits, now: Limits) -> bool:
    """One that is ended for its CPU time has used more than its limit; else it was the wall limit."""
    halted_for_cpu = record.cpu_time_ms > was.cpu_time_ms
    return now.wall_time_ms > was.wall_time_ms or (halted_for_cpu and now.cpu_time_ms > was.cpu_time_ms)


def _memory_is_short(record: CaseResult, was: Limits, now: Limits) -> bool:
    return record.verdict is not Verdict.MLE and _beyond_memory(record, was, now)


def _wall_is_short(record: CaseResult, was: Limits, now: Limits) -> bool:
    """One that is out of CPU time, or was ended for its time before, is late in any case."""
    late = record.cpu_time_ms > now.cpu_time_ms or (record.verdict is Verdict.TLE and _was_halted(record))
    return not late and _beyond_wall(record, was, now)


def _beyond_several(record: CaseResult, was: Limits, now: Limits) -> bool:
    verdict = record.verdict
    late = verdict is Verdict.TLE or _beyond_cpu(record, was, now) or _beyond_wall(record, was, now)
    wrote_too_much = verdict is Verdict.OLE or _beyond_output(record, was, now)
    took_too_much = verdict is Verdict.MLE or _beyond_memory(record, was, now)
    return late + wrote_too_much + took_too_much > 1


def _beyond_cpu(record: CaseResult, was: Limits, now: Limits) -> bool:
    return now.cpu_time_ms < was.cpu_time_ms and record.cpu_time_ms > now.cpu_time_ms


def _beyond_wall(record: CaseResult, was: Limits, now: Limits) -> bool:
    return now.wall_time_ms < was.wall_time_ms and record.wall_time_ms > now.wall_time_ms


def _beyond_output(record: CaseResult, was: Limits, now: Limits) -> bool:
    return now.output_bytes < was.output_bytes and record.output_bytes > now.output_bytes


def _beyond_memory(record: CaseResult, was: Limits, now: Limits) -> bool:
    """A peak may hold what was read from files, which the kernel would have taken back: so it proves nothing."""
    return now.memory_bytes < was.memory_bytes and record.memory_bytes >= now.memory_bytes


REASONS_TO_RUN: Final = (
    ReasonToRun("the recorded result is a failure of ours", _judged_by_us),
    ReasonToRun("a limit is higher that had ended the run, or that had held up one that was late", _raised),
    ReasonToRun("the memory limit is lower, and the recorded peak reaches it", _memory_is_short),
    ReasonToRun("the wall limit is lower, and the recorded wall time is beyond it", _wall_is_short),
    ReasonToRun("it is beyond several limits, and which of them ends it is not known", _beyond_several),
)
NOT_CLEAR: Final = "what is recorded may have been several things that come to different verdicts"
RUNS_AGAIN: Final = "it fails for its time, and a run that fails so would be repeated"
