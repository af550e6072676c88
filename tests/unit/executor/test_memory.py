"""Large buffers: their memory is used again."""

import subprocess
import sys
from typing import Final

BUFFERS: Final = 20

PROGRAM: Final = f"""
import resource
from executor.memory import keep_large_buffers

def pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range({BUFFERS}):
        one, other = b"a" * 2_000_000, b"b" * 2_000_000
        del one, other
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual = pages()
keep_large_buffers()
pages()
print(usual, pages())
"""


def test_large_buffers_cost_no_new_pages() -> None:
    """In a process of its own: what is set holds for all that comes after."""
    told = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    usual, kept = map(int, told.stdout.split())
    assert usual > BUFFERS * 400
    assert kept < BUFFERS * 10
