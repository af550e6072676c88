"""Which port is whose: the gateway's is chosen, every other one counts from a base."""

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

BLOCK: Final = 20
"""Ports that a system may take from its base on, its gateway's the last of them where nobody chose another."""

DEFAULT_GATEWAY: Final = 8080
DEFAULT_BASE: Final = 19090


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """All ports of one system; two systems with bases 100 apart do not meet."""

    gateway: int = DEFAULT_GATEWAY
    base: int = DEFAULT_BASE

    @property
    def registry(self) -> int:
        return self.base + 1

    @property
    def broker(self) -> int:
        return self.base + 2

    @property
    def controller(self) -> int:
        return self.base + 3

    @property
    def cassandra(self) -> int:
        return self.base + 4

    @property
    def cassandra_storage(self) -> int:
        return self.base + 5

    @property
    def ingest_api(self) -> int:
        return self.base + 10

    @property
    def query_api(self) -> int:
        return self.base + 11

    @property
    def live(self) -> int:
        return self.base + 12

    @property
    def router(self) -> int:
        return self.base + 13

    @property
    def executor(self) -> int:
        return self.base + 14

    @property
    def projector(self) -> int:
        return self.base + 15

    @property
    def rejudging(self) -> int:
        return self.base + 16

    def all(self) -> dict[str, int]:
        """Every port by the name of who listens there."""
        names = (
            "gateway registry broker controller cassandra cassandra_storage ingest_api query_api live router executor"
            " projector rejudging"
        )
        return {name: getattr(self, name) for name in names.split()}


def free_ports(bases: Iterable[int]) -> Iterator[Ports]:
    """The blocks at these bases of which nobody holds a port at the moment."""
    for base in bases:
        if all(_is_free(port) for port in range(base, base + BLOCK)):
            yield Ports(gateway=base + BLOCK - 1, base=base)


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
