"""Starts an executor: `python -m executor`. The one place where its parts meet their real dependencies.

It joins its pool only when it can judge: the engine answers, accounting works and every language's image is there
and runs. Otherwise it says what is missing and exits, to be started again.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from typing import Final

from executor import SOFTWARE_VERSION
from executor.calibration.calibrator import Bench, Calibrator
from executor.calibration.measure import LANGUAGE
from executor.calibration.pool import PoolWatch
from executor.compile_cache import DirectoryCompileCache
from executor.compiler_versions import keep_versions, read_versions
from executor.cores import plan_cores
from executor.judge import Judge
from executor.languages.images import runner_images
from executor.languages.language import Languages
from executor.languages.loader import BadLanguage, load_languages
from executor.leaving_group import LeavableGroups
from executor.machine import Machine
from executor.memory import keep_large_buffers
from executor.other_images import OtherImages
from executor.outputs import DirectoryOutputs
from executor.remembered_blobs import RememberedBlobs
from executor.reporter import Reporter
from executor.runner import Runner
from executor.sandbox import container
from executor.sandbox.cgroup import Accounting, accounting
from executor.sandbox.container import ContainerSandbox
from executor.sandbox.engine import Engine
from executor.sandbox.errors import EngineUnavailable, SandboxFault
from executor.sandbox.hardening import Slot
from executor.sandbox.leftovers import AlreadyRunning, owner_name, sole_owner, sweep
from executor.sandbox.nested import NestedSandbox
from executor.sandbox.port import MEBIBYTE, Sandbox
from executor.toolchains import Toolchains, find_toolchains, offered_languages
from executor.worker import Worker
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.connect import connect
from schemas.eventlog.errors import LogError
from schemas.eventlog.port import EventLog
from schemas.heartbeats import Heartbeats
from schemas.http.health import HealthServer
from schemas.ids import ExecutorId, LanguageId
from schemas.log import EventLogger, configure_logging
from schemas.settings import ExecutorSettings, SettingsError, read_settings

ENGINE_PATIENCE_S: Final = 60.0
ENGINE_PAUSE_S: Final = 1.0
CLOSE_PATIENCE_S: Final = 1.0
HEART_PATIENCE_S: Final = 30.0
"""Longer than the worker waits for any one answer of the broker."""
PROGRESS_LINGER_MS: Final = 50
"""Nobody sees a case that much later; broker and projector have a tenth of the work with a judging of short cases."""

KIBIBYTE: Final = 1024

PREFETCHED_JOBS: Final = 1
"""A job that waits in our memory cannot be taken by another executor."""

log = EventLogger(__name__)


def main() -> int:
    """The exit status: 0 after a drain, 1 where something that we need is not as it must be, 2 for bad settings."""
    configure_logging("executor")
    keep_large_buffers()
    try:
        settings = read_settings(ExecutorSettings)
    except SettingsError as fault:
        print(fault, file=sys.stderr)
        return 2
    _on_signals(lambda: sys.exit(0))  # nothing to drain yet
    try:
        with ExitStack() as held:
            _serve(settings, held)
    except (SandboxFault, BadLanguage, AlreadyRunning, LogError, OSError) as fault:
        log.error("cannot_judge", why=fault)
        return 1
    return 0


def _serve(settings: ExecutorSettings, held: ExitStack) -> None:
    plan = plan_cores(sorted(os.sched_getaffinity(0)), settings.slots)
    os.sched_setaffinity(0, plan.services)  # ours, and of every thread to come; a slot's core is its sandbox's
    executor_id = ExecutorId(settings.executor_id)
    known = load_languages()
    engine = held.enter_context(closing(_await_engine(settings.docker)))
    owner = owner_name(executor_id, settings.work)
    work = held.enter_context(sole_owner(settings.work.resolve(), owner))
    groups = _accounting(engine, owner)
    log.info("swept", left_behind=sweep(engine, groups, owner, work))
    held.callback(groups.sweep)
    engines = [held.enter_context(closing(Engine(settings.docker))) for _ in plan.slots]
    sandboxes = [
        _sandbox(settings, own, slot, groups, owner, work, held) for own, slot in zip(engines, plan.slots, strict=True)
    ]
    asked = tuple(LanguageId(language) for language in settings.languages)
    languages = offered_languages(known, asked, runner_images(), engine.image_id)
    toolchains = _toolchains(settings, sandboxes[0], languages, engine)
    client_id = f"executor-{executor_id}"
    event_log = connect(settings.kafka, settings.registry_url, client_id=client_id, prefetch=PREFETCHED_JOBS)
    held.callback(event_log.close, CLOSE_PATIENCE_S)
    progress_log = connect(
        settings.kafka, settings.registry_url, client_id=f"{client_id}-progress", linger_ms=PROGRESS_LINGER_MS
    )
    held.callback(progress_log.close, CLOSE_PATIENCE_S)
    _work(settings, plan.slots, engines, sandboxes, toolchains, event_log, progress_log, held)


def _toolchains(settings: ExecutorSettings, sandbox: Sandbox, languages: Languages, engine: Engine) -> Toolchains:
    path = settings.blobs.with_name("compiler-versions.json")
    versions = read_versions(path)
    found = find_toolchains(sandbox, languages, runner_images(), engine.image_id, versions)
    keep_versions(path, versions)
    return found


def _work(
    settings: ExecutorSettings,
    slots: Sequence[Slot],
    engines: Sequence[Engine],
    sandboxes: Sequence[Sandbox],
    toolchains: Toolchains,
    event_log: EventLog,
    progress_log: EventLog,
    held: ExitStack,
) -> None:
    executor_id = ExecutorId(settings.executor_id)
    blobs = RememberedBlobs(DirectoryBlobStore(settings.blobs))
    compile_cache = DirectoryCompileCache(settings.compile_cache or settings.blobs.with_name("compiled"))
    outputs = _outputs(settings, held)
    benches = [Bench(sandbox, Lock()) for sandbox in sandboxes]
    calibrator = Calibrator(benches=benches, toolchain=toolchains.get(LANGUAGE), cache=compile_cache, clock=_now)
    pool_watch = PoolWatch(
        event_log=event_log, executor_id=executor_id, pool=settings.pool, own=calibrator.newest, clock=_now
    )
    judges = [
        Judge(
            sandbox=bench.sandbox,
            sandbox_kind=settings.sandbox,
            toolchains=toolchains,
            blobs=blobs,
            executor_id=executor_id,
            software_version=SOFTWARE_VERSION,
            clock=_now,
            compile_cache=compile_cache,
            calibration=calibrator.newest,
            watch_strain=Machine(slot.cpu).watch,
            outputs=outputs,
            other_image=OtherImages(sandbox=bench.sandbox, digest_of=engine.image_id).toolchain,
            turn=bench.turn,
        )
        for bench, engine, slot in zip(benches, engines, slots, strict=True)
    ]
    worker = Worker(
        event_log=LeavableGroups(groups=event_log, why_aside=pool_watch.why_aside, busy=lambda: worker.busy),
        pool=settings.pool,
        runners=[Runner(judge=judge, event_log=event_log, progress_log=progress_log) for judge in judges],
        beat=held.enter_context(Heartbeats(HEART_PATIENCE_S)).heart("worker"),
    )
    reporter = Reporter(
        event_log=event_log,
        executor_id=executor_id,
        pool=settings.pool,
        slots=len(judges),
        sandbox_kind=settings.sandbox,
        software_version=SOFTWARE_VERSION,
        toolchains=toolchains,
        busy=lambda: worker.busy,
        clock=_now,
        calibration=calibrator.newest,
        why_aside=pool_watch.why_aside,
    )
    _serve_until_stopped(settings, worker, reporter, calibrator, pool_watch, held)


def _serve_until_stopped(
    settings: ExecutorSettings,
    worker: Worker,
    reporter: Reporter,
    calibrator: Calibrator,
    pool_watch: PoolWatch,
    held: ExitStack,
) -> None:
    """Works in this thread; whoever reports, measures and watches has one beside it."""
    asked_to_stop = Flag()
    _on_signals(asked_to_stop.set)
    ready = {"log": worker.why_not_ready, "calibration": pool_watch.why_aside}
    held.enter_context(HealthServer(settings.host, settings.port, ready=ready))
    beside = {"reporter": reporter.run, "calibrator": calibrator.run}
    if settings.enforce_calibration:
        beside["pool-watch"] = pool_watch.run
    for name, run in beside.items():
        Thread(target=run, args=(asked_to_stop,), name=name, daemon=True).start()
    log.info("ready", slots=reporter.slots, languages=sorted(reporter.toolchains))
    worker.run(asked_to_stop)


def _outputs(settings: ExecutorSettings, held: ExitStack) -> DirectoryOutputs:
    outputs = DirectoryOutputs(
        settings.outputs or settings.blobs.with_name("outputs"),
        case_bytes=settings.output_kib * KIBIBYTE,
        max_bytes=settings.outputs_mib * MEBIBYTE,
    )
    held.callback(outputs.close)
    return outputs


def _sandbox(
    settings: ExecutorSettings,
    engine: Engine,
    slot: Slot,
    groups: Accounting,
    owner: str,
    work: Path,
    held: ExitStack,
) -> Sandbox:
    """The sandbox of one slot, with a connection of its own to the engine; closed at the end."""
    sandbox: Sandbox
    if settings.sandbox == container.KIND:
        sandbox = ContainerSandbox(engine=engine, accounting=groups, slot=slot, owner=owner, work=work)
    else:
        sandbox = NestedSandbox(
            engine=engine,
            accounting=groups,
            slot=slot,
            owner=owner,
            work=work,
            supervisor=settings.supervisor,
            apparmor=engine.info().apparmor,
        )
    held.callback(sandbox.close)
    return sandbox


def _on_signals(stop: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def _await_engine(url: str) -> Engine:
    """The engine, once it answers; the last `EngineUnavailable` when patience runs out."""
    deadline = time.monotonic() + ENGINE_PATIENCE_S
    log.info("waiting_for_engine", url=url)
    while True:
        try:
            return Engine(url)
        except EngineUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(ENGINE_PAUSE_S)


def _accounting(engine: Engine, owner: str) -> Accounting:
    info = engine.info()
    log.info("engine", version=info.engine_version, cgroup=info.cgroup_version, driver=info.cgroup_driver)
    return accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=owner)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
