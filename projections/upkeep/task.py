"""What a rebuild or a verification is, and which state follows which. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import TypeAdapter


class Kind(StrEnum):
    """What is to be made of the new tables."""

    REBUILD = "rebuild"
    VERIFY = "verify"


class State(StrEnum):
    """How far it is. Each state can be begun again by another process: all that it does is harmless when repeated."""

    REQUESTED = "requested"
    REPLAYING = "replaying"
    """The log is folded into tables of their own."""
    JOINING = "joining"
    """Projectors write the new tables too; what they wrote before they did is still replayed."""
    COMPARING = "comparing"
    """Both generations are at the same offsets, and stay so."""
    RETIRING = "retiring"
    """The new tables serve; the old ones are still written, for whoever reads them for a moment longer."""
    CLEARING = "clearing"
    """The tables that are of no more use are dropped; `outcome` says what comes then."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = frozenset({State.DONE, State.FAILED, State.CANCELLED})

BEFORE_SWITCH: Final = frozenset({State.REQUESTED, State.REPLAYING, State.JOINING, State.COMPARING})
"""In these it can be cancelled: nobody reads the new tables yet."""

MOST_DIFFERENCES: Final = 100
"""As many are told one by one; the rest are counted."""

MOST_RESETS: Final = 1_000
"""As many live channels are told that what they show was mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A cell, or with `column` "" a whole row, that is not the same; values as text, None where there is none."""

    table: str
    key: str
    column: str
    live: str | None
    replayed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a task has come to. `done` and `total` are events until it compares, then partitions of tables."""

    requested_by: str
    requested_at: datetime
    reason: str
    only_if_equal: bool = False
    accept_loss: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    done: int = 0
    total: int = 0
    rate: float = 0.0
    remaining_s: float | None = None
    waits_for: str | None = None
    events: int = 0
    events_per_s: float = 0.0
    given_up: int = 0
    compared: int = 0
    differing: int = 0
    differences: tuple[Difference, ...] = ()
    resets: tuple[str, ...] = ()
    outcome: State | None = None
    error: str | None = None


TOLD: Final = TypeAdapter(Told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The last task of a projection; `generation` is the number of its tables. `owner` None: nobody works on it."""

    projection: str
    task_id: str
    kind: Kind
    state: State
    generation: int
    told: Told
    owner: str | None = None
    cancelled_by: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be done for it."""
        return self.state in ENDED

    @property
    def is_free(self) -> bool:
        """Whether somebody should take it."""
        return not self.has_ended and self.owner is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a comparison found."""

    compared: int
    differing: int
    differences: tuple[Difference, ...] = ()
    keys: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    """The tables and partitions that differ, as many as were remembered."""


def after_comparison(kind: Kind, verdict: Verdict, *, only_if_equal: bool) -> State:
    """Whether the new tables are to serve. A rebuild repairs, so differences alone do not stop it."""
    if kind is Kind.VERIFY or (verdict.differing and only_if_equal):
        return State.CLEARING
    return State.RETIRING
