"""The executor as a process, between a real broker and a real Docker daemon."""

import signal
import time

from schemas.events import ExecutorReported
from schemas.topics import EXECUTORS
from schemas.values import Verdict
from tests.integration.executor.room import QUICK, SLOW, Room, wait_for

ACCEPTED = {
    "cpp": b"#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b; }",
    "java": b"import java.util.*; public class Add { public static void main(String[] x) {"
    b" Scanner s = new Scanner(System.in); System.out.println(s.nextInt() + s.nextInt()); } }",
    "python3": QUICK,
}


def test_three_languages_are_judged_and_what_is_finished_is_committed(room: Room) -> None:
    room.start()
    right = {language: room.submit(language, source) for language, source in ACCEPTED.items()}
    wrong = room.submit("cpp", ACCEPTED["cpp"], answer=b"4")
    broken = room.submit("java", b"class Main { nonsense }")
    for language, submission in right.items():
        wait_for(lambda: bool(room.verdicts(submission)), f"verdict on {language}")  # noqa: B023  # called at once
        (verdict,) = room.verdicts(submission)
        assert verdict.verdict is Verdict.AC
        assert verdict.provenance.image_digest.startswith("sha256:")
        assert verdict.cases[0].memory_bytes > 0
    wait_for(lambda: bool(room.verdicts(wrong) and room.verdicts(broken)), "other verdicts")
    assert room.verdicts(wrong)[0].verdict is Verdict.WA
    assert room.verdicts(broken)[0].verdict is Verdict.CE
    wait_for(lambda: room.uncommitted() == 0, "commit")
    room.drain()
    reports = [event for event in room.read(EXECUTORS) if isinstance(event, ExecutorReported)]
    assert {info.language for info in reports[0].languages} >= {"cpp", "java", "python3"}
    assert room.left_behind() == []


def test_a_killed_executor_is_made_good_by_the_next_and_leaves_nothing(room: Room) -> None:
    first = room.start()
    submission = room.submit("python3", SLOW, cases=2)
    wait_for(lambda: room.has_started(submission) and bool(room.engine.owned(room.owner)), "start")
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    assert room.verdicts(submission) == []
    room.start()
    wait_for(lambda: bool(room.verdicts(submission)), "verdict after the kill")
    assert [event.verdict for event in room.verdicts(submission)] == [Verdict.AC]
    wait_for(lambda: room.uncommitted() == 0, "commit")
    room.drain()
    assert room.left_behind() == []


def test_a_drain_ends_within_five_seconds_and_leaves_no_container(room: Room) -> None:
    process = room.start()
    submission = room.submit("python3", SLOW, cases=4)
    wait_for(lambda: room.has_started(submission), "start")
    began = time.monotonic()
    process.terminate()
    assert process.wait(10) == 0
    assert time.monotonic() - began < 5
    assert room.verdicts(submission) == []
    assert room.left_behind() == []


def test_a_second_executor_of_the_same_name_is_refused(room: Room) -> None:
    first = room.start()
    submission = room.submit("python3", ACCEPTED["python3"])
    wait_for(lambda: bool(room.verdicts(submission)), "verdict")
    assert room.start().wait(30) == 1
    assert first.poll() is None
    assert "another executor" in room.log_file.read_text()


def test_without_an_engine_it_says_what_it_waits_for_and_can_be_stopped(room: Room) -> None:
    room.environment["JUDGESTREAM_DOCKER"] = f"unix://{room.work}/none.sock"
    process = room.start()
    wait_for(lambda: "waiting_for_engine" in room.log_file.read_text(), "word of waiting")
    process.terminate()
    assert process.wait(10) == 0
