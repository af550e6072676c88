"""The process manager (supervisord): its configuration from the table of programs, and talking to it."""

import xmlrpc.client
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from supervisor.xmlrpc import SupervisorTransport

from deploy.local.programs import GROUPS, Program

RETRIES: Final = 1_000_000
"""A service whose engine is away comes back for as long as it takes, and never ends as given up."""

ENDS_WITH_MANAGER: Final = "setpriv --pdeathsig TERM"
"""Should the manager itself be killed, the kernel tells each program to end."""

YIELDING: Final = 10
"""The niceness of who yields: a tenth of the weight of the others, on a core that they share."""

LOG_BYTES: Final = "10MB"
LOG_BACKUPS: Final = 2


def configuration(
    state: Path, programs: Sequence[Program], env: Mapping[str, str], cores: Sequence[int] | None = None
) -> str:
    """supervisord.conf for these programs; everything that it writes is below `state`.

    `cores` are those that the programs are kept to.
    """
    sections = [
        "[unix_http_server]",
        f"file={socket_path(state)}",
        "chmod=0700",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        "[supervisord]",
        "nodaemon=true",
        f"logfile={state}/log/supervisord.log",
        f"pidfile={state}/supervisord.pid",
        f"childlogdir={state}/log",
        "silent=true",
        "strip_ansi=true",
        f"environment={_environment(env)}",
    ]
    for program in programs:
        sections += _section(state, program, None if program.any_core else cores)
    for priority, group in enumerate(GROUPS, 1):
        names = [program.name for program in programs if program.group == group]
        if names:
            sections += [f"[group:{group}]", f"programs={','.join(names)}", f"priority={priority}"]
    return "\n".join(sections) + "\n"


class Supervision:
    """A running supervisord, by its socket: a connection for each question, so that nothing has to be closed."""

    def __init__(self, state: Path, programs: Sequence[Program]) -> None:
        self._groups = {program.name: program.group for program in programs}
        self._socket = socket_path(state)

    def pid(self, name: str) -> int:
        """The process id of a program; 0 where it does not run now."""
        return int(self._info(name)["pid"])

    def ended_well(self, name: str) -> bool:
        """Whether a one-shot has done its work."""
        info = self._info(name)
        return bool(info["statename"] == "EXITED" and info["exitstatus"] == 0)

    def stop(self, name: str) -> None:
        """Stops a program and waits until it is gone; it stays stopped."""
        self._ask("stopProcess", self._full(name), True)

    def start(self, name: str) -> None:
        """Starts a stopped program."""
        self._ask("startProcess", self._full(name), False)

    def _info(self, name: str) -> dict[str, Any]:
        info: dict[str, Any] = self._ask("getProcessInfo", self._full(name))
        return info

    def _ask(self, method: str, *arguments: str | bool) -> Any:
        with closing(SupervisorTransport(None, None, f"unix://{self._socket}")) as transport:
            proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(proxy.supervisor, method)(*arguments)

    def _full(self, name: str) -> str:
        return f"{self._groups[name]}:{name}"


def socket_path(state: Path) -> Path:
    """Where the manager listens."""
    return state / "supervisor.sock"


def _section(state: Path, program: Program, cores: Sequence[int] | None) -> list[str]:
    kept = f"taskset -c {','.join(map(str, cores))} " if cores else ""
    kept += f"nice -n {YIELDING} " if program.yield_first else ""
    return [
        f"[program:{program.name}]",
        f"command={kept}{ENDS_WITH_MANAGER} {program.command.replace('%', '%%')}",
        f"autorestart={'unexpected' if program.once else 'true'}",
        "exitcodes=0",
        f"startsecs={0 if program.once else 1}",
        f"startretries={RETRIES}",
        f"stopwaitsecs={program.stop_s}",
        "stopasgroup=true",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={state}/log/{program.name}.log",
        f"stdout_logfile_maxbytes={LOG_BYTES}",
        f"stdout_logfile_backups={LOG_BACKUPS}",
    ]


def _environment(env: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value.replace("%", "%%")}"' for name, value in sorted(env.items()))
