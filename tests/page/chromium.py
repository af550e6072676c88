"""Debian's Chromium, as quiet as it can be made."""

from typing import Final

from playwright.sync_api import Browser, Playwright

CHROMIUM: Final = "/usr/bin/chromium"

FLAGS: Final = (
    # The tests run as root, where Chromium's own sandbox cannot; it shows our own page alone.
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(playwright: Playwright) -> Browser:
    """A headless browser with a fresh profile of its own."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
