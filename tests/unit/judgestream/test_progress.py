"""A submission's frames, merged."""

import pytest

from judgestream.progress import Json, Progress, advance

ONE = {"case": "1", "verdict": "AC", "cpu_time_ms": 1}
TWO = {"case": "2", "verdict": "WA", "cpu_time_ms": 2}
RUNNING = {"type": "snapshot", "data": {"state": "running", "verdict": None, "cases": [ONE], "version": 10}}
CASE = {"type": "case", "data": {"state": "running", "index": 1, "result": TWO, "version": 11}}
AGAIN = {"type": "started", "data": {"state": "compiling", "cases": [], "version": 12}}
JUDGED = {"type": "verdict", "data": {"state": "judged", "verdict": "WA", "cases": [ONE, TWO], "version": 99}}


def after(*frames: Json) -> Progress:
    progress = Progress()
    for frame in frames:
        progress = advance(progress, frame)
    return progress


def test_a_snapshot_says_all_there_is() -> None:
    assert after(RUNNING) == Progress(state="running", cases=(ONE,), version=10)


def test_a_case_joins_the_others_once() -> None:
    assert after(RUNNING, CASE, CASE) == Progress(state="running", cases=(ONE, TWO), version=11)


def test_another_attempt_begins_anew() -> None:
    assert after(RUNNING, CASE, AGAIN) == Progress(state="compiling", version=12)


def test_a_verdict_is_final_whatever_comes_late() -> None:
    assert after(JUDGED, CASE, RUNNING) == Progress(state="judged", verdict="WA", cases=(ONE, TWO), version=99)


@pytest.mark.parametrize("frame", [{}, {"type": "from-the-future", "data": {"x": 1}}, {"type": "pong", "data": None}])
def test_unknown_frames_change_nothing(frame: Json) -> None:
    assert after(RUNNING, frame) == after(RUNNING)
