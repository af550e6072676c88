"""Appends to the log from asyncio: acknowledged in time, or an error that says what is known.

While the log is known not to answer, an append is refused at once, and a probe looks for its return.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from time import perf_counter
from typing import Final

from prometheus_client import Counter, Histogram

from ingest_api.limits import APPEND_WITHIN_S, OUTSTANDING_APPENDS
from schemas.eventlog.errors import AppendRefused, AppendUncertain, LogError
from schemas.eventlog.port import EventLog
from schemas.events import Event
from schemas.log import EventLogger
from schemas.topics import SUBMISSIONS, Topic
from schemas.values import Position

PROBE_EVERY_S: Final = 0.25
PROBE_WITHIN_S: Final = 1.0

log = EventLogger(__name__)

APPEND_SECONDS = Histogram(
    "judgestream_ingest_append_seconds",
    "Time from an append to the broker's acknowledgement",
    ["topic"],
    buckets=(0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
)
APPEND_FAILURES = Counter("judgestream_ingest_append_failures_total", "Appends that failed", ["topic", "outcome"])


class LogWriter:
    """Used from one event loop; `start` before the first append, `stop` at the end."""

    def __init__(self, event_log: EventLog, *, within_s: float = APPEND_WITHIN_S) -> None:
        self._log = event_log
        self._within_s = within_s
        self._outstanding = 0
        self._seconds: dict[str, Histogram] = {}
        self._acknowledged: deque[tuple[asyncio.Future[Position], Future[Position]]] = deque()
        self._woken = False
        self._probe: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Binds to the running loop."""
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """Ends the probe; appends under way go on until their time is over."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)

    def trouble(self) -> str | None:
        """What is wrong with the log as far as is known here, for readiness."""
        return None if self._probe is None else "the log does not answer"

    async def append(self, topic: Topic, event: Event, *, within_s: float | None = None) -> Position:
        """Where the event stands, once the broker has acknowledged it.

        `AppendRefused` when it is certainly not in the log, `AppendUncertain` when that cannot be known in time.
        """
        self._refuse_early()
        started = perf_counter()
        self._outstanding += 1
        try:
            position = await self._acknowledgement(topic, event, within_s or self._within_s)
        except LogError as error:
            APPEND_FAILURES.labels(topic.name, type(error).__name__).inc()
            self._log_is_down(error)
            raise
        finally:
            self._outstanding -= 1
        self._seconds_of(topic).observe(perf_counter() - started)
        return position

    def _seconds_of(self, topic: Topic) -> Histogram:
        """The topic's histogram; looking it up by label would cost as much as observing."""
        known = self._seconds.get(topic.name)
        if known is None:
            known = self._seconds[topic.name] = APPEND_SECONDS.labels(topic.name)
        return known

    def _refuse_early(self) -> None:
        if self._probe is not None:
            raise AppendRefused("the log does not answer; it is looked for")
        if self._outstanding >= OUTSTANDING_APPENDS:
            raise AppendRefused(f"{OUTSTANDING_APPENDS} appends wait already")

    async def _acknowledgement(self, topic: Topic, event: Event, within_s: float) -> Position:
        assert self._loop is not None
        waiting: asyncio.Future[Position] = self._loop.create_future()
        late = self._loop.call_later(within_s, _give_up, waiting, within_s)
        try:
            appending = self._log.append(topic, event)
            appending.add_done_callback(lambda done: self._on_acknowledged(waiting, done))
            return await waiting
        finally:
            late.cancel()

    def _on_acknowledged(self, waiting: asyncio.Future[Position], done: Future[Position]) -> None:
        """Called in the log's own thread; one wake-up of the loop serves all that came meanwhile."""
        self._acknowledged.append((waiting, done))
        if not self._woken:
            self._woken = True
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._woken = False  # before the queue is emptied: who comes now wakes us again
        while self._acknowledged:
            waiting, done = self._acknowledged.popleft()
            if waiting.done():
                continue
            error = done.exception()
            if error is None:
                waiting.set_result(done.result())
            else:
                waiting.set_exception(error)

    def _log_is_down(self, error: LogError) -> None:
        if self._probe is None:
            log.warning("log_does_not_answer", why=error)
            assert self._loop is not None
            self._probe = self._loop.create_task(self._look_for_return())

    async def _look_for_return(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._log.end_offsets, SUBMISSIONS, timeout_s=PROBE_WITHIN_S)
            except LogError:
                await asyncio.sleep(PROBE_EVERY_S)
            else:
                break
        log.info("log_answers_again")
        self._probe = None


def _give_up(waiting: asyncio.Future[Position], within_s: float) -> None:
    if not waiting.done():
        waiting.set_exception(AppendUncertain(f"no acknowledgement within {within_s} s"))
