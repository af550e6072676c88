"""Measuring a machine's speed: when, in which slot, and what happens when it does not work."""

from threading import Event as Flag
from threading import Lock, Thread

import pytest

from executor.calibration.calibrator import Bench, Calibrator
from executor.calibration.measure import CalibrationFailed, calibration_of
from executor.languages.loader import load_languages
from executor.sandbox.errors import Disturbed
from executor.sandbox.port import Exited, Halted, Limit, RunOutcome
from executor.toolchains import Toolchain
from schemas.ids import LanguageId
from schemas.values import Calibration
from tests.unit.executor.jobs import NOW
from tests.unit.executor.memory_compile_cache import MemoryCompileCache
from tests.unit.executor.scripted_sandbox import Ran, ScriptedSandbox, outcome

PRINTED = b"10 12 11 90 9 \n30 31 29 28 70 \n"
MEASURED = Calibration(measured_at=NOW, arithmetic_ns=11, memory_access_ns=30)
TOOLCHAIN = Toolchain(language=load_languages()[LanguageId("c")], image="sha256:1", compiler_version="v1")


def works(_: Ran) -> RunOutcome:
    return outcome(output=PRINTED)


def calibrator(*benches: Bench, toolchain: Toolchain | None = TOOLCHAIN) -> Calibrator:
    return Calibrator(
        benches=benches,
        toolchain=toolchain,
        cache=MemoryCompileCache(),
        clock=lambda: NOW,
        first_after_s=0.0,
        slot_patience_s=0.0,
    )


def test_the_medians_of_what_was_printed_count() -> None:
    assert calibration_of(outcome(output=PRINTED), NOW) == MEASURED


@pytest.mark.parametrize(
    "facts",
    [
        outcome(Exited(1), output=PRINTED),
        outcome(Halted(Limit.CPU)),
        outcome(output=b""),
        outcome(output=b"1 2 3\n"),
        outcome(output=b"1 2 3\nx\n"),
        outcome(output=b"\n\n"),
    ],
)
def test_work_that_did_not_end_well_is_no_calibration(facts: RunOutcome) -> None:
    with pytest.raises(CalibrationFailed):
        calibration_of(facts, NOW)


def test_it_is_compiled_once_and_run_in_the_first_slot_that_is_idle() -> None:
    busy, idle = ScriptedSandbox(on_run=works), ScriptedSandbox(on_run=works)
    taken = Lock()
    taken.acquire()
    measuring = calibrator(Bench(busy, taken), Bench(idle, Lock()))
    assert measuring.newest() is None
    assert measuring.measure_once(TOOLCHAIN)
    assert measuring.measure_once(TOOLCHAIN)
    assert measuring.newest() == MEASURED
    assert busy.ran == []
    assert len(idle.ran) == 3


def test_the_slot_is_free_again_afterwards_whatever_happened() -> None:
    def disturbed(_: Ran) -> RunOutcome:
        raise Disturbed("the engine went down")

    turn = Lock()
    assert not calibrator(Bench(ScriptedSandbox(on_run=disturbed), turn)).measure_once(TOOLCHAIN)
    assert not turn.locked()
    assert not calibrator(Bench(ScriptedSandbox(on_compile=lambda _: outcome(Exited(1))), turn)).measure_once(TOOLCHAIN)
    assert not turn.locked()


def test_where_no_slot_comes_free_it_is_put_off() -> None:
    sandbox, taken = ScriptedSandbox(on_run=works), Lock()
    taken.acquire()
    measuring = calibrator(Bench(sandbox, taken))
    assert not measuring.measure_once(TOOLCHAIN)
    taken.release()
    assert measuring.measure_once(TOOLCHAIN)


def test_it_stops_when_the_executor_does() -> None:
    sandbox, stopping = ScriptedSandbox(on_run=works), Flag()
    measuring = calibrator(Bench(sandbox, Lock()))
    thread = Thread(target=measuring.run, args=(stopping,))
    thread.start()
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()


def test_without_a_compiler_for_it_nothing_is_measured() -> None:
    sandbox = ScriptedSandbox(on_run=works)
    calibrator(Bench(sandbox, Lock()), toolchain=None).run(Flag())
    assert sandbox.ran == []
