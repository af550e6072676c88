"""What the example for analysts keeps: each judging once, with the offsets, and what is current after rejudgings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chart import chart
from table import ACCEPTANCE, BY_PROBLEM, TIMES, Place, Table

from schemas.converters import to_dict
from schemas.events import VerdictReached
from schemas.golden_records import MOMENT, example

HERE = Place("verdicts", 3)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    table = Table(tmp_path)
    yield table
    table.close()


def judged(submission_id: str, verdict: str, rejudging_id: str | None = None) -> dict[str, Any]:
    """A VerdictReached as a consumer of Avro gets it."""
    event: dict[str, Any] = to_dict(VerdictReached)(example(VerdictReached))
    event |= {"occurred_at": MOMENT, "submitted_at": MOMENT}  # which fastavro makes of the numbers in the record
    return event | {
        "submission_id": submission_id,
        "judging_id": f"{submission_id} {rejudging_id or 'original'}",
        "rejudging_id": rejudging_id,
        "verdict": verdict,
        "problem_id": "sum",
        "language": "cpp",
    }


def keep(table: Table, *events: dict[str, Any], up_to: int = 1) -> None:
    with table.batch({HERE: up_to}):
        table.keep_verdicts(events)


def now_current(table: Table, request: int, **judgings: str) -> None:
    lines = [json.dumps({"submission_id": name, "judging_id": f"{name} {origin}"}) for name, origin in judgings.items()]
    with table.batch({}):
        table.keep_current("\n".join(lines).encode(), request)


def verdicts(table: Table) -> dict[str, str]:
    rows = table.query("SELECT submission_id, verdict FROM current_verdicts ORDER BY submission_id")
    return {row["submission_id"]: row["verdict"] for row in rows}


def test_the_first_verdict_of_a_judging_counts_however_often_it_comes(table: Table) -> None:
    keep(table, judged("s1", "WA"), judged("s1", "AC"))
    keep(table, judged("s1", "AC"), judged("s2", "AC"))
    assert verdicts(table) == {"s1": "WA", "s2": "AC"}
    [cases] = table.query("SELECT count(*) AS cases FROM cases")
    assert cases["cases"] == 2 * len(judged("s1", "WA")["cases"])


def test_a_rejudging_counts_once_it_is_applied_and_until_it_is_reverted(table: Table) -> None:
    keep(table, judged("s1", "WA"), judged("s2", "WA"), judged("s1", "AC", "r"), judged("s2", "AC", "r"))
    assert verdicts(table) == {"s1": "WA", "s2": "WA"}
    now_current(table, 1, s1="r")
    assert verdicts(table) == {"s1": "AC", "s2": "WA"}
    now_current(table, 4, s1="original")
    assert verdicts(table) == {"s1": "WA", "s2": "WA"}


def test_a_late_or_second_answer_to_a_request_changes_nothing(table: Table) -> None:
    keep(table, judged("s1", "WA"), judged("s1", "AC", "r"))
    for request, origin in ((4, "r"), (4, "original"), (2, "original")):
        now_current(table, request, s1=origin)
        assert verdicts(table) == {"s1": "AC"}


def test_rows_and_offsets_are_kept_together_or_not_at_all(table: Table) -> None:
    keep(table, judged("s1", "WA"), up_to=5)

    def fail() -> None:
        with table.batch({HERE: 9}):
            table.keep_verdicts([judged("s2", "AC")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (verdicts(table), table.next_offsets()) == ({"s1": "WA"}, {HERE: 5})


def test_it_is_counted_and_drawn(table: Table) -> None:
    keep(table, judged("s1", "WA"), judged("s2", "AC"), judged("s3", "JUDGE_ERROR"))
    [row] = table.query(ACCEPTANCE)
    assert (row["problem_id"], row["judged"], row["accepted"], row["accepted_percent"]) == ("sum", 2, 1, 50.0)
    picture = chart(table.query(BY_PROBLEM), table.query(TIMES))
    assert "50 % of 2" in picture
    assert [path.name for path in table.write_parquet()] == [
        "verdicts.parquet",
        "all_judgings.parquet",
        "cases.parquet",
    ]


def test_nothing_is_drawn_of_nothing(table: Table) -> None:
    assert chart(table.query(BY_PROBLEM), table.query(TIMES)).startswith("<svg")
