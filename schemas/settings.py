"""Settings: what the environment says, read once at start into one frozen dataclass per service.

A fault names every bad variable at once, each with what it should be.
"""

import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from schemas.ids import CLICS_ID
from schemas.topics import EXECUTOR_POOL

S = TypeVar("S")

VARIABLE: Final = "variable"
LOCALHOST: Final = "127.0.0.1"
DOCKER_SOCKET: Final = "unix:///var/run/docker.sock"
SANDBOX_KINDS: Final = ("nested", "container")
SUPERVISOR_PATH: Final = Path(__file__).resolve().parents[1] / ".judgestream" / "supervisor" / "supervisor"
"""Where set-up puts it."""

KEYSPACE_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")


class SettingsError(Exception):
    """The environment does not say what a service needs; `faults` has one line per bad variable."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(("bad settings:", *(f"  {fault}" for fault in self.faults)))


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An environment variable: its name, what it should be, and how it is read (a ValueError refuses it)."""

    name: str
    should_be: str
    read: Callable[[str], object]


def _address(text: str) -> Address:
    host, _, port = text.strip().rpartition(":")
    if not host:
        raise ValueError(text)
    return Address(host, _port(port))


def _addresses(text: str) -> tuple[Address, ...]:
    return tuple(_address(part) for part in text.split(","))


def _bootstrap_servers(text: str) -> str:
    return ",".join(str(address) for address in _addresses(text))


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ValueError(text)
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1024):
        raise ValueError(text)
    return int(text)


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(text)
    return int(text)


def _yes_or_no(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(text)
    return text == "1"


def _is_enforced(text: str) -> bool:
    if text not in ("report", "enforce"):
        raise ValueError(text)
    return text == "enforce"


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise ValueError(text)
    return text.rstrip("/")


def _docker_url(text: str) -> str:
    if not re.match(r"(unix|tcp|http|https|ssh)://\S+", text):
        raise ValueError(text)
    return text


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError(text)
    return path


def _keyspace(text: str) -> str:
    if not KEYSPACE_NAME.fullmatch(text):
        raise ValueError(text)
    return text


def _name(text: str) -> str:
    if not CLICS_ID.fullmatch(text):
        raise ValueError(text)
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(_name(part.strip()) for part in text.split(","))


def _sandbox_kind(text: str) -> str:
    if text not in SANDBOX_KINDS:
        raise ValueError(text)
    return text


def _variable(name: str, should_be: str, read: Callable[[str], object]) -> dict[str, Variable]:
    return {VARIABLE: Variable(name=name, should_be=should_be, read=read)}


def _port_variable(name: str) -> dict[str, Variable]:
    return _variable(name, "a TCP port, 1 to 65535", _port)


HOST = _variable("JUDGESTREAM_HOST", "the address to listen on", str)
KAFKA = _variable("JUDGESTREAM_KAFKA", "host:port[,host:port] of the broker", _bootstrap_servers)
REGISTRY_URL = _variable("JUDGESTREAM_REGISTRY_URL", "the registry's http(s) URL", _url)
REPLICATION = _variable("JUDGESTREAM_REPLICATION", "how many brokers keep a record, 1 to 1024", _count)
FLUSH = _variable("JUDGESTREAM_FLUSH_EVERY_MESSAGE", "1: fsync before acknowledging, or 0", _yes_or_no)
CASSANDRA = _variable("JUDGESTREAM_CASSANDRA", "host:port[,host:port] of Cassandra nodes", _addresses)
KEYSPACE = _variable("JUDGESTREAM_KEYSPACE", "a keyspace name: a-z, 0-9, _, at most 48", _keyspace)
BLOBS = _variable("JUDGESTREAM_BLOBS", "the folder of the blob store", Path)
PUBLIC_KEY = _variable("JUDGESTREAM_TOKEN_PUBLIC_KEY", "an Ed25519 public key: a PEM file that is there", _file)
COMPILE_CACHE = _variable("JUDGESTREAM_COMPILE_CACHE", "a folder for compiled programs", Path)
OUTPUTS = _variable("JUDGESTREAM_OUTPUTS", "a folder for what programs wrote", Path)
OUTPUTS_MIB = _variable("JUDGESTREAM_OUTPUTS_MIB", "how many MiB of outputs are kept in all; 0: none", _size)
OUTPUT_KIB = _variable("JUDGESTREAM_OUTPUT_KIB", "up to how many KiB an output is kept", _size)
SLOTS = _variable("JUDGESTREAM_SLOTS", "how many jobs run at once, 1 to 1024", _count)
CALIBRATION = _variable("JUDGESTREAM_CALIBRATION", "report or enforce", _is_enforced)
STALL_SLACK = _variable(
    "JUDGESTREAM_STALL_SLACK_S", "how long a judging may stand beside its runs' wall limits: 1 to 1024 s", _count
)
REJUDGINGS_OPEN = _variable(
    "JUDGESTREAM_REJUDGINGS_OPEN", "how many rejudgings may be under way at once, 1 to 1024", _count
)
WORK = _variable("JUDGESTREAM_WORK", "a folder for what jobs need while they run", Path)
DOCKER = _variable("JUDGESTREAM_DOCKER", "a docker URL: unix://… or tcp://…", _docker_url)
EXECUTOR_ID = _variable("JUDGESTREAM_EXECUTOR_ID", "a name: letters, digits, _ . -, at most 36", _name)
LANGUAGES = _variable("JUDGESTREAM_LANGUAGES", "ids of languages: cpp,java,…", _names)
SANDBOX = _variable("JUDGESTREAM_SANDBOX", "nested, or container for one that is slow and simple", _sandbox_kind)
SUPERVISOR = _variable("JUDGESTREAM_SUPERVISOR", "the sandbox's supervisor: a program that is there", _file)
POOL = _variable("JUDGESTREAM_POOL", "a name: letters, digits, _ . -, at most 36", _name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSettings:
    """`python -m schemas create-topics`."""

    kafka: str = field(metadata=KAFKA)
    replication: int = field(metadata=REPLICATION, default=1)
    flush_every_message: bool = field(metadata=FLUSH, default=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareSettings:
    """`python -m schemas`: topics and schemas."""

    kafka: str = field(metadata=KAFKA)
    registry_url: str = field(metadata=REGISTRY_URL)
    replication: int = field(metadata=REPLICATION, default=1)
    flush_every_message: bool = field(metadata=FLUSH, default=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateSettings:
    """`python -m projections`: the keyspace and its tables."""

    cassandra: tuple[Address, ...] = field(metadata=CASSANDRA)
    keyspace: str = field(metadata=KEYSPACE, default="judgestream")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What every service of ours needs: where it listens, the log and the blobs."""

    port: int
    """Each service names its own variable for it."""
    host: str = field(metadata=HOST, default=LOCALHOST)
    kafka: str = field(metadata=KAFKA)
    registry_url: str = field(metadata=REGISTRY_URL)
    blobs: Path = field(metadata=BLOBS)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings(ServiceSettings):
    """What a service needs that works with Cassandra, too."""

    cassandra: tuple[Address, ...] = field(metadata=CASSANDRA)
    keyspace: str = field(metadata=KEYSPACE, default="judgestream")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings(StoreSettings):
    """`python -m ingest_api`."""

    port: int = field(metadata=_port_variable("JUDGESTREAM_INGEST_PORT"))
    token_public_key: Path = field(metadata=PUBLIC_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSettings(ServiceSettings):
    """`python -m stream_processors`."""

    port: int = field(metadata=_port_variable("JUDGESTREAM_ROUTER_PORT"))
    stall_slack_s: int = field(metadata=STALL_SLACK, default=120)
    """After which a judging without progress is asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingSettings(ServiceSettings):
    """`python -m stream_processors.rejudging`."""

    port: int = field(metadata=_port_variable("JUDGESTREAM_REJUDGING_PORT"))
    most_open: int = field(metadata=REJUDGINGS_OPEN, default=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorSettings(ServiceSettings):
    """`python -m executor`."""

    port: int = field(metadata=_port_variable("JUDGESTREAM_EXECUTOR_PORT"))
    work: Path = field(metadata=WORK)
    compile_cache: Path | None = field(metadata=COMPILE_CACHE, default=None)
    """By default `compiled` beside the blobs."""
    outputs: Path | None = field(metadata=OUTPUTS, default=None)
    """By default `outputs` beside the blobs."""
    outputs_mib: int = field(metadata=OUTPUTS_MIB, default=4096)
    output_kib: int = field(metadata=OUTPUT_KIB, default=1024)
    slots: int | None = field(metadata=SLOTS, default=None)
    """By default as many as are good for the machine's cores."""
    enforce_calibration: bool = field(metadata=CALIBRATION, default=False)
    """Whether an executor that is not as fast as its pool leaves its work to the others."""
    docker: str = field(metadata=DOCKER, default_factory=lambda: os.environ.get("DOCKER_HOST") or DOCKER_SOCKET)
    executor_id: str = field(metadata=EXECUTOR_ID, default_factory=lambda: socket.gethostname()[:36])
    pool: str = field(metadata=POOL, default=EXECUTOR_POOL)
    sandbox: str = field(metadata=SANDBOX, default=SANDBOX_KINDS[0])
    supervisor: Path = field(metadata=SUPERVISOR, default=SUPERVISOR_PATH)
    languages: tuple[str, ...] = field(metadata=LANGUAGES, default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectorSettings(StoreSettings):
    """`python -m projections.projector`."""

    port: int = field(metadata=_port_variable("JUDGESTREAM_PROJECTOR_PORT"))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySettings(StoreSettings):
    """`python -m projections.query_api`."""

    port: int = field(metadata=_port_variable("JUDGESTREAM_QUERY_PORT"))
    token_public_key: Path = field(metadata=PUBLIC_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings(StoreSettings):
    """`python -m projections.live`."""

    port: int = field(metadata=_port_variable("JUDGESTREAM_LIVE_PORT"))
    token_public_key: Path = field(metadata=PUBLIC_KEY)


def read_settings(kind: type[S], environ: Mapping[str, str] = os.environ) -> S:
    """The settings of that kind as `environ` has them; an empty value counts as not set. `SettingsError`."""
    values: dict[str, object] = {}
    faults: list[str] = []
    for known in fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass; TypeVar cannot say so
        variable: Variable = known.metadata[VARIABLE]
        text = environ.get(variable.name, "")
        if text:
            try:
                values[known.name] = variable.read(text)
            except ValueError:
                faults.append(f"{variable.name} should be {variable.should_be}, not {text[:200]!r}")
        elif _required(known):
            faults.append(f"{variable.name} is not set; it should be {variable.should_be}")
    if faults:
        raise SettingsError(tuple(faults))
    return kind(**values)


def _required(known: Any) -> bool:
    return known.default is MISSING and known.default_factory is MISSING
