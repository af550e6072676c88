"""What is answered, as the API's description shows it."""

from pydantic import BaseModel


class Accepted(BaseModel):
    """The submission is in the log and cannot be lost; `position` is topic:partition:offset."""

    submission_id: str
    position: str


class ProblemEdited(BaseModel):
    """The edit is in the log; `revision` is also the ETag."""

    problem_id: str
    revision: str
    position: str


class BlobKept(BaseModel):
    """The blob is kept."""

    sha256: str
    size_bytes: int


class ContestEdited(BaseModel):
    """The edit is in the log; `revision` is also the ETag."""

    contest_id: str
    revision: str
    position: str


class TeamEdited(BaseModel):
    """The registration is in the log."""

    contest_id: str
    team_id: str
    position: str


class RejudgingRequested(BaseModel):
    """What was asked for is in the log; GET the rejudging to see what was decided about that `position`."""

    rejudging_id: str
    position: str
