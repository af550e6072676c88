"""Draws the pictures of ARCHITECTURE.md anew."""

from tests.architecture.pictures import DOCUMENT, redrawn

if __name__ == "__main__":
    DOCUMENT.write_text(redrawn(DOCUMENT.read_text()))
