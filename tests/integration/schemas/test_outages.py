"""What the log says while the broker hangs or is away, and that it gets over both by itself."""

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from deploy.local.stack import Stack
from schemas.eventlog.errors import AppendRefused, AppendUncertain, LogUnavailable
from schemas.eventlog.kafka import KafkaEventLog
from schemas.eventlog.port import Committed, Partition, Record
from schemas.events import ProblemRetired
from schemas.topics import PROBLEMS
from schemas.values import Position
from tests.contract.eventlog.events import retired
from tests.contract.eventlog.reading import ends, poll_until, read

ANSWER_S = 5.0
"""Within this ingest_api has to answer its client."""
QUESTION_S = 8.0
RECOVERY_S = 60.0


@contextmanager
def hanging(stack: Stack) -> Iterator[None]:
    broker = stack.pid("broker")
    os.kill(broker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker, signal.SIGCONT)


@contextmanager
def away(stack: Stack) -> Iterator[None]:
    stack.stop_process("broker")
    try:
        yield
    finally:
        stack.start_process("broker")
        stack.await_ready("broker")


def answered(future: "Future[Position]") -> type[BaseException] | None:
    """How an append ended, which it must within the time that its client has."""
    began = time.monotonic()
    error = future.exception(ANSWER_S + 1)
    assert time.monotonic() - began < ANSWER_S
    return type(error) if error else None


def append_until_acknowledged(log: KafkaEventLog) -> None:
    deadline = time.monotonic() + RECOVERY_S
    while log.append(PROBLEMS, retired()).exception(10) is not None:
        assert time.monotonic() < deadline, f"no append was acknowledged within {RECOVERY_S} s"


def test_no_event_is_lost_that_was_answered_and_none_written_that_was_refused(
    engine_stack: Stack, log: KafkaEventLog
) -> None:
    starts = ends(log, PROBLEMS)
    fates: dict[ProblemRetired, type[BaseException] | None] = {}

    def append() -> type[BaseException] | None:
        event = retired()
        fates[event] = answered(log.append(PROBLEMS, event))
        return fates[event]

    assert append() is None
    with hanging(engine_stack):
        assert append() is AppendUncertain, "it was sent, and nobody answered"
    append_until_acknowledged(log)
    with away(engine_stack):
        assert append() is AppendRefused, "nothing was sent: the broker had gone before"
        assert append() is AppendRefused
    append_until_acknowledged(log)
    assert append() is None

    refused = {event for event, fate in fates.items() if fate is AppendRefused}
    acknowledged = {event for event, fate in fates.items() if fate is None}
    reader = log.reader(starts)
    records: list[Record] = []
    poll_until(lambda: {record.event for record in records} >= acknowledged, reader, records=records)
    records += reader.poll(100, 1.0)
    reader.close()
    assert len(refused) == 2
    assert not refused & {record.event for record in records}


def test_questions_fail_in_time_and_a_group_goes_on_by_itself(engine_stack: Stack, log: KafkaEventLog) -> None:
    group = f"outage-{uuid.uuid4().hex}"
    here = ends(log, PROBLEMS)
    first = Partition(PROBLEMS.name, 0)
    reader = log.group_reader([PROBLEMS], group, assigned=lambda committed: {at: here[at] for at in committed})
    poll_until(lambda: len(reader.assignment()) == PROBLEMS.partitions, reader)
    questions: list[Callable[[], object]] = [
        lambda: log.end_offsets(PROBLEMS, timeout_s=1),
        lambda: log.begin_offsets(PROBLEMS, timeout_s=1),
        lambda: log.committed(group, PROBLEMS, timeout_s=1),
        lambda: log.reader({first: 0}),
        lambda: reader.commit({first: Committed(offset=here[first])}),
    ]
    with away(engine_stack):
        for question in questions:
            began = time.monotonic()
            with pytest.raises(LogUnavailable):
                question()
            assert time.monotonic() - began < QUESTION_S
            assert reader.poll(10, 0.1) == []
    append_until_acknowledged(log)
    [record, *_] = read(reader, 1)
    assert isinstance(record.event, ProblemRetired)
    after = Committed(offset=here[first], metadata="after")

    def is_committed() -> bool:
        """The broker may have thrown the silent member out; then it is back within a few polls."""
        reader.commit({first: after})
        return log.committed(group, PROBLEMS).get(0) == after

    poll_until(is_committed, reader)
    reader.close()
