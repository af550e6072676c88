"""Puts the demo into a running judgestream through its public interface; again is harmless."""

from datetime import datetime, timedelta
from typing import Any, Final

from deploy.demo.people import CONTESTANTS
from deploy.demo.problems import problems
from judgestream import Client, Refused

CONTEST_LENGTH: Final = timedelta(hours=5)
FREEZE: Final = timedelta(hours=1)
COLORS: Final = ("#e45756", "#4c78a8", "#54a24b", "#eeca3b", "#b279a2")
CONFLICT: Final = 409


def load(jury: Client, now: datetime) -> str:
    """Creates what is missing, and answers the id of the demo contest that runs now.

    A contest that has ended stays as it is; a new one is made beside it.
    """
    bodies = problems()
    for body in bodies:
        _unless_there(jury.create_problem, body)
    contest_id = _running_contest(jury, now) or _create_contest(jury, now, [body["problem_id"] for body in bodies])
    for person in CONTESTANTS:
        jury.register_team(contest_id, person.user_id, name=person.name, members=[person.user_id])
    return contest_id


def _running_contest(client: Client, now: datetime) -> str | None:
    for contest in client.contests():
        starts_at = datetime.fromisoformat(contest["starts_at"])
        if str(contest["contest_id"]).startswith("demo") and starts_at <= now < starts_at + CONTEST_LENGTH:
            return str(contest["contest_id"])
    return None


def _create_contest(jury: Client, now: datetime, problem_ids: list[str]) -> str:
    starts_at = now.replace(microsecond=0) - timedelta(minutes=1)
    contest_id = f"demo-{starts_at:%Y%m%d-%H%M}"
    body = {
        "contest_id": contest_id,
        "name": "Demo contest",
        "starts_at": starts_at.isoformat(),
        "duration_s": int(CONTEST_LENGTH.total_seconds()),
        "freeze_s": int(FREEZE.total_seconds()),
        "penalty_minutes": 20,
        "scoring": "icpc",
        "problems": [
            {"problem_id": problem_id, "label": label, "color": color}
            for problem_id, label, color in zip(problem_ids, "ABCDE", COLORS, strict=True)
        ],
    }
    _unless_there(jury.create_contest, body)
    return contest_id


def _unless_there(create: Any, body: dict[str, Any]) -> None:
    try:
        create(body)
    except Refused as refusal:
        if refusal.status != CONFLICT:
            raise
