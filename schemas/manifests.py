"""Manifests: what an event names by digest since it would be too long for it; one JSON object a line, by submission.

The same content gives the same bytes, so that whoever decides twice names the same blob.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

import orjson
from pydantic import TypeAdapter

from schemas.events import ContestRejudged, Event, RejudgingApplied, RejudgingOpened, RejudgingReverted
from schemas.ids import ContestId, JudgingId, LanguageId, ProblemId, Sha256, SubmissionId, TeamId, UserId
from schemas.values import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A submission of a rejudging's selection: where its acceptance stands, and what was current when it was opened.

    `offset` is in `submissions`, `verdict_offset` in `verdicts`; the partition is the submission's in both. The verdict
    is None where none had been reached.
    """

    submission_id: SubmissionId
    offset: int
    contest_id: ContestId | None
    judging_id: JudgingId
    verdict_offset: int | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NowCurrent:
    """What is current of a submission once a rejudging was applied or reverted, whole in itself.

    The verdict is None where the current judging is the original one and has none yet.
    """

    submission_id: SubmissionId
    user_id: UserId
    team_id: TeamId | None
    contest_id: ContestId | None
    problem_id: ProblemId
    language: LanguageId
    submitted_at: datetime
    judging_id: JudgingId
    verdict: Verdict | None
    score: float
    cpu_time_ms: int
    memory_bytes: int


SELECTED: Final = TypeAdapter(tuple[Selected, ...])
NOW_CURRENT: Final = TypeAdapter(tuple[NowCurrent, ...])


def manifest_named_by(event: Event) -> Sha256 | None:
    """The blob without which the event says only half; None where it says all by itself."""
    match event:
        case RejudgingOpened() | RejudgingApplied() | RejudgingReverted() | ContestRejudged():
            return event.manifest
        case _:
            return None


def selection_manifest(rows: Iterable[Selected]) -> bytes:
    """The blob of a selection."""
    return _lines({row.submission_id: row for row in rows})


def current_manifest(rows: Iterable[NowCurrent]) -> bytes:
    """The blob of what became current."""
    return _lines({row.submission_id: row for row in rows})


def digest(manifest: bytes) -> Sha256:
    """The name of a manifest's blob."""
    return Sha256(sha256(manifest).hexdigest())


def read_selection(blob: bytes) -> tuple[Selected, ...]:
    """The rows of a selection, by submission; a ValueError says what is wrong."""
    return SELECTED.validate_python([orjson.loads(line) for line in blob.splitlines()])


def read_current(blob: bytes) -> tuple[NowCurrent, ...]:
    """The rows of what became current, by submission; a ValueError says what is wrong."""
    return NOW_CURRENT.validate_python([orjson.loads(line) for line in blob.splitlines()])


def _lines(rows: Mapping[SubmissionId, Selected | NowCurrent]) -> bytes:
    return b"".join(orjson.dumps(rows[key], option=orjson.OPT_APPEND_NEWLINE) for key in sorted(rows))
