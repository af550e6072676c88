"""Acceptance rates and time distributions from the log of judgestream, kept in DuckDB and Parquet.

    python analytics.py --kafka HOST:PORT --registry URL [--blobs FOLDER] [--out FOLDER] [--follow]

It reads `verdicts` from the beginning (a second run goes on where the first one ended), and `rejudgings` for which
judging of a submission is current. An applied or reverted rejudging names that in a blob, so it counts only where the
blob store can be read (`--blobs`); without it every submission counts by its original verdict.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from chart import chart
from confluent_kafka import KafkaException
from confluent_kafka.schema_registry.error import SchemaRegistryError
from reading import Batch, Topics
from table import ACCEPTANCE, BY_PROBLEM, TIMES, Table


def main() -> int:
    """Reads, keeps, reports; 1 where broker or registry do not answer."""
    given = _arguments()
    try:
        return run(given)
    except (KafkaException, SchemaRegistryError, OSError) as error:
        print(f"cannot read {given.kafka} with the registry {given.registry}: {error}", file=sys.stderr)
        return 1


def run(given: argparse.Namespace) -> int:
    """Reads to the end, and on if asked to; 0 when that is done."""
    table = Table(given.out)
    topics = Topics(given.kafka, given.registry, ("verdicts", "rejudgings"), table.next_offsets())
    try:
        read = sum(keep(table, batch, given.blobs) for batch in topics.to_the_end())
        print(f"{read} new verdicts")
        report(table, given.out)
        while given.follow:
            batch = topics.read()
            if batch.next_offsets and keep(table, batch, given.blobs):
                report(table, given.out)
    except KeyboardInterrupt:
        pass
    finally:
        topics.close()
        table.close()
    return 0


def keep(table: Table, batch: Batch, blobs: Path | None) -> int:
    """Keeps a batch, all or nothing; answers how many verdicts were in it."""
    verdicts = batch.events.get("verdicts", [])
    with table.batch(batch.next_offsets):
        table.keep_verdicts(verdicts)
        for event in batch.events.get("rejudgings", []):
            if "changed" in event:  # applied or reverted: the others of this topic change nothing that counts here
                _take_current(table, event, blobs)
    return len(verdicts)


def report(table: Table, folder: Path) -> None:
    """Prints both tables, writes Parquet and the chart."""
    acceptance, times = table.query(ACCEPTANCE), table.query(TIMES)
    print(_lines(acceptance))
    print(_lines(times))
    files = table.write_parquet()
    picture = folder / "verdicts.svg"
    picture.write_text(chart(table.query(BY_PROBLEM), times))
    print("wrote", *map(str, [*files, picture]))


def _take_current(table: Table, event: dict[str, Any], blobs: Path | None) -> None:
    if blobs is None:
        print("a rejudging was applied or reverted; without --blobs the original verdicts count", file=sys.stderr)
        return
    name = event["manifest"]
    request = int(event["caused_by"].rpartition(":")[2])  # the one partition of rejudging-requests is their order
    table.keep_current((blobs / name[:2] / name).read_bytes(), request)


def _lines(rows: list[dict[str, Any]]) -> str:
    """A table for a terminal."""
    if not rows:
        return "nothing yet"
    cells = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(lines) + "\n"


def _arguments() -> argparse.Namespace:
    environment = os.environ
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kafka", default=environment.get("JUDGESTREAM_KAFKA"), help="host:port of the broker")
    parser.add_argument("--registry", default=environment.get("JUDGESTREAM_REGISTRY_URL"), help="the registry's URL")
    parser.add_argument("--blobs", type=Path, default=environment.get("JUDGESTREAM_BLOBS"), help="the blob store")
    parser.add_argument("--out", type=Path, default=Path("analytics"), help="where the files go")
    parser.add_argument("--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    given = parser.parse_args()
    if not given.kafka or not given.registry:
        parser.error("--kafka and --registry are needed")
    return given


if __name__ == "__main__":
    sys.exit(main())
