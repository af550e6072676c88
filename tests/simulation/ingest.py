"""An ingest process: the real catalog and the real decision to accept, the real ids and claims; HTTP is modelled.

The endpoints' steps are those of `ingest_api/submissions.py`: a POST appends and, where nobody knows what became of
it, claims the id; a PUT claims, appends the claim's event and settles.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ingest_api.accept_submission import KNOWN_LATER, Pinned, accept_submission, language_to_name, submission_received
from ingest_api.catalog import Catalog
from ingest_api.claims.port import Claim
from ingest_api.submission_body import Draft
from ingest_api.submission_ids import draw_submission_id
from schemas.eventlog.errors import AppendRefused, AppendUncertain
from schemas.eventlog.port import EventLog, Partition, Undecodable
from schemas.events import Event, SubmissionReceived
from schemas.http.refusals import Refusal
from schemas.ids import SubmissionId, UserId
from schemas.topics import CONTESTS, EXECUTORS, PROBLEMS, SUBMISSIONS, Topic
from schemas.values import Position
from tests.simulation.broker import hashed_partition
from tests.simulation.kernel import Process, SimQueue
from tests.simulation.surroundings import Surroundings, driven

READ: Final = (PROBLEMS, CONTESTS, EXECUTORS)
BUSY_PARTITIONS: Final = (3, 7)
"""Submissions meet in few partitions, so that their order within one matters."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """202."""

    submission_id: SubmissionId
    position: Position


@dataclass(frozen=True, slots=True)
class Refused:
    """4xx, or 503: nothing was accepted."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """503: PUT the same to this id."""

    submission_id: SubmissionId


Answer = Acknowledged | Refused | Unknown


class Ingest:
    """One ingest process."""

    def __init__(self, it: Surroundings, process: Process) -> None:
        self._it = it
        self.process: Final = process
        self._log = it.log(process)
        self._catalog = Catalog()
        self._read_to: dict[Partition, int] = {}

    def body(self) -> None:
        """The thread that reads."""
        starts = {Partition(topic.name, number): 0 for topic in READ for number in range(topic.partitions)}
        reader = self._log.reader(starts)
        while True:
            for record in reader.poll(100, 1.0):
                at = Partition(record.position.topic, record.position.partition)
                if not isinstance(record.event, Undecodable):
                    self._catalog.evolve(record.event, record.position, record.appended_at)
                self._read_to[at] = record.position.offset + 1
            self._it.kernel.wake(self)

    def answer(self, answers: "SimQueue[Answer]", request: Callable[["Ingest"], Answer]) -> None:
        """Handles a request in a thread of its own."""

        def handle() -> None:
            try:
                answers.put(request(self))
            except Refusal as refusal:
                answers.put(Refused(str(refusal.kind)))

        self._it.kernel.spawn(self.process, "request", handle)

    def post(self, draft: Draft, user_id: UserId) -> Answer:
        """`POST /submissions`."""
        event = self._accepted(draft, self._drawn_id(), user_id)
        try:
            return Acknowledged(event.submission_id, self._log.append(SUBMISSIONS, event).result())
        except AppendRefused:
            return Refused("log-unavailable")
        except AppendUncertain:
            driven(self._it.claims.claim(_claim(event, draft)))
            return Unknown(event.submission_id)

    def put(self, submission_id: SubmissionId, draft: Draft, user_id: UserId) -> Answer:
        """`PUT /submissions/{id}`."""
        self._it.kernel.turn()
        held = driven(self._it.claims.find(submission_id))
        if held is None:
            made = _claim(self._accepted(draft, submission_id, user_id), draft)
            held = driven(self._it.claims.claim(made))
        assert held.is_for(user_id, draft.digest(user_id))
        if held.position is not None:
            return Acknowledged(submission_id, held.position)
        event = submission_received(
            draft,
            submission_id=submission_id,
            user_id=user_id,
            language=language_to_name(draft, self._catalog),
            pinned=held.pinned,
        )
        try:
            position = self._log.append(SUBMISSIONS, event).result()
        except (AppendRefused, AppendUncertain):
            return Unknown(submission_id)
        self._it.kernel.turn()
        driven(self._it.claims.settle(submission_id, position))
        return Acknowledged(submission_id, position)

    def append(self, topic: Topic, event: Event) -> Position | None:
        """What a setter, or the jury, asks for; None where it is not known to be there."""
        try:
            return self._log.append(topic, event).result()
        except (AppendRefused, AppendUncertain):
            return None

    def _accepted(self, draft: Draft, submission_id: SubmissionId, user_id: UserId) -> SubmissionReceived:
        now = self._it.now()

        def decide() -> SubmissionReceived:
            return accept_submission(
                draft, submission_id=submission_id, user_id=user_id, catalog=self._catalog, now=now
            )

        try:
            return decide()
        except Refusal as refusal:
            if refusal.kind not in KNOWN_LATER:
                raise
        self._catch_up(self._log)
        return decide()

    def _catch_up(self, log: EventLog) -> None:
        for topic in READ:
            ends = self._it.until_done(lambda topic=topic: log.end_offsets(topic))  # type: ignore[misc]
            for number, end in ends.items():
                while self._read_to.get(Partition(topic.name, number), 0) < end:
                    self._it.kernel.wait(self)

    def _drawn_id(self) -> SubmissionId:
        while True:
            drawn = draw_submission_id(self._it.now(), self._it.kernel.chance.getrandbits(42))
            if hashed_partition(drawn.encode(), SUBMISSIONS.partitions) in BUSY_PARTITIONS:
                return drawn


def _claim(event: SubmissionReceived, draft: Draft) -> Claim:
    return Claim(
        submission_id=event.submission_id,
        user_id=event.user_id,
        digest=draft.digest(event.user_id),
        pinned=Pinned(problem_revision=event.problem_revision, team_id=event.team_id, submitted_at=event.submitted_at),
    )
