"""An executor that is stopped in the middle of a judging, for longer than any may stand, and then goes on.

Its group waits for it longer than the watch over judgings does, as it would for one that goes on beating while its
work stands: so the partition stays its own, and only the watch can help. Real executors, a real router.

Its folder has a log of its own: the pool that the router watches begins with every job that there is.
"""

import signal
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from executor.sandbox.leftovers import owner_name
from schemas.eventlog.port import Committed, EventLog, Partition
from schemas.events import Event, JudgingRequested, JudgingStalled
from schemas.ids import ExecutorId
from schemas.rules.submission import Judged, Received, current, evolve, initial
from schemas.topics import EXECUTOR_POOL, JOBS, STALLS, executor_group
from schemas.values import Lane, StallAnswer, Verdict
from tests.integration.executor.room import EXECUTOR_ID, QUICK, Room, unused_port, wait_for
from tests.unit.stream_processors.examples import received

GROUP = executor_group(EXECUTOR_POOL)
PARTITIONS = sum(topic.partitions for topic in JOBS.values())
OTHER_ID = "another"
SESSION_MS = 60_000
WALL_MS = 2_500
SLACK_S = 1
"""With three runs at the wall limit a judging may stand for 8.5 s; the watch looks after 10 s."""

ONE_SECOND = b"import time\ntime.sleep(1)\n" + QUICK


@pytest.fixture
def patient_group(engines: dict[str, str], log: EventLog) -> None:
    """The group that is watched: it waits for its members for a minute, and begins behind what other tests left."""
    longer = ConfigEntry("consumer.session.timeout.ms", str(SESSION_MS), incremental_operation=AlterConfigOpType.SET)
    admin = AdminClient({"bootstrap.servers": engines["JUDGESTREAM_KAFKA"]})
    resource = ConfigResource(ResourceType.GROUP, GROUP, incremental_configs=[longer])
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(10)
    reader = log.group_reader(list(JOBS.values()), GROUP)
    wait_for(lambda: reader.poll(1, 0.1) is not None and len(reader.assignment()) == PARTITIONS, "partitions")
    ends = {
        Partition(topic.name, number): Committed(offset=end)
        for topic in JOBS.values()
        for number, end in log.end_offsets(topic).items()
    }
    reader.commit(ends)
    reader.close()


def watched(room: Room) -> None:
    """Starts a router, for its watch over judgings; it is ready when this returns."""
    port = str(unused_port())
    room.start("stream_processors", JUDGESTREAM_ROUTER_PORT=port, JUDGESTREAM_STALL_SLACK_S=str(SLACK_S))
    wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/ready"), "router")


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


def quick(request: JudgingRequested) -> JudgingRequested:
    return replace(request, limits=replace(request.limits, wall_time_ms=WALL_MS))


def partitions_of(room: Room, executor_id: str) -> list[Partition]:
    """The partitions that the group has given to that executor."""
    return [at for at, owner in room.log.owners(GROUP).items() if owner.client == f"executor-{executor_id}"]


def is_shared(room: Room) -> bool:
    return len(partitions_of(room, EXECUTOR_ID)) == len(partitions_of(room, OTHER_ID)) == PARTITIONS // 2


@pytest.mark.usefixtures("patient_group")
def test_what_stands_with_a_stopped_executor_is_judged_by_another_and_its_late_verdict_folds_away(
    room: Room, tmp_path: Path
) -> None:
    room.environment["JUDGESTREAM_POOL"] = room.pool = EXECUTOR_POOL
    others_work = tmp_path / "other"
    executors = {
        EXECUTOR_ID: room.start(),
        OTHER_ID: room.start(
            JUDGESTREAM_EXECUTOR_ID=OTHER_ID,
            JUDGESTREAM_EXECUTOR_PORT=str(unused_port()),
            JUDGESTREAM_WORK=str(others_work),
        ),
    }
    watched(room)
    stalls = room.log.reader(
        {Partition(STALLS.name, number): end for number, end in room.log.end_offsets(STALLS).items()}
    )
    wait_for(lambda: is_shared(room), "both to read")

    # Which of them has it is the group's own choice.
    held_up, helping = EXECUTOR_ID, OTHER_ID
    if Partition(JOBS[Lane.PRACTICE].name, 0) in partitions_of(room, OTHER_ID):
        held_up, helping = OTHER_ID, EXECUTOR_ID
    stopped = executors[held_up]
    submission = room.submit("python3", ONE_SECOND, partition=0, change=quick)
    wait_for(lambda: room.has_started(submission), "start")
    stopped.send_signal(signal.SIGSTOP)
    try:
        wait_for(lambda: len(room.verdicts(submission)) == 1, "verdict of the other one")
    finally:
        stopped.send_signal(signal.SIGCONT)
    wait_for(lambda: len(room.verdicts(submission)) == 2, "late verdict")
    wait_for(lambda: room.uncommitted() == 0, "commits")

    [stall] = [record.event for record in stalls.poll(10, 5.0)]
    stalls.close()
    assert isinstance(stall, JudgingStalled)
    assert (stall.submission_id, stall.answer, stall.attempt) == (submission, StallAnswer.ASKED_AGAIN, 1)
    first, late = room.verdicts(submission)
    assert (first.attempt, first.verdict, first.provenance.executor_id) == (2, Verdict.AC, helping)
    assert (late.judging_id, late.provenance.executor_id) == (first.judging_id, held_up)
    folded = evolve(initial(submission), replace(received(1), submission_id=submission))
    told: list[Event] = [*room.starts(submission), first, late]
    for event in told:
        folded = evolve(folded, event)
    assert isinstance(folded, Received)
    shown = current(folded)
    assert isinstance(shown, Judged)
    assert (shown.attempt_id, shown.differing_repeats) == (first.attempt_id, 0)
    assert room.left_behind() == []
    assert list(room.engine.owned(owner_name(ExecutorId(OTHER_ID), others_work))) == []
