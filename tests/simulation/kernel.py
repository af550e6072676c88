"""Theory of operation

The whole system runs in one thread of one process, under a scheduler that draws from one seed. Every thread of every
simulated process is a greenlet: ordinary blocking code, which gives control back wherever it touches something that
others can see (a record, a row, a queue, the clock). So the code between two such touches is one step, the scheduler
chooses whose step is next, and a run is a function of its seed.

Time is virtual. A step takes a moment; when nobody can go on, the clock jumps to the next timer.

A process that dies does so between two of its steps. Its greenlets are dropped where they are: `Crashed` passes
through their code, which no `except Exception` catches, and whoever of it still touches anything gets it again, so that
a `finally` of a dead process has no effect on the world.

A stalled process is one that nobody chooses for a while, although it lives: a long pause of its machine. The world goes
on, declares it dead, and gives what it had to others; then it wakes and goes on where it was, a zombie.
"""

import heapq
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty
from random import Random
from typing import Final, Generic, TypeVar

from greenlet import getcurrent, greenlet

from schemas.eventlog.port import Committed, Partition

SECOND: Final = 1_000_000
MILLISECOND: Final = 1_000

SESSION_US: Final = 6 * SECOND
"""After so long without a word from a process it is taken for dead."""

LOOK_EVERY: Final = 16
"""Steps between two looks whether a run is over."""

STEP_US: Final = 400
"""What one step takes."""

T = TypeVar("T")


class Crashed(BaseException):
    """The process of this code is dead; nothing that it does has any effect."""


class Violation(BaseException):
    """An invariant does not hold; `about` are the ids by which a trace can be searched.

    No `except Exception` of a service may catch it.
    """

    def __init__(self, invariant: str, detail: str, *about: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail
        self.about = about


class Process:
    """One life of a process; a restart is another one of the same name."""

    def __init__(self, name: str, life: int, *, mortal: bool = True) -> None:
        self.name: Final = name
        self.life: Final = life
        self.mortal: Final = mortal
        self.is_dead = False
        self.is_stalled = False
        self.threads: dict[Thread, None] = {}
        self.parked: list[Thread] = []
        self.on_death: list[Callable[[], None]] = []
        self.committing: dict[Partition, Committed] = {}
        """What is committed and not heard of yet."""

    def __str__(self) -> str:
        return f"{self.name}.{self.life}"


class Thread:
    """A thread of a simulated process."""

    def __init__(self, process: Process, name: str, body: Callable[[], None]) -> None:
        self.process: Final = process
        self.name: Final = name
        self.greenlet: Final = greenlet(body)
        self.has_ended = False
        self.keys: tuple[Hashable, ...] = ()
        self.wait_number = 0


class Kernel:
    """The scheduler, the clock and what happened."""

    def __init__(self, chance: Random, *, traced: bool = False) -> None:
        self.chance: Final = chance
        self.random: Final = chance.random
        self.now_us = 0
        self.steps = 0
        self.on_silence: Callable[[Process], None] = lambda _: None
        self.doomed_step = -1
        """At which the process whose turn it is dies."""
        self.strike_rate = 0.0
        self.strike: Callable[[Process], None] = lambda _: None
        self.trace: list[str] | None = [] if traced else None
        self._ready: list[Thread] = []
        self._waiting: dict[Hashable, dict[Thread, None]] = {}
        self._timers: list[tuple[int, int, bool, Callable[[], None]]] = []
        self._timers_set = 0
        self._idle_timers = 0
        self._current: dict[greenlet, Thread] = {}
        self._failure: BaseException | None = None
        self._home = getcurrent()

    # What a scheduler does.

    def run(self, until: Callable[[], bool], most_steps: int) -> bool:
        """Takes steps until it is so, or nothing is left to do; False after so many steps."""
        step = self.step
        return any((taken % LOOK_EVERY == 0 and until()) or not step() for taken in range(most_steps))

    def step(self) -> bool:
        """One step of somebody; False where nobody has anything to do but to look from time to time."""
        while True:
            self._fire_due()
            if self._ready:
                thread = self._drawn()
                if self._may_run(thread):
                    self._run(thread)
                    return True
            elif len(self._timers) > self._idle_timers:
                self.now_us = max(self.now_us, self._timers[0][0])
            else:
                return False

    def pass_time(self, for_us: int) -> None:
        """Lets time pass, also for those who only look from time to time."""
        self.at(self.now_us + for_us, lambda: None)

    def spawn(self, process: Process, name: str, body: Callable[[], None]) -> Thread:
        """A new thread, which begins some time soon."""
        thread = Thread(process, name, lambda: self._live(thread, body))
        process.threads[thread] = None
        self._ready.append(thread)
        return thread

    def kill(self, process: Process) -> None:
        """As SIGKILL."""
        if process.is_dead:
            return
        process.is_dead = True
        self.note(process, "DIES")
        for thread in list(process.threads):
            self._stop_waiting(thread)
            thread.has_ended = True
        self._ready = [thread for thread in self._ready if thread.process is not process]
        process.parked.clear()
        for react in process.on_death:
            react()
        threads, process.threads = list(process.threads), {}
        for thread in threads:
            self._current.pop(thread.greenlet, None)
            if thread.greenlet is not getcurrent() and thread.greenlet:
                thread.greenlet.parent = getcurrent()
                with suppress(Crashed):
                    thread.greenlet.throw(Crashed)

    def stall(self, process: Process, for_us: int) -> None:
        """Nothing of it runs for so long."""
        if not process.is_stalled and not process.is_dead:
            process.is_stalled = True
            self.note(process, f"STALLS for {for_us // MILLISECOND} ms")
            self.at(self.now_us + for_us, lambda: self.resume(process))
            self.at(self.now_us + SESSION_US, lambda: self._miss(process))

    def _miss(self, process: Process) -> None:
        if process.is_stalled and not process.is_dead:
            self.on_silence(process)

    def resume(self, process: Process) -> None:
        """It goes on where it was."""
        if process.is_stalled and not process.is_dead:
            process.is_stalled = False
            self.note(process, "GOES ON")
            self._ready.extend(process.parked)
            process.parked.clear()

    def at(self, moment_us: int, act: Callable[[], None], *, idle: bool = False) -> None:
        """Does it then; an `idle` timer alone keeps nothing running."""
        self._timers_set += 1
        self._idle_timers += idle
        heapq.heappush(self._timers, (moment_us, self._timers_set, idle, act))

    def wake(self, key: Hashable) -> None:
        """Whoever waits for that key looks again."""
        waiting = self._waiting.get(key)
        if waiting:
            for thread in list(waiting):
                self._stop_waiting(thread)
                self._ready.append(thread)

    # What the code of a process does.

    @property
    def process(self) -> Process:
        """Whose code is running."""
        return self._current[getcurrent()].process

    def turn(self) -> None:
        """Ends this step: others may run, and this process may die, before what comes next."""
        thread = self._thread()
        self._ready.append(thread)
        self._switch(thread)

    def wait(self, *keys: Hashable, timeout_us: int | None = None, idle: bool = False) -> None:
        """Waits until one of the keys is woken or the time is over; the caller looks again what is so."""
        thread = self._thread()
        thread.keys = keys
        thread.wait_number += 1
        for key in keys:
            self._waiting.setdefault(key, {})[thread] = None
        if timeout_us is not None:
            self.at(self.now_us + timeout_us, self._alarm(thread, thread.wait_number), idle=idle)
        self._switch(thread)

    def sleep(self, for_us: int) -> None:
        """Waits for so long."""
        self.wait(timeout_us=for_us)

    def note(self, process: Process | None, what: str) -> None:
        """Takes down what happened, where somebody will read it."""
        if self.trace is not None:
            self.trace.append(f"{self.steps:6} {self.now_us / SECOND:10.4f}s {process!s:16} {what}")

    def _thread(self) -> Thread:
        thread = self._current.get(getcurrent())
        if thread is None or thread.process.is_dead:
            raise Crashed
        return thread

    def _switch(self, thread: Thread) -> None:
        self._home.switch()
        if thread.process.is_dead:
            raise Crashed

    def _live(self, thread: Thread, body: Callable[[], None]) -> None:
        try:
            body()
        except Crashed:
            pass
        except BaseException as failure:  # noqa: BLE001  # raised by whoever runs the simulation
            self._failure = failure
        thread.has_ended = True
        thread.process.threads.pop(thread, None)
        self._current.pop(thread.greenlet, None)

    def _run(self, thread: Thread) -> None:
        self.steps += 1
        self.now_us += STEP_US
        self._current[thread.greenlet] = thread
        if thread.greenlet.parent is not self._home:
            thread.greenlet.parent = self._home
        thread.greenlet.switch()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _may_run(self, thread: Thread) -> bool:
        """Whether it lives and is awake, which may end at any step."""
        process = thread.process
        if self.random() < self.strike_rate and process.mortal and not process.is_stalled:
            self.strike(process)
        if self.steps == self.doomed_step and process.mortal:
            self.doomed_step = -1
            self.kill(process)
        if process.is_stalled and not process.is_dead:
            process.parked.append(thread)
        return not (process.is_stalled or process.is_dead)

    def _drawn(self) -> Thread:
        ready = self._ready
        place = int(self.random() * len(ready))
        ready[place], ready[-1] = ready[-1], ready[place]
        return ready.pop()

    def _alarm(self, thread: Thread, wait_number: int) -> Callable[[], None]:
        def ring() -> None:
            if thread.wait_number == wait_number and not thread.has_ended:
                self._stop_waiting(thread)
                self._ready.append(thread)

        return ring

    def _stop_waiting(self, thread: Thread) -> None:
        thread.wait_number += 1
        for key in thread.keys:
            self._waiting[key].pop(thread, None)
        thread.keys = ()

    def _fire_due(self) -> None:
        while self._timers and self._timers[0][0] <= self.now_us:
            _, _, idle, act = heapq.heappop(self._timers)
            self._idle_timers -= idle
            act()


class SimFuture(Future[T]):
    """A future whose `result` lets others run."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self._kernel = kernel
        self.add_done_callback(kernel.wake)

    def result(self, timeout: float | None = None) -> T:
        """As of any future; waits in virtual time, and without a limit."""
        while not self.done():
            self._kernel.wait(self)
        return super().result(timeout)


class Bell:
    """Wakes whoever waits in a poll for something that is not in the log; `rings` says whether it is there."""

    def __init__(self, kernel: Kernel, rings: Callable[[], bool]) -> None:
        self._kernel = kernel
        self.rings: Final = rings

    def ring(self) -> None:
        """Something is there."""
        self._kernel.wake(self)


class SimQueue(Generic[T]):
    """A queue between threads of a process; a put rings the bell."""

    def __init__(self, kernel: Kernel, bell: Callable[[], None] = lambda: None) -> None:
        self._kernel = kernel
        self._items: deque[T] = deque()
        self._bell = bell

    def put(self, item: T) -> None:
        """Adds an item."""
        self._items.append(item)
        self._kernel.wake(self)
        self._bell()

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """Takes the oldest one; `Empty` where none comes in time."""
        deadline_us = None if timeout is None else self._kernel.now_us + int(timeout * SECOND)
        while block and not self._items and (deadline_us is None or self._kernel.now_us < deadline_us):
            self._kernel.wait(self, timeout_us=None if deadline_us is None else deadline_us - self._kernel.now_us)
        if not self._items:
            raise Empty
        return self._items.popleft()

    def get_nowait(self) -> T:
        """Takes the oldest one; `Empty` where there is none."""
        return self.get(block=False)

    def __len__(self) -> int:
        return len(self._items)
