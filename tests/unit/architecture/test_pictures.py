"""ARCHITECTURE.md shows the code as it is."""

from tests.architecture.pictures import DOCUMENT, redrawn


def test_the_pictures_are_those_of_the_code() -> None:
    document = DOCUMENT.read_text()
    assert redrawn(document) == document, "draw them anew: python -m tests.architecture"
