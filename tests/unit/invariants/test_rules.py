"""The checker finds what it is there to find: each rule against a log with a planted violation."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.invariants.icpc import standings
from tests.invariants.raw_log import RawLog, RawRecord
from tests.invariants.rejudged import counting
from tests.invariants.rules import differing_repeats, violations

START = datetime(2026, 9, 1, 10, tzinfo=UTC)
OFFSETS: dict[str, int] = {}


def record(topic: str, name: str, offset: int, **value: Any) -> RawRecord:
    return RawRecord(
        topic, 0, offset, name, {"event_id": f"{topic}:{offset}", "caused_by": None, "contest_id": "c", **value}
    )


def received(offset: int = 0, submission: str = "s", **other: Any) -> RawRecord:
    given: dict[str, Any] = {
        "user_id": "ada",
        "language": "cpp",
        "problem_id": "sum",
        "contest_id": "c",
        "team_id": "t",
        "files": [],
        "entry_point": None,
        "submitted_at": START + timedelta(minutes=5),
    }
    return record("submissions", "SubmissionReceived", offset, submission_id=submission, **{**given, **other})


def job(offset: int = 0, submission: str = "s", give_up: str | None = None) -> RawRecord:
    return record(
        "jobs.contest",
        "JudgingRequested",
        offset,
        submission_id=submission,
        judging_id=f"j-{submission}",
        give_up=give_up,
    )


def verdict(offset: int = 0, submission: str = "s", said: str = "AC") -> RawRecord:
    fields = {"submission_id": submission, "judging_id": f"j-{submission}", "verdict": said, "contest_id": "c"}
    return record("verdicts", "VerdictReached", offset, **fields)


def fed(offset: int, source: str, event_id: str | None = None) -> RawRecord:
    return record("contest-feed", "Copied", offset, caused_by=source, event_id=event_id or f"of {source}")


WHOLE = (received(), job(), verdict(), fed(0, "submissions:0:0"), fed(1, "verdicts:0:0"))


def found(*records: RawRecord, committed: int = 1) -> str:
    return "\n".join(violations(RawLog(records, {("jobs.contest", 0): committed})))


def test_a_whole_log_has_no_violation() -> None:
    assert found(*WHOLE, fed(2, "submissions:0:0")) == ""


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ((received(), job()), "never judged"),
        ((job(), verdict()), "without an accepted submission"),
        ((*WHOLE, received(1, user_id="eve")), "for something else"),
        ((received(), verdict()), "nobody asked for"),
        ((received(), job()), "committed past"),
        ((*WHOLE[:2], verdict(said="JUDGE_ERROR"), *WHOLE[3:]), "without a dead letter"),
        (WHOLE[:4], "never came into contest-feed"),
        ((*WHOLE, fed(2, "verdicts:0:0", "another")), "under another id"),
        ((*WHOLE, fed(2, "contests:0:5"), fed(3, "contests:0:4")), "after a later one"),
    ],
)
def test_a_planted_violation_is_found(records: tuple[RawRecord, ...], told: str) -> None:
    assert told in found(*records)


def test_a_given_up_job_needs_no_dead_letter() -> None:
    assert "dead letter" not in found(received(), job(give_up="no definition"), verdict(said="JUDGE_ERROR"))


def decided(offset: int, name: str, rejudging: str, cause: int, *covered: str) -> RawRecord:
    cause_of = f"rejudging-requests:0:{cause}"
    given = {"rejudging_id": rejudging, "manifest": " ".join(covered), "contest_ids": ["c"], "caused_by": cause_of}
    return record("rejudgings", name, offset, **given)


def again(offset: int, rejudging: str, said: str, submission: str = "s", repeat: int = 0) -> RawRecord:
    told = {"submission_id": submission, "judging_id": f"j-{submission}-{rejudging}-{repeat}", "verdict": said}
    return record("verdicts", "VerdictReached", offset, **told, rejudging_id=rejudging, repeat=repeat)


def current(*records: RawRecord) -> list[str]:
    manifest = lambda name: "\n".join(f'{{"submission_id": "{it}"}}' for it in name.split()).encode()  # noqa: E731
    judged = (verdict(0), again(1, "r", "WA"), again(2, "r", "RTE", repeat=1), again(3, "q", "TLE"))
    return [it.value["verdict"] for it in counting(RawLog((*judged, *records)), manifest).named("VerdictReached")]


def test_the_last_application_that_covers_a_submission_counts() -> None:
    by_r, by_q = decided(0, "RejudgingApplied", "r", 0, "s"), decided(1, "RejudgingApplied", "q", 1, "s")
    assert current() == ["AC"]
    assert current(by_r) == ["WA"]
    assert current(by_r, by_q) == ["TLE"]
    assert current(by_r, by_q, decided(2, "RejudgingReverted", "r", 2)) == ["TLE"]
    assert current(by_r, by_q, decided(2, "RejudgingReverted", "q", 2, "s")) == ["WA"]
    assert current(by_r, decided(1, "RejudgingApplied", "q", 1, "another"), by_r) == ["WA"]


def test_a_rejudging_moves_each_of_its_contests() -> None:
    applied = decided(0, "RejudgingApplied", "r", 0)
    assert "never came into the feed of c" in found(*WHOLE, applied)
    assert "feed of" not in found(*WHOLE, applied, fed(2, "rejudgings:0:0"))


def test_later_verdicts_that_differ_are_counted() -> None:
    assert differing_repeats(RawLog((*WHOLE, verdict(1, said="TLE"), verdict(2)))) == 1


def test_the_second_board_agrees_with_one_by_hand() -> None:
    contest = record(
        "contests",
        "ContestRevised",
        0,
        contest_id="c",
        starts_at=START,
        duration_s=3600,
        penalty_minutes=20,
        problems=[{"problem_id": "sum"}],
    )
    teams = [
        record("contests", "TeamRegistered", number, contest_id="c", team_id=team)
        for number, team in enumerate(("t", "u", "idle"), 1)
    ]
    tries = [
        received(0, "wrong"),
        received(1, "right", submitted_at=START + timedelta(minutes=9, seconds=59)),
        received(2, "other", team_id="u", submitted_at=START + timedelta(minutes=30)),
        received(3, "late", team_id="u", submitted_at=START + timedelta(hours=1)),
        received(4, "typo", team_id="u"),
    ]
    verdicts = [verdict(0, "wrong", "WA"), verdict(1, "right"), verdict(2, "other"), verdict(3, "typo", "CE")]
    assert standings(RawLog((contest, *teams, *tries, *verdicts)), "c") == {
        "t": (1, 1, 29),
        "u": (2, 1, 30),
        "idle": (3, 0, 0),
    }
