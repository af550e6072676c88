"""A contest's board on an open page."""

import itertools
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, Route, expect

import deploy.demo.submit
from deploy.demo.people import CONTESTANTS, JURY, Person
from deploy.local.stack import Stack
from judgestream import Client
from tests.page.conftest import ADA, GRACE, LINUS, Visit

SOLUTION: Final = (Path(deploy.demo.submit.PROGRAMS) / "cpp" / "ac.cpp").read_bytes()
WRONG: Final = b"print(42)"

numbers = itertools.count(1)


@pytest.fixture
def contest(jury: Client) -> str:
    """A contest that runs and has no freeze; each contestant is a team."""
    return make_contest(jury)


def make_contest(jury: Client, *, freeze_s: int = 0) -> str:
    contest_id = f"p{time.time_ns() // 1_000_000}-{next(numbers)}"
    starts_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    jury.create_contest(
        {
            "contest_id": contest_id,
            "name": "Harbour cup",
            "starts_at": starts_at.isoformat(),
            "duration_s": 3600,
            "freeze_s": freeze_s,
            "penalty_minutes": 20,
            "scoring": "icpc",
            "problems": [{"problem_id": "sum", "label": "A", "color": "#336699"}, {"problem_id": "gcd", "label": "B"}],
        }
    )
    for person in CONTESTANTS:
        jury.register_team(contest_id, person.user_id, name=person.name, members=[person.user_id])
    return contest_id


def solve(client: Client, contest_id: str) -> None:
    client.submit(problem_id="sum", language="cpp", files={"a.cpp": SOLUTION}, contest_id=contest_id)


def teams(page: Page) -> list[str | None]:
    """The teams from top to bottom."""
    return [row.get_attribute("data-team") for row in page.locator(".board tbody tr").all()]


def expect_live(page: Page) -> None:
    expect(page.locator(".board-bar")).to_contain_text("Live")
    expect(page.locator(".board tbody tr")).to_have_count(3)


def test_the_board_moves_on_an_open_page(visit: Visit, open_client: Callable[[Person], Client], contest: str) -> None:
    page = visit(f"/contests/{contest}", ADA)
    expect_live(page)
    assert teams(page) == ["ada", "grace", "linus"]
    page.evaluate("window.remembered = true")
    solve(open_client(LINUS), contest)
    expect(page.locator("[data-team=linus] .first-cell")).to_contain_text("1 try")
    expect(page.locator(".board tbody tr").first).to_have_attribute("data-team", "linus")
    expect(page.locator("[data-team=linus] .rank")).to_have_text(re.compile("^1"))
    expect(page.get_by_text("Linus solved A and is now at rank 1.")).to_be_attached()
    grace = open_client(GRACE)
    grace.submit(problem_id="sum", language="python3", files={"a.py": WRONG}, contest_id=contest)
    expect(page.locator("[data-team=grace] .wrong-cell")).to_have_count(1)
    solve(grace, contest)
    expect(page.locator("[data-team=grace] .solved-cell")).to_contain_text("2 tries")
    expect(page.locator("[data-team=ada]")).to_have_class("own")
    assert teams(page) == ["linus", "grace", "ada"]
    assert page.evaluate("window.remembered") is True


def test_a_paused_board_stands_still(visit: Visit, open_client: Callable[[Person], Client], contest: str) -> None:
    page = visit(f"/contests/{contest}")
    expect_live(page)
    page.get_by_role("button", name="Pause").click()
    solve(open_client(LINUS), contest)
    expect(page.locator(".board-bar")).to_contain_text("waiting")
    assert teams(page)[0] == "ada"
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".board tbody tr").first).to_have_attribute("data-team", "linus")


def test_a_frozen_board_says_so_and_the_jury_sees_more(
    visit: Visit, open_client: Callable[[Person], Client], jury: Client
) -> None:
    contest = make_contest(jury, freeze_s=3600)
    public, jurys = visit(f"/contests/{contest}"), visit(f"/contests/{contest}/jury", JURY)
    expect_live(public)
    expect_live(jurys)
    solve(open_client(LINUS), contest)
    expect(jurys.locator("[data-team=linus] .first-cell")).to_have_count(1)
    expect(public.locator("[data-team=linus] .pending-cell")).to_have_count(1)
    expect(public.locator(".frozen")).to_have_text(
        "The scoreboard was frozen with 60 minutes remaining - submissions in the last 60 minutes of the contest "
        "are still shown as pending."
    )
    expect(jurys.locator(".frozen")).to_have_count(0)


def test_a_contest_is_played_back_and_goes_on_meanwhile(
    visit: Visit, open_client: Callable[[Person], Client], contest: str
) -> None:
    solve(open_client(LINUS), contest)
    page = visit(f"/contests/{contest}")
    expect(page.locator("[data-team=linus] .first-cell")).to_have_count(1)
    page.get_by_role("button", name="Rewind").click()
    slider = page.get_by_role("slider", name="Moment of the contest")
    expect(slider).to_be_focused()
    expect(slider).to_have_attribute("aria-valuetext", re.compile("into the contest$"))
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-team=linus] .pending-cell")).to_have_count(1)
    page.keyboard.press("Home")
    expect(page.get_by_text("No team takes part yet.")).to_be_visible()
    solve(open_client(GRACE), contest)
    page.get_by_role("button", name="Next change").click()
    expect(page.locator(".board tbody tr")).to_have_count(1)
    page.get_by_label("Speed").select_option("5000")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("[data-team=linus] .first-cell")).to_have_count(1)
    expect(page.locator("[data-team=grace] .solved-cell")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("slider")).to_have_count(0)
    expect(page.locator("[data-team=grace] .solved-cell")).to_have_count(1)
    expect(page.locator(".board-bar")).to_contain_text("Live")


def test_statistics_are_drawn(visit: Visit, open_client: Callable[[Person], Client], contest: str) -> None:
    receipt = open_client(ADA).submit(problem_id="gcd", language="python3", files={"a.py": WRONG}, contest_id=contest)
    open_client(ADA).submission(receipt.submission_id, wait_s=30)
    page = visit("/submissions", ADA)
    page.get_by_role("link", name="Your statistics").click()
    expect(page.get_by_role("heading", name="Your statistics")).to_be_visible()
    expect(page.locator(".chart-year rect")).not_to_have_count(0)
    expect(page.locator(".shares")).to_contain_text("python3")
    page.get_by_role("link", name="gcd").click()
    page.get_by_text("Statistics").click()
    expect(page.locator(".statistics .tiles")).to_contain_text("Acceptance rate")
    expect(page.locator(".statistics .chart-bars rect")).to_have_count(14)


def test_a_view_that_is_left_while_it_loads_listens_to_nothing(visit: Visit) -> None:
    page = visit("/problems", ADA)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/submissions?*", hold)
    with page.expect_request("**/api/v1/submissions?*"):
        page.evaluate("location.hash = '#/submissions'")
    page.evaluate("location.hash = '#/problems'")
    expect(page.get_by_role("heading", name="Problems")).to_be_visible()
    with page.expect_response("**/api/v1/submissions?*"):
        held[0].continue_()
    page.unroute("**/api/v1/submissions?*")
    page.evaluate("location.hash = '#/submissions'")
    expect(page.get_by_role("heading", name="Your submissions")).to_be_visible()
    expect(page.locator(".skeletons")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_lost_connection_returns_with_what_was_missed(
    visit: Visit, open_client: Callable[[Person], Client], contest: str, stack: Stack, forgiven: list[str]
) -> None:
    forgiven.append("WebSocket connection to")
    page = visit(f"/contests/{contest}")
    expect_live(page)
    stack.stop_process("live")
    try:
        expect(page.locator(".board-bar")).to_contain_text("may be out of date")
        solve(open_client(LINUS), contest)
    finally:
        stack.start_process("live")
    expect(page.locator("[data-team=linus] .first-cell")).to_have_count(1)
    expect(page.locator(".board-bar")).to_contain_text("Live")
