"""Identities of everything in the log, and how they are derived.

An id that a repeat may mint again is derived (RFC 9562 version 5), so that doing a thing twice names it once.
"""

import re
from functools import lru_cache
from typing import Final, NewType
from uuid import UUID, uuid5

SubmissionId = NewType("SubmissionId", str)
RejudgingId = NewType("RejudgingId", str)
JudgingId = NewType("JudgingId", str)
AttemptId = NewType("AttemptId", str)
EventId = NewType("EventId", str)
ProblemId = NewType("ProblemId", str)
ProblemRevision = NewType("ProblemRevision", str)
ContestId = NewType("ContestId", str)
TeamId = NewType("TeamId", str)
UserId = NewType("UserId", str)
ExecutorId = NewType("ExecutorId", str)
LanguageId = NewType("LanguageId", str)
Sha256 = NewType("Sha256", str)

CLICS_ID: Final = re.compile(r"[a-zA-Z0-9_.-]{1,36}")
"""Ids of problems, contests and teams: the CLICS Contest API 2026-01, "ID"."""

SHA256_HEX: Final = re.compile(r"[0-9a-f]{64}")

ORIGINAL: Final = "original"
"""Names the judging that a submission gets without any rejudging."""

EVENT_NAMESPACE: Final = UUID("6f1c7a52-3d0e-5e0b-9d4c-6a1b5f0c2e11")


def judging_id(submission_id: SubmissionId, origin: str = ORIGINAL, repeat: int = 0) -> JudgingId:
    """The judging of a submission that `origin` (a rejudging's id, or `original`) asks for, `repeat` from 0."""
    return JudgingId(str(uuid5(UUID(submission_id), f"{origin}:{repeat}")))


@lru_cache(maxsize=1_024)  # every event of an attempt names it
def attempt_id(judging: JudgingId, job_position: str, start_number: int) -> AttemptId:
    """One try of an executor at a judging: the `start_number`-th start of the job at that position."""
    return AttemptId(str(uuid5(UUID(judging), f"{job_position}:{start_number}")))


def derived_event_id(record_name: str, cause: str) -> EventId:
    """The id of the event of that kind that `cause` (a position, an attempt, …) brings about, however often."""
    return EventId(str(uuid5(EVENT_NAMESPACE, f"{record_name}:{cause}")))
