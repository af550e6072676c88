"""Docker as the container adapter needs it; whatever it fails with leaves here as a `SandboxFault`."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests.exceptions import RequestException

from executor.sandbox.errors import EngineUnavailable, ImageMissing
from executor.sandbox.hardening import OWNER_LABEL

BAD_REQUEST: Final = 400

CALL_TIMEOUT_S: Final = 30
"""A daemon that takes longer for one call is as good as gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """What of an engine decides how runs are accounted."""

    cgroup_version: str
    cgroup_driver: str
    engine_version: str
    apparmor: bool


class Engine:
    """A connection to one Docker daemon; for one thread at a time."""

    def __init__(self, url: str) -> None:
        with _doing("answer"):
            self._api: Any = docker.APIClient(base_url=url, version="auto", timeout=CALL_TIMEOUT_S)

    def info(self) -> EngineInfo:
        """What the daemon says of itself."""
        with _doing("describe itself"):
            told = self._api.info()
        return EngineInfo(
            cgroup_version=str(told.get("CgroupVersion", "1")),
            cgroup_driver=str(told["CgroupDriver"]),
            engine_version=str(told["ServerVersion"]),
            apparmor=any("name=apparmor" in option for option in told.get("SecurityOptions") or ()),
        )

    def image_id(self, reference: str) -> str:
        """The digest of an image that is there; `ImageMissing` where it is not."""
        with _doing("look for an image", image=reference):
            try:
                return str(self._api.inspect_image(reference)["Id"])
            except APIError as error:
                if error.status_code == BAD_REQUEST:
                    raise ImageMissing(reference, "no image can have that name") from error
                raise

    def create(
        self, image: str, command: list[str], config: dict[str, Any], host: dict[str, Any], *, unmasked: bool = False
    ) -> str:
        """Makes a container that has not started, and answers its id; `unmasked` leaves /proc in it whole."""
        with _doing("create a container", image=image):
            host_config = self._api.create_host_config(**host)
            if unmasked:
                host_config |= {"MaskedPaths": [], "ReadonlyPaths": []}
            made = self._api.create_container(image, command, host_config=host_config, **config)
        return str(made["Id"])

    @contextmanager
    def attached(self, container: str) -> Iterator[socket.socket]:
        """The container's streams, both ways, before it starts."""
        with _doing("attach to a container"):
            stream = self._api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        with closing(stream), closing(stream._response):
            yield stream._sock

    def start(self, container: str) -> None:
        """Starts it."""
        with _doing("start a container"):
            self._api.start(container)

    def runs(self, container: str) -> bool:
        """Whether it is running."""
        with _doing("look at a container"):
            return bool(self._api.inspect_container(container)["State"]["Running"])

    def kill(self, container: str) -> None:
        """Kills all that runs in it; one that has ended just now is fine."""
        with _doing("kill a container"), suppress(NotFound):
            try:
                self._api.kill(container)
            except APIError as error:
                if error.status_code != 409:  # it is not running any more
                    raise

    def status(self, container: str) -> int:
        """Waits for its end and answers the exit status."""
        with _doing("tell a container's end"):
            return int(self._api.wait(container, timeout=CALL_TIMEOUT_S)["StatusCode"])

    def remove(self, container: str) -> None:
        """Ends and removes it; one that is gone is fine."""
        with _doing("remove a container"), suppress(NotFound):
            self._api.remove_container(container, force=True, v=True)

    def owned(self, owner: str) -> list[str]:
        """The containers, running or not, that carry this owner's label."""
        with _doing("list containers"):
            found = self._api.containers(all=True, filters={"label": f"{OWNER_LABEL}={owner}"})
        return [str(container["Id"]) for container in found]

    def close(self) -> None:
        """Lets go of the connection."""
        self._api.close()


@contextmanager
def _doing(what: str, image: str | None = None) -> Iterator[None]:
    try:
        yield
    except ImageNotFound as error:
        raise ImageMissing(image or "?", "it is not there") from error
    except (DockerException, RequestException, OSError) as error:
        raise EngineUnavailable(what, str(error)) from error
