"""What this executor can judge with: each language with its image as it is, and its compiler's version as it says."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final

from executor.languages.images import RunnerImage
from executor.languages.language import Language, Languages
from executor.languages.loader import BadLanguage
from executor.sandbox.errors import ImageMissing
from executor.sandbox.port import Exited, RunLimits, Sandbox
from schemas.ids import LanguageId
from schemas.values import LanguageInfo

LANGUAGES_VARIABLE: Final = "JUDGESTREAM_LANGUAGES"

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


def offered_languages(
    languages: Languages,
    asked: Sequence[LanguageId],
    images: Iterable[RunnerImage],
    digest_of: Callable[[str], str],
) -> Languages:
    """The languages that are asked for; where none are, those of the default images and all whose image is there.

    `BadLanguage` where one is asked for that there is none of.
    """
    if unknown := [language for language in asked if language not in languages]:
        raise BadLanguage(LANGUAGES_VARIABLE, 0, "", f"no language {unknown[0]}; there are: {', '.join(languages)}")
    if asked:
        return {language: languages[language] for language in asked}
    there = {image.name for image in images if image.is_default or _is_there(image.reference, digest_of)}
    return {name: language for name, language in languages.items() if language.image in there}


def _is_there(reference: str, digest_of: Callable[[str], str]) -> bool:
    try:
        digest_of(reference)
    except ImageMissing:
        return False
    return True


def find_toolchains(
    sandbox: Sandbox,
    languages: Languages,
    images: Iterable[RunnerImage],
    digest_of: Callable[[str], str],
    versions: MutableMapping[str, str] | None = None,
) -> Toolchains:
    """A toolchain for every language; an `ImageMissing` tells which one there is none for.

    Each version command is run once per image, in the sandbox itself, so that a sandbox that cannot run or account
    is found out here as well. `versions` holds what was said before, and is added to; default images are asked anew.
    """
    known = {image.name: image for image in images}
    kept = {} if versions is None else versions
    asked: set[str] = set()
    found: dict[LanguageId, Toolchain] = {}
    for language in languages.values():
        if language.image not in known:
            raise ImageMissing(language.image, f"{language.id} names it, but there is no Dockerfile for it")
        image = known[language.image]
        digest = _digest(image.reference, language, digest_of)
        key = " ".join((digest, *language.version_command))
        if key not in asked and (image.is_default or key not in kept):
            kept[key] = _version(sandbox, image.reference, digest, language)
        asked.add(key)
        found[language.id] = Toolchain(language=language, image=digest, compiler_version=kept[key])
    return found


def _digest(reference: str, language: Language, digest_of: Callable[[str], str]) -> str:
    try:
        return digest_of(reference)
    except ImageMissing as missing:
        raise ImageMissing(reference, f"{language.id} needs it: {missing.why}; {_how_to_get(language)}") from missing


def _version(sandbox: Sandbox, reference: str, image: str, language: Language) -> str:
    try:
        return compiler_version(sandbox, reference, image, language)
    except ImageMissing as missing:
        raise ImageMissing(
            reference, f"{missing.why}; remove the image, and {_how_to_get(language)} again"
        ) from missing


def _how_to_get(language: Language) -> str:
    return f"`judgestream languages install {language.id}` in the checkout builds it"


def compiler_version(sandbox: Sandbox, reference: str, image: str, language: Language) -> str:
    """What the language's compiler in that image, whose digest `image` is, says of itself; else `ImageMissing`."""
    with sandbox.box(image, ()) as box:
        outcome = box.run(language.version_command, b"", VERSION_LIMITS)
    said = (outcome.output + outcome.stderr).decode(errors="replace").strip().splitlines()
    if outcome.ending != Exited(0) or not said:
        tried = f"`{' '.join(language.version_command)}`, the compiler of {language.id}, fails in it: {outcome.ending}"
        raise ImageMissing(reference, tried)
    return said[0]
