"""Health on a port of its own."""

import socket

import httpx
import pytest

from schemas.http.health import HealthServer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_is_served_while_the_service_runs_and_not_after() -> None:
    port = free_port()
    with HealthServer("127.0.0.1", port, ready={}):
        assert httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/health/ready")


def test_a_port_in_use_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        HealthServer("127.0.0.1", taken.getsockname()[1], ready={}).start()
