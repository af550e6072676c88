"""Guessing the language from a file's suffix, by what the executors say they offer."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, Final

EVERYWHERE: Final = frozenset({"c", "cpp", "java", "python3"})
"""Every pool offers these, so what their suffixes mean does not depend on what else is installed."""


def guess_language(file_name: str, languages: Sequence[dict[str, Any]]) -> str | None:
    """The language whose suffix the file has, or None.

    Where several share a suffix, one that is offered everywhere wins, else the one without a version (the shortest
    id), else the first by id.
    """
    suffix = PurePath(file_name).suffix.lower()
    ids = sorted(
        (str(offered["language"]) for offered in languages if suffix and suffix in _suffixes(offered)),
        key=lambda language: (language not in EVERYWHERE, len(language), language),
    )
    return ids[0] if ids else None


def known_suffixes(languages: Sequence[dict[str, Any]]) -> list[str]:
    """Every suffix that some language has, sorted."""
    return sorted({suffix for offered in languages for suffix in _suffixes(offered)})


def _suffixes(offered: dict[str, Any]) -> set[str]:
    return {"." + str(suffix).lower().lstrip(".") for suffix in offered.get("suffixes", ())}
