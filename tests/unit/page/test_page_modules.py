"""The pure modules of the page under Node's own test runner."""

import subprocess
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[3] / "projections" / "page"


def test_the_pure_modules_pass_their_tests() -> None:
    done = subprocess.run(
        ["node", "--test", "tests/"], cwd=PAGE, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 0\n" not in done.stdout
