"""`judgestream board --at` against a small web service of the test's own."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from judgestream.moments import moment
from tests.unit.judgestream.service import serving

STARTS = "2026-11-21T12:00:00+00:00"
SHOWN: dict[str, Any] = {"contest_id": "spring", "name": "Spring", "state": "running", "problems": [], "rows": []}
THEN = "/api/v1/contests/spring/board?at=2026-11-21T13%3A30%3A00%2B00%3A00"


@pytest.mark.parametrize("typed", ["2026-11-21T13:30:00+00:00", "2026-11-21T13:30Z", "+1:30", "+1:30:00"])
def test_the_board_is_asked_for_at_that_moment(typed: str) -> None:
    with serving() as service:
        service.will(f"GET {THEN}", {**SHOWN, "at": "2026-11-21T13:30:00+00:00"})
        service.will("GET /api/v1/contests/spring", {"contest_id": "spring", "starts_at": STARTS})
        result = service.run("board", "spring", "--at", typed)
        assert result.exit_code == 0, result.output
        assert "Spring: running, as it was at " in result.output


@pytest.mark.parametrize("typed", ["yesterday", "+1:60", "+90", "25:00", ""])
def test_what_is_no_moment_is_said_before_anything_is_asked(typed: str) -> None:
    with serving() as service:
        result = service.run("board", "spring", "--at", typed)
        assert result.exit_code == 2
        assert "into the contest" in result.output


def test_a_refusal_is_shown() -> None:
    with serving() as service:
        refusal = {"type": "urn:judgestream:problem:moment-in-future", "title": "The moment has not come yet"}
        service.will(f"GET {THEN}", {**refusal, "status": 400}, status=400)
        result = service.run("board", "spring", "--at", "2026-11-21T13:30Z")
        assert result.exit_code == 2
        assert "has not come yet" in result.output


def test_a_moment_without_an_offset_is_local() -> None:
    zone = timezone(timedelta(hours=2))
    assert moment("2026-11-21T14:00", zone=zone) == "2026-11-21T14:00:00+02:00"
    assert datetime.fromisoformat(moment("2026-11-21T14:00")).tzinfo is not None
    assert moment("+0:05", starts_at=datetime(2026, 11, 21, tzinfo=UTC)) == "2026-11-21T00:05:00+00:00"
