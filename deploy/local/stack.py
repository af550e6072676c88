"""One whole running system in one folder: start, look, stop; for `make run` and for the tests."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from deploy.local import state as state_folder
from deploy.local.cores import service_cores
from deploy.local.errors import AlreadyRunning, NotReady
from deploy.local.leftovers import remove_containers
from deploy.local.ports import Ports
from deploy.local.programs import (
    RECORDING_STOP_S,
    Program,
    daemon_program,
    engine_programs,
    gateway_program,
    service_programs,
)
from deploy.local.readiness import is_ready, listens
from deploy.local.supervision import Supervision, configuration
from deploy.setup.docker import OWN_URL, daemon_url
from deploy.setup.places import ROOT

START_S: Final = 180.0
"""How long all may take to become ready; on two idle cores it is a tenth of that, on busy ones more than half."""

STOP_S: Final = 30.0
POLL_S: Final = 0.1

Progress = Callable[[str], None]


class Stack:
    """A system whose whole state is below `state`. `engines_only` leaves out Docker, our services and the gateway;
    when `recording`, the engines leave archives of their classes at their end."""

    def __init__(
        self,
        state: Path,
        ports: Ports,
        *,
        host: str = "127.0.0.1",
        engines_only: bool = False,
        recording: bool = False,
    ) -> None:
        self.state: Final = state.resolve()
        self.ports: Final = ports
        self.host: Final = host
        self.engines_only: Final = engines_only
        self.recording: Final = recording
        self._docker: str | None = None
        self._programs: list[Program] = []
        self._held = ExitStack()
        self._manager: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The gateway's."""
        return f"http://{self.host}:{self.ports.gateway}"

    @property
    def private_key(self) -> Path:
        """The key that signs tokens for this system."""
        return self.state / state_folder.PRIVATE_KEY

    def environment(self) -> dict[str, str]:
        """The JUDGESTREAM_* variables of this system."""
        return state_folder.environment(self.state, self.ports, self.host, self._docker)

    def start(self, tell: Progress = lambda _: None) -> None:
        """Starts everything side by side and waits until all is ready; `tell` hears of each that is.

        `AlreadyRunning` where somebody else runs this state; `NotReady` names who is not ready in time.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        self._held.enter_context(_locked(self.state))
        try:
            self._start_manager()
            self._await_ready(tell)
        except BaseException:
            self.stop()
            raise

    def refuse_if_running(self) -> None:
        """`AlreadyRunning` where another process holds this state."""
        self.state.mkdir(parents=True, exist_ok=True)
        with _locked(self.state):
            pass

    def stop(self) -> None:
        """Stops everything and waits until it is gone."""
        if self._manager is not None:
            self._manager.terminate()
            try:
                self._manager.wait(RECORDING_STOP_S + STOP_S if self.recording else STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._manager.pid, signal.SIGKILL)
                self._manager.wait()
            self._manager = None
            if self._docker is not None:
                remove_containers(self._docker, self.environment())
        self._held.close()

    def wait(self) -> int:
        """Waits until the process manager ends by itself, which it should not."""
        assert self._manager is not None, "started"
        return self._manager.wait()

    def pid(self, name: str) -> int:
        """The process id of a program; 0 where it does not run now."""
        return self._supervision().pid(name)

    def running(self) -> list[str]:
        """The names of the programs that run for as long as the system does."""
        return [program.name for program in self._programs if not program.once]

    def stop_process(self, name: str) -> None:
        """Stops one program, which then stays stopped."""
        self._supervision().stop(name)

    def start_process(self, name: str) -> None:
        """Starts one program that was stopped."""
        self._supervision().start(name)

    def await_gone(self, name: str, pid: int, timeout_s: float = STOP_S) -> None:
        """Waits until the program has another process than `pid`, or none."""
        deadline = time.monotonic() + timeout_s
        while self.pid(name) == pid:
            if time.monotonic() > deadline:
                raise NotReady([name], self.state / "log")
            time.sleep(POLL_S)

    def await_ready(self, *names: str, timeout_s: float = START_S) -> None:
        """Waits until these programs (all without names) are ready."""
        waiting = [program for program in self._programs if not names or program.name in names]
        self._await(waiting, timeout_s, lambda _: None)

    def _start_manager(self) -> None:
        state_folder.prepare(self.state, self.ports, self.host)
        self._programs = engine_programs(self.state, self.ports, recording=self.recording)
        if not self.engines_only:
            self._programs += [*service_programs(self.ports), gateway_program(self.state, self.ports)]
            self._programs += self._docker_programs()
        path = self.state / "supervisord.conf"
        environment = {**self.environment(), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        cores = None if self.engines_only else service_cores()
        path.write_text(configuration(self.state, self._programs, environment, cores))
        # Should we be killed, the kernel tells the manager, which then stops everything in order.
        command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "supervisor.supervisord"]
        command += ["--nodaemon", "--configuration", str(path)]
        with (self.state / "log" / "manager.log").open("ab") as log:
            # A session of its own, so that Ctrl-C reaches us alone and we stop things in their order.
            self._manager = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _docker_programs(self) -> list[Program]:
        self._docker = daemon_url()
        return [daemon_program()] if self._docker == OWN_URL else []

    def _await_ready(self, tell: Progress) -> None:
        self._await(self._programs, START_S, tell)

    def _await(self, programs: list[Program], timeout_s: float, tell: Progress) -> None:
        waiting, deadline = list(programs), time.monotonic() + timeout_s
        while waiting:
            for program in [program for program in waiting if self._is_ready(program)]:
                waiting.remove(program)
                tell(program.name)
            if self._manager is None or self._manager.poll() is not None:
                raise NotReady([program.name for program in waiting], self.state / "log")
            if waiting and time.monotonic() > deadline:
                raise NotReady([program.name for program in waiting], self.state / "log")
            time.sleep(POLL_S if waiting else 0)

    def _is_ready(self, program: Program) -> bool:
        if program.port is not None:
            host = self.host if program.name == "gateway" else "127.0.0.1"
            return is_ready(host, program.port, program.ready_path)
        if program.socket is not None:
            return listens(program.socket)
        try:
            return self._supervision().ended_well(program.name)
        except OSError:  # the manager itself is just starting
            return False

    def _supervision(self) -> Supervision:
        return Supervision(self.state, self._programs)


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    """Holds the state for this process; the kernel lets go when the process ends, however that is."""
    with (state / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(state) from None
        yield
