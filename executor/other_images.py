"""Images that a job names in place of its language's: looked for on the engine, asked once for their compiler."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from executor.errors import UnknownImage
from executor.sandbox.errors import ImageMissing
from executor.sandbox.port import Sandbox
from executor.toolchains import Toolchain, compiler_version

OtherImage = Callable[[Toolchain, str], Toolchain]
"""The toolchain with that image, a digest or a reference, in place of its own; `UnknownImage` where it is of no use."""


def no_other_image(toolchain: Toolchain, image: str) -> Toolchain:
    """An `OtherImage` where there are none."""
    raise UnknownImage(image, f"this executor knows only {toolchain.image} for {toolchain.language.id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherImages:
    """The images of the sandbox's engine, for whoever has the sandbox's turn; `digest_of` raises `ImageMissing`."""

    sandbox: Sandbox
    digest_of: Callable[[str], str]
    versions: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def toolchain(self, toolchain: Toolchain, image: str) -> Toolchain:
        """See `OtherImage`. What its compiler calls itself is asked for when the image is first needed."""
        try:
            digest = self.digest_of(image)
            key = (digest, toolchain.language.version_command)
            if key not in self.versions:
                self.versions[key] = compiler_version(self.sandbox, image, digest, toolchain.language)
        except ImageMissing as missing:
            raise UnknownImage(image, missing.why) from missing
        return replace(toolchain, image=digest, compiler_version=self.versions[key])
