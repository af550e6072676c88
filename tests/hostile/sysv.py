"""The kernel's SysV objects (segments, semaphores, queues), in this process's IPC namespace or in another's."""

import ctypes
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

TABLES: Final = ("shm", "sem", "msg")
FOLDER: Final = Path("/proc/sysvipc")
CLONE_NEWIPC: Final = 0x08000000

_libc: Final = ctypes.CDLL(None, use_errno=True)


def objects_here() -> Iterator[tuple[str, int]]:
    """The table and the user of each."""
    for table in TABLES:
        header, *rows = (FOLDER / table).read_text().splitlines()
        user = header.split().index("uid")
        yield from ((table, int(row.split()[user])) for row in rows)


def objects_of(process: int) -> list[tuple[str, int]]:
    """Those in that process's namespace; an `OSError` where it has gone. Needs root.

    A thread enters the namespace and ends there: starting a program for it would take ten times as long.
    """
    with ThreadPoolExecutor(max_workers=1) as visitor:
        return visitor.submit(_visit, process).result()


def _visit(process: int) -> list[tuple[str, int]]:
    namespace = os.open(f"/proc/{process}/ns/ipc", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.setns(namespace, CLONE_NEWIPC) < 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(namespace)
    return list(objects_here())
