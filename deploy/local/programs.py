"""The table of everything that runs: name, command, group, how to tell that it is ready.

The process manager starts all side by side; who needs another one waits for it. It stops one group after another, and
within a group everything at once: services first, then engines, so that a service can still say goodbye to its log and
remove its containers. The two longest times to stop add up to less than the 10 s that Ctrl-C may take.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import join
from typing import Final

from deploy.local.ports import Ports
from deploy.setup.docker import OWN_SOCKET
from deploy.setup.java import require_java
from deploy.setup.places import CASSANDRA_JARS, CLASS_ARCHIVES, KAFKA_JARS, REGISTRY_JARS

SERVICES: Final = "services"
ENGINES: Final = "engines"
GROUPS: Final = (ENGINES, SERVICES)
"""In the order of starting; stopped in the opposite one."""

SERVICE_STOP_S: Final = 5
ENGINE_STOP_S: Final = 4
"""A broker that takes longer is killed; nothing is lost, for every acknowledged record is on disk."""

RECORDING_STOP_S: Final = 60
"""Writing an archive of classes takes some seconds."""

REGISTRY_STOP_S: Final = 1
"""It would try to take leave of a broker that is gone; all that it knows is in the broker's log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program. `ready_path` is asked over HTTP at `port`; without one, a port or `socket` that takes connections
    will do. A one-shot runs to its end; one that fails is started again. `any_core` is for those that decide
    themselves where their work is done. Those that may `yield_first` get little of a core that others want, too.
    """

    name: str
    command: str
    group: str = SERVICES
    port: int | None = None
    socket: Path | None = None
    ready_path: str | None = None
    once: bool = False
    any_core: bool = False
    yield_first: bool = False
    stop_s: int = SERVICE_STOP_S


def engine_programs(state: Path, ports: Ports, *, recording: bool = False) -> list[Program]:
    """Broker, Cassandra and registry; when `recording`, each leaves an archive of its classes at its end."""
    java = str(require_java())
    engines = [
        _broker(_with_classes(java, "broker", recording), state, ports),
        _cassandra(_with_classes(java, "cassandra", recording), state, ports),
        _registry(_with_classes(java, "registry", recording), ports),
    ]
    return [replace(engine, stop_s=RECORDING_STOP_S) for engine in engines] if recording else engines


def _with_classes(java: str, engine: str, recording: bool) -> list[str]:
    archive = CLASS_ARCHIVES / f"{engine}.jsa"
    if recording:
        return [java, f"-XX:ArchiveClassesAtExit={archive}"]
    return [java, f"-XX:SharedArchiveFile={archive}"] if archive.exists() else [java]


def daemon_program() -> Program:
    """Our own Docker daemon, where there is no other."""
    command = _module("deploy.local.dockerd")
    return Program(
        name="dockerd", command=command, group=ENGINES, socket=OWN_SOCKET, any_core=True, stop_s=ENGINE_STOP_S
    )


def service_programs(ports: Ports) -> list[Program]:
    """Our services and one-shots."""
    return [
        Program(name="prepare", command=_module("schemas"), once=True),
        Program(name="migrate", command=_module("projections"), once=True),
        _service("ingest_api", "ingest_api", ports.ingest_api),
        _service("router", "stream_processors", ports.router),
        _service("rejudging", "stream_processors.rejudging", ports.rejudging),
        replace(_service("executor", "executor", ports.executor), any_core=True),
        *(replace(_service(name, f"projections.{name}", port), yield_first=True) for name, port in _readers(ports)),
    ]


def _readers(ports: Ports) -> tuple[tuple[str, int], ...]:
    """The read side. What it did not get to yet is in the log, and many records together cost it less than one by one;
    what is not judged yet is nowhere."""
    return ("projector", ports.projector), ("query_api", ports.query_api), ("live", ports.live)


def gateway_program(state: Path, ports: Ports) -> Program:
    """nginx before it all."""
    command = ["nginx", "-p", str(state / "nginx"), "-c", str(state / "nginx.conf"), "-e", "stderr"]
    return Program(name="gateway", command=join(command), port=ports.gateway)


def _service(name: str, module: str, port: int) -> Program:
    return Program(name=name, command=_module(module), port=port, ready_path="/health/ready")


def _module(module: str, *arguments: str) -> str:
    return join([sys.executable, "-m", module, *arguments])


def _broker(java: Sequence[str], state: Path, ports: Ports) -> Program:
    command = [
        *java,
        "-Xms256m",
        "-Xmx400m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        f"-Dlog4j2.configurationFile={state / 'log4j2.properties'}",
        "-cp",
        f"{KAFKA_JARS}/*",
        "kafka.Kafka",
        str(state / "server.properties"),
    ]
    return Program(name="broker", command=join(command), group=ENGINES, port=ports.broker, stop_s=ENGINE_STOP_S)


def _cassandra(java: Sequence[str], state: Path, ports: Ports) -> Program:
    (agent,) = CASSANDRA_JARS.glob("jamm-*.jar")
    command = [
        *java,
        # Its agent changes no class; without these Java takes no archive beside an agent.
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:+AllowArchivingWithJavaAgent",
        f"@{state / 'cassandra.options'}",
        f"-javaagent:{agent}",
        "-cp",
        f"{CASSANDRA_JARS}/*",
        "org.apache.cassandra.service.CassandraDaemon",
    ]
    return Program(
        name="cassandra",
        command=join(command),
        group=ENGINES,
        port=ports.cassandra,
        yield_first=True,
        stop_s=ENGINE_STOP_S,
    )


def _registry(java: Sequence[str], ports: Ports) -> Program:
    """The registry keeps its state in topics that must be there, kept for ever, before it starts."""
    topics = _module("schemas", "create-topics")
    command = [
        *java,
        "-Xms64m",
        "-Xmx192m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        f"{REGISTRY_JARS}/*:{REGISTRY_JARS}/lib/*",
        "-Dquarkus.http.host=127.0.0.1",
        f"-Dquarkus.http.port={ports.registry}",
        "-Dapicurio.storage.kind=kafkasql",
        "-Dquarkus.http.access-log.enabled=false",
        '-Dquarkus.log.category."io.apicurio".level=WARN',
        f"-Dapicurio.kafkasql.bootstrap.servers=127.0.0.1:{ports.broker}",
        # It waits for so long for a snapshot that is not there: by default 5 s of every start.
        "-Dapicurio.kafkasql.consumer.poll.timeout=100",
        "io.quarkus.runner.GeneratedMain",
    ]
    both = join(["sh", "-c", f"{topics} && exec {join(command)}"])
    return Program(
        name="registry",
        command=both,
        group=ENGINES,
        port=ports.registry,
        ready_path="/health/ready",
        stop_s=REGISTRY_STOP_S,
    )
