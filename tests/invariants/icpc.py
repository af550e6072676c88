"""The ICPC board straight from submissions and verdicts, written a second time to check the first."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from tests.invariants.raw_log import RawLog
from tests.invariants.rules import accepted, truth

Standing = dict[str, tuple[int, int, int]]
"""By team: rank, problems solved, penalty in minutes."""


def standings(log: RawLog, contest_id: str) -> Standing:
    """The jury's standings: no freeze, the first verdict of every submission."""
    contest: dict[str, Any] = {}
    teams: set[str] = set()
    for record in log.named("ContestRevised", "TeamRegistered"):
        if record.topic == "contests" and record.value["contest_id"] == contest_id:
            if record.name == "ContestRevised":
                contest = record.value
            else:
                teams.add(record.value["team_id"])
    ends_at = contest["starts_at"] + timedelta(seconds=contest["duration_s"])
    verdicts = {record.value["submission_id"]: record.value["verdict"] for record in truth(log).values()}
    labelled = {problem["problem_id"] for problem in contest["problems"]}
    tries: dict[tuple[str, str], list[tuple[Any, str, str]]] = defaultdict(list)
    for submission_id, record in accepted(log).items():
        value = record.value
        counts = value["contest_id"] == contest_id and contest["starts_at"] <= value["submitted_at"] < ends_at
        if counts and value["problem_id"] in labelled and value["team_id"] in teams:
            entry = (value["submitted_at"], submission_id, verdicts.get(submission_id, ""))
            tries[value["team_id"], value["problem_id"]].append(entry)
    return _ranked({team: _score(team, tries, contest) for team in teams})


def _score(team: str, tries: dict[tuple[str, str], list[Any]], contest: dict[str, Any]) -> tuple[int, int, int]:
    """Solved, penalty and the minute of the last accepted."""
    solved = penalty = last = 0
    for (whose, _), entries in tries.items():
        rejected = 0
        for submitted_at, _, verdict in sorted(entries) if whose == team else ():
            if verdict == "AC":
                minute = int((submitted_at - contest["starts_at"]).total_seconds() // 60)
                solved, last = solved + 1, max(last, minute)
                penalty += minute + rejected * contest["penalty_minutes"]
                break
            rejected += verdict not in ("", "CE", "JUDGE_ERROR")
    return solved, penalty, last


def _ranked(scores: dict[str, tuple[int, int, int]]) -> Standing:
    keys = {team: (-solved, penalty, last) for team, (solved, penalty, last) in scores.items()}
    return {
        team: (1 + sum(other < keys[team] for other in keys.values()), solved, penalty)
        for team, (solved, penalty, _) in scores.items()
    }
