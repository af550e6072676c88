"""The read model of rejudgings: what was asked and decided of each, and what its judgings came to.

Requests and decisions are kept as they were told, each under its own offset, and folded when they are read by the
rule that the decider itself goes by. Results stand by shard, one row for each repeat of a submission.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

from pydantic import TypeAdapter

from projections.models.model import (
    Announcement,
    Effects,
    Fact,
    Model,
    Write,
    first_wins,
    in_batches,
    insert,
    to_json,
    to_text,
)
from projections.models.moments import microseconds
from schemas.events import (
    Event,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingChangeRequested,
    RejudgingCounted,
    RejudgingOpened,
    RejudgingOpenRequested,
    RejudgingPaused,
    RejudgingRefused,
    RejudgingResumed,
    RejudgingReverted,
    VerdictReached,
)
from schemas.ids import RejudgingId, SubmissionId
from schemas.manifests import Selected, read_selection
from schemas.rules.rejudging_effect import Outcome, stored_and_run
from schemas.topics import REJUDGING_REQUESTS, REJUDGINGS, VERDICTS

VERSION: Final = 1

CATALOG: Final = "all"
"""The catalog is one partition: an id has 36 bytes, and there will never be very many."""

SHARDS: Final = 8
"""A rejudging of a million submissions has 125,000 rows in each; fixed, since it is part of the key."""


PROGRESSED: Final = "progressed"

WRITE_ID: Final = insert("rejudging_catalog", "catalog", "rejudging_id")
WRITE_FACT: Final = insert("rejudgings", "rejudging_id", "topic", "fact_offset", "fact_type", "fact")
RESULT_KEY: Final = ("rejudging_id", "shard", "submission_id", "repeat")
WRITE_SELECTED: Final = insert("rejudging_results", *RESULT_KEY, "selected")
WRITE_RESULT: Final = insert("rejudging_results", *RESULT_KEY, "result", "judged_at_us", "cases_stored", "cases_run")

Request = RejudgingOpenRequested | RejudgingChangeRequested
Decision = (
    RejudgingOpened
    | RejudgingCounted
    | RejudgingApplied
    | RejudgingReverted
    | RejudgingCancelled
    | RejudgingPaused
    | RejudgingResumed
    | RejudgingRefused
)

TOLD_AS: Final[Mapping[type[Event], str]] = {
    RejudgingOpenRequested: "requested",
    RejudgingChangeRequested: "change_requested",
    RejudgingOpened: "opened",
    RejudgingCounted: "counted",
    RejudgingApplied: "applied",
    RejudgingReverted: "reverted",
    RejudgingCancelled: "cancelled",
    RejudgingPaused: "paused",
    RejudgingResumed: "resumed",
    RejudgingRefused: "refused",
}
"""What is asked and decided, as histories and channels call it."""

FACTS: Final[Mapping[str, TypeAdapter[Any]]] = {kind.__name__: TypeAdapter(kind) for kind in TOLD_AS}
SELECTED_ROW: Final = TypeAdapter(Selected)
OUTCOME: Final = TypeAdapter(Outcome)


class RejudgingFold:
    """Without memory. Of many verdicts of a rejudging in one step its channel is told once."""

    def step(self, facts: Sequence[Fact]) -> Effects:
        """What the facts lead to."""
        writes: list[Write] = []
        announcements: list[Announcement] = []
        progressed: dict[RejudgingId, Announcement] = {}
        for fact in facts:
            match fact.event:
                case VerdictReached(rejudging_id=rejudging_id) if rejudging_id is not None:
                    writes.append(_result(fact, fact.event, rejudging_id))
                    progressed[rejudging_id] = _announcement(fact, rejudging_id, PROGRESSED)
                case event if isinstance(event, Request | Decision):
                    writes += _told(fact, event)
                    announcements.append(_announcement(fact, event.rejudging_id, TOLD_AS[type(event)]))
                case _:
                    pass
        return Effects(writes=tuple(writes), announcements=(*announcements, *progressed.values()))


REJUDGINGS_MODEL: Final = Model(
    name="rejudgings",
    version=VERSION,
    topics=(REJUDGING_REQUESTS, REJUDGINGS, VERDICTS),
    begin=RejudgingFold,
    tables=("rejudgings", "rejudging_catalog", "rejudging_results"),
    parks=True,
)


def channel_of(rejudging_id: RejudgingId) -> str:
    """The channel on which it is told that something of the rejudging changed."""
    return f"rejudging:{rejudging_id}"


def shard_of(submission_id: SubmissionId) -> int:
    """In which of a rejudging's partitions the submission's results stand."""
    return crc32(submission_id.encode()) % SHARDS


def _told(fact: Fact, event: Request | Decision) -> Iterator[Write]:
    """The fact itself, a new rejudging's place in the catalog, and what an opening selected."""
    rejudging_id, offset = event.rejudging_id, fact.position.offset
    key = (rejudging_id, fact.position.topic, offset)
    yield Write(rejudging_id, WRITE_FACT, (*key, type(event).__name__, to_text(event), offset))
    if isinstance(event, RejudgingOpenRequested):
        yield Write((CATALOG,), WRITE_ID, (CATALOG, rejudging_id, offset))
    if isinstance(event, RejudgingOpened):
        yield from in_batches(_selected(fact, rejudging_id))


def _selected(fact: Fact, rejudging_id: RejudgingId) -> Iterator[Write]:
    if fact.manifest is None:
        raise ValueError(f"the opening at {fact.position} comes without its manifest")
    for row in read_selection(fact.manifest):
        shard = shard_of(row.submission_id)
        values = (rejudging_id, shard, row.submission_id, 0, to_text(row), first_wins(fact.position.offset))
        yield Write((rejudging_id, shard), WRITE_SELECTED, values)


def _result(fact: Fact, event: VerdictReached, rejudging_id: RejudgingId) -> Write:
    """The first verdict of a judging counts, whichever attempt's it is."""
    shard = shard_of(event.submission_id)
    stored, run = stored_and_run(event.cases)
    outcome = Outcome(
        repeat=event.repeat,
        judging_id=event.judging_id,
        user_id=event.user_id,
        team_id=event.team_id,
        contest_id=event.contest_id,
        problem_id=event.problem_id,
        language=event.language,
        submitted_at=event.submitted_at,
        verdict=event.verdict,
        score=event.score,
        cpu_time_ms=event.cpu_time_ms,
        memory_bytes=event.memory_bytes,
        cases_stored=stored,
        cases_run=run,
    )
    judged_at_us = microseconds(event.occurred_at)
    key = (rejudging_id, shard, event.submission_id, event.repeat)
    values = (*key, to_text(outcome), judged_at_us, stored, run, first_wins(fact.position.offset))
    return Write((rejudging_id, shard), WRITE_RESULT, values)


def _announcement(fact: Fact, rejudging_id: RejudgingId, message_type: str) -> Announcement:
    """No more than that something happened: whoever follows reads the rejudging anew."""
    data = to_json({"rejudging_id": rejudging_id})
    return Announcement(
        channel=channel_of(rejudging_id), type=message_type, version=fact.position.offset, data=data, cause=fact
    )
