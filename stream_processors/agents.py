"""What the two agents do with a record: decode, decide, append, and only then let it be acknowledged.

Nothing here raises, because Faust acknowledges an event whose agent raised. What passes is waited for; what does not
pass is a dead letter, after which the next record is dealt with.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Final

from schemas.codec import Codec
from schemas.dead_letters import without_content
from schemas.eventlog.errors import AppendRejected
from schemas.eventlog.port import EventLog
from schemas.events import Event, SubmissionReceived
from schemas.log import EventLogger
from schemas.topics import CONTEST_FEED, CONTESTS, DEAD_LETTERS, JOBS, SUBMISSIONS, VERDICTS, Topic
from schemas.values import DeadLetterReason
from stream_processors import metrics
from stream_processors.definitions import Definitions
from stream_processors.feed_contests import copy_to_feed
from stream_processors.in_order import InOrder
from stream_processors.lanes import Lanes
from stream_processors.persistence import append_patiently, decode_patiently
from stream_processors.route_submissions import lane_of, route
from stream_processors.source import Poison, SourceRecord, dead_letter

log: Final = EventLogger(__name__)

Clock = Callable[[], datetime]
Act = Callable[[Event, SourceRecord], Awaitable[None]]


class Agent:
    """Deals with every record of its topics by `act`, or by a dead letter.

    `at_once` is how many records it may be busy with; `letters_for` are the topics whose poison it reports, since a
    topic that two agents read needs one letter only.
    """

    def __init__(
        self,
        name: str,
        act: Act,
        *,
        topics: tuple[Topic, ...],
        letters_for: Collection[Topic],
        at_once: int,
        event_log: EventLog,
        codec: Codec,
        clock: Clock,
    ) -> None:
        self.name: Final = name
        self.topics: Final = topics
        self._under_way = InOrder(at_once)
        self._act = act
        self._letters_for = frozenset(topic.name for topic in letters_for)
        self._log = event_log
        self._codec = codec
        self._clock = clock

    async def take(self, record: SourceRecord, acknowledge: Callable[[], object]) -> None:
        """Begins to handle the record as soon as there is room; it is acknowledged after all that came before it."""
        await self._under_way.add(self.handle(record), acknowledge)

    async def drained(self) -> None:
        """Returns once all that was taken is handled."""
        await self._under_way.drained()

    async def handle(self, record: SourceRecord) -> None:
        """Returns once everything that follows from the record is acknowledged by the broker; never raises."""
        with metrics.HANDLING_SECONDS.labels(self.name).time():
            try:
                event = await decode_patiently(self._codec, record)
                if isinstance(event, Poison):
                    await self._report(record, event)
                else:
                    await self._act(event, record)
            except Exception as error:  # noqa: BLE001  a fault of ours in one record must not stop the next
                log.error("agent_failed", error=error, agent=self.name, position=record.position)
                why = f"{type(error).__name__}: {error}"[:300]
                await self._write(record, Poison(reason=DeadLetterReason.ATTEMPTS_EXHAUSTED, detail=why))

    async def _report(self, record: SourceRecord, poison: Poison) -> None:
        if record.position.topic in self._letters_for:
            await self._write(record, poison)

    async def _write(self, record: SourceRecord, poison: Poison) -> None:
        letter = dead_letter(record, poison, self._clock())
        try:
            await append_patiently(self._log, DEAD_LETTERS, letter)
        except AppendRejected as error:
            log.error("dead_letter_rejected", position=record.position, why=error)
            await append_patiently(self._log, DEAD_LETTERS, without_content(letter))
        metrics.DEAD_LETTERS.labels(record.position.topic, poison.reason).inc()
        log.error("dead_lettered", position=record.position, reason=poison.reason, detail=poison.detail)


ROUTED_AT_ONCE: Final = 32
"""Jobs on their way to the broker: enough to fill the time of an acknowledgement, few to repeat after a crash."""


def route_submissions(event_log: EventLog, codec: Codec, definitions: Definitions, lanes: Lanes, clock: Clock) -> Agent:
    """Turns each submission into a job. Jobs need no order, so many are under way at once."""

    async def act(event: Event, record: SourceRecord) -> None:
        if not isinstance(event, SubmissionReceived):
            return
        definition = await definitions.get(event.problem_revision)
        routed = route(event, record.position, definition, lanes.outstanding(lane_of(event)), clock())
        lanes.sent(routed.lane, routed.partition)
        await append_patiently(event_log, JOBS[routed.lane], routed.job, routed.partition)
        metrics.ROUTED.labels(routed.lane).inc()
        if routed.job.give_up is not None:
            metrics.GIVEN_UP.inc()
            log.error("job_given_up", submission_id=event.submission_id, reason=routed.job.give_up)

    return Agent(
        "route_submissions",
        act,
        topics=(SUBMISSIONS,),
        letters_for=(SUBMISSIONS,),
        at_once=ROUTED_AT_ONCE,
        event_log=event_log,
        codec=codec,
        clock=clock,
    )


def feed_contests(event_log: EventLog, codec: Codec, clock: Clock) -> Agent:
    """Copies what moves a contest into its feed.

    One at a time: who reads the feed ignores a record that stands behind a later one of the same source.
    """

    async def act(event: Event, record: SourceRecord) -> None:
        copy = copy_to_feed(event, record.position)
        if copy is not None:
            await append_patiently(event_log, CONTEST_FEED, copy)
            metrics.FED.labels(type(copy).__name__).inc()

    return Agent(
        "feed_contests",
        act,
        topics=(SUBMISSIONS, VERDICTS, CONTESTS),
        letters_for=(VERDICTS, CONTESTS),
        at_once=1,
        event_log=event_log,
        codec=codec,
        clock=clock,
    )
