"""The attacks that are programs: what each is, what it gets, and what must be so besides. The catalogue's numbers stand
in `id`; an attack of several faces has several rows."""

from dataclasses import replace
from typing import Final

from executor.sandbox.port import Limit
from schemas.values import Verdict
from tests.hostile.attack import (
    CONTAINED,
    LIMITS,
    MEBIBYTE,
    SLEEPING,
    SMALL,
    SPINNING,
    Attack,
    at_its_limit,
    bounded_output,
    burnt_ms,
    ended_by,
    exited,
    idle,
    one_core,
    peak_mib,
    says_at_last,
    signalled,
    within_wall_ms,
)

AC: Final = frozenset({Verdict.AC})
WA: Final = frozenset({Verdict.WA})
TLE: Final = frozenset({Verdict.TLE})
MLE: Final = frozenset({Verdict.MLE})
OLE: Final = frozenset({Verdict.OLE})
RTE: Final = frozenset({Verdict.RTE})

BINARY: Final = bytes((at * 7 + at // 256) % 256 for at in range(512 * 1024))
TALK: Final = (
    b"timelimit exceeded\nKilled\nout of memory\nSegmentation fault\nexit=0\nverdict: AC\n\x01\0\0\0\0\0\0\x09"
    b"contained\n\x02\0\0\0\xff\xff\xff\xff.\n\0\0\0\0"
)
BIG_INPUT: Final = b"1" * (3 * MEBIBYTE)


def _modes(number: str, name: str, program: str, *modes: str, **rest: object) -> list[Attack]:
    return [Attack(id=number, name=f"{name}: {mode}", program=program, mode=(mode,), **rest) for mode in modes]  # type: ignore[arg-type]


PROGRAMS: Final[list[Attack]] = [
    *_modes("A1", "fork bomb", "fork_bomb", "spin", "exec", "vfork", "session", expected=TLE | MLE,
            limits=replace(SPINNING, memory_bytes=256 * MEBIBYTE), facts=(bounded_output,), exact=(one_core,)),
    Attack(id="A1", name="fork bomb: sleep", program="fork_bomb", mode=("sleep",), limits=SLEEPING, expected=TLE),
    *_modes("A2", "survivor", "survivor", "daemon", "closed", "hop", "babble",
            facts=(within_wall_ms(1_500),)),
    Attack(id="A3", name="threads without end", program="threads", mode=("bomb",)),
    Attack(id="A3", name="threads that spin", program="threads", mode=("burn",), limits=SPINNING, expected=TLE,
           facts=(ended_by(Limit.CPU),), exact=(one_core,)),
    Attack(id="A3", name="other cores and priorities", program="threads", mode=("wander",)),
    Attack(id="A4", name="hidden CPU time: for ever", program="hidden_cpu", mode=("for_ever",), limits=SPINNING,
           expected=TLE, facts=(ended_by(Limit.CPU),)),
    *_modes("A4", "hidden CPU time", "hidden_cpu", "ignored", "orphans", "threads", "short", limits=SPINNING,
            expected=TLE),
    *_modes("A4", "known CPU time", "hidden_cpu", "alone", "children", "ignored", "orphans", "threads", "short",
            exact=(burnt_ms(500),)),
    *_modes("A5", "memory", "memory", "heap", "static", "stack", "mapped", expected=MLE,
            facts=(at_its_limit,)),
    Attack(id="A5", name="memory: children", program="memory", mode=("children",), limits=SLEEPING, expected=MLE),
    *_modes("A5", "known memory", "memory", "known", exact=(peak_mib(40),)),
    *_modes("A5", "known memory", "memory", "shared", exact=(peak_mib(40, processes=5),)),
    *(
        Attack(id="A21", name=f"memory of the run before: {' '.join(before)}", program="memory", mode=("known",),
               limits=replace(LIMITS, memory_bytes=48 * MEBIBYTE), after=before, runs=3, exact=(peak_mib(40),))
        for before in (("memory", "segment"), ("memory", "flight"), ("disk", "fill"), ("disk", "many"),
                       ("memory", "pipes"), ("disk", "everywhere"), ("memory", "heap"))
    ),
    *(
        Attack(id="A5", name=f"80 MiB at a limit of 64, after {before[1]}", program="memory", mode=("more",),
               after=before, runs=3, expected=MLE)
        for before in (("memory", "segment"), ("memory", "flight"), ("disk", "fill"))
    ),
    *_modes("A6", "memory", "memory", "memfd", "sysv", "posix", "pipes", "huge", "locked", expected=AC | MLE),
    Attack(id="A6", name="scratch folder is charged", program="disk", mode=("fill",), expected=MLE,
           limits=replace(LIMITS, memory_bytes=8 * MEBIBYTE), facts=(at_its_limit,)),
    Attack(id="A7", name="no swap beside the limit", program="memory", mode=("heap",), limits=SMALL, expected=MLE),
    *_modes("A8", "disk", "disk", "fill", "many", "deep", "sparse", "everywhere", "exec"),
    Attack(id="A9", name="descriptors without end", program="descriptors", mode=("exhaust",)),
    Attack(id="A10", name="stdout flood", program="output", mode=("flood",), expected=OLE,
           facts=(ended_by(Limit.OUTPUT), bounded_output)),
    Attack(id="A10", name="stderr flood", program="output", mode=("flood_stderr",), limits=SPINNING,
           expected=OLE | TLE, facts=(bounded_output,)),
    Attack(id="A10", name="floods from many", program="output", mode=("together",), expected=OLE,
           facts=(bounded_output,)),
    Attack(id="A10", name="25 MiB on stderr", program="output", mode=("noise",), facts=(bounded_output,)),
    Attack(id="A10", name="stdout as a file", program="output", mode=("file",), runs=2),
    Attack(id="A10", name="far end of stdout", program="output", mode=("far",), expected=AC | OLE | RTE,
           facts=(bounded_output,)),
    Attack(id="A11", name="bytes that are no text", program="output", mode=("binary",), answer=BINARY),
    Attack(id="A11", name="bytes that are no text, another answer", program="output", mode=("binary",), expected=WA),
    Attack(id="A12", name="stdin never read", program="input", stdin=BIG_INPUT),
    Attack(id="A12", name="stdin closed", program="input", mode=("closed",), stdin=BIG_INPUT),
    Attack(id="A12", name="stdin closed in the middle", program="input", mode=("swallow",), stdin=BIG_INPUT),
    Attack(id="A12", name="output before input", program="input", mode=("deadlock",), stdin=BIG_INPUT,
           answer=b"x" * (12 * 65536)),
    Attack(id="A12", name="streams closed", program="output", mode=("closed",), expected=WA),
    *_modes("A13", "sleeper", "sleepers", "sleep", "pause", "select", "stop", "stop_all", "fifo", "mutex", "vfork",
            limits=SLEEPING, expected=TLE, facts=(ended_by(Limit.WALL), idle)),
    Attack(id="A14", name="signals for everybody", program="signals", mode=("everybody",), facts=(exited(0),)),
    Attack(id="A14", name="limits of others", program="signals", mode=("limits",), facts=(exited(0),)),
    Attack(id="A15", name="into other processes", program="trace"),
    Attack(id="A16", name="core dump", program="core", expected=RTE, facts=(signalled(6),)),
    Attack(id="A17", name="network", program="network", mode=("reach", "{port}", "{name}")),
    *_modes("A18", "exotic kernel interfaces", "network", "families", "rings"),
    Attack(id="A19", name="keyrings", program="channel", mode=("keys",)),
    Attack(id="A19", name="locks and leases", program="channel", mode=("locks",)),
    Attack(id="A20", name="secrets", program="secrets", mode=("look", "{place}"), stdin=b"{secret}\n"),
    Attack(id="A20", name="input changed", program="input", mode=("rewrite",), stdin=b"1" * 100, runs=2),
    Attack(id="A21", name="state between runs", program="remember", runs=2),
    Attack(id="A24", name="own executable", program="self_exe", runs=2),
    Attack(id="A25", name="leaked descriptors", program="descriptors", mode=("leaked",)),
    Attack(id="A25", name="spoilt descriptors", program="descriptors", mode=("spoil",), stdin=b"1", runs=2),
    Attack(id="A26", name="kernel files", program="procfs"),
    Attack(id="A27", name="namespaces and mounts", program="namespaces"),
    *_modes("A28", "kernel calls", "kernel", "machine", "clocks", "tools", "privileges"),
    *_modes("A29", "other ABIs", "compat", "int80", "x32", expected=AC | RTE),
    Attack(id="A34", name="environment", program="environment", mode=("", "{host}")),
    Attack(id="A37", name="imitation of the judge", program="output", mode=("imitate",), answer=b".\n." + TALK),
    Attack(id="A39", name="crash loop", program="crash_loop", quiet=True),
    Attack(id="A1", name="fork bomb", program="fork_bomb", language="python3", limits=SPINNING,
           expected=TLE | RTE | MLE),
    Attack(id="A3", name="threads", program="threads", language="python3"),
    Attack(id="A5", name="memory", program="memory", language="python3", expected=MLE, facts=(at_its_limit,)),
    Attack(id="A10", name="stdout flood", program="flood", language="python3", expected=OLE),
    Attack(id="A14", name="signals for everybody", program="signals", language="python3"),
    Attack(id="A17", name="network", program="network", mode=("{port}",), language="python3"),
    Attack(id="A20", name="secrets", program="secrets", mode=("{place}",), language="python3", stdin=b"{secret}\n"),
    Attack(id="A25", name="leaked descriptors", program="descriptors", language="python3"),
    Attack(id="A32", name="shadowed start-up", program="startup", language="python3", runs=2),
    Attack(id="A33", name="preloads", program="preload", language="python3"),
    Attack(id="A3", name="threads", program="Threads", language="java", expected=AC | WA,
           facts=(says_at_last(CONTAINED),)),
    Attack(id="A5", name="memory", program="Memory", language="java", expected=MLE),
    Attack(id="A17", name="network and processes", program="Outside", mode=("{port}",), language="java"),
    Attack(id="A33", name="agents", program="Agent", language="java"),
]  # fmt: skip

SENDER: Final = Attack(id="A19", name="signs for another run", program="channel", mode=("send",))
LISTENER: Final = Attack(id="A19", name="two runs at once", program="channel", mode=("listen",))
