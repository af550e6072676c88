"""A crowd that submits without pause, and the questions asked after a fault."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.demo.people import CONTESTANTS
from deploy.local.stack import Stack
from judgestream import Client
from tests.e2e.conftest import Opener
from tests.e2e.faults.crowd import Crowd


@pytest.fixture
def crowd(stack: Stack, open_client: Opener, jury: Client, new_contest: Callable[..., str]) -> Iterator[Crowd]:
    """Three contestants in a contest of their own; what they submitted is checked by `crowd.settle()`."""
    contestants = [open_client(person) for person in CONTESTANTS]
    with ThreadPoolExecutor(len(contestants)) as threads:
        yield Crowd(stack, new_contest(), contestants, jury, threads)
