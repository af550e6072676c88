"""Each process killed under load: one final verdict each, the board right, work going on, nothing left behind."""

import os
import signal

import pytest

from tests.e2e.faults.crowd import Crowd, until_running


def test_an_executor_killed_in_the_middle_of_a_judging(crowd: Crowd) -> None:
    crowd.submit(each=10)
    until_running(crowd)
    os.kill(crowd.stack.pid("executor"), signal.SIGKILL)
    crowd.goes_on()
    crowd.settle()


def test_each_service_killed_in_turn_under_load(crowd: Crowd) -> None:
    for service in ("router", "rejudging", "projector", "ingest_api", "query_api", "live", "gateway"):
        crowd.submit(each=1)
        os.kill(crowd.stack.pid(service), signal.SIGKILL)
        crowd.submit(each=1)
        crowd.goes_on()
    crowd.settle()


@pytest.mark.parametrize("engine", ["broker", "cassandra"])
def test_an_engine_stopped_for_ten_seconds(crowd: Crowd, engine: str) -> None:
    crowd.submit(each=2)
    with crowd.without(engine, for_s=10):
        crowd.submit(each=1)
    crowd.goes_on()
    crowd.settle()
