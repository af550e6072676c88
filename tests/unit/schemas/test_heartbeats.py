"""A loop that no longer turns ends its process; one that waits, or was stopped with its process, does not."""

import subprocess
import sys
from threading import Event as Flag

from schemas import heartbeats
from schemas.heartbeats import LOOK_EVERY_S, Heartbeats

LOOKS = 5


def watched(ended: Flag | None = None) -> Heartbeats:
    return Heartbeats(LOOKS * LOOK_EVERY_S, end=(ended or Flag()).set)


def test_a_heart_that_beats_is_never_missed() -> None:
    hearts = watched()
    beat = hearts.heart("loop")
    for _ in range(10 * LOOKS):
        beat()
        assert hearts.look() is None


def test_a_heart_that_stops_is_named_after_so_many_looks() -> None:
    hearts = watched()
    first, second = hearts.heart("first"), hearts.heart("second")
    first()
    second()
    for _ in range(LOOKS + 1):
        assert hearts.look() is None
        first()
    assert hearts.look() == "second"


def test_a_heart_that_has_not_begun_is_not_missed() -> None:
    hearts = watched()
    hearts.heart("later")
    assert [hearts.look() for _ in range(2 * LOOKS)] == [None] * 2 * LOOKS


HANGING = """
from threading import Event
from schemas import heartbeats
heartbeats.LOOK_EVERY_S = 0.01
with heartbeats.Heartbeats(0.05) as hearts:
    hearts.heart("loop")()
    Event().wait(30)
"""


def test_a_process_that_hangs_ends_and_shows_where() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == heartbeats.EXIT_STATUS
    assert "heart_stopped" in ended.stderr or "heartbeats" in ended.stderr
    assert "wait" in ended.stderr
