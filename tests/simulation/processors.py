"""The stream processors: the real decisions of routing and feeding, in a model of Faust's loop.

As `stream_processors/agents.py` and `in_order.py`: many records under way, each acknowledged after all before it, and
what is acknowledged is committed now and then, so that a crash repeats some. A record whose partition was taken away is
brought to its end all the same.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import Committed, Partition, Record, Undecodable
from schemas.events import Event, SubmissionReceived
from schemas.topics import (
    CONTEST_FEED,
    CONTESTS,
    DEAD_LETTERS,
    EXECUTOR_POOL,
    JOBS,
    SUBMISSIONS,
    VERDICTS,
    Topic,
    executor_group,
)
from schemas.values import DeadLetterReason, Lane
from stream_processors import feed_contests, route_submissions
from stream_processors.backlog import Backlog, waiting
from stream_processors.source import Poison, SourceRecord, dead_letter, expected
from tests.simulation.kernel import Bell, Process
from tests.simulation.log import LogClient
from tests.simulation.surroundings import Surroundings

ROUTED_AT_ONCE: Final = 4
FED_AT_ONCE: Final = 1
COMMIT_CHANCE: Final = 0.5
READ_CHANCE: Final = 0.3

Act = Callable[[Event, Record], None]


@dataclass(slots=True)
class UnderWay:
    """A record that is dealt with."""

    record: Record
    is_done: bool = False


class Agent:
    """Deals with every record of its topics by `act`, or by a dead letter."""

    def __init__(
        self,
        it: Surroundings,
        process: Process,
        name: str,
        topics: tuple[Topic, ...],
        *,
        letters_for: tuple[Topic, ...],
        at_once: int,
    ) -> None:
        self._it = it
        self._process = process
        self._letters_for = {topic.name for topic in letters_for}
        self._at_once = at_once
        self._under_way: deque[UnderWay] = deque()
        self._acknowledged: dict[Partition, int] = {}
        self._bell = Bell(it.kernel, lambda: bool(self._acknowledged))
        self.log: Final = LogClient(it.broker, process, bell=self._bell)
        self._member = self.log.group_reader(
            topics, f"stream_processors.{name}", assigned=self._assigned, revoked=self._revoked
        )
        self._ours: set[Partition] = set()
        self._act: Act = lambda _event, _record: None

    def body(self, act: Act) -> None:
        """Its thread."""
        self._act = act
        while True:
            for record in self._member.poll(8, 1.0):
                while len(self._under_way) >= self._at_once:
                    self._it.kernel.wait(self)
                self._begin(record)
            if self._acknowledged and self._it.kernel.random() < COMMIT_CHANCE:
                self._commit()
            elif self._acknowledged:
                self._it.kernel.turn()

    def holds(self, at: Partition) -> bool:
        """Whether that partition is this agent's, as far as it knows."""
        return at in self._ours

    def _begin(self, record: Record) -> None:
        under_way = UnderWay(record)
        self._under_way.append(under_way)

        def handle() -> None:
            self._handle(record)
            under_way.is_done = True
            while self._under_way and self._under_way[0].is_done:
                self._acknowledge(self._under_way.popleft().record)
            self._it.kernel.wake(self)
            self._bell.ring()

        self._it.kernel.spawn(self._process, "agent", handle)

    def _handle(self, record: Record) -> None:
        event = record.event
        source = SourceRecord(position=record.position, key=None, value=record.value)
        poison: Event | Poison
        if isinstance(event, Undecodable):
            poison = Poison(reason=DeadLetterReason.UNDECODABLE, detail=event.why)
        else:
            poison = expected(event, record.position.topic)
        if not isinstance(poison, Poison):
            self._act(poison, record)
        elif record.position.topic in self._letters_for:
            self._it.append_patiently(self.log, DEAD_LETTERS, dead_letter(source, poison, self._it.now()))

    def _acknowledge(self, record: Record) -> None:
        at = Partition(record.position.topic, record.position.partition)
        if at in self._ours:
            self._acknowledged[at] = max(self._acknowledged.get(at, 0), record.position.offset + 1)

    def _commit(self) -> None:
        offsets = {at: Committed(offset=offset) for at, offset in self._acknowledged.items()}
        self._acknowledged.clear()
        try:
            self._member.commit(offsets)
        except LogUnavailable:
            for at, committed in offsets.items():
                self._acknowledged.setdefault(at, committed.offset)

    def _assigned(self, committed: Mapping[Partition, Committed | None]) -> Mapping[Partition, int]:
        self._ours.update(committed)
        return {}

    def _revoked(self, lost: frozenset[Partition]) -> None:
        self._ours -= lost
        for at in lost:
            self._acknowledged.pop(at, None)


class Lanes:
    """The lanes' backlogs as the router sees them: the real account, read now and then."""

    def __init__(self, it: Surroundings, log: LogClient) -> None:
        self._it = it
        self._log = log
        self._backlogs = {lane: Backlog.empty(JOBS[lane].partitions) for lane in Lane}

    def outstanding(self, lane: Lane) -> dict[int, int]:
        """What waits in each partition."""
        if self._it.kernel.random() < READ_CHANCE:
            self._read(lane)
        return self._backlogs[lane].outstanding()

    def sent(self, lane: Lane, partition: int) -> None:
        """A job is on its way."""
        self._backlogs[lane] = self._backlogs[lane].with_sent(partition)

    def _read(self, lane: Lane) -> None:
        sent_before = self._backlogs[lane].sent
        try:
            ends = self._log.end_offsets(JOBS[lane])
            found = waiting(ends, self._log.committed(executor_group(EXECUTOR_POOL), JOBS[lane]))
        except LogUnavailable:
            return
        self._backlogs[lane] = self._backlogs[lane].with_reading(found, sent_before)


class Router:
    """The agent `route_submissions`."""

    def __init__(self, it: Surroundings, process: Process) -> None:
        topics = (SUBMISSIONS,)
        self._it = it
        self._agent = Agent(it, process, "route", topics, letters_for=topics, at_once=ROUTED_AT_ONCE)
        self._lanes = Lanes(it, self._agent.log)

    def body(self) -> None:
        """Its thread."""
        self._agent.body(self._act)

    def leads(self) -> bool:
        """Whether this process does what only one shall do."""
        return self._agent.holds(Partition(SUBMISSIONS.name, 0))

    def _act(self, event: Event, record: Record) -> None:
        if not isinstance(event, SubmissionReceived):
            return
        definition = self._it.definitions[event.problem_revision]
        lane = route_submissions.lane_of(event)
        outstanding = self._lanes.outstanding(lane)
        routed = route_submissions.route(event, record.position, definition, outstanding, self._it.now())
        self._lanes.sent(routed.lane, routed.partition)
        self._it.append_patiently(self._agent.log, JOBS[routed.lane], routed.job, routed.partition)


def feeder_body(it: Surroundings, process: Process) -> Callable[[], None]:
    """The agent `feed_contests`."""
    topics = (SUBMISSIONS, VERDICTS, CONTESTS)
    agent = Agent(it, process, "feed", topics, letters_for=(VERDICTS, CONTESTS), at_once=FED_AT_ONCE)

    def act(event: Event, record: Record) -> None:
        copy = feed_contests.copy_to_feed(event, record.position)
        if copy is not None:
            it.append_patiently(agent.log, CONTEST_FEED, copy)

    return lambda: agent.body(act)
