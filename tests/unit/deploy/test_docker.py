"""Which daemon is used, found without any client."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.setup import docker
from deploy.setup.errors import Missing


@pytest.fixture
def pinged(tmp_path: Path) -> Iterator[str]:
    """A socket that answers one ping as a daemon does."""
    path = tmp_path / "docker.sock"
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nOK")

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"unix://{path}"
        thread.join(5)


def test_a_daemon_that_answers_is_used(pinged: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", pinged)
    assert docker.daemon_url() == pinged


def test_where_none_answers_it_is_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    assert docker.daemon_url() == docker.OWN_URL


def test_a_socket_path_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker, "OWN_SOCKET", Path("/" + "a" * 120))
    with pytest.raises(Missing, match="too long for a socket"):
        docker.own_daemon_command()


def test_a_process_id_that_is_somebody_elses_now_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid_file = tmp_path / "docker.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    monkeypatch.setattr(docker, "OWN_PID", pid_file)
    monkeypatch.setattr(docker, "CONTAINERD_PID", tmp_path / "none")
    monkeypatch.setattr(docker, "OWN_DATA", Path("/somebody/elses"))
    docker.forget_the_dead()
    assert not pid_file.exists()


def test_a_process_id_of_our_own_daemon_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid_file = tmp_path / "docker.pid"
    pid_file.write_text(str(os.getpid()))
    monkeypatch.setattr(docker, "OWN_PID", pid_file)
    monkeypatch.setattr(docker, "CONTAINERD_PID", tmp_path / "none")
    monkeypatch.setattr(docker, "OWN_DATA", Path(sys.orig_argv[0]))
    assert docker.own_daemon_runs()
    docker.forget_the_dead()
    assert pid_file.exists()
