"""`python -m tests.page.screenshots`: the pictures of the README, taken from the system that `make run` started here.

A small contest is held for it: teams, problems and programs are made up, what is seen of them is not.
"""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import FloatRect, Page, expect, sync_playwright

from deploy.demo.load import load
from deploy.demo.people import JURY, Person, token
from deploy.demo.problems import problems
from deploy.demo.submit import PROGRAMS
from deploy.local import settings
from deploy.local.stack import Stack
from judgestream import Client
from tests.page.chromium import launch
from tests.page.editing import write

DOCS: Final = Path(__file__).parents[2] / "docs"
SEED: Final = 7
PATIENCE_MS: Final = 60_000
MINUTES_AGO: Final = 97

TEAMS: Final = (
    "Null Pointers",
    "Segfault Society",
    "Off By One",
    "Recursion",
    "Heap of Trouble",
    "Los Compiladores",
    "The Long Longs",
    "Greedy Algorists",
)

COLORS: Final = ("#e5484d", "#0091ff", "#30a46c", "#f5a524", "#8e4ec6")

SOLUTIONS: Final = {
    "sum": "n = int(input())\nprint(sum(map(int, input().split())))\n",
    "root": "print(float(input()) ** 0.5)\n",
    "islands": (
        "height, width = map(int, input().split())\n"
        "rows = [input() for _ in range(height)]\n"
        "land = {(y, x) for y in range(height) for x in range(width) if rows[y][x] == '#'}\n"
        "islands = 0\n"
        "while land:\n"
        "    islands += 1\n"
        "    shore = [land.pop()]\n"
        "    while shore:\n"
        "        y, x = shore.pop()\n"
        "        near = {(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)} & land\n"
        "        land -= near\n"
        "        shore += near\n"
        "print(islands)\n"
    ),
    "staircase": (
        "from bisect import bisect_left\n"
        "input()\n"
        "lasts = []\n"
        "for height in map(int, input().split()):\n"
        "    place = bisect_left(lasts, height)\n"
        "    lasts[place : place + 1] = [height]\n"
        "print(len(lasts))\n"
    ),
    "gcd": "from math import gcd\n",
}
UNTRIED: Final = 0.08
UNSOLVED: Final = 0.22
WRONG_FIRST: Final = 0.4
"""Below these a team does not try a problem, does not solve it, fails once."""
PENDING: Final = 3

ABOVE_BAR: Final = 56
REWIND_HEIGHT: Final = 480

WRONG: Final = "print(42)\n"
SLOW: Final = "while True: pass\n"


def main() -> None:
    """Holds the contest, and writes `docs/board.png`, `docs/rewind.png` and `docs/verdict.png`."""
    given = settings.read()
    stack = Stack(given.state, given.ports, host=given.host)
    DOCS.mkdir(exist_ok=True)
    with Client(stack.url, token(JURY, stack.private_key)) as jury:
        load(jury, datetime.now(UTC))
        contest_id = make_contest(jury)
    people = [Person(user_id=f"team-{number}", name=name) for number, name in enumerate(TEAMS, 1)]
    with opened_page(stack, people[0], height=890) as page:
        page.goto(f"{stack.url}/#/contests/{contest_id}")
        hold_contest(stack, contest_id, people)
        expect(page.locator(".pending-cell").first).to_be_visible(timeout=PATIENCE_MS)
        page.screenshot(path=DOCS / "board.png")
        take_rewind(page)
    with opened_page(stack, people[0], height=800) as page:
        take_verdict(page, stack)


def make_contest(jury: Client) -> str:
    """A contest of the demo's problems in which each team is one person; its id."""
    starts_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=MINUTES_AGO)
    contest_id = f"harbour-{datetime.now(UTC):%H%M%S}"
    columns = zip(problems(), "ABCDE", COLORS, strict=True)
    jury.create_contest(
        {
            "contest_id": contest_id,
            "name": "Harbour cup",
            "starts_at": starts_at.isoformat(),
            "duration_s": 5 * 3600,
            "freeze_s": 3600,
            "penalty_minutes": 20,
            "scoring": "icpc",
            "problems": [
                {"problem_id": problem["problem_id"], "label": label, "color": color}
                for problem, label, color in columns
            ],
        }
    )
    for number, name in enumerate(TEAMS, 1):
        jury.register_team(contest_id, f"team-{number}", name=name, members=[f"team-{number}"])
    return contest_id


def hold_contest(stack: Stack, contest_id: str, people: list[Person]) -> None:
    """Everybody tries what chance says; the last programs are still being judged at the end."""
    chance = random.Random(SEED)
    tries = [(person, name, chance.random()) for person in people for name in SOLUTIONS]
    chance.shuffle(tries)
    for person, name, luck in tries:
        with Client(stack.url, token(person, stack.private_key)) as client:
            if UNTRIED < luck < WRONG_FIRST:
                send(client, contest_id, name, WRONG)
            if luck > UNSOLVED:
                send(client, contest_id, name, SOLUTIONS[name])
    for person, name, _ in [one for one in tries if one[2] < UNSOLVED][:PENDING]:
        with Client(stack.url, token(person, stack.private_key)) as client:
            client.submit(problem_id=name, language="python3", files={"a.py": SLOW.encode()}, contest_id=contest_id)


def send(client: Client, contest_id: str, problem_id: str, program: str) -> None:
    """Submits, and waits for the verdict."""
    files = {"a.py": program.encode()}
    receipt = client.submit(problem_id=problem_id, language="python3", files=files, contest_id=contest_id)
    client.submission(receipt.submission_id, wait_s=30)


@contextmanager
def opened_page(stack: Stack, person: Person, *, height: int) -> Iterator[Page]:
    """A page on which that person is signed in."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        # Nothing moves, so that no picture is taken in mid-air.
        context = browser.new_context(viewport={"width": 1280, "height": height}, reduced_motion="reduce")
        kept = json.dumps(token(person, stack.private_key))
        context.add_init_script(f"localStorage.setItem('judgestream.token', {kept})")
        yield context.new_page()
        browser.close()


def take_rewind(page: Page) -> None:
    """Plays the contest back to half of what happened; the picture has the bar and the first teams."""
    page.get_by_role("button", name="Rewind").click()
    slider = page.get_by_label("Moment of the contest")
    slider.evaluate("it => { it.value = it.max / 2; it.dispatchEvent(new Event('input')); }")
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    bar = page.locator(".rewind").bounding_box()
    assert bar is not None, "it is there"
    clip: FloatRect = {"x": 0, "y": bar["y"] - ABOVE_BAR, "width": 1264, "height": REWIND_HEIGHT}
    page.screenshot(path=DOCS / "rewind.png", clip=clip)


def take_verdict(page: Page, stack: Stack) -> None:
    """Submits by hand, so to speak, and takes the picture once the verdict is there."""
    page.goto(f"{stack.url}/#/problems/sum")
    page.get_by_label("Language").select_option("cpp")
    write(page, (PROGRAMS / "cpp" / "ac.cpp").read_text())
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".verdict h2")).to_have_text("Accepted", timeout=PATIENCE_MS)
    page.mouse.move(0, 0)
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=DOCS / "verdict.png")


if __name__ == "__main__":
    main()
