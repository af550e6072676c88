"""`judgestream status` as a person runs it."""

import json
import signal
from collections.abc import Iterator
from threading import main_thread
from typing import Any

import pytest

from judgestream.commands.options import out
from tests.unit.judgestream.service import Service, serving

QUIET: dict[str, Any] = {
    "at": "2026-11-21T12:00:00+00:00",
    "lanes": [{"lane": lane, "outstanding": 0, "oldest_s": None, "partitions": []} for lane in ("contest", "practice")],
    "executors": [],
    "projections": [{"model": "submission", "lag": 0, "topics": {"submissions": 0}}],
    "stalls": {"last_day": 0, "standing": 0, "newest": []},
    "rejudgings": [],
    "dead_letters": {"last_day": 0},
}
PARTITION = {"partition": 3, "committed": 7, "end": 9, "outstanding": 2, "oldest_s": 75.2, "executor": "executor-one"}
BUSY = QUIET | {
    "lanes": [{"lane": "practice", "outstanding": 2, "oldest_s": 75.2, "partitions": [PARTITION]}],
    "executors": [
        {
            "executor_id": "one",
            "pool": "default",
            "slots": 2,
            "busy": 1,
            "sandbox": "nested",
            "software_version": "1",
            "languages": ["cpp", "python3"],
            "calibration": {"measured_at": "", "arithmetic_ns": 80_000_000, "memory_access_ns": 70_000_000},
            "why_aside": None,
            "reported_s_ago": 3.0,
        }
    ],
    "projections": [{"model": "submission", "lag": 4321, "topics": {"submissions": 0, "verdicts": 4321}}],
    "stalls": {
        "last_day": 1,
        "standing": 1,
        "newest": [
            {
                "submission_id": "s1",
                "judging_id": "j1",
                "job": "jobs.practice:3:7",
                "attempt": 1,
                "executor_id": "one",
                "stood_s": 151,
                "answer": "asked_again",
                "at": "",
                "stands": True,
            }
        ],
    },
    "rejudgings": [
        {
            "rejudging_id": "r1",
            "state": "judging",
            "selected": 10,
            "done": 4,
            "total": 10,
            "rate_per_s": 2.0,
            "remaining_s": 3.0,
        }
    ],
    "dead_letters": {"last_day": 5},
}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as service:
        yield service


def test_what_is_quiet_is_short(service: Service) -> None:
    service.answers.clear()
    service.will("GET /api/v1/status", QUIET)
    shown = service.run("status")
    assert shown.exit_code == 0, shown.output
    assert "no executor reports" in shown.output
    assert "stood still in the last day: 0" in shown.output


@pytest.mark.parametrize(
    "told",
    [
        "3: 2 (executor-one)",
        "75 s",
        "1/2",
        "80.0 ms, 70.0 ms",
        "cpp, python3",
        "verdicts 4321",
        "1 of them where they still stand",
        "jobs.practice:3:7",
        "asked again",
        "4/10",
        "dead letters in the last day: 5",
    ],
)
def test_it_tells_what_a_jury_asks(service: Service, told: str) -> None:
    service.answers.clear()
    service.will("GET /api/v1/status", BUSY)
    assert told in service.run("status").output


def test_programs_get_it_as_it_came(service: Service) -> None:
    service.answers.clear()
    service.will("GET /api/v1/status", BUSY)
    assert json.loads(service.run("status", "--json").output) == BUSY


def test_who_may_not_see_it_is_told(service: Service) -> None:
    service.answers.clear()
    service.will("GET /api/v1/status", {"type": "t", "title": "For the jury", "status": 403}, status=403)
    shown = service.run("status")
    assert shown.exit_code == 2
    assert "For the jury" in shown.output


TERMINAL = {"TTY_COMPATIBLE": "1", "TERM": "xterm"}
WATCH = ("status", "--watch", "--every", "0.2")
UP = "\x1b[1A"
"""A terminal is told so to write over what it shows."""


def control_c_after(service: Service, looks: int) -> None:
    """A person looks on so many times and presses Ctrl-C."""
    left = iter(range(looks - 1))

    def answered(_: str) -> None:
        if next(left, None) is None:
            signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)

    service.answered = answered


@pytest.fixture
def watched(service: Service) -> Iterator[Service]:
    """Quiet at the first look, busy from the second on; looked at three times.

    Control-C ends programs as at a terminal, where the tests' own shell may have them ignore it.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    service.answers.clear()
    service.will("GET /api/v1/status", QUIET, BUSY)
    control_c_after(service, 3)
    yield service
    service.answered = lambda _: None
    signal.signal(signal.SIGINT, before)


def test_a_watch_shows_each_look_over_the_one_before_until_control_c(
    watched: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "is_interactive", True)  # which it finds out when it is made
    shown = watched.run(*WATCH, **TERMINAL)
    assert shown.exit_code == 0, shown.output
    quiet, over, busy = shown.output.partition(UP)
    assert ("no executor reports" in quiet, "4/10" in quiet) == (True, False)
    assert over
    assert "4/10" in busy
    assert "no executor reports" not in busy


def test_a_watch_tells_programs_each_look_in_a_line(watched: Service) -> None:
    shown = watched.run(*WATCH, "--json")
    assert shown.exit_code == 0, shown.output
    assert [json.loads(line) for line in shown.output.splitlines()[:2]] == [QUIET, BUSY]


def test_a_watch_of_a_service_that_refuses_ends(service: Service) -> None:
    service.answers.clear()
    service.will("GET /api/v1/status", {"type": "t", "title": "For the jury", "status": 403}, status=403)
    shown = service.run(*WATCH, **TERMINAL)
    assert (shown.exit_code, "For the jury" in shown.output) == (2, True)
