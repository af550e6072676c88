"""Ending systemd's slices: one that a container was started in stays active, and whoever removes only its folder gets
it back with the next unit that starts beside it."""

import subprocess
from typing import Final

from executor.sandbox.errors import AccountingFault

STOP_PATIENCE_S: Final = 30.0


def stop_slice(name: str) -> None:
    """Ends a slice with all that is in it; one that is not there is fine."""
    try:
        subprocess.run(["systemctl", "stop", name], check=True, capture_output=True, timeout=STOP_PATIENCE_S)
    except (OSError, subprocess.SubprocessError) as error:
        raise AccountingFault(f"systemd does not end {name}: {error}") from error
