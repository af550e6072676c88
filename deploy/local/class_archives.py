"""Archives of the engines' classes (JEP 350, dynamic class data sharing): starting them takes a third less CPU time.

Java reads and checks some ten thousand classes from jars whenever an engine starts, unless an archive has them ready,
which a run leaves at its end. `python -m deploy.local.class_archives` is that run: broker, Cassandra and registry,
empty, prepared as for the services, and stopped again. An archive that does not fit, since jars or Java are others by
now, is passed over by Java itself.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from deploy.local.errors import LocalError
from deploy.local.ports import BLOCK, Ports, free_ports
from deploy.local.stack import Stack
from deploy.setup.places import CLASS_ARCHIVES, HOME, ROOT

BASES: Final = range(32_000, 33_000, BLOCK)


def main() -> int:
    """Makes the archives anew; 1 where the engines do not start."""
    shutil.rmtree(CLASS_ARCHIVES, ignore_errors=True)
    CLASS_ARCHIVES.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=HOME, prefix="class-archives-") as state:
        engines = Stack(Path(state), _ports(), engines_only=True, recording=True)
        try:
            engines.start()
            try:
                prepare = [sys.executable, "-m", "schemas"]
                subprocess.run(prepare, cwd=ROOT, env={**os.environ, **engines.environment()}, check=True)
            finally:
                engines.stop()
        except (LocalError, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _ports() -> Ports:
    """Ports that nobody holds; whoever takes one of them in the same moment makes the engines not start."""
    return next(free_ports(BASES))


if __name__ == "__main__":
    sys.exit(main())
