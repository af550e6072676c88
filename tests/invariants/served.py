"""What the public interface answers, held against the raw log."""

from collections.abc import Iterator

import httpx

from tests.invariants.icpc import standings
from tests.invariants.raw_log import RawLog
from tests.invariants.rejudged import Manifest, counting
from tests.invariants.rules import accepted, truth


def served_violations(whole: RawLog, url: str, jury_token: str, manifest: Manifest) -> Iterator[str]:
    """Every submission and every jury board, as the query API tells them, against the fold of the log."""
    log = counting(whole, manifest)
    headers = {"Authorization": f"Bearer {jury_token}"}
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=30) as http:
        yield from _submissions(log, http)
        for contest_id in sorted({record.value["contest_id"] for record in log.named("ContestRevised")}):
            yield from _board(log, http, contest_id)


def _submissions(log: RawLog, http: httpx.Client) -> Iterator[str]:
    verdicts = {record.value["submission_id"]: record.value for record in truth(log).values()}
    for submission_id in accepted(log):
        answer = http.get(f"/submissions/{submission_id}")
        if answer.status_code != httpx.codes.OK:
            yield f"{submission_id} is accepted, but GET answers {answer.status_code}"
            continue
        expected = verdicts.get(submission_id, {}).get("verdict")
        if answer.json()["verdict"] != expected:
            yield f"{submission_id} is {expected} in the log, but GET says {answer.json()['verdict']}"


def _board(log: RawLog, http: httpx.Client, contest_id: str) -> Iterator[str]:
    answer = http.get(f"/contests/{contest_id}/board", params={"view": "jury"})
    if answer.status_code != httpx.codes.OK:
        yield f"the board of {contest_id} answers {answer.status_code}"
        return
    shown = {row["team_id"]: (row["rank"], row["solved"], row["penalty_minutes"]) for row in answer.json()["rows"]}
    expected = standings(log, contest_id)
    if shown != expected:
        yield f"the board of {contest_id} shows {shown}, the log says {expected}"
