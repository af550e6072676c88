"""Who may follow which channel; what exists and what a freeze hides is asked elsewhere."""

from typing import assert_never

from projections.live.channels import BoardChannel, Channel, RejudgingChannel, SubmissionChannel, UserChannel
from schemas.rules.icpc_row import View
from schemas.rules.visibility import (
    Author,
    Viewer,
    board_view,
    may_watch_rejudgings,
    may_watch_submission,
    may_watch_user,
)


def needs_author(viewer: Viewer, channel: Channel) -> bool:
    """Whether it has to be known whose submission it is, before it can be said whether the viewer may follow it."""
    return isinstance(channel, SubmissionChannel) and viewer.user_id is not None and not viewer.is_jury


def may_follow(viewer: Viewer, channel: Channel, author: Author | None) -> bool:
    """Whether the viewer may follow the channel. `author` is None where it does not matter, and then harmless."""
    match channel:
        case SubmissionChannel():
            return viewer.is_jury or (author is not None and may_watch_submission(viewer, author))
        case UserChannel(user_id=user_id):
            return may_watch_user(viewer, user_id)
        case BoardChannel(view=view):
            return board_view(viewer, jury_asked=view is View.JURY) is view
        case RejudgingChannel():
            return may_watch_rejudgings(viewer)
        case _:
            assert_never(channel)
