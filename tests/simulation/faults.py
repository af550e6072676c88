"""What goes wrong in a run, and how often. Each seed draws some of the faults and their rates, so that runs differ."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from random import Random
from typing import Final

from schemas.topics import Topic
from tests.simulation.broker import Broker, Fate
from tests.simulation.kernel import MILLISECOND, SECOND, SESSION_US, Kernel, Process
from tests.simulation.store import StoreFate


class Fault(Enum):
    """Kinds of faults."""

    CRASH = "crash"
    STALL = "stall"
    EVICT = "evict"
    DRAIN = "drain"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    SLOW = "slow"
    OUTAGE = "outage"
    STORE = "store"
    SANDBOX = "sandbox"
    STUCK = "stuck"
    JUMP = "jump"
    POISON = "poison"
    GARBAGE = "garbage"
    REPEATS = "repeats"
    REJUDGINGS = "rejudgings"


RATES: Final[dict[Fault, tuple[float, ...]]] = {
    Fault.CRASH: (0.002, 0.005, 0.02),
    Fault.STALL: (0.001, 0.004),
    Fault.EVICT: (0.001, 0.004),
    Fault.DRAIN: (0.0005, 0.002),
    Fault.REFUSED: (0.02, 0.1),
    Fault.UNCERTAIN: (0.02, 0.1),
    Fault.SLOW: (0.1, 0.5),
    Fault.OUTAGE: (0.0003, 0.001),
    Fault.STORE: (0.02, 0.1),
    Fault.SANDBOX: (0.01, 0.05),
    Fault.STUCK: (0.05, 0.1),
    Fault.JUMP: (0.0005, 0.002),
    Fault.POISON: (0.1, 0.25),
    Fault.GARBAGE: (0.001, 0.003),
    Fault.REPEATS: (0.002, 0.01),
    Fault.REJUDGINGS: (1.0,),
}
"""Per step, per append, per write, per case or per submission, as the fault is."""

SHARE: Final = 0.5
SHARES: Final = {Fault.REJUDGINGS: 0.4, Fault.STUCK: 0.15}
"""In how many seeds a kind is; those take most steps."""

MOST_DEATHS: Final = 40
"""In one run: each is followed by a restart, and work has to go on in between."""


PER_STEP: Final = (
    Fault.CRASH,
    Fault.STALL,
    Fault.EVICT,
    Fault.DRAIN,
    Fault.OUTAGE,
    Fault.JUMP,
    Fault.GARBAGE,
    Fault.REPEATS,
)
PER_APPEND: Final = (Fault.REFUSED, Fault.UNCERTAIN, Fault.SLOW)


class Dice:
    """Draws one of several faults, each at its rate, by one throw."""

    def __init__(self, rates: Mapping[Fault, float], faults: Sequence[Fault]) -> None:
        self._faces = [(fault, rates[fault]) for fault in faults if fault in rates]
        self.sum = sum(rate for _, rate in self._faces)

    def throw(self, thrown: float) -> Fault | None:
        """The fault, of a number from 0 to 1."""
        if thrown >= self.sum:
            return None
        for fault, rate in self._faces:
            thrown -= rate
            if thrown < 0:
                return fault
        return None


class Faults:
    """The faults of a run, until it is calm."""

    def __init__(self, kernel: Kernel, rates: Mapping[Fault, float]) -> None:
        self.kernel: Final = kernel
        self.rates: Final = dict(rates)
        self.broker: Broker | None = None
        self.drain: Callable[[Process], None] = lambda _: None
        self.disturb: Callable[[Fault], None] = lambda _: None
        self.on_outage: Callable[[], object] = lambda: None
        self.is_calm = False
        self.deaths = 0
        self.happened: Counter[Fault] = Counter()
        self._per_step = Dice(rates, PER_STEP)
        self._per_append = Dice(rates, PER_APPEND)
        self._store = rates.get(Fault.STORE, 0.0)

    def strikes(self, fault: Fault) -> bool:
        """Whether it happens here."""
        rate = self.rates.get(fault)
        if rate is None or self.is_calm or self.kernel.random() >= rate:
            return False
        self.happened[fault] += 1
        return True

    @property
    def step_rate(self) -> float:
        """How often a step of a process is struck."""
        return self._per_step.sum

    def strike(self, process: Process) -> None:
        """A step of a mortal process is struck."""
        fault = self._per_step.throw(self.kernel.random() * self._per_step.sum)
        if fault is not None and not self.is_calm:
            self.happened[fault] += 1
            self._strike(fault, process)

    def append_fate(self, _: Topic) -> Fate:
        """What becomes of an append."""
        fault = None if self.is_calm else self._per_append.throw(self.kernel.random())
        if fault is None:
            return Fate.GOOD
        self.happened[fault] += 1
        match fault:
            case Fault.REFUSED:
                return Fate.REFUSED
            case Fault.UNCERTAIN:
                return self.kernel.chance.choice((Fate.UNACKNOWLEDGED, Fate.LATE, Fate.LOST))
            case _:
                return Fate.SLOW

    def store_fate(self) -> StoreFate:
        """What becomes of a write."""
        if not self._store or not self.strikes(Fault.STORE):
            return StoreFate.GOOD
        return self.kernel.chance.choice((StoreFate.FAILED, StoreFate.UNTOLD, StoreFate.LATE))

    def sandbox_fails(self) -> bool:
        """Whether a run fails by our fault."""
        return self.strikes(Fault.SANDBOX)

    def _strike(self, fault: Fault, process: Process) -> None:
        kernel = self.kernel
        match fault:
            case Fault.CRASH:
                if self.deaths < MOST_DEATHS:
                    self.deaths += 1
                    kernel.kill(process)
            case Fault.STALL:
                is_long = kernel.random() < 0.5
                kernel.stall(process, int(SESSION_US * (1 + kernel.random()) if is_long else kernel.random() * SECOND))
            case Fault.EVICT:
                if self.broker is not None:
                    self.broker.evict(process)
            case Fault.DRAIN:
                self.drain(process)
            case Fault.JUMP:
                kernel.note(None, "TIME JUMPS")
                kernel.now_us += int(kernel.random() * 90 * SECOND)
            case Fault.OUTAGE:
                if self.broker is not None and not self.broker.is_down:
                    self._outage(self.broker)
            case _:
                self.disturb(fault)

    def _outage(self, broker: Broker) -> None:
        broker.is_down = True
        self.on_outage()
        self.kernel.note(None, "the broker is DOWN")

        def back() -> None:
            broker.is_down = False
            self.kernel.note(None, "the broker is back")
            broker.wake_all()

        self.kernel.at(self.kernel.now_us + int(self.kernel.random() * 3 * SECOND) + 50 * MILLISECOND, back)


def drawn_rates(chance: Random, without: frozenset[Fault] = frozenset()) -> dict[Fault, float]:
    """The faults of a seed. What is left out does not change the others."""
    rates: dict[Fault, float] = {}
    for fault in Fault:
        is_drawn, rate = chance.random() < SHARES.get(fault, SHARE), chance.choice(RATES[fault])
        if is_drawn and fault not in without:
            rates[fault] = rate
    return rates
