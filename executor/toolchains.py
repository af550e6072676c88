"""What this executor can judge with: each language with its image as it is, and its compiler's version as it says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from executor.languages.images import RunnerImage
from executor.languages.language import Language, Languages
from executor.sandbox.errors import ImageMissing
from executor.sandbox.port import Exited, RunLimits, Sandbox
from schemas.ids import LanguageId
from schemas.values import LanguageInfo

VERSION_LIMITS: Final = RunLimits(
    cpu_time_ms=10_000, wall_time_ms=30_000, memory_bytes=512 * 1024 * 1024, output_bytes=64 * 1024, processes=64
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """A language that can be judged here; `image` is the digest of the image that every run of it uses."""

    language: Language
    image: str
    compiler_version: str

    @property
    def info(self) -> LanguageInfo:
        """What the executor reports of it."""
        return LanguageInfo(
            language=self.language.id,
            name=self.language.name,
            compiler_version=self.compiler_version,
            suffixes=self.language.suffixes,
            starter=self.language.starter,
        )


Toolchains = Mapping[LanguageId, Toolchain]


def find_toolchains(
    sandbox: Sandbox, languages: Languages, images: Iterable[RunnerImage], digest_of: Callable[[str], str]
) -> Toolchains:
    """A toolchain for every language; an `ImageMissing` tells which one there is none for.

    Each version command is run once per image, in the sandbox itself, so that a sandbox that cannot run or account
    is found out here as well.
    """
    references = {image.name: image.reference for image in images}
    versions: dict[tuple[str, tuple[str, ...]], str] = {}
    found: dict[LanguageId, Toolchain] = {}
    for language in languages.values():
        if language.image not in references:
            raise ImageMissing(language.image, f"{language.id} names it, but there is no Dockerfile for it")
        image = digest_of(references[language.image])
        key = (image, language.version_command)
        if key not in versions:
            versions[key] = _version(sandbox, references[language.image], image, language)
        found[language.id] = Toolchain(language=language, image=image, compiler_version=versions[key])
    return found


def _version(sandbox: Sandbox, reference: str, image: str, language: Language) -> str:
    with sandbox.box(image, ()) as box:
        outcome = box.run(language.version_command, b"", VERSION_LIMITS)
    said = (outcome.output + outcome.stderr).decode(errors="replace").strip().splitlines()
    if outcome.ending != Exited(0) or not said:
        raise ImageMissing(reference, f"`{' '.join(language.version_command)}` fails in it: {outcome.ending}")
    return said[0]
