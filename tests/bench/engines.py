"""Engines for one benchmark: empty, with topics and schemas there, stopped at its end."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local.ports import BLOCK, free_ports
from deploy.local.stack import Stack
from deploy.setup.places import HOME

BASES: Final = range(31_200, 32_000, BLOCK)
PREPARE_S: Final = 120


def bench_folder(name: str) -> Path:
    """Where a benchmark of that name may write."""
    return HOME / "bench" / name


@contextmanager
def prepared_engines(name: str) -> Iterator[dict[str, str]]:
    """The JUDGESTREAM_* variables of broker, Cassandra and registry, whose folder was emptied before."""
    state = bench_folder(name)
    shutil.rmtree(state, ignore_errors=True)
    engines = Stack(state, next(free_ports(BASES)), engines_only=True)
    engines.start()
    try:
        environment = engines.environment()
        prepare = [sys.executable, "-m", "schemas"]
        subprocess.run(prepare, env={**os.environ, **environment}, check=True, timeout=PREPARE_S)
        yield environment
    finally:
        engines.stop()
