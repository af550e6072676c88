"""A job that kills its executor, with a real broker and real processes.

No product has a way to be killed by a job on purpose, so the test is the poison's effect: whenever the log says that
the poison has started, the process that started it gets a SIGKILL.
"""

import signal

from schemas.ids import SubmissionId
from schemas.values import DeadLetterReason, Verdict
from tests.integration.executor.room import QUICK, SLOW, Room, wait_for

DEATHS = 4
"""Once in company, which proves nothing, and three times alone."""


def kill_whoever_starts(room: Room, poison: SubmissionId) -> None:
    """A process manager and a poison in one, until the poison has its verdict."""
    for death in range(1, DEATHS + 1):
        process = room.start()
        wait_for(lambda: len(room.starts(poison)) == death, f"start {death}")  # noqa: B023  # called at once
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    room.start()
    wait_for(lambda: bool(room.verdicts(poison)), "verdict on the poison")


def test_poison_ends_alone_and_its_neighbours_get_their_verdicts(room: Room) -> None:
    before = room.submit("python3", SLOW, partition=0)
    poison = room.submit("python3", SLOW, cases=3, partition=0)
    right = [before, *(room.submit("python3", QUICK, partition=at % 3) for at in range(4))]
    wrong = room.submit("python3", QUICK, answer=b"4", partition=0)
    kill_whoever_starts(room, poison)
    wait_for(lambda: all(room.verdicts(one) for one in (*right, wrong)), "verdicts on the neighbours")
    wait_for(lambda: room.uncommitted() == 0, "commit")
    assert [event.verdict for event in room.verdicts(poison)] == [Verdict.JUDGE_ERROR]
    assert [event.attempt for event in room.starts(poison)] == [1, 2, 3, 4]
    assert len({event.attempt_id for event in room.starts(poison)}) == DEATHS
    assert {room.verdicts(one)[0].verdict for one in right} == {Verdict.AC}
    assert room.verdicts(wrong)[0].verdict is Verdict.WA
    (letter,) = room.letters()
    assert letter.reason is DeadLetterReason.ATTEMPTS_EXHAUSTED
    assert letter.caused_by == room.starts(poison)[0].caused_by
    room.drain()
    assert room.left_behind() == []
