"""What a program cannot do, and that nothing of it is left."""

import threading
import time
from dataclasses import replace

import pytest

from executor.compile import Compiled, CompileFailed
from executor.sandbox.errors import ImageMissing, SandboxFault, Stopped
from executor.sandbox.port import BoxFile, Exited, Halted, Limit, Sandbox
from tests import machine
from tests.contract.sandbox.conftest import LIMITS, MEBIBYTE, Another, Bench

TEN_MEGABYTES = bytes(range(256)) * 40_000
C_LIBRARYS_SIGNALS = 0b11 << 31
"""32 and 33: the C library takes them for threads and lets nobody else set them, so that no tool can reset them."""


@pytest.mark.parametrize("language", ["cpp", "java", "python3"])
def test_ten_megabytes_go_both_ways_byte_for_byte(bench: Bench, language: str) -> None:
    outcome = bench.run(language, "echo", TEN_MEGABYTES)
    assert outcome.ending == Exited(0)
    assert outcome.output == TEN_MEGABYTES


def test_output_is_cut_at_its_limit(bench: Bench) -> None:
    outcome = bench.run("cpp", "flood", limits=replace(LIMITS, output_bytes=1000))
    assert outcome.ending == Halted(Limit.OUTPUT)
    assert len(outcome.output) == 1000


def test_output_of_exactly_the_limit_is_allowed(bench: Bench) -> None:
    outcome = bench.run("cpp", "echo", b"x" * 1000, replace(LIMITS, output_bytes=1000))
    assert outcome.ending == Exited(0)
    assert outcome.output == b"x" * 1000


def test_orphans_end_with_the_run(bench: Bench) -> None:
    outcome = bench.run("cpp", "orphans")
    assert outcome.ending == Exited(0)
    assert outcome.wall_time_ns < 1_000_000_000 * machine.SLOWNESS


def test_a_fork_bomb_is_held_and_ended(bench: Bench) -> None:
    assert bench.run("cpp", "fork_bomb", limits=replace(LIMITS, cpu_time_ms=500)).ending == Halted(Limit.CPU)


def test_killing_everybody_in_sight_harms_nobody(bench: Bench) -> None:
    outcome = bench.run("cpp", "kill_all")
    assert outcome.ending == Exited(0)
    assert outcome.output == b"3\n"


def test_nobody_traces_the_gate(bench: Bench) -> None:
    outcome = bench.run("cpp", "trace_the_gate")
    assert outcome.ending == Exited(0)
    assert outcome.output == b"refused\n"


def test_there_is_no_network(bench: Bench) -> None:
    assert bench.run("cpp", "network").output == b"no network\n"


def test_only_the_scratch_folder_can_be_written_and_nobody_is_root(bench: Bench) -> None:
    assert bench.run("cpp", "write_everywhere").output == b"/tmp/x\nuid 0\n"


def test_a_run_sees_nothing_of_the_one_before(bench: Bench) -> None:
    compiled = bench.compile("cpp", "remember")
    assert isinstance(compiled, Compiled)
    with bench.sandbox.box(bench.image("cpp"), compiled.files) as box:
        for _ in range(2):
            assert box.run(["/box/main"], b"", LIMITS).output == b"fresh\n"


def test_the_scratch_folder_is_small(bench: Bench) -> None:
    assert int(bench.run("cpp", "fill_disk").output) < 17


def test_the_environment_is_ours_and_tells_nothing(bench: Bench) -> None:
    names = {line.split(b"=")[0] for line in bench.run("cpp", "environment").output.splitlines()}
    assert names <= {b"PATH", b"LANG", b"HOME", b"HOSTNAME", b"PWD"}


def test_no_descriptor_beyond_the_three_is_open(bench: Bench) -> None:
    assert bench.run("cpp", "descriptors").output == b"end\n"


def test_signals_are_as_at_a_login(bench: Bench) -> None:
    with bench.sandbox.box(bench.image("cpp"), ()) as box:
        outcome = box.run(["/bin/grep", "Sig[BI]", "/proc/self/status"], b"", LIMITS)
    blocked, ignored = (int(line.split()[1], 16) for line in outcome.output.splitlines())
    assert (blocked, ignored & ~C_LIBRARYS_SIGNALS) == (0, 0)


@pytest.mark.parametrize("program", ["secret", "endless_include"])
def test_a_compiler_that_is_abused_ends_as_a_compile_error(bench: Bench, program: str) -> None:
    failed = bench.compile("cpp", program)
    assert isinstance(failed, CompileFailed)
    assert "root:" not in failed.compiler_output


def test_a_program_too_big_to_keep_is_a_compile_error(bench: Bench) -> None:
    failed = bench.compile("cpp", "huge")
    assert isinstance(failed, CompileFailed)


def test_a_symbolic_link_is_not_collected(bench: Bench) -> None:
    with bench.sandbox.box(bench.image("cpp"), ()) as box:
        outcome = box.run_and_collect(["/bin/ln", "-s", "/etc/passwd", "/out/main"], LIMITS)
    assert outcome.ending == Halted(Limit.OUTPUT)
    assert outcome.collected == ()


def test_files_in_folders_are_collected_and_come_back(bench: Bench) -> None:
    with bench.sandbox.box(bench.image("cpp"), [BoxFile(name="a/b", content=b"x")]) as box:
        outcome = box.run_and_collect(["/bin/cp", "-r", "/box/a", "/out"], LIMITS)
    assert outcome.collected == (BoxFile(name="a/b", content=b"x"),)


def test_shell_characters_in_arguments_stay_arguments(bench: Bench) -> None:
    with bench.sandbox.box(bench.image("cpp"), ()) as box:
        outcome = box.run(["/bin/echo", "$(id)", "`id`", "; id", "a  b", "*"], b"", LIMITS)
    assert outcome.output == b"$(id) `id` ; id a  b *\n"


def test_an_image_that_is_not_there_is_our_fault(bench: Bench) -> None:
    with bench.sandbox.box("judgestream/none:0", ()) as box, pytest.raises(ImageMissing):
        box.run(["/bin/true"], b"", LIMITS)


class Sleeping:
    """A run that sleeps for a minute, in a thread of its own, and the fault that it ends with."""

    def __init__(self, sandbox: Sandbox, image: str) -> None:
        self.fault: list[SandboxFault] = []
        self.thread = threading.Thread(target=self._sleep, args=(sandbox, image))
        self.thread.start()

    def _sleep(self, sandbox: Sandbox, image: str) -> None:
        try:
            with sandbox.box(image, ()) as box:
                box.run(["/bin/sleep", "60"], b"", replace(LIMITS, wall_time_ms=60_000))
        except SandboxFault as fault:
            self.fault.append(fault)


def test_closing_ends_the_run_under_way_at_once(bench: Bench, another: Another) -> None:
    run = Sleeping(another.sandbox, bench.image("cpp"))
    while not another.has_container():
        run.thread.join(0.02)
    began = time.monotonic()
    another.sandbox.close()
    run.thread.join(20 * machine.SLOWNESS)
    assert time.monotonic() - began < 10 * machine.SLOWNESS
    assert [type(fault) for fault in run.fault] == [Stopped]


def test_a_run_that_somebody_else_ends_is_our_fault(bench: Bench) -> None:
    run = Sleeping(bench.sandbox, bench.image("cpp"))
    while run.thread.is_alive():
        bench.kill_all_runs()
        run.thread.join(0.2)
    assert len(run.fault) == 1


def test_memory_in_the_scratch_folder_and_in_memfds_is_charged(bench: Bench) -> None:
    limits = replace(LIMITS, memory_bytes=32 * MEBIBYTE)
    script = "import os\nfd = os.memfd_create('x')\nfor _ in range(100): os.write(fd, b'x' * (1 << 20))\n"
    with bench.sandbox.box(bench.image("python3"), [BoxFile(name="m.py", content=script.encode())]) as box:
        outcome = box.run(["python3", "-I", "/box/m.py"], b"", limits)
    assert outcome.out_of_memory
