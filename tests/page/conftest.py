"""The page in Debian's Chromium, before the whole running system."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, Literal, Protocol

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deploy.demo.load import load
from deploy.demo.people import CONTESTANTS, JURY, Person, token
from deploy.local.stack import Stack
from judgestream import Client
from tests.page.chromium import launch

ADA, GRACE, LINUS = CONTESTANTS

PATIENCE_MS: Final = 60_000
"""For what the system does, a compile included, while other tests use the machine too."""

expect.set_options(timeout=PATIENCE_MS)


class Visit(Protocol):
    """Opens the page at a place (what stands after `#`) as a person, or as nobody."""

    def __call__(
        self,
        place: str = "/",
        person: Person | None = None,
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
    ) -> Page: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def forgiven() -> list[str]:
    """How errors begin that the console may show in a test which brings them about."""
    return []


@pytest.fixture
def visit(browser: Browser, stack: Stack, forgiven: list[str], request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Whoever visits sees the demo, and no error in the console, to which violations of the policy belong."""
    request.getfixturevalue("demo")
    faults: list[str] = []
    contexts = []

    def open_at(
        place: str = "/", person: Person | None = None, *, width: int = 1280, scheme: Literal["light", "dark"] = "light"
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 860}, color_scheme=scheme)
        contexts.append(context)
        if person is not None:
            kept = json.dumps(token(person, stack.private_key))
            context.add_init_script(f"localStorage.setItem('judgestream.token', {kept})")
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{stack.url}/#{place}")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert [fault for fault in faults if not fault.startswith(tuple(forgiven))] == []


@pytest.fixture(scope="session")
def open_client(stack: Stack) -> Iterator[Callable[[Person], Client]]:
    opened: list[Client] = []

    def open_for(person: Person) -> Client:
        opened.append(Client(stack.url, token(person, stack.private_key)))
        return opened[-1]

    yield open_for
    for client in opened:
        client.close()


@pytest.fixture(scope="session")
def jury(open_client: Callable[[Person], Client]) -> Client:
    return open_client(JURY)


@pytest.fixture(scope="session")
def demo(jury: Client) -> str:
    """The demo with its problems; the id of the contest that runs."""
    return load(jury, datetime.now(UTC))
