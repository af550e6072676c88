"""The read models of problems: each one whole, and a catalog of one line each."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import TypeAdapter

from projections.models.model import NOTHING, Each, Effects, Fact, Model, Write, insert, to_text
from schemas.cassandra import Cassandra, Row
from schemas.events import ProblemRetired, ProblemRevised
from schemas.ids import ProblemId, ProblemRevision, UserId
from schemas.rules.definition import Definition, definition_of
from schemas.topics import PROBLEMS

VERSION: Final = 1

CATALOG: Final = "all"
"""The catalog is one partition: a line has some hundred bytes, and 100,000 problems still fit."""

WRITE_REVISED: Final = insert("problems", "problem_id", "revised_offset", "revised")
WRITE_RETIRED: Final = insert("problems", "problem_id", "retired_offset")
WRITE_LINE: Final = insert("problem_catalog", "catalog", "problem_id", "revised_offset", "line")
WRITE_LINE_RETIRED: Final = insert("problem_catalog", "catalog", "problem_id", "retired_offset")
READ: Final = "SELECT * FROM problems WHERE problem_id = ?"
LIST: Final = "SELECT * FROM problem_catalog WHERE catalog = ? AND problem_id > ? LIMIT ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """A problem as its latest revision has it. What of it who may see is the query API's to decide."""

    problem_id: ProblemId
    revision: ProblemRevision
    author_id: UserId
    definition: Definition
    retired: bool
    revised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """A problem as the catalog has it."""

    problem_id: ProblemId
    title: str
    difficulty: str | None
    tags: tuple[str, ...]
    revision: ProblemRevision


REVISED: Final = TypeAdapter(ProblemRevised)
LINE: Final = TypeAdapter(ProblemLine)


def tell(fact: Fact) -> Effects:
    """What a fact writes; nothing is announced."""
    offset = fact.position.offset
    match fact.event:
        case ProblemRevised(problem_id=problem_id) as event:
            line = to_text(_line(event))
            return Effects(
                writes=(
                    Write(problem_id, WRITE_REVISED, (problem_id, offset, to_text(event), offset)),
                    Write((CATALOG,), WRITE_LINE, (CATALOG, problem_id, offset, line, offset)),
                )
            )
        case ProblemRetired(problem_id=problem_id):
            return Effects(
                writes=(
                    Write(problem_id, WRITE_RETIRED, (problem_id, offset, offset)),
                    Write((CATALOG,), WRITE_LINE_RETIRED, (CATALOG, problem_id, offset, offset)),
                )
            )
        case _:
            return NOTHING


PROBLEMS_MODEL: Final = Model(
    name="problems",
    version=VERSION,
    topics=(PROBLEMS,),
    begin=partial(Each, tell),
    tables=("problems", "problem_catalog"),
)


async def read_problem(cassandra: Cassandra, problem_id: ProblemId) -> ProblemView | None:
    """The problem, also when it is retired; None where there never was one."""
    rows = await cassandra.execute(READ, (problem_id,))
    if not rows or rows[0]["revised"] is None:
        return None
    event = REVISED.validate_json(rows[0]["revised"])
    return ProblemView(
        problem_id=event.problem_id,
        revision=event.revision,
        author_id=event.author_id,
        definition=definition_of(event),
        retired=_is_retired(rows[0]),
        revised_at=event.occurred_at,
    )


async def list_problems(cassandra: Cassandra, after: ProblemId | None = None, limit: int = 100) -> list[ProblemLine]:
    """At most `limit` problems after that one, by id, without those that are retired."""
    lines: list[ProblemLine] = []
    place: str = after or ""
    while len(lines) < limit:
        rows = await cassandra.execute(LIST, (CATALOG, place, limit))
        lines += [LINE.validate_json(row["line"]) for row in rows if row["line"] is not None and not _is_retired(row)]
        if len(rows) < limit:
            break
        place = rows[-1]["problem_id"]
    return lines[:limit]


def _is_retired(row: Row) -> bool:
    return row["retired_offset"] is not None and row["retired_offset"] > (row["revised_offset"] or -1)


def _line(event: ProblemRevised) -> ProblemLine:
    return ProblemLine(
        problem_id=event.problem_id,
        title=event.title,
        difficulty=event.difficulty,
        tags=event.tags,
        revision=event.revision,
    )
