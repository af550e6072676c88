"""The executor as a process, between a real broker and a real Docker daemon."""

import signal
import time
from collections.abc import Callable
from dataclasses import replace

from schemas.events import ExecutorReported, JudgingRequested, VerdictReached
from schemas.ids import RejudgingId
from schemas.topics import EXECUTORS
from schemas.values import Comparison, ComparisonKind, RecordedJudging, Verdict
from tests.integration.executor.room import QUICK, SLOW, Room, wait_for

ACCEPTED = {
    "cpp": b"#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b; }",
    "java": b"import java.util.*; public class Add { public static void main(String[] x) {"
    b" Scanner s = new Scanner(System.in); System.out.println(s.nextInt() + s.nextInt()); } }",
    "python3": QUICK,
}

REJUDGING = RejudgingId("01936d5e-0000-7000-8000-00000000000a")


def test_three_languages_are_judged_and_what_is_finished_is_committed(room: Room) -> None:
    room.environment["JUDGESTREAM_LANGUAGES"] = ",".join(ACCEPTED)
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


def test_a_rejudging_is_judged_by_stored_outputs_or_run_and_in_the_image_that_it_names(room: Room) -> None:
    room.start()
    first = judged(room, lambda request: request)
    recorded = RecordedJudging(
        judging_id=first.judging_id,
        verdict=first.verdict,
        compiler_output=first.compiler_output,
        cases=first.cases,
        provenance=first.provenance,
    )

    def again(request: JudgingRequested) -> JudgingRequested:
        exact = Comparison(kind=ComparisonKind.EXACT)
        return replace(request, rejudging_id=REJUDGING, comparison=exact, recorded=recorded)

    assert first.cases[0].output_sha256
    kept = f"outputs/*/{first.cases[0].output_sha256}"
    wait_for(lambda: any(room.work.parent.glob(kept)), "stored output")
    stored = judged(room, again)
    next(room.work.parent.glob(kept)).unlink()
    run = judged(room, again)
    assert [verdict.verdict for verdict in (first, stored, run)] == [Verdict.AC, Verdict.WA, Verdict.WA]
    assert [verdict.cases[0].from_stored_output for verdict in (first, stored, run)] == [False, True, False]
    assert stored.cases[0] == replace(first.cases[0], verdict=Verdict.WA, from_stored_output=True)
    assert (first.rejudging_id, stored.rejudging_id, run.rejudging_id) == (None, REJUDGING, REJUDGING)
    asked = judged(room, lambda request: replace(request, image=first.provenance.image_digest))
    assert (asked.verdict, asked.provenance.compiler_version) == (Verdict.AC, first.provenance.compiler_version)
    refused = judged(room, lambda request: replace(request, image="judgestream/none:1"))
    assert refused.verdict is Verdict.JUDGE_ERROR
    assert "image judgestream/none:1 cannot be judged with" in (refused.reason or "")


def judged(room: Room, change: Callable[[JudgingRequested], JudgingRequested]) -> VerdictReached:
    submission = room.submit("python3", QUICK, change=change)
    wait_for(lambda: bool(room.verdicts(submission)), "verdict")
    return room.verdicts(submission)[0]
