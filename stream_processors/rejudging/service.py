"""One thread that decides and releases by turns, as long as the group gives this process the requests."""

import threading
from collections import deque
from collections.abc import Mapping
from typing import Final

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import Committed, EventLog, Partition, Record
from schemas.heartbeats import Beat
from schemas.log import EventLogger
from schemas.topics import REJUDGING_REQUESTS
from stream_processors.rejudging.decider import Decider
from stream_processors.rejudging.followed import Followed
from stream_processors.rejudging.releaser import Releaser

GROUP: Final = "stream_processors.rejudging"

BUSY_POLL_S: Final = 0.02
"""While jobs wait to be released: quick ones are judged in a few milliseconds, and a slot should not stand idle."""

IDLE_POLL_S: Final = 0.5
AWAY_S: Final = 0.5

log: Final = EventLogger(__name__)


class Service:
    """Runs until it is stopped. What can be tried again is tried again; anything else is raised."""

    def __init__(
        self,
        event_log: EventLog,
        followed: Followed,
        decider: Decider,
        releaser: Releaser,
        beat: Beat,
        *,
        idle_s: float = IDLE_POLL_S,
    ):
        self._followed = followed
        self._decider = decider
        self._releaser = releaser
        self._beat = beat
        self._idle_s = idle_s
        self._stop = threading.Event()
        self._asked: deque[Record] = deque()
        self._must_take_over = False
        self._away: str | None = "not begun"
        self._busy = False
        self._reader = event_log.group_reader(
            [REJUDGING_REQUESTS], GROUP, assigned=self._assigned, revoked=self._revoked
        )

    def broker_away(self) -> str | None:
        """What is wrong with the log, for the health check."""
        return self._away

    def stop(self) -> None:
        """Ends `run` soon."""
        self._stop.set()

    def run(self) -> None:
        """Returns after `stop`."""
        while not self._stop.is_set():
            self._beat()
            try:
                self.turn()
            except LogUnavailable as error:
                if self._away is None:
                    log.warning("log_away", why=error)
                self._away = str(error)
                self._stop.wait(AWAY_S)
            else:
                self._away = None
        self._reader.close()
        self._releaser.close()
        self._followed.close()

    def turn(self) -> None:
        """Takes what was asked, decides it, and releases what there is room for."""
        wait_s = 0.0 if self._asked or self._must_take_over else BUSY_POLL_S if self._busy else self._idle_s
        self._asked.extend(self._reader.poll(1, wait_s))
        self._followed.catch_up()
        if not self._reader.assignment():
            self._busy = False
            return
        while self._asked:
            self._decide(self._asked[0])
            self._asked.popleft()
        if self._must_take_over:
            self._releaser.take_over()
            self._must_take_over = False
        self._busy = self._releaser.step()

    def _decide(self, record: Record) -> None:
        self._decider.handle(record)
        at = Partition(record.position.topic, record.position.partition)
        self._reader.commit({at: Committed(offset=record.position.offset + 1)})

    def _assigned(self, committed: Mapping[Partition, Committed | None]) -> Mapping[Partition, int]:
        log.info("requests_taken_over", committed={str(at.number): it and it.offset for at, it in committed.items()})
        self._must_take_over = True
        return {}

    def _revoked(self, partitions: frozenset[Partition]) -> None:
        log.info("requests_given_up", partitions=len(partitions))
        self._asked.clear()
        self._must_take_over = False  # else who lost them before taking over would poll without a pause
