"""The one table of refusals: every `type` that a problem document of ours can have (RFC 9457).

A `type` is a stable name to be compared, not an address to be opened: a URN, so that it is the same behind every
gateway. Nothing is ever renamed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

URN: Final = "urn:judgestream:problem:"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalType:
    """One kind of refusal: its stable name, HTTP status and title."""

    name: str
    status: int
    title: str

    @property
    def urn(self) -> str:
        """The `type` of its documents."""
        return URN + self.name


class Refusal(Exception):
    """Ends a request with a problem document.

    `detail` is for the person who asked; `extensions` are further members of the document and `headers` of the
    response (`Retry-After`, `Allow`, …).
    """

    def __init__(
        self, kind: RefusalType, detail: str = "", *, headers: Mapping[str, str] | None = None, **extensions: object
    ) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.extensions = extensions

    def __str__(self) -> str:
        return f"{self.kind.name}: {self.detail or self.kind.title}"


REFUSAL_TYPES: Final[dict[str, RefusalType]] = {}


def _refusal(name: str, status: int, title: str) -> RefusalType:
    known = REFUSAL_TYPES[name] = RefusalType(name=name, status=status, title=title)
    return known


# How one speaks to us
MALFORMED_REQUEST = _refusal("malformed-request", 400, "The request is malformed")
MALFORMED_JSON = _refusal("malformed-json", 400, "The body is not JSON")
MALFORMED_MULTIPART = _refusal("malformed-multipart", 400, "The body is not multipart/form-data")
INVALID_BODY = _refusal("invalid-body", 422, "The body does not have the right shape")
INVALID_PARAMETER = _refusal("invalid-parameter", 422, "A parameter is not allowed")
UNSUPPORTED_PARAMETER = _refusal("unsupported-parameter", 400, "The parameter is not supported")
NOT_FOUND = _refusal("not-found", 404, "There is nothing here")
METHOD_NOT_ALLOWED = _refusal("method-not-allowed", 405, "The method is not allowed here")
UNSUPPORTED_MEDIA_TYPE = _refusal("unsupported-media-type", 415, "The media type is not understood")
BODY_TOO_LARGE = _refusal("body-too-large", 413, "The body is too large")
BODY_TIMEOUT = _refusal("body-timeout", 408, "The body did not arrive in time")
INVALID_POSITION = _refusal("invalid-position", 400, "The log has no such position")
INVALID_CURSOR = _refusal("invalid-cursor", 400, "The cursor is not one of ours")

# Who one is
TOKEN_MISSING = _refusal("token-missing", 401, "A token is needed")
TOKEN_INVALID = _refusal("token-invalid", 401, "The token is not valid")
TOKEN_EXPIRED = _refusal("token-expired", 401, "The token has expired")
FORBIDDEN = _refusal("forbidden", 403, "You may not do that")

# What a submission is made of
SUBMISSION_TOO_LARGE = _refusal("submission-too-large", 413, "The submission is too large")
TOO_MANY_FILES = _refusal("too-many-files", 413, "The submission has too many files")
NO_SOURCE = _refusal("no-source", 422, "The submission has no source")
INVALID_FILE_NAME = _refusal("invalid-file-name", 422, "A file name is not allowed")
DUPLICATE_FILE_NAME = _refusal("duplicate-file-name", 422, "Two files have the same name")
INVALID_ENTRY_POINT = _refusal("invalid-entry-point", 422, "The entry point is not allowed")
INVALID_BASE64 = _refusal("invalid-base64", 422, "The content is not base64")
NOT_TEXT = _refusal("not-text", 422, "The source is not UTF-8 text")
NUL_BYTE = _refusal("nul-byte", 422, "The source has a NUL byte")

# What a submission is for
UNKNOWN_PROBLEM = _refusal("unknown-problem", 404, "There is no such problem")
PROBLEM_RETIRED = _refusal("problem-retired", 410, "The problem takes no more submissions")
UNKNOWN_LANGUAGE = _refusal("unknown-language", 422, "The language is not offered")
LANGUAGE_UNAVAILABLE = _refusal("language-unavailable", 503, "No executor offers the language now; try again")
UNKNOWN_CONTEST = _refusal("unknown-contest", 404, "There is no such contest")
PROBLEM_NOT_IN_CONTEST = _refusal("problem-not-in-contest", 422, "The problem is not in the contest")
CONTEST_NOT_RUNNING = _refusal("contest-not-running", 403, "The contest is not running")
NOT_REGISTERED = _refusal("not-registered", 403, "You are in no team of the contest")

# The id that a client chose
INVALID_SUBMISSION_ID = _refusal("invalid-submission-id", 422, "The id is not a UUIDv7")
SUBMISSION_ID_OUT_OF_WINDOW = _refusal("submission-id-out-of-window", 422, "The id is too old or too new")
SUBMISSION_ID_TAKEN = _refusal("submission-id-taken", 409, "The id belongs to another submission")

# Problems, blobs, contests
PROBLEM_EXISTS = _refusal("problem-exists", 409, "The problem exists already")
INVALID_PROBLEM = _refusal("invalid-problem", 422, "The problem is not well defined")
REVISION_REQUIRED = _refusal("revision-required", 428, "If-Match with the current revision is needed")
REVISION_CHANGED = _refusal("revision-changed", 412, "Someone else changed it in between")
BLOB_MISMATCH = _refusal("blob-mismatch", 422, "The content does not have that sha256")
BLOB_MISSING = _refusal("blob-missing", 422, "A blob that is named was never sent")
CONTEST_EXISTS = _refusal("contest-exists", 409, "The contest exists already")
INVALID_CONTEST = _refusal("invalid-contest", 422, "The contest is not well defined")
CONTEST_NOT_OVER = _refusal("contest-not-over", 409, "The contest is not over")
USER_IN_OTHER_TEAM = _refusal("user-in-other-team", 409, "A member is in another team of the contest")
TOO_MANY_TEAMS = _refusal("too-many-teams", 409, "The contest has too many teams")

# What a rejudging is asked for with
MALFORMED_TIME = _refusal("malformed-time", 422, "A time is not one")
TIME_IN_FUTURE = _refusal("time-in-future", 422, "The time has not come yet")
EMPTY_TIME_RANGE = _refusal("empty-time-range", 422, "The range of times is empty")
REASON_NEEDED = _refusal("reason-needed", 422, "A reason is needed")
REPEATS_OUT_OF_BOUNDS = _refusal("repeats-out-of-bounds", 422, "Not so many repeats")
FILTER_RESTRICTS_NOTHING = _refusal("filter-restricts-nothing", 422, "The filter restricts nothing")
LIMITS_OUT_OF_BOUNDS = _refusal("limits-out-of-bounds", 422, "No problem may have such limits")
TOO_MANY_IDS = _refusal("too-many-ids", 422, "The filter names too much")
UNKNOWN_VERDICT = _refusal("unknown-verdict", 422, "There is no such verdict")
UNKNOWN_REVISION = _refusal("unknown-revision", 422, "There is no such revision")
REVISION_OF_OTHER_PROBLEM = _refusal("revision-of-other-problem", 422, "The revision is of another problem")
REJUDGING_ID_TAKEN = _refusal("rejudging-id-taken", 409, "The id belongs to another rejudging")
PART_NOT_ALLOWED = _refusal("part-not-allowed", 422, "Only what is applied can be a part")

# What one asks to read
UNKNOWN_SUBMISSION = _refusal("unknown-submission", 404, "There is no such submission")
MALFORMED_MOMENT = _refusal("malformed-moment", 400, "The moment is not one")
MOMENT_IN_FUTURE = _refusal("moment-in-future", 400, "The moment has not come yet")
NO_SUBMISSION_THEN = _refusal("no-submission-then", 404, "There was no such submission at that moment")
NO_BOARD_THEN = _refusal("no-board-then", 404, "There was no board at that moment")
TOO_MANY_SUBSCRIPTIONS = _refusal("too-many-subscriptions", 429, "Too many channels at once")
UNKNOWN_DEAD_LETTER = _refusal("unknown-dead-letter", 404, "There is no such dead letter")
UNKNOWN_REJUDGING = _refusal("unknown-rejudging", 404, "There is no such rejudging")
UNKNOWN_PROJECTION = _refusal("unknown-projection", 404, "There is no such read model")
UNKNOWN_CHANNEL = _refusal("unknown-channel", 404, "There is no such channel")

# Looking after read models
TASK_UNDER_WAY = _refusal("task-under-way", 409, "A rebuild or verification is under way")
NO_TASK_UNDER_WAY = _refusal("no-task-under-way", 409, "Nothing is under way")
TOO_LATE_TO_CANCEL = _refusal("too-late-to-cancel", 409, "Readers have been switched")
ALREADY_PAUSED = _refusal("already-paused", 409, "The read model is paused")
NOT_PAUSED = _refusal("not-paused", 409, "The read model is not paused")
NOT_PARKED = _refusal("not-parked", 409, "The read model is not parked there")

# Our own troubles
LOG_UNAVAILABLE = _refusal("log-unavailable", 503, "Nothing was accepted; try again")
OUTCOME_UNKNOWN = _refusal("outcome-unknown", 503, "Whether it was accepted is not known; send the same again")
STORE_UNAVAILABLE = _refusal("store-unavailable", 503, "The store does not answer; try again")
NOT_READY = _refusal("not-ready", 503, "The service is still starting")
OVERLOADED = _refusal("overloaded", 503, "Too much at once; try again")
UNEXPECTED = _refusal("unexpected", 500, "Something of ours went wrong")
