"""Every limit of the write side, with its reason."""

from datetime import timedelta
from typing import Final

from schemas.rules import bounds

KIBIBYTE: Final = 1024
MEBIBYTE: Final = 1024 * KIBIBYTE

# Submissions
SUBMISSION_BYTES: Final = 256 * KIBIBYTE
"""All files together: what travels inline in the log (facts: larger things go by their sha256)."""

SUBMISSION_FILES: Final = 100
SUBMISSION_BODY_BYTES: Final = 2 * MEBIBYTE
"""JSON may spell one byte with six (\\u0001), and names and boundaries come on top."""

FILE_NAME_CHARACTERS: Final = 100
ENTRY_POINT_CHARACTERS: Final = 200

BODY_WITHIN_S: Final = 30.0
"""How long a client may take to send a body that is held in memory."""

# The id that a client chose
ID_BEHIND: Final = timedelta(hours=24)
ID_AHEAD: Final = timedelta(seconds=60)
CLAIM_KEPT: Final = timedelta(hours=48)
"""Twice the window, so that an id is refused as too old long before its claim is forgotten."""

# Answers
ANSWER_WITHIN_S: Final = 4.5
"""All that a submission may wait for. A client is promised 5 s; the log's own verdict on an append that failed takes
up to 4.2 s, and is worth waiting for, since it tells *never sent* from *unknown*."""

APPEND_WITHIN_S: Final = ANSWER_WITHIN_S
TAKE_OVER_AFTER_S: Final = ANSWER_WITHIN_S + 0.5
"""A claim that is older and has no position belongs to a claimant that died or does not know: finish it."""

LATE_CLAIM_WITHIN_S: Final = 0.15
"""The claim that makes a POST with an unknown outcome repeatable, made when its time is nearly over."""

CATCH_UP_WITHIN_S: Final = 3.0
"""Reading `problems`, `contests` and `executors` to their ends before saying *unknown*."""

CLAIM_WITHIN_S: Final = 2.0
OUTSTANDING_APPENDS: Final = 10_000
"""Submissions that wait for the broker at once: at 256 KiB each they would fill the memory first."""

RETRY_AFTER_S: Final = 1

# Problems and blobs
PROBLEM_BODY_BYTES: Final = 64 * MEBIBYTE
PROBLEM_BODIES_AT_ONCE: Final = 2
"""A body of 64 MiB takes several times that while it is read."""

BLOB_BYTES: Final = 512 * MEBIBYTE
BLOB_CHUNK_WITHIN_S: Final = 30.0
DEFINITION_BYTES: Final = 512 * KIBIBYTE
"""All of a problem but its cases' content: it must fit in one record beside a submission."""

TITLE_CHARACTERS: Final = 200
TAGS: Final = 20
TAG_CHARACTERS: Final = 50
CASES: Final = 1000
"""A job names all cases in one record."""

CASE_NAME_CHARACTERS: Final = 100
STUBS: Final = 32
CPU_TIME_MS: Final = bounds.CPU_TIME_MS
WALL_TIME_MS: Final = bounds.WALL_TIME_MS
LEAST_MEMORY_BYTES: Final = bounds.LEAST_MEMORY_BYTES
MEMORY_BYTES: Final = bounds.MEMORY_BYTES
OUTPUT_BYTES: Final = bounds.OUTPUT_BYTES
DEFAULT_OUTPUT_BYTES: Final = 8 * MEBIBYTE

# Contests
CONTEST_BODY_BYTES: Final = MEBIBYTE
NAME_CHARACTERS: Final = 200
CONTEST_DURATION_S: Final = 366 * 24 * 3600
"""A year: courses and practice ladders are contests too."""

CONTEST_PROBLEMS: Final = 100
LABEL_CHARACTERS: Final = 10
PENALTY_MINUTES: Final = 10_000
TEAMS: Final = 20_000
MEMBERS: Final = 100

EDIT_CLAIM_KEPT: Final = timedelta(seconds=15)
"""Longer than an append may take to come true: after that the log alone says which edit was first."""

OWN_EDIT_SEEN_WITHIN_S: Final = 1.0
EXECUTOR_REPORT_COUNTS: Final = timedelta(seconds=60)
"""An older report says nothing about now."""

EARLIEST_YEAR: Final = 2000
LATEST_YEAR: Final = 2200
"""When a contest may start."""

# Rejudgings
REJUDGING_REMEMBERED: Final = ID_BEHIND + ID_AHEAD
"""How long it is known what was asked under an id: for as long as a client may send the same again."""

REJUDGING_BODY_BYTES: Final = MEBIBYTE
"""The whole request stands in one record, and its filter in the records of what is decided."""

FILTER_IDS: Final = 10_000
"""In all lists of a filter together: who means more names the problem, the contest or the time."""

FILTER_TEXT_CHARACTERS: Final = 256
REASON_CHARACTERS: Final = 500
REPEATS: Final = bounds.REPEATS
REVISION_BYTES: Final = 8 * MEBIBYTE
"""More than any definition comes to: a thousand cases and all texts, each character escaped."""
