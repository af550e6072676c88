"""The read model of one submission: what three topics say of it, side by side in one partition.

Each fact stands where only its own topic writes. Reading folds them by the rule that everyone shares, so the answer
is the same in whatever order they arrived.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    judged_version,
    progress_version,
    received_version,
    to_json,
    to_text,
)
from projections.models.submission_body import case_judged_body, started_body, submission_body
from schemas.cassandra import Cassandra, Row
from schemas.events import CaseJudged, JudgingStarted, SubmissionReceived, VerdictReached
from schemas.ids import AttemptId, JudgingId, SubmissionId
from schemas.rules.submission import (
    Accepted,
    Attempt,
    IndexedResult,
    Judging,
    Received,
    accepted,
    judged,
    progressed,
)
from schemas.topics import JUDGINGS, SUBMISSIONS, VERDICTS
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
READ: Final = "SELECT * FROM submissions WHERE submission_id = ?"


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
        case _:
            return NOTHING


SUBMISSION_MODEL: Final = Model(
    name="submissions", version=VERSION, topics=(SUBMISSIONS, JUDGINGS, VERDICTS), begin=partial(Each, tell)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionView:
    """A submission, and the version of that state (see `STAGE`) to hold against those of messages."""

    submission: Received
    version: int


async def read_submission(cassandra: Cassandra, submission_id: SubmissionId) -> SubmissionView | None:
    """A submission with its judgings as far as they are here; None where neither acceptance nor verdict is.

    Where only a verdict is here so far, what was accepted is taken from it, but for the files.
    """
    rows = await cassandra.execute(READ, (submission_id,))
    submission = submission_of(submission_id, rows)
    return (
        None if submission is None else SubmissionView(submission=submission, version=version_of(submission_id, rows))
    )


def submission_of(submission_id: SubmissionId, rows: Sequence[Row]) -> Received | None:
    """The submission that these rows of its partition tell of."""
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
        channel=f"submission:{submission_id}", type=message_type, version=version, data=to_json(body), cause=fact
    )
