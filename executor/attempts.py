"""Theory of operation

A job may take down the executor that runs it: out of memory, a crash of ours that only it brings about, a host that
dies. Nobody who dies can count that. So a start is counted before it happens, in the note that is committed with the
partition's offset, and no job runs before the broker has acknowledged the count. Whoever takes the partition over
finds in the note what was started, and neither finished nor taken back: those jobs ran when their executor died.

                      death                    third death while alone
         +--> RUNNING -----> SUSPECT <--------+  then: exhausted, JUDGE_ERROR without a run
    start|       |            |    ^          |
         |       |taken back  |    |taken     |death: deaths + 1
         +---- FREE      start|    |back      |
                              +-> ALONE ------+         finished, from wherever: forgotten

- What waits is not counted, however long it waits and whoever dies meanwhile.
- A death in company proves nothing: any of those that ran may be to blame. So each of them becomes a suspect, which
  costs it nothing but that from now on it runs alone: it starts when nothing else runs on its executor, and nothing
  else starts until it has ended. A death while alone has one possible cause in the log, and three of them are enough.
- An executor that stops in order (SIGTERM, a rebalance, another job's failure) takes back the starts that it leaves
  open: FREE and SUSPECT are as they were before. Only the number of starts stays, since the ids of attempts are made
  of it and two tries must not share one.
- A partition that is taken away while its job runs goes on without us. The job still runs here, so that nobody is
  alone until it has ended, and it is not started a second time here, should the partition come back.
- What has ended is forgotten, also where it lies behind something that has not and will be run again if we die: the
  first verdict counts, so that a repeat is harmless, under the same number, too.
- Who cannot be heard by the broker for longer than the group waits is dead to it, and counts as that.

A note has room for some hundred jobs. From `CROWDED_BYTES` on, a job that is not in the note yet starts only when no
other of its partition runs. Jobs are taken in the order of their offsets, so that even executors that die one after
the other add no more than one entry each time before the earlier ones have come to their end: the note always fits.

Not simpler, for example "count deliveries" (a job would pay for the deaths that it waited through), "count starts,
give up at three" (two neighbours of a poison job would be blamed with it), or counting in the events of `judgings`
(an executor reads its lanes and nothing else, and would have to search a topic before every start).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from executor.start_notes import Count, Phase, decode, encode, length
from schemas.eventlog.port import Committed, Partition
from schemas.values import Position

DEATHS_ALLOWED: Final = 3
CROWDED_BYTES: Final = 3072
"""Three quarters of a note; the rest is for jobs that run one at a time."""

_ENTRY_BYTES: Final = 18
"""The longest entry of a note, with its space."""

_NEVER_STARTED: Final = Count(starts=0, phase=Phase.FREE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The `number`-th start (from 1) of the job at `position`.

    One that is `exhausted` must not be run: its executor has died too often while it ran alone.
    """

    position: Position
    number: int
    alone: bool = False
    exhausted: bool = False


class Attempts:
    """Counts starts, and decides who may start. No I/O, one thread at a time.

    `start` only takes a start down: the caller commits `note` and lets the job run when that is acknowledged.
    """

    def __init__(self) -> None:
        self._counts: dict[Partition, dict[int, Count]] = {}
        self._at_work: dict[Position, Start] = {}
        self.lost = 0
        """Starts that were found open, so that whoever began them is dead."""

    def take_over(self, partition: Partition, committed: Committed | None) -> bool:
        """The partition is ours from here on; False where its note cannot be read, and so counts nothing."""
        known = {} if committed is None else decode(committed.metadata, committed.offset)
        self.lost += sum(count.phase in (Phase.RUNNING, Phase.ALONE) for count in (known or {}).values())
        self._counts[partition] = {offset: _after_death(count) for offset, count in (known or {}).items()}
        return known is not None

    def may_start(self, position: Position) -> bool:
        """Whether the job may start now, beside what runs on this executor."""
        if position in self._at_work or any(start.alone for start in self._at_work.values()):
            return False
        if self._count(position).phase is Phase.SUSPECT and self._at_work:
            return False
        return self._has_room(position)

    def start(self, position: Position) -> Start:
        """Takes down the job's next start, in a partition of ours; an exhausted job is not counted on."""
        count = self._count(position)
        if count.deaths >= DEATHS_ALLOWED:
            started = Start(position=position, number=count.starts, exhausted=True)
        else:
            is_suspect = count.phase is Phase.SUSPECT
            count = replace(count, starts=count.starts + 1, phase=Phase.ALONE if is_suspect else Phase.RUNNING)
            self._counts[_partition(position)][position.offset] = count
            started = Start(position=position, number=count.starts, alone=is_suspect)
        self._at_work[position] = started
        return started

    def again(self, start: Start) -> Start | None:
        """The next start of a job that runs, after a failure of ours; None where the job is another's now."""
        counts = self._counts.get(_partition(start.position), {})
        count = counts.get(start.position.offset)
        if count is None or count.starts != start.number or count.phase not in (Phase.RUNNING, Phase.ALONE):
            return None
        counts[start.position.offset] = replace(count, starts=count.starts + 1)
        following = self._at_work[start.position] = replace(start, number=start.number + 1)
        return following

    def ended(self, position: Position) -> None:
        """The job runs here no more, whatever became of it."""
        self._at_work.pop(position, None)

    def finished(self, position: Position) -> None:
        """What follows from the job is acknowledged, by whichever of its starts: nothing is counted any more."""
        self._counts.get(_partition(position), {}).pop(position.offset, None)

    def take_back(self, partitions: Iterable[Partition], *, but: Iterable[Position] = ()) -> None:
        """We give these partitions up in order: open starts are no losses, but those of jobs that broke us."""
        guilty = frozenset(but)
        for partition in partitions:
            for offset, count in self._counts.get(partition, {}).items():
                position = Position(topic=partition.topic, partition=partition.number, offset=offset)
                if position not in guilty:
                    self._counts[partition][offset] = _taken_back(count)

    def forget(self, partitions: Iterable[Partition]) -> None:
        """These partitions are another's now; what runs of them still runs here."""
        for partition in partitions:
            self._counts.pop(partition, None)

    def note(self, partition: Partition, committed: int) -> str:
        """What is to be committed with that offset."""
        return encode(self._counts.get(partition, {}), committed)

    def suspects(self, partition: Partition) -> list[int]:
        """The offsets of the jobs that run alone or will, since their executor died."""
        counts = self._counts.get(partition, {})
        return sorted(offset for offset, count in counts.items() if count.phase in (Phase.SUSPECT, Phase.ALONE))

    @property
    def partitions(self) -> frozenset[Partition]:
        """Those that are ours."""
        return frozenset(self._counts)

    @property
    def at_work(self) -> frozenset[Position]:
        """The jobs that run on this executor, or are about to."""
        return frozenset(self._at_work)

    def _count(self, position: Position) -> Count:
        return self._counts.get(_partition(position), {}).get(position.offset, _NEVER_STARTED)

    def _has_room(self, position: Position) -> bool:
        partition = _partition(position)
        counts = self._counts.get(partition, {})
        if position.offset in counts or not counts:
            return True
        is_idle = all(_partition(running) != partition for running in self._at_work)
        return is_idle or length(counts, min(counts)) + _ENTRY_BYTES <= CROWDED_BYTES


def _partition(position: Position) -> Partition:
    return Partition(position.topic, position.partition)


def _after_death(count: Count) -> Count:
    """What a start left open means to whoever takes over."""
    match count.phase:
        case Phase.RUNNING:
            return replace(count, phase=Phase.SUSPECT)
        case Phase.ALONE:
            return replace(count, phase=Phase.SUSPECT, deaths=count.deaths + 1)
        case Phase.FREE | Phase.SUSPECT:
            return count


def _taken_back(count: Count) -> Count:
    match count.phase:
        case Phase.RUNNING:
            return replace(count, phase=Phase.FREE)
        case Phase.ALONE:
            return replace(count, phase=Phase.SUSPECT)
        case Phase.FREE | Phase.SUSPECT:
            return count
