"""The page on small screens, in the dark, and for keyboards."""

import pytest
from playwright.sync_api import expect

from tests.page.conftest import ADA, Visit

PHONE: int = 360


@pytest.mark.parametrize(
    ("place", "landmark"),
    [
        ("/", "Problems"),
        ("/problems/sum", "Add them up"),
        ("/contests", "Contests"),
        ("/contests/{demo}", "Board"),
        ("/contests/{demo}/problems/sum", "Add them up"),
        ("/submissions", "Your submissions"),
        ("/users/ada", "Your statistics"),
        ("/sign-in", "Sign in"),
    ],
)
def test_nothing_is_wider_than_a_phone(visit: Visit, demo: str, place: str, landmark: str) -> None:
    page = visit(place.format(demo=demo), ADA, width=PHONE)
    expect(page.get_by_role("heading", name=landmark).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_the_dark_theme_follows_the_system_and_the_button(visit: Visit) -> None:
    page = visit(scheme="dark")
    lightness = "parseInt(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
    assert page.evaluate(lightness) < 40
    page.get_by_role("button", name="Theme: system").click()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert page.evaluate(lightness) > 200
    page.reload()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert page.evaluate(lightness) > 200


def test_a_keyboard_reaches_the_content_first(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_role("link", name="Add them up")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_keyboard_is_not_caught_in_the_editor(visit: Visit) -> None:
    page = visit("/problems/sum", ADA)
    page.locator("code-editor .cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Submit")).to_be_focused()


def test_an_address_of_nothing_says_so(visit: Visit) -> None:
    expect(visit("/nowhere").get_by_text("There is nothing at this address.")).to_be_visible()


def test_what_is_no_token_is_refused_in_words(visit: Visit) -> None:
    page = visit("/sign-in")
    page.get_by_label("Token").fill("let me in")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not a token")
