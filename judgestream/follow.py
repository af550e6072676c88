"""Following one submission over the live interface until its verdict."""

import time
from collections.abc import Iterator

from judgestream.client import Client, Json
from judgestream.errors import NoVerdict
from judgestream.live import frames
from judgestream.progress import Progress, advance


def follow(client: Client, submission_id: str, *, patience_s: float) -> Iterator[Progress]:
    """Yields the progress whenever it changed, last with the verdict; `NoVerdict` after `patience_s` seconds.

    A lost connection is opened again and goes on where it was.
    """
    progress = Progress()
    for frame in frames(client, f"submission:{submission_id}", deadline=time.monotonic() + patience_s):
        advanced = progress if frame is None else advance(progress, frame)
        if advanced != progress:
            progress = advanced
            yield progress
        if progress.verdict is not None:
            return
    raise NoVerdict(submission_id, patience_s)


def final(client: Client, submission_id: str) -> Json:
    """The whole submission after its verdict was announced; a GET never lags an announcement."""
    return client.submission(submission_id, wait_s=5)
