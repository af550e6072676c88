"""Whether something listens and answers: asked over HTTP, or by connecting where it speaks something else."""

import http.client
import socket
from pathlib import Path
from typing import Final

ASK_S: Final = 2.0


def listens(path: Path) -> bool:
    """Whether the unix socket takes connections."""
    with socket.socket(socket.AF_UNIX) as trial:
        trial.settimeout(ASK_S)
        try:
            trial.connect(str(path))
        except OSError:
            return False
    return True


def is_ready(host: str, port: int, path: str | None) -> bool:
    """Whether the port takes connections and, with a path, answers 200 to it."""
    try:
        if path is None:
            with socket.create_connection((host, port), timeout=ASK_S):
                return True
        connection = http.client.HTTPConnection(host, port, timeout=ASK_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False
