"""Which images are built for whom who names languages."""

import pytest

from deploy.setup.languages import UnknownName, images_of
from executor.languages.images import runner_images
from executor.languages.loader import load_languages


def built(*names: str) -> list[str]:
    return [image.name for image in images_of(names, load_languages(), runner_images())]


def test_languages_share_images_and_each_is_built_once() -> None:
    assert built("typescript", "javascript", "go", "go") == ["go", "node"]


def test_all_means_every_image() -> None:
    assert built("all") == [image.name for image in runner_images()]


@pytest.mark.parametrize(
    ("names", "why"), [(["go", "klingon"], "'klingon'; there are: ada"), ([], "''; there are: ada")]
)
def test_what_is_no_language_is_told_with_those_that_there_are(names: list[str], why: str) -> None:
    with pytest.raises(UnknownName, match=f"unknown language {why}.*, typescript, all"):
        built(*names)
