"""From POST to the socket: every verdict in every language of the demo."""

import pytest

from deploy.demo.submit import Program, programs
from judgestream import Client
from tests.e2e.watching import Frame, watch


@pytest.mark.parametrize("program", programs(), ids=lambda program: f"{program.language}-{program.path.stem}")
def test_a_program_gets_the_verdict_that_it_earns(program: Program, ada: Client, sum_problem: str) -> None:
    name = "Main.java" if program.language == "java" else program.path.name
    receipt = ada.submit(problem_id=sum_problem, language=program.language, files={name: program.path.read_bytes()})
    with watch(ada, f"submission:{receipt.submission_id}") as channel:
        said = channel.until(lambda frame: frame["data"].get("verdict") is not None and frame["type"] != "case")
    whole = ada.submission(receipt.submission_id)
    assert said["data"]["verdict"] == whole["verdict"] == program.expected, whole
    assert whole["state"] == "judged"
    if program.expected == "AC":
        assert [case["verdict"] for case in whole["cases"]] == ["AC"] * 4
    elif program.expected == "CE":
        assert whole["cases"] == []
        assert whole["compiler_output"]
    else:
        assert whole["cases"][-1]["verdict"] == program.expected


def test_cases_arrive_one_by_one_before_the_verdict(ada: Client, sum_problem: str) -> None:
    """All but the last: that one is told at once, with the verdict."""
    program = next(p for p in programs() if p.expected == "AC" and p.language == "python3")
    unhurried = b"import time\ntime.sleep(0.5)\n" + program.path.read_bytes()
    receipt = ada.submit(problem_id=sum_problem, language="python3", files={"a.py": unhurried})
    with watch(ada, f"submission:{receipt.submission_id}") as channel:
        channel.until(lambda frame: frame["type"] == "verdict")
    assert channel.frames[0]["type"] == "snapshot"
    seen = [frame["data"] for frame in channel.frames if frame["type"] == "case"]
    before = len(channel.frames[0]["data"]["cases"])
    assert before + len(seen) >= 3
    assert len(channel.frames[-1]["data"]["cases"]) == 4
    assert {frame["channel"] for frame in channel.frames} == {f"submission:{receipt.submission_id}"}


def test_a_get_never_lags_what_was_announced(ada: Client, sum_problem: str) -> None:
    receipt = ada.submit(problem_id=sum_problem, language="python3", files={"a.py": b"print(42)"})
    with watch(ada, f"submission:{receipt.submission_id}") as channel:
        channel.until(has_verdict)
        assert ada.submission(receipt.submission_id)["verdict"] == "WA"


def has_verdict(frame: Frame) -> bool:
    """The verdict may be there before we are; then the snapshot tells it, and nothing after that."""
    return frame["type"] in ("snapshot", "verdict") and frame["data"]["verdict"] is not None


def test_a_get_after_a_position_sees_what_was_written_there(ada: Client, sum_problem: str) -> None:
    receipt = ada.submit(problem_id=sum_problem, language="python3", files={"a.py": b"print(42)"})
    seen = ada.submission(receipt.submission_id, after=receipt.position)
    assert seen["submission_id"] == receipt.submission_id
    assert ada.submission(receipt.submission_id, wait_s=30)["verdict"] == "WA"
