"""Which port is whose: the gateway's is chosen, every other one counts from a base."""

from dataclasses import dataclass
from typing import Final

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
