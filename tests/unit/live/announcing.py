"""Announcements as the projector would make them, for tests of the hub."""

from datetime import UTC, datetime

import orjson

from projections.live.channels import BoardChannel, RejudgingChannel, SubmissionChannel, UserChannel
from projections.live.history import Announced
from projections.live.hub import Snapshot
from schemas.ids import ContestId, RejudgingId, SubmissionId, UserId
from schemas.rules.icpc_row import View

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SUBMISSION = SubmissionChannel(submission_id=SubmissionId("019aa5f0-0000-7000-8000-000000000001"))
USER = UserChannel(user_id=UserId("ada"))
BOARD = BoardChannel(contest_id=ContestId("spring"), view=View.PUBLIC)
JURY_BOARD = BoardChannel(contest_id=ContestId("spring"), view=View.JURY)
REJUDGING = RejudgingChannel(rejudging_id=RejudgingId("019aa5f0-0000-7000-8000-00000000000a"))


def told(offset: int, version: int, *, channel: str = SUBMISSION.name, at: datetime = NOW) -> Announced:
    """A change of a submission."""
    data = orjson.dumps({"version": version})
    return Announced(offset=offset, appended_at=at, channel=channel, type="case", version=version, data=data)


def rows(offset: int, version: int, *teams: str, channel: str = BOARD.name, epoch: str = "1") -> Announced:
    """Changed rows of a board."""
    changed = [{"team_id": team, "solved": version, "version": version} for team in teams]
    data = orjson.dumps({"contest_id": "spring", "epoch": epoch, "offset": version, "thawed": False, "rows": changed})
    return Announced(offset=offset, appended_at=NOW, channel=channel, type="rows", version=version, data=data)


def reset(offset: int, version: int, *, channel: str = BOARD.name, epoch: str = "1") -> Announced:
    """A board changed as a whole."""
    data = orjson.dumps({"contest_id": "spring", "epoch": epoch, "offset": version, "thawed": False})
    return Announced(offset=offset, appended_at=NOW, channel=channel, type="reset", version=version, data=data)


def snapshot(version: int, *, epoch: str = "1") -> Snapshot:
    """A model as it was at that version."""
    return Snapshot(epoch=epoch, version=version, data=orjson.dumps({"version": version}))
