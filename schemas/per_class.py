"""What is made of a class is made once, for a class never changes."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

T = TypeVar("T")


def per_class(make: Callable[[type], T]) -> Callable[[type], T]:
    """Remembers what `make` answered, which nobody may change.

    `cache` by itself takes no class of objects without a hash, as far as mypy knows.
    """
    return cache(make)
