"""What `make run` reads from the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import Unfit
from deploy.local.ports import DEFAULT_BASE, DEFAULT_GATEWAY, Ports
from deploy.setup.places import HOME


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """Where the state is, which ports are used, which address the gateway binds."""

    state: Path
    ports: Ports
    host: str


def read() -> LocalSettings:
    """From JUDGESTREAM_STATE, _PORT, _PORT_BASE and _HOST; `Unfit` names every bad one."""
    faults: list[str] = []
    ports = Ports(
        gateway=_port("JUDGESTREAM_PORT", DEFAULT_GATEWAY, faults),
        base=_port("JUDGESTREAM_PORT_BASE", DEFAULT_BASE, faults),
    )
    if faults:
        raise Unfit(faults)
    return LocalSettings(
        state=Path(os.environ.get("JUDGESTREAM_STATE") or HOME / "local"),
        ports=ports,
        host=os.environ.get("JUDGESTREAM_HOST") or "127.0.0.1",
    )


def _port(name: str, default: int, faults: list[str]) -> int:
    text = os.environ.get(name) or str(default)
    if text.isdigit() and 1024 <= int(text) <= 65_000:
        return int(text)
    faults.append(f"{name} is {text!r}, not a port between 1024 and 65000")
    return default
