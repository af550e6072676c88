"""What the machine under the tests is like where it is not the usual one; said by whoever starts them there."""

import os
from pathlib import Path
from typing import Final

SLOWNESS: Final = int(os.environ.get("JUDGESTREAM_TEST_SLOWNESS", "1"))
"""How many times longer anything may take here: an emulated machine gets wide limits, and the same verdicts."""

_PROGRAMS: Final = os.environ.get("JUDGESTREAM_TEST_PROGRAMS")
PROGRAMS: Final = Path(_PROGRAMS) if _PROGRAMS else None
"""Compiled static programs, LANGUAGE/NAME, for a machine without compilers; a test that needs others is skipped."""
