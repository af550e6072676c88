"""Which images somebody means who names languages. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from executor.languages.images import RunnerImage
from executor.languages.language import Languages

ALL: Final = "all"


@dataclass
class UnknownName(Exception):
    """What was asked for is none of those that there are."""

    kind: str
    name: str
    known: Sequence[str]

    def __str__(self) -> str:
        return f"unknown {self.kind} {self.name!r}; there are: {', '.join(self.known)}"


def images_of(names: Sequence[str], languages: Languages, images: Sequence[RunnerImage]) -> list[RunnerImage]:
    """The images of the languages so named, each once, by name; `all` names every language."""
    image_names = {str(language.id): language.image for language in languages.values()}
    if not names or (unknown := [name for name in names if name != ALL and name not in image_names]):
        raise UnknownName("language", unknown[0] if names else "", (*sorted(image_names), ALL))
    wanted = set(image_names.values()) if ALL in names else {image_names[name] for name in names}
    return [image for image in images if image.name in wanted]
