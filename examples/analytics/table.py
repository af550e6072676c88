"""The tables that the verdicts are kept in: one file of DuckDB, which also says up to where the topics are in it.

Rows and offsets are written in one transaction. So whatever ends the program, the next run goes on exactly where the
rows end, and a record that comes twice changes nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

SCHEMA = """
CREATE TABLE IF NOT EXISTS verdicts (
    judging_id VARCHAR PRIMARY KEY, submission_id VARCHAR, rejudging_id VARCHAR, repeat BIGINT,
    user_id VARCHAR, problem_id VARCHAR, contest_id VARCHAR, language VARCHAR, submitted_at TIMESTAMPTZ,
    judged_at TIMESTAMPTZ, verdict VARCHAR, score DOUBLE, cpu_time_ms BIGINT, memory_bytes BIGINT, executor_id VARCHAR
);
CREATE TABLE IF NOT EXISTS cases (
    judging_id VARCHAR, number INTEGER, name VARCHAR, verdict VARCHAR, cpu_time_ms BIGINT, wall_time_ms BIGINT,
    memory_bytes BIGINT, PRIMARY KEY (judging_id, number)
);
CREATE TABLE IF NOT EXISTS now_current (submission_id VARCHAR PRIMARY KEY, judging_id VARCHAR, request BIGINT);
CREATE TABLE IF NOT EXISTS offsets (
    topic VARCHAR, "partition" INTEGER, next_offset BIGINT, PRIMARY KEY (topic, "partition")
);
CREATE OR REPLACE VIEW current_verdicts AS
    SELECT v.* FROM verdicts v LEFT JOIN now_current n USING (submission_id)
    WHERE v.judging_id = n.judging_id OR (n.judging_id IS NULL AND v.rejudging_id IS NULL);
"""

IGNORE = "NOTHING"
REPLACE = "UPDATE SET next_offset = excluded.next_offset"
LATER = "UPDATE SET judging_id = excluded.judging_id, request = excluded.request WHERE excluded.request > request"

COLUMN_TYPES = "SELECT data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index"

ACCEPTANCE = """
SELECT problem_id, language, count(*) AS judged, count(*) FILTER (verdict = 'AC') AS accepted,
       round(100.0 * accepted / judged, 1) AS accepted_percent, count(DISTINCT user_id) AS users
FROM current_verdicts WHERE verdict <> 'JUDGE_ERROR' GROUP BY ALL ORDER BY problem_id, judged DESC, language
"""

TIMES = """
SELECT problem_id, language, count(*) AS accepted, min(cpu_time_ms) AS fastest_ms,
       round(quantile_cont(cpu_time_ms, 0.5)::DOUBLE, 1) AS median_ms,
       round(quantile_cont(cpu_time_ms, 0.9)::DOUBLE, 1) AS p90_ms,
       max(cpu_time_ms) AS slowest_ms, max(memory_bytes) AS peak_memory_bytes
FROM current_verdicts WHERE verdict = 'AC' GROUP BY ALL ORDER BY problem_id, median_ms, language
"""

BY_PROBLEM = """
SELECT problem_id, verdict, count(*) AS judged FROM current_verdicts WHERE verdict <> 'JUDGE_ERROR'
GROUP BY ALL ORDER BY problem_id, verdict
"""


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Table:
    """Keeps what was read. `folder` gets `verdicts.duckdb`, and Parquet files when asked."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._connection = duckdb.connect(str(folder / "verdicts.duckdb"))
        self._connection.execute(SCHEMA)

    def next_offsets(self) -> dict[Place, int]:
        """The first offset of each partition that is not in the tables yet."""
        rows = self._connection.execute('SELECT topic, "partition", next_offset FROM offsets').fetchall()
        return {Place(topic, partition): offset for topic, partition, offset in rows}

    @contextmanager
    def batch(self, next_offsets: Mapping[Place, int]) -> Iterator[None]:
        """What is kept within it is kept together with these offsets, or not at all."""
        self._connection.begin()
        try:
            yield
            self._insert("offsets", [(*place, offset) for place, offset in next_offsets.items()], REPLACE)
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    def keep_verdicts(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Keeps VerdictReached events; of several with one judging the first counts, as everywhere."""
        first: dict[str, Mapping[str, Any]] = {}
        for event in events:
            first.setdefault(event["judging_id"], event)
        known = self._known(first)
        new = [event for judging_id, event in first.items() if judging_id not in known]
        self._insert("verdicts", [_verdict(event) for event in new], IGNORE)
        self._insert("cases", [row for event in new for row in _cases(event)], IGNORE)

    def keep_current(self, manifest: bytes, request: int) -> None:
        """Keeps which judging of a submission is current now: the blob that an applied or reverted rejudging names.

        Decisions count in the order of the requests that they answer, and the first answer to a request counts, as
        everywhere: one that comes late, or twice, changes nothing.
        """
        rows = [json.loads(line) for line in manifest.splitlines()]
        self._insert("now_current", [(row["submission_id"], row["judging_id"], request) for row in rows], LATER)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query, by column."""
        found = self._connection.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def write_parquet(self) -> list[Path]:
        """Writes the tables as Parquet, for whatever else reads that."""
        files = {"verdicts": "current_verdicts", "all_judgings": "verdicts", "cases": "cases"}
        for name, source in files.items():
            self._connection.execute(f"COPY {source} TO '{self._folder / name}.parquet' (FORMAT parquet)")
        return [self._folder / f"{name}.parquet" for name in files]

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def _known(self, judging_ids: Iterable[str]) -> set[str]:
        sql = "SELECT judging_id FROM verdicts WHERE judging_id IN (SELECT unnest(?::VARCHAR[]))"
        return {row[0] for row in self._connection.execute(sql, [list(judging_ids)]).fetchall()}

    def _insert(self, table: str, rows: list[tuple[Any, ...]], on_conflict: str) -> None:
        """Column by column, which is a hundred times as fast as row by row."""
        if not rows:
            return
        kinds = self._connection.execute(COLUMN_TYPES, [table]).fetchall()
        columns = ", ".join(f"unnest(?::{kind}[])" for (kind,) in kinds)
        given = [list(column) for column in zip(*rows, strict=True)]
        self._connection.execute(f"INSERT INTO {table} SELECT {columns} ON CONFLICT DO {on_conflict}", given)


def _verdict(event: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("judging_id", "submission_id", "rejudging_id", "repeat", "user_id", "problem_id", "contest_id", "language")
    measured = ("verdict", "score", "cpu_time_ms", "memory_bytes")
    return (
        *(event.get(name) for name in names),
        event["submitted_at"],
        event["occurred_at"],
        *(event[name] for name in measured),
        event["provenance"]["executor_id"],
    )


def _cases(event: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for number, case in enumerate(event["cases"]):
        figures = (case[name] for name in ("case", "verdict", "cpu_time_ms", "wall_time_ms", "memory_bytes"))
        yield (event["judging_id"], number, *figures)
