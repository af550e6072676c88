"""Writing in the page's editor."""

from playwright.sync_api import Page


def write(page: Page, program: str) -> None:
    """Puts a program into the editor, in place of what is there, as one does: by pasting it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("program => navigator.clipboard.writeText(program)", program)
    page.locator("code-editor .cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")
