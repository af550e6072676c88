"""The running system as its process manager sees it."""

import os
import signal
import subprocess
import sys

import pytest

from deploy.local.errors import AlreadyRunning
from deploy.local.ports import Ports
from deploy.local.stack import Stack


def test_a_second_start_on_the_same_state_says_so(stack: Stack) -> None:
    with pytest.raises(AlreadyRunning, match="runs already"):
        Stack(stack.state, Ports(gateway=1, base=2)).refuse_if_running()


def test_make_run_on_a_running_state_is_one_line(stack: Stack) -> None:
    environment = {**os.environ, "JUDGESTREAM_STATE": str(stack.state)}
    command = [sys.executable, "-m", "deploy.local", "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "runs already" in done.stderr


def test_a_killed_service_is_there_again(stack: Stack) -> None:
    before = stack.pid("live")
    os.kill(before, signal.SIGKILL)
    stack.await_gone("live", before)
    stack.await_ready("live", timeout_s=30)
    assert stack.pid("live") not in (0, before)
