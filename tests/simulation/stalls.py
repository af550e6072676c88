"""The watch over stalled judgings: the real one, whose looks are taken from time to time by who leads.

Only its outermost loop is of this file, since that is asyncio; what follows from a look is appended in its order.
"""

from collections.abc import Callable
from typing import Final

from schemas.eventlog.errors import LogUnavailable
from schemas.topics import STALLS, TOPIC_BY_NAME
from stream_processors.stall_watch import StallWatch
from stream_processors.watch_judgings import asked_again, told
from tests.simulation.kernel import SECOND, Process
from tests.simulation.log import LogClient
from tests.simulation.surroundings import Surroundings

LOOK_EVERY_US: Final = 50 * SECOND
"""Rarely, since what stands stands for minutes, and each look is many steps."""


def stall_watch_body(it: Surroundings, process: Process, leads: Callable[[], bool]) -> Callable[[], None]:
    """Its thread."""
    log = LogClient(it.broker, process, is_timed=True)
    watch = StallWatch(
        log, it.now, is_ours=leads, sent=lambda _lane, _partition: None, clock_s=lambda: it.kernel.now_us / SECOND
    )

    def look() -> None:
        for answer, request in watch.find():
            it.append_patiently(log, STALLS, told(answer, it.now()))
            if answer.partition is not None:
                again = asked_again(answer, request, it.now())
                it.append_patiently(log, TOPIC_BY_NAME[answer.partition.topic], again, answer.partition.number)

    def body() -> None:
        while True:
            it.kernel.wait(timeout_us=LOOK_EVERY_US, idle=True)
            try:
                if leads():
                    look()
                else:
                    watch.begin_anew()
            except LogUnavailable:
                watch.begin_anew()

    return body
