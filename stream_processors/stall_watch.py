"""The watch over judgings: looks at the lanes every second, and reads the log only while one of them stands.

While jobs move on, offsets say all that is needed. Once a partition has stood for `READ_AFTER_S`, the outstanding jobs
and what was told of them since are read, and followed until all partitions have moved for a while. Nothing is kept
beside the log. An outage makes it begin anew, since during one nobody can get on.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition, Reader, Record
from schemas.events import JudgingRequested
from schemas.log import EventLogger
from schemas.topics import EXECUTOR_POOL, JOBS, JUDGINGS, STALLS, VERDICTS, Topic, executor_group
from schemas.values import Lane
from stream_processors import metrics
from stream_processors.oldest_jobs import OldestJobs
from stream_processors.persistence import append_patiently
from stream_processors.watch_judgings import SLACK_S, Answer, Judgings, Look, asked_again, told

LOOK_EVERY_S: Final = 1.0
READ_AFTER_S: Final = 10.0
"""Much less than any judging may stand, and longer than most take."""

READ_FOR_S: Final = 60.0
"""How long it is followed after everything moves again, so that a backlog is not read over and over."""

WITHIN_S: Final = 5.0
"""For what is read at one look; what has not come by then is read at the next, and nothing is concluded before."""

AT_ONCE: Final = 1000
BEFORE: Final = timedelta(milliseconds=1)

LANE_OF: Final[Mapping[str, Lane]] = {topic.name: lane for lane, topic in JOBS.items()}

log: Final = EventLogger(__name__)


class StallWatch:
    """Watches while `is_ours` says that this process is the one to do it; `sent` is told of what it appends."""

    def __init__(
        self,
        event_log: EventLog,
        clock: Callable[[], datetime],
        *,
        is_ours: Callable[[], bool],
        sent: Callable[[Lane, int], object],
        slack_s: float = SLACK_S,
        read_after_s: float = READ_AFTER_S,
        clock_s: Callable[[], float] = time.monotonic,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._log = event_log
        self._clock = clock
        self._is_ours = is_ours
        self._sent = sent
        self._slack_s = slack_s
        self._read_after_s = read_after_s
        self._clock_s = clock_s
        self._look_every_s = look_every_s
        self._oldest = OldestJobs()
        self._episode: _Episode | None = None
        self._stood_s = float("-inf")

    async def watch(self) -> None:
        """Looks again and again; a failure of the broker is waited out."""
        while True:
            if self._is_ours():
                await self.look()
            else:
                self.begin_anew()
            await asyncio.sleep(self._look_every_s)

    async def look(self) -> None:
        """One look, and what follows from it."""
        try:
            answers = await asyncio.to_thread(self.find)
            for answer, request in answers:
                await self._act(answer, request)
        except LogUnavailable as error:
            metrics.RETRIES.labels("stall watch").inc()
            log.debug("stall_watch_begins_anew", why=error)
            self.begin_anew()

    def begin_anew(self) -> None:
        """Everyone has the whole patience again."""
        self._oldest = OldestJobs()
        self._leave_episode()
        for lane in Lane:  # who does not lead says nothing of lanes, and not what it last knew
            metrics.OLDEST_SECONDS.labels(lane).set(0)

    def find(self) -> list[tuple[Answer, JudgingRequested]]:
        """What is to be done now, each with the job that it is about. Blocks; `LogUnavailable` says to begin anew."""
        look = self._ask(with_owners=self._episode is not None)
        self._oldest.look(look.ends, look.committed, look.now_s)
        for lane, topic in JOBS.items():
            metrics.OLDEST_SECONDS.labels(lane).set(self._oldest.oldest_s(topic.name, look.now_s))
        if self._oldest.stand(look.now_s, self._read_after_s):
            self._stood_s = look.now_s
        elif self._episode is None or look.now_s - self._stood_s > READ_FOR_S:
            self._leave_episode()
            return []
        if self._episode is None:
            self._episode = _Episode(self._log, look, Judgings(slack_s=self._slack_s))
            look = self._ask(with_owners=True)
        if not self._episode.read_up_to(look):
            return []
        stalled = self._episode.judgings.stalled()
        for lane in Lane:
            metrics.STALLED.labels(lane).set(sum(one.job.lane is lane for one in stalled))
        return self._with_requests(self._episode.judgings.answers(stalled))

    def _ask(self, *, with_owners: bool) -> Look:
        # The ends first: a job that is finished in between then counts as waiting, never as less than nothing.
        group = executor_group(EXECUTOR_POOL)
        ends = _by_partition(JOBS.values(), self._log.end_offsets)
        committed = {
            Partition(topic.name, number): known.offset
            for topic in JOBS.values()
            for number, known in self._log.committed(group, topic).items()
        }
        owners = self._log.owners(group) if with_owners else {}
        return Look(now_s=self._clock_s(), ends=ends, committed=committed, owners=owners)

    def _with_requests(self, answers: list[Answer]) -> list[tuple[Answer, JudgingRequested]]:
        """The jobs that the answers are about, read again from where they stand."""
        wanted = {answer.stalled.job.position: answer for answer in answers}
        if not wanted:
            return []
        starts: dict[Partition, int] = {}
        for position in wanted:
            at = Partition(position.topic, position.partition)
            starts[at] = min(starts.get(at, position.offset), position.offset)
        found: list[tuple[Answer, JudgingRequested]] = []
        reader = self._log.reader(starts)
        try:
            deadline = time.monotonic() + WITHIN_S
            while len(found) < len(wanted) and (left_s := deadline - time.monotonic()) > 0:
                for record in reader.poll(AT_ONCE, left_s):
                    if record.position in wanted and isinstance(record.event, JudgingRequested):
                        found.append((wanted[record.position], record.event))
        finally:
            reader.close()
        if len(found) < len(wanted):
            raise LogUnavailable(f"of {len(wanted)} stalled jobs {len(found)} could be read in {WITHIN_S:g} s")
        return found

    async def _act(self, answer: Answer, request: JudgingRequested) -> None:
        """Tells first, so that nothing is asked again unseen; a repeat after a crash has the same ids."""
        event = told(answer, self._clock())
        await append_patiently(self._log, STALLS, event)
        metrics.STALLS.labels(answer.answer).inc()
        log.warning(
            "judging_stalled",
            submission_id=event.submission_id,
            job=event.caused_by,
            attempt=event.attempt,
            executor_id=event.executor_id,
            stood_s=event.stood_s,
            answer=event.answer,
        )
        if answer.partition is not None:
            lane = LANE_OF[answer.partition.topic]
            self._sent(lane, answer.partition.number)
            again = asked_again(answer, request, self._clock())
            await append_patiently(self._log, JOBS[lane], again, answer.partition.number)

    def _leave_episode(self) -> None:
        if self._episode is not None:
            self._episode.close()
            self._episode = None
        for lane in Lane:
            metrics.STALLED.labels(lane).set(0)


class _Episode:
    """Reads the outstanding jobs and what was told of them, from the first look of a standstill on."""

    def __init__(self, event_log: EventLog, look: Look, judgings: Judgings) -> None:
        self.judgings: Final = judgings
        self._log = event_log
        self._jobs = event_log.reader({at: min(look.committed.get(at, 0), end) for at, end in look.ends.items()})
        self._progress: Reader | None = None
        self._oldest: datetime | None = None

    def read_up_to(self, look: Look) -> bool:
        """Whether all was read that stood in the log when the broker was asked."""
        deadline = time.monotonic() + WITHIN_S
        told_ends = _by_partition((JUDGINGS, VERDICTS), self._log.end_offsets)
        self.judgings.look(look)
        if not self._read(self._jobs, look.ends, look.now_s, deadline):
            return False
        if self._progress is None:
            self._progress = self._log.reader(self._told_since(told_ends))
        return self._read(self._progress, told_ends, look.now_s, deadline)

    def close(self) -> None:
        """Reads no more."""
        self._jobs.close()
        if self._progress is not None:
            self._progress.close()

    def _told_since(self, ends: Mapping[Partition, int]) -> Mapping[Partition, int]:
        """Where `judgings` and `verdicts` stood when the oldest outstanding job was appended."""
        if (oldest := self._oldest) is None:
            return ends
        return _by_partition((JUDGINGS, VERDICTS), lambda topic: self._log.offsets_at(topic, oldest - BEFORE))

    def _read(self, reader: Reader, ends: Mapping[Partition, int], now_s: float, deadline: float) -> bool:
        while any(reader.next_offsets().get(at, end) < end for at, end in ends.items()):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            for record in reader.poll(AT_ONCE, left_s):
                self._take_in(record, now_s)
        return True

    def _take_in(self, record: Record, now_s: float) -> None:
        if record.position.topic in LANE_OF:
            self._oldest = min(self._oldest or record.appended_at, record.appended_at)
        self.judgings.read(record, now_s)


def _by_partition(topics: Iterable[Topic], offsets: Callable[[Topic], Mapping[int, int]]) -> dict[Partition, int]:
    return {Partition(topic.name, number): offset for topic in topics for number, offset in offsets(topic).items()}
