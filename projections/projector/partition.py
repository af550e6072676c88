"""One partition as a projector holds it: what records lead to, as data. Pure but for the memory of the fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from projections.models.model import NOTHING, Effects, Fact, Fold, joined
from schemas.eventlog.port import Record, Undecodable
from schemas.topics import TOPIC_BY_NAME
from schemas.values import DeadLetterReason, Position

NO_MANIFESTS: Final[Mapping[Position, bytes]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A record that the model cannot deal with, and why."""

    record: Record
    reason: DeadLetterReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of records leads to."""

    effects: Effects = NOTHING
    given_up: tuple[GivenUp, ...] = ()
    parked: GivenUp | None = None
    """The record at which the partition stops; it and what comes after it are not in here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Everything below `next_offset` is written and was announced; `causes` as in `Held`."""

    next_offset: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Held:
    """A partition that is ours: its fold, where it is, and below which offset all was written before.

    `causes` has the highest source offset that was copied here, per source ("topic:partition"). `skips` says of
    offsets that a person had passed over why. Where it `parks`, it stops at an event that cannot be folded.
    """

    fold: Fold
    next_offset: int
    written_below: int
    causes: dict[str, int] = field(default_factory=dict)
    skips: Mapping[int, str] = field(default_factory=dict)
    parks: bool = False

    def take(self, records: Sequence[Record], manifests: Mapping[Position, bytes] = NO_MANIFESTS) -> Outcome:
        """Folds the next records, each with the manifest that it names.

        Those below `written_below` only bring the memory back: nothing comes of them.
        """
        again = [record for record in records if record.position.offset < self.written_below]
        fresh = [record for record in records if record.position.offset >= self.written_below]
        outcome = Outcome(parked=self._fold(again, manifests).parked)
        if outcome.parked is None:
            outcome = self._fold(fresh, manifests)
        if outcome.parked is None:
            self._advance(records)
        else:
            parked_at = outcome.parked.record.position.offset
            self._advance([record for record in records if record.position.offset < parked_at])
            self.next_offset = parked_at
        return outcome

    def checkpoint(self) -> Checkpoint | None:
        """Where it is; None while the memory is coming back, since the checkpoint is ahead of it then."""
        if self.next_offset <= self.written_below:
            return None
        return Checkpoint(next_offset=self.next_offset, causes=dict(self.causes))

    def _fold(self, records: Sequence[Record], manifests: Mapping[Position, bytes]) -> Outcome:
        facts: list[Fact] = []
        given_up: list[GivenUp] = []
        record_of: dict[int, Record] = {}
        for record in records:
            event = record.event
            if (skipped := self.skips.get(record.position.offset)) is not None:
                given_up.append(GivenUp(record=record, reason=DeadLetterReason.SKIPPED, detail=skipped))
            elif isinstance(event, Undecodable):
                given_up.append(GivenUp(record=record, reason=DeadLetterReason.UNDECODABLE, detail=event.why))
            elif not isinstance(event, TOPIC_BY_NAME[record.position.topic].events):
                detail = f"{type(event).__name__} does not belong into {record.position.topic}"
                given_up.append(GivenUp(record=record, reason=DeadLetterReason.UNEXPECTED_EVENT, detail=detail))
            else:
                facts.append(Fact(record.position, event, manifests.get(record.position)))
                record_of[record.position.offset] = record
        stepped = self._step(facts, record_of) if facts else Outcome()
        if stepped.parked is not None:
            stops_at = stepped.parked.record.position.offset
            given_up = [one for one in given_up if one.record.position.offset < stops_at]
        return Outcome(effects=stepped.effects, given_up=(*given_up, *stepped.given_up), parked=stepped.parked)

    def _step(self, facts: Sequence[Fact], record_of: Mapping[int, Record]) -> Outcome:
        """All at once; where one of them cannot be folded, one by one, so that it alone is given up or stops us."""
        try:
            return Outcome(effects=self.fold.step(facts))
        except Exception as error:  # noqa: BLE001  # whatever it is, it ends as a dead letter or parks
            if len(facts) > 1:
                return self._step_one_by_one(facts, record_of)
            detail = f"{type(error).__name__}: {error}"
            record = record_of[facts[0].position.offset]
            poison = GivenUp(record=record, reason=DeadLetterReason.UNEXPECTED_EVENT, detail=detail)
            return Outcome(parked=poison) if self.parks else Outcome(given_up=(poison,))

    def _step_one_by_one(self, facts: Sequence[Fact], record_of: Mapping[int, Record]) -> Outcome:
        effects: list[Effects] = []
        given_up: list[GivenUp] = []
        parked: GivenUp | None = None
        for fact in facts:
            outcome = self._step([fact], record_of)
            effects.append(outcome.effects)
            given_up += outcome.given_up
            parked = outcome.parked
            if parked is not None:
                break
        return Outcome(effects=joined(effects), given_up=tuple(given_up), parked=parked)

    def _advance(self, records: Sequence[Record]) -> None:
        for record in records:
            self.next_offset = max(self.next_offset, record.position.offset + 1)
            cause = None if isinstance(record.event, Undecodable) else record.event.caused_by
            if cause is not None:
                source = f"{cause.topic}:{cause.partition}"
                self.causes[source] = max(self.causes.get(source, -1), cause.offset)
