"""The decisions of releasing: how many jobs of rejudgings may wait, whose is next, and what such a job holds.

Jobs are released a few at a time, so that a pause or a cancellation leaves no more than those behind it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, islice
from math import ceil
from typing import Final

from schemas.events import ExecutorReported, JudgingRequested, RejudgingOpened, SubmissionReceived, VerdictReached
from schemas.ids import RejudgingId, Sha256, derived_event_id, judging_id
from schemas.manifests import Selected
from schemas.rules.definition import Definition
from schemas.values import (
    JudgingOverride,
    Lane,
    Limits,
    LimitsOverride,
    Position,
    RecordedJudging,
    RejudgingPriority,
    Verdict,
)
from stream_processors.build_job import Asking, Unobtainable, build_job, fits

JOBS_PER_SLOT: Final = 4
"""One runs, the others hide the time until the next is released; more would only outlive a pause."""

LIVE_SHARE: Final = 0.1
"""Of the slots' time, what rejudgings get while submissions come in: lanes let a submission pass only what waits, not
what runs, and what a judging costs the services beside its run comes on top."""

LONGEST_REST_S: Final = 30.0
"""After it the next job is released in any case, however long the one before took or waited."""

STANDS_BACK: Final = timedelta(seconds=2)
"""So long a job whose turn has come waits for a moment in which no submission is judged."""

LIVE_COUNTS: Final = timedelta(seconds=30)
"""So long after a submission another one is to be expected."""

REPORT_COUNTS: Final = timedelta(seconds=60)
"""An executor whose last report is older is gone."""


# --- how many, and whose ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An executor's latest report, and the broker's time of it."""

    event: ExecutorReported
    appended_at: datetime


def slots_of(reports: Iterable[Report], now: datetime) -> int:
    """The slots of executors that live and take jobs."""
    living = [it.event for it in reports if it.event.why_aside is None and now - it.appended_at < REPORT_COUNTS]
    return sum(event.slots for event in living)


def window(slots: int) -> int:
    """How many jobs may wait or run in the lane while nobody submits."""
    return JOBS_PER_SLOT * slots


def window_beside(slots: int, owed_s: float) -> int:
    """The same while submissions come in: one per slot of the share, and none while more was used than the share."""
    return 0 if owed_s > 0 else ceil(LIVE_SHARE * slots)


def owed_after(owed_s: float, elapsed_s: float, outstanding: int, slots: int) -> float:
    """Slot seconds used beyond the share, after so many more seconds in which so many jobs stood in the lane.

    A slot's wait for its job counts like the run: where submissions fill the slots, rejudgings step back further.
    """
    beyond_s = owed_s + (min(outstanding, slots) - LIVE_SHARE * slots) * elapsed_s
    return min(max(0.0, beyond_s), LIVE_SHARE * slots * LONGEST_REST_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A rejudging with jobs that are not released yet."""

    rejudging_id: RejudgingId
    priority: RejudgingPriority
    left: int


def share(waiting: Sequence[Waiting], room: int, last: RejudgingId | None) -> list[RejudgingId]:
    """Whose job goes into each free place: urgent ones before all others, and among equals by turns.

    The turn begins after `last`, whose job was the last to be released.
    """
    urgent = [one for one in waiting if one.priority is RejudgingPriority.URGENT]
    others = [one for one in waiting if one.priority is not RejudgingPriority.URGENT]
    turns = chain(_turns(_from_next(urgent, last)), _turns(_from_next(others, last)))
    return list(islice(turns, max(0, room)))


def _turns(waiting: Sequence[Waiting]) -> Iterator[RejudgingId]:
    for number in range(max((one.left for one in waiting), default=0)):
        yield from (one.rejudging_id for one in waiting if one.left > number)


def _from_next(waiting: Sequence[Waiting], last: RejudgingId | None) -> Sequence[Waiting]:
    names = [one.rejudging_id for one in waiting]
    start = names.index(last) + 1 if last in names else 0
    return [*waiting[start:], *waiting[:start]]


# --- what a job holds ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One judging of a rejudging: of which submission, and which repeat."""

    row: Selected
    repeat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """What a job is made of: the definition that it is judged by, and that of the judging that was current."""

    wanted: Definition | Unobtainable
    before: Definition | Unobtainable | None = None


def in_log_order(selection: Iterable[Selected]) -> tuple[Selected, ...]:
    """The selection as its acceptances stand in the log, so that they are read in long stretches."""
    return tuple(sorted(selection, key=lambda row: (row.offset, row.submission_id)))


def piece(selection: Sequence[Selected], number: int) -> Piece:
    """The `number`-th judging of a rejudging: all submissions once, then all of them again."""
    repeat, place = divmod(number, len(selection))
    return Piece(row=selection[place], repeat=repeat)


def may_reuse(opened: RejudgingOpened, row: Selected) -> bool:
    """Whether what the current judging left may decide the new one, so that its verdict is to be looked up.

    Programs are to be run where nothing is to be other than before, for then that is what is in question, and where
    they are repeated or run in another image.
    """
    override = opened.override
    return (
        opened.repeats == 1
        and override.image is None
        and override != JudgingOverride()
        and row.verdict_offset is not None
        and row.verdict not in (None, Verdict.JUDGE_ERROR, Verdict.UNKNOWN)
    )


def rejudging_job(
    opened: RejudgingOpened,
    source: Position,
    wanted: Piece,
    submission: SubmissionReceived,
    definitions: Definitions,
    now: datetime,
    *,
    before: VerdictReached | None = None,
) -> JudgingRequested:
    """The job of one judging of the rejudging whose opening stands at `source`.

    `before` is the current verdict, where it may be reused. A repeat gives a job with the same ids.
    """
    override = opened.override
    judging = judging_id(submission.submission_id, opened.rejudging_id, wanted.repeat)
    asking = Asking(
        event_id=derived_event_id(JudgingRequested.__name__, judging),
        caused_by=source,
        judging_id=judging,
        lane=Lane.REJUDGE,
        now=now,
    )
    job = replace(
        build_job(submission, _overridden(definitions.wanted, override), asking),
        problem_revision=override.problem_revision or submission.problem_revision,
        rejudging_id=opened.rejudging_id,
        repeat=wanted.repeat,
        image=override.image,
    )
    if job.give_up is not None or before is None:
        return job
    with_recorded = replace(job, recorded=_recorded(before, job, definitions))
    return with_recorded if fits(with_recorded) else job


def overridden_limits(limits: Limits, override: LimitsOverride) -> Limits:
    """The limits with what is to be other; a wall limit that follows from the CPU limit follows the new one."""
    cpu_time_ms = limits.cpu_time_ms if override.cpu_time_ms is None else override.cpu_time_ms
    follows = limits.wall_time_ms == _wall_time_ms(limits.cpu_time_ms)
    wall_time_ms = _wall_time_ms(cpu_time_ms) if follows else limits.wall_time_ms
    return Limits(
        cpu_time_ms=cpu_time_ms,
        memory_bytes=limits.memory_bytes if override.memory_bytes is None else override.memory_bytes,
        output_bytes=limits.output_bytes if override.output_bytes is None else override.output_bytes,
        wall_time_ms=wall_time_ms if override.wall_time_ms is None else override.wall_time_ms,
    )


def _wall_time_ms(cpu_time_ms: int) -> int:
    return 3 * cpu_time_ms + 1000


def _overridden(definition: Definition | Unobtainable, override: JudgingOverride) -> Definition | Unobtainable:
    if isinstance(definition, Unobtainable):
        return definition
    return replace(
        definition,
        limits=overridden_limits(definition.limits, override.limits) if override.limits else definition.limits,
        comparison=override.comparison or definition.comparison,
        all_cases=definition.all_cases if override.all_cases is None else override.all_cases,
    )


def _recorded(before: VerdictReached, job: JudgingRequested, definitions: Definitions) -> RecordedJudging | None:
    """What the current judging left of cases whose input is the same; nothing if another text would be compiled."""
    if isinstance(definitions.before, Unobtainable):
        return None
    inputs = {case.name: case.input_sha256 for case in job.cases}
    if definitions.before is not None:
        stubs = {stub.language: (stub.before, stub.after) for stub in definitions.before.stubs}
        if stubs.get(job.language) != ((job.stub.before, job.stub.after) if job.stub else None):
            return None
        earlier = {case.name: case.input_sha256 for case in definitions.before.cases}
        inputs = _same(inputs, earlier)
    return RecordedJudging(
        judging_id=before.judging_id,
        verdict=before.verdict,
        compiler_output=before.compiler_output,
        cases=tuple(result for result in before.cases if result.case in inputs),
        provenance=before.provenance,
    )


def _same(inputs: Mapping[str, Sha256], earlier: Mapping[str, Sha256]) -> dict[str, Sha256]:
    return {name: sha256 for name, sha256 in inputs.items() if earlier.get(name) == sha256}
