"""What is where in the folder that goes into the guest and comes back."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder of one session."""

    folder: Path

    @property
    def checkout(self) -> Path:
        """Our own packages and tests."""
        return self.folder / "checkout"

    @property
    def packages(self) -> Path:
        """What those import."""
        return self.folder / "packages"

    @property
    def programs(self) -> Path:
        """Compiled test programs, one folder a language."""
        return self.folder / "programs"

    @property
    def results(self) -> Path:
        """What the guest writes."""
        return self.folder / "results"

    @property
    def machine(self) -> Path:
        """Facts about the guest, as JSON; written last, so that it tells that the session came to its end."""
        return self.results / "machine.json"

    def results_of(self, suite: str) -> Path:
        """The results of one suite, but for the suffix: `.xml` as pytest writes them, `.jsonl` as the hostile one."""
        return self.results / suite

    def log_of(self, suite: str) -> Path:
        """What it said."""
        return self.results / f"{suite}.log"
