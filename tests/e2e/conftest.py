"""People, problems and contests for tests that use the whole running system as a stranger would."""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.people import CONTESTANTS, JURY, Person, token
from deploy.demo.problems import problems
from deploy.local.stack import Stack
from judgestream import Client

numbers = itertools.count(1)
Opener = Callable[[Person], Client]


@pytest.fixture(scope="session")
def open_client(stack: Stack) -> Iterator[Opener]:
    """Opens a client for a person; all are closed at the end."""
    opened: list[Client] = []

    def open_for(person: Person) -> Client:
        key = Path(stack.environment()["JUDGESTREAM_TOKEN_PRIVATE_KEY"])
        opened.append(Client(stack.url, token(person, key)))
        return opened[-1]

    yield open_for
    for client in opened:
        client.close()


@pytest.fixture(scope="session")
def jury(open_client: Opener) -> Client:
    return open_client(JURY)


@pytest.fixture(scope="session")
def ada(open_client: Opener) -> Client:
    return open_client(CONTESTANTS[0])


@pytest.fixture(scope="session")
def grace(open_client: Opener) -> Client:
    return open_client(CONTESTANTS[1])


@pytest.fixture(scope="session")
def anybody(stack: Stack) -> Iterator[Client]:
    """Somebody who has not signed in."""
    with Client(stack.url) as client:
        yield client


@pytest.fixture(scope="session")
def sum_problem(jury: Client) -> str:
    """The demo's problem `sum`, there whether or not the demo was loaded."""
    body = problems()[0]
    if all(problem["problem_id"] != body["problem_id"] for problem in jury.problems()):
        jury.create_problem(body)
    return str(body["problem_id"])


@pytest.fixture
def new_contest(jury: Client, sum_problem: str) -> Callable[..., str]:
    """Makes a running contest with the three demo contestants as teams of one."""

    def make(*, freeze_s: int = 0) -> str:
        contest_id = f"t{time.time_ns() // 1_000_000}-{next(numbers)}"
        starts_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
        body: dict[str, Any] = {
            "contest_id": contest_id,
            "name": "Test contest",
            "starts_at": starts_at.isoformat(),
            "duration_s": 3600,
            "freeze_s": freeze_s,
            "penalty_minutes": 20,
            "scoring": "icpc",
            "problems": [{"problem_id": sum_problem, "label": "A", "color": "#336699"}],
        }
        jury.create_contest(body)
        for person in CONTESTANTS:
            jury.register_team(contest_id, person.user_id, name=person.name, members=[person.user_id])
        return contest_id

    return make
