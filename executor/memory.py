"""What the C library does with the memory of large buffers."""

import ctypes
from typing import Final

KEPT_BYTES: Final = 32 * 1024 * 1024
"""Longer than nearly all programs, inputs and outputs, and all that glibc lets one keep in its own heaps."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


def keep_large_buffers() -> None:
    """Lets freed memory be used again, up to `KEPT_BYTES` in each of the allocator's heaps.

    By default glibc gives large buffers back and has the kernel map and clear them anew: for each copy of a program
    of two megabytes this takes a millisecond, ten times as long as the copying. Another C library goes on as it does.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, KEPT_BYTES)
