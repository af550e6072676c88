"""The read model of executors: who reported last, and so which languages can be had."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pydantic import TypeAdapter

from projections.models.model import NOTHING, Each, Effects, Fact, Model, Write, insert, to_text
from schemas.cassandra import Cassandra
from schemas.events import ExecutorReported
from schemas.topics import EXECUTORS
from schemas.values import LanguageInfo

VERSION: Final = 1

CATALOG: Final = "all"
COUNTS_FOR: Final = timedelta(seconds=60)
"""A report that is older does not count: its executor is gone."""

WRITE: Final = insert("executors", "catalog", "executor_id", "report")
READ: Final = "SELECT report FROM executors WHERE catalog = ?"
REPORT: Final = TypeAdapter(ExecutorReported)


def tell(fact: Fact) -> Effects:
    """What a report writes; nothing is announced."""
    match fact.event:
        case ExecutorReported(executor_id=executor_id) as event:
            values = (CATALOG, executor_id, to_text(event), fact.position.offset)
            return Effects(writes=(Write((CATALOG,), WRITE, values),))
        case _:
            return NOTHING


EXECUTORS_MODEL: Final = Model(name="executors", version=VERSION, topics=(EXECUTORS,), begin=partial(Each, tell))


async def read_executors(cassandra: Cassandra, now: datetime) -> list[ExecutorReported]:
    """The last report of every executor that is there, by id."""
    reports = [REPORT.validate_json(row["report"]) for row in await cassandra.execute(READ, (CATALOG,))]
    return [report for report in reports if now - report.occurred_at <= COUNTS_FOR]


async def read_languages(cassandra: Cassandra, now: datetime) -> list[LanguageInfo]:
    """The languages that executors offer now, by id."""
    offered = {info.language: info for report in await read_executors(cassandra, now) for info in report.languages}
    return [offered[language] for language in sorted(offered)]
