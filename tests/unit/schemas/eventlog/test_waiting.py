"""Waiting for engines at start: with a deadline, and said once."""

import logging

import pytest

from schemas.eventlog.errors import LogMisconfigured, LogUnavailable
from schemas.eventlog.waiting import wait_for


def test_answers_as_soon_as_the_attempt_does(caplog: pytest.LogCaptureFixture) -> None:
    failures = [LogUnavailable("not yet"), LogUnavailable("not yet")]

    def attempt() -> str:
        if failures:
            raise failures.pop()
        return "there"

    with caplog.at_level(logging.INFO):
        assert wait_for("the broker", attempt, 10) == "there"
    assert [record.getMessage() for record in caplog.records] == ["waiting"]


def test_gives_up_after_the_deadline_and_says_why() -> None:
    def attempt() -> None:
        raise LogUnavailable("connection refused")

    with pytest.raises(LogUnavailable, match=r"waited 0 s for the broker: connection refused"):
        wait_for("the broker", attempt, 0)


def test_does_not_wait_for_what_will_not_pass() -> None:
    attempts: list[int] = []

    def attempt() -> None:
        attempts.append(1)
        raise LogMisconfigured("five partitions")

    with pytest.raises(LogMisconfigured):
        wait_for("the topics", attempt, 60)
    assert attempts == [1]
