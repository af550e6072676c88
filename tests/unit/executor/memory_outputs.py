"""Outputs that are there at once and forgotten only when a test says so."""

from schemas.ids import Sha256


class MemoryOutputs:
    """Implements `Outputs`."""

    def __init__(self) -> None:
        self.kept: dict[Sha256, bytes] = {}

    def keep(self, name: Sha256, output: bytes) -> None:
        self.kept[name] = output

    def find(self, name: Sha256) -> bytes | None:
        return self.kept.get(name)
