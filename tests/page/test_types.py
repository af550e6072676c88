"""The types that the page's modules state in their comments, checked by TypeScript."""

import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
COMPILER: Final = ROOT / ".judgestream" / "page" / "node_modules" / "typescript" / "bin" / "tsc"


@pytest.mark.stack  # needs nothing of it, but what is set up with it: `make check` does without packages of npm
def test_the_types_of_the_modules_agree() -> None:
    done = subprocess.run(
        ["node", COMPILER, "--project", ROOT / "projections" / "page" / "jsconfig.json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
