"""The state folder: configuration filled in, keys signed once, the broker's storage formatted once."""

import base64
import os
import subprocess
import uuid
from pathlib import Path
from string import Template
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from deploy.local.ports import Ports
from deploy.setup.places import KAFKA_JARS, PAGE, ROOT

TEMPLATES: Final = Path(__file__).parent / "engines"
PRIVATE_KEY: Final = "keys/token.pem"
PUBLIC_KEY: Final = "keys/token.pub.pem"


class Filled(Template):
    """Only names in capitals are ours; nginx has `$names` of its own."""

    idpattern = r"(?-i:[A-Z]+)"


def prepare(state: Path, ports: Ports, host: str) -> None:
    """Makes everything that the programs read; what is kept between runs (keys, storage, data) is left alone."""
    for folder in ("log", "nginx", "blobs", "work", "keys", "cassandra"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    _sign_keys(state)
    for template in TEMPLATES.iterdir():
        (state / template.name).write_text(_fill(template.read_text(), state, ports, host))
    if not (state / "kafka" / "meta.properties").exists():
        _format_storage(state)


def environment(state: Path, ports: Ports, host: str, docker: str | None) -> dict[str, str]:
    """The JUDGESTREAM_* variables that every service and every client of this system reads."""
    answers = {
        "HOST": "127.0.0.1",
        "KAFKA": f"127.0.0.1:{ports.broker}",
        "REGISTRY_URL": f"http://127.0.0.1:{ports.registry}/apis/ccompat/v7",
        "CASSANDRA": f"127.0.0.1:{ports.cassandra}",
        "KEYSPACE": "judgestream",
        "BLOBS": str(state / "blobs"),
        "WORK": str(state / "work"),
        "TOKEN_PUBLIC_KEY": str(state / PUBLIC_KEY),
        "TOKEN_PRIVATE_KEY": str(state / PRIVATE_KEY),
        "INGEST_PORT": str(ports.ingest_api),
        "QUERY_PORT": str(ports.query_api),
        "LIVE_PORT": str(ports.live),
        "ROUTER_PORT": str(ports.router),
        "REJUDGING_PORT": str(ports.rejudging),
        "EXECUTOR_PORT": str(ports.executor),
        "PROJECTOR_PORT": str(ports.projector),
        "EXECUTOR_ID": f"local-{ports.base}",
        "FLUSH_EVERY_MESSAGE": "1",
        "URL": f"http://{host}:{ports.gateway}",
    }
    if docker is not None:
        answers["DOCKER"] = docker
    return {f"JUDGESTREAM_{name}": value for name, value in answers.items()}


def _fill(text: str, state: Path, ports: Ports, host: str) -> str:
    return Filled(text).safe_substitute(
        STATE=state,
        BROKER=ports.broker,
        CONTROLLER=ports.controller,
        STORAGE=ports.cassandra_storage,
        CASSANDRA=ports.cassandra,
        GATEWAY=ports.gateway,
        HOST=host,
        INGEST=ports.ingest_api,
        QUERY=ports.query_api,
        LIVE=ports.live,
        PAGE=ROOT / "projections" / "page" / "site",
        VENDOR=PAGE / "vendor",
        # nginx's workers would become `nobody`, who may not read a checkout in somebody's home.
        USER="user root;" if os.geteuid() == 0 else "",
    )


def _sign_keys(state: Path) -> None:
    private, public = state / PRIVATE_KEY, state / PUBLIC_KEY
    if private.exists() and public.exists():
        return
    key = Ed25519PrivateKey.generate()
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _format_storage(state: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    subprocess.run(
        [
            "java",
            "-cp",
            f"{KAFKA_JARS}/*",
            f"-Dlog4j2.configurationFile={state / 'log4j2.properties'}",
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster}",  # one argument: one id in 64 begins with a dash
            "-c",
            str(state / "server.properties"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
