"""A compile cache that forgets nothing while it lives."""

from executor.compile import Compiled, CompileFailed
from schemas.ids import Sha256


class MemoryCompileCache:
    """Implements `CompileCache`."""

    def __init__(self) -> None:
        self._kept: dict[Sha256, Compiled | CompileFailed] = {}

    def find(self, key: Sha256) -> Compiled | CompileFailed | None:
        return self._kept.get(key)

    def keep(self, key: Sha256, found: Compiled | CompileFailed) -> None:
        self._kept[key] = found
