"""The read model of one submission: what its topics say of it, side by side.

Each fact stands where only its own topic writes. Reading folds them by the rule that everyone shares, so the answer
is the same in whatever order they arrived.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import TypeAdapter

from projections.models.model import (
    NOTHING,
    Announcement,
    Each,
    Effects,
    Fact,
    Model,
    Write,
    first_wins,
    insert,
    is_original,
    joined,
    judged_version,
    now_current,
    progress_version,
    received_version,
    rejudged_version,
    request_offset,
    to_json,
    to_text,
)
from projections.models.submission_body import case_judged_body, started_body, submission_body
from projections.models.submission_past import NO_ENDS, Ends, before
from schemas.cassandra import Cassandra, Row
from schemas.events import (
    CaseJudged,
    JudgingStarted,
    RejudgingApplied,
    RejudgingReverted,
    SubmissionReceived,
    VerdictReached,
)
from schemas.ids import AttemptId, JudgingId, RejudgingId, SubmissionId
from schemas.manifests import NowCurrent
from schemas.rules.submission import (
    Accepted,
    Attempt,
    IndexedResult,
    Judged,
    Judging,
    Received,
    accepted,
    judged,
    progressed,
)
from schemas.topics import JUDGINGS, REJUDGINGS, SUBMISSIONS, VERDICTS
from schemas.values import SourceFile

VERSION: Final = 1

OF_ATTEMPT: Final = -1
"""`case_index` of the row of an attempt itself."""

RECEIVED_EVENT: Final = TypeAdapter(SubmissionReceived)
STARTED_EVENT: Final = TypeAdapter(JudgingStarted)
CASE_EVENT: Final = TypeAdapter(CaseJudged)
VERDICT_EVENT: Final = TypeAdapter(VerdictReached)

ROW_KEY: Final = ("submission_id", "judging_id", "attempt_id", "case_index")
WRITE_RECEIVED: Final = insert("submissions", "submission_id", "received_offset", "received", "files")
WRITE_STARTED: Final = insert("submissions", *ROW_KEY, "started_offset", "started")
WRITE_CASE: Final = insert("submissions", *ROW_KEY, "case_offset", "judged_case")
WRITE_VERDICT: Final = insert("submissions", *ROW_KEY, "verdict_offset", "verdict")
WRITE_CURRENT: Final = insert("submission_currents", "submission_id", "request_offset", "became_current")
READ: Final = "SELECT * FROM submissions WHERE submission_id = ?"
READ_JUDGING: Final = "SELECT verdict_offset, verdict FROM submissions WHERE submission_id = ? AND judging_id = ?"
READ_CURRENTS: Final = "SELECT became_current FROM submission_currents WHERE submission_id = ?"


def tell(fact: Fact) -> Effects:
    """What a fact writes, and what the submission's channel is told of it."""
    match fact.event:
        case SubmissionReceived():
            return _received(fact, fact.event)
        case JudgingStarted():
            return _started(fact, fact.event)
        case CaseJudged():
            return _case(fact, fact.event)
        case VerdictReached():
            return _verdict(fact, fact.event)
        case RejudgingApplied() | RejudgingReverted():
            return joined(_rejudged(fact, fact.event, row) for row in now_current(fact))
        case _:
            return NOTHING


SUBMISSION_MODEL: Final = Model(
    name="submissions",
    version=VERSION,
    topics=(SUBMISSIONS, JUDGINGS, VERDICTS, REJUDGINGS),
    begin=partial(Each, tell),
    tables=("submissions", "submission_currents"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BecameCurrent:
    """What a rejudging made current of a submission, by being applied or reverted at that offset of `rejudgings`."""

    request_offset: int
    decided_offset: int
    rejudging_id: RejudgingId
    reverted: bool
    decided_at: datetime
    now: NowCurrent


BECAME_CURRENT: Final = TypeAdapter(BecameCurrent)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionView:
    """A submission, and the version of that state (see `STAGE`) to hold against those of messages.

    `currents` is what rejudgings made current of it, the latest first.
    """

    submission: Received
    version: int
    currents: tuple[BecameCurrent, ...] = ()

    @property
    def applied(self) -> tuple[JudgingId, ...]:
        """The judging that the latest of them made current, where it is not the original one."""
        latest = self.currents[0].now.judging_id if self.currents else None
        is_rejudged = latest is not None and not is_original(self.submission.submission_id, latest)
        return (latest,) if latest is not None and is_rejudged else ()

    def published(self) -> Received:
        """It for everyone but the jury: a judging of a rejudging that was never applied is not part of it."""
        known = {one.now.judging_id for one in self.currents}
        shown = (it for it in self.submission.judgings if it.judging_id in known or self._is_original(it))
        return replace(self.submission, judgings=tuple(shown))

    def _is_original(self, judging: Judging) -> bool:
        return is_original(self.submission.submission_id, judging.judging_id)


async def read_submission(
    cassandra: Cassandra, submission_id: SubmissionId, ends: Ends = NO_ENDS
) -> SubmissionView | None:
    """A submission with its judgings as far as they are here; None where neither acceptance nor verdict is.

    Where only a verdict is here so far, what was accepted is taken from it, but for the files. With `ends` it is as it
    was before them.
    """
    rows, currents = await asyncio.gather(
        cassandra.execute(READ, (submission_id,)), cassandra.execute(READ_CURRENTS, (submission_id,))
    )
    end = ends.get(REJUDGINGS.name)
    made = (one for one in currents_of(currents) if end is None or one.decided_offset < end)
    return view_of(submission_id, [before(row, ends) for row in rows], tuple(made))


async def read_verdict(
    cassandra: Cassandra, submission_id: SubmissionId, judging_id: JudgingId
) -> VerdictReached | None:
    """The verdict of one judging; None where there is none."""
    return _first_verdict(await cassandra.execute(READ_JUDGING, (submission_id, judging_id)))


def currents_of(rows: Iterable[Row]) -> tuple[BecameCurrent, ...]:
    """What these rows tell, the latest first."""
    known = (BECAME_CURRENT.validate_json(row["became_current"]) for row in rows if row["became_current"] is not None)
    return tuple(sorted(known, key=lambda one: one.request_offset, reverse=True))


def view_of(
    submission_id: SubmissionId, rows: Sequence[Row], currents: tuple[BecameCurrent, ...] = ()
) -> SubmissionView | None:
    """The submission that these rows of its two partitions tell of.

    A verdict that was made current and is not here yet is told by what made it current: all but its cases.
    """
    submission = submission_of(submission_id, rows)
    if submission is None:
        return None
    version = max(version_of(submission_id, rows), *(rejudged_version(one.request_offset) for one in currents), 0)
    known = {it.judging_id for it in submission.judgings if isinstance(it, Judged)}
    missing = {it.judging_id: it for one in currents if (it := _judged_by(one)) and it.judging_id not in known}
    others = (it for it in submission.judgings if it.judging_id not in missing)
    judgings = tuple(sorted((*others, *missing.values()), key=lambda it: it.judging_id))
    return SubmissionView(submission=replace(submission, judgings=judgings), version=version, currents=currents)


def submission_of(submission_id: SubmissionId, rows: Sequence[Row]) -> Received | None:
    """The submission that these rows of its partition tell of, without what rejudgings made current."""
    of_judging: dict[JudgingId, list[Row]] = defaultdict(list)
    for row in rows:
        if row["judging_id"] is not None:  # a partition with nothing but static columns has one row without a key
            of_judging[JudgingId(row["judging_id"])].append(row)
    verdicts = {judging: found for judging, rows in of_judging.items() if (found := _first_verdict(rows)) is not None}
    what = _accepted(rows, verdicts.values())
    if what is None:
        return None
    judgings = (_judging(judging, of_judging[judging], verdicts.get(judging)) for judging in sorted(of_judging))
    return Received(submission_id=submission_id, accepted=what, judgings=tuple(it for it in judgings if it is not None))


def version_of(submission_id: SubmissionId, rows: Sequence[Row]) -> int:
    """The version that a message with the state in these rows would have."""
    versions = [0]
    for row in rows:
        if row["received_offset"] is not None:
            versions.append(received_version(row["received_offset"]))
        if row["judging_id"] is not None and is_original(submission_id, JudgingId(row["judging_id"])):
            progress = (row[name] for name in ("started_offset", "case_offset"))
            versions.extend(progress_version(offset) for offset in progress if offset is not None)
            if row["verdict_offset"] is not None:
                versions.append(judged_version(row["verdict_offset"]))
    return max(versions)


def _accepted(rows: Sequence[Row], verdicts: Iterable[VerdictReached]) -> Accepted | None:
    if rows and rows[0]["received"] is not None:
        files = tuple(SourceFile(name=name, content=content) for name, content in rows[0]["files"] or ())
        return replace(accepted(RECEIVED_EVENT.validate_json(rows[0]["received"])), files=files)
    verdict = next(iter(verdicts), None)
    return None if verdict is None else accepted_by_verdict(verdict)


def accepted_by_verdict(verdict: VerdictReached) -> Accepted:
    """What a verdict tells of the acceptance: everything but the files."""
    return Accepted(
        user_id=verdict.user_id,
        language=verdict.language,
        files=(),
        entry_point=None,
        problem_id=verdict.problem_id,
        problem_revision=verdict.problem_revision,
        contest_id=verdict.contest_id,
        team_id=verdict.team_id,
        submitted_at=verdict.submitted_at,
    )


def _first_verdict(rows: Sequence[Row]) -> VerdictReached | None:
    decided = [row for row in rows if row["verdict"] is not None]
    if not decided:
        return None
    return VERDICT_EVENT.validate_json(min(decided, key=lambda row: row["verdict_offset"])["verdict"])


def _judging(judging: JudgingId, rows: Sequence[Row], verdict: VerdictReached | None) -> Judging | None:
    if verdict is not None:
        return replace(judged(verdict), differing_repeats=_differing(rows, verdict))
    started = sorted((row for row in rows if row["started"] is not None), key=lambda row: row["started_offset"])
    if not started:
        return None
    latest = STARTED_EVENT.validate_json(started[-1]["started"])
    cases = (row for row in rows if row["attempt_id"] == latest.attempt_id and row["judged_case"] is not None)
    results = (CASE_EVENT.validate_json(row["judged_case"]) for row in cases)
    attempt = Attempt(
        attempt_id=latest.attempt_id,
        attempt=latest.attempt,
        executor_id=latest.executor_id,
        case_names=latest.case_names,
        earlier=frozenset(AttemptId(row["attempt_id"]) for row in started[:-1]),
    )
    return progressed(judging, attempt, (IndexedResult(index=case.index, result=case.result) for case in results))


def _differing(rows: Sequence[Row], first: VerdictReached) -> int:
    others = (VERDICT_EVENT.validate_json(row["verdict"]) for row in rows if row["verdict"] is not None)
    return sum((other.verdict, other.score) != (first.verdict, first.score) for other in others)


def _judged_by(made: BecameCurrent) -> Judged | None:
    now = made.now
    if now.verdict is None:
        return None
    return Judged(
        judging_id=now.judging_id,
        attempt_id=AttemptId(""),
        attempt=0,
        verdict=now.verdict,
        score=now.score,
        cpu_time_ms=now.cpu_time_ms,
        memory_bytes=now.memory_bytes,
        compiler_output=None,
        problem_cases=0,
        cases=(),
        provenance=None,
        reason=None,
        judged_at=made.decided_at,
        rejudging_id=None if is_original(now.submission_id, now.judging_id) else made.rejudging_id,
    )


def _received(fact: Fact, event: SubmissionReceived) -> Effects:
    offset = fact.position.offset
    files = [(file.name, file.content) for file in event.files]
    values = (event.submission_id, offset, to_text(replace(event, files=())), files, first_wins(offset))
    submission = Received(submission_id=event.submission_id, accepted=accepted(event))
    body = submission_body(submission, version=received_version(offset))
    return Effects(
        writes=(Write(event.submission_id, WRITE_RECEIVED, values),),
        announcements=(_announcement(fact, event.submission_id, "received", body["version"], body),),
    )


def _started(fact: Fact, event: JudgingStarted) -> Effects:
    """The first start of an attempt counts; a repeat of it is not a later attempt."""
    key = (event.submission_id, event.judging_id, event.attempt_id, OF_ATTEMPT)
    body = started_body(event, version=progress_version(fact.position.offset))
    return _of_judging(fact, event, WRITE_STARTED, key, "started", body["version"], body)


def _case(fact: Fact, event: CaseJudged) -> Effects:
    key = (event.submission_id, event.judging_id, event.attempt_id, event.index)
    body = case_judged_body(event, version=progress_version(fact.position.offset))
    return _of_judging(fact, event, WRITE_CASE, key, "case", body["version"], body)


def _verdict(fact: Fact, event: VerdictReached) -> Effects:
    """One for each attempt; which of them counts is known when all are read."""
    key = (event.submission_id, event.judging_id, event.attempt_id, OF_ATTEMPT)
    submission = Received(
        submission_id=event.submission_id, accepted=accepted_by_verdict(event), judgings=(judged(event),)
    )
    body = submission_body(submission, version=judged_version(fact.position.offset))
    return _of_judging(fact, event, WRITE_VERDICT, key, "verdict", body["version"], body)


def _rejudged(fact: Fact, event: RejudgingApplied | RejudgingReverted, row: NowCurrent) -> Effects:
    """The channel is told that another verdict counts now; its cases are read by whoever follows."""
    offset, request = fact.position.offset, request_offset(fact)
    made = BecameCurrent(
        request_offset=request,
        decided_offset=offset,
        rejudging_id=event.rejudging_id,
        reverted=isinstance(event, RejudgingReverted),
        decided_at=event.occurred_at,
        now=row,
    )
    version = rejudged_version(request)
    body = {"submission_id": row.submission_id, "rejudging_id": event.rejudging_id, "version": version}
    return Effects(
        writes=(
            Write(row.submission_id, WRITE_CURRENT, (row.submission_id, request, to_text(made), first_wins(offset))),
        ),
        announcements=(_announcement(fact, row.submission_id, "rejudged", version, body),),
    )


def _of_judging(
    fact: Fact,
    event: JudgingStarted | CaseJudged | VerdictReached,
    cql: str,
    key: tuple[object, ...],
    message_type: str,
    version: int,
    body: object,
) -> Effects:
    """Written for every judging, announced for the original one: others show only once they are applied."""
    offset = fact.position.offset
    write = Write(event.submission_id, cql, (*key, offset, to_text(event), first_wins(offset)))
    if not is_original(event.submission_id, event.judging_id):
        return Effects(writes=(write,))
    announcement = _announcement(fact, event.submission_id, message_type, version, body)
    return Effects(writes=(write,), announcements=(announcement,))


def _announcement(
    fact: Fact, submission_id: SubmissionId, message_type: str, version: int, body: object
) -> Announcement:
    return Announcement(
        channel=f"submission:{submission_id}",
        type=message_type,
        version=version,
        data=to_json(body),
        cause=fact,
        tells_all=message_type == "verdict",
    )
