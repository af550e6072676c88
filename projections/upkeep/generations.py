"""Generations of a model's tables: CQL is written with bare names, and these pure functions say what they stand for.

The first generation has the bare names, later ones end in `_gN`. Numbers are never used twice.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from projections.models.model import Model
from schemas.cql_versions import Version

FIRST: Final = 1
NAMED: Final = re.compile(r"\b(FROM|INTO|UPDATE|TABLE IF NOT EXISTS|TABLE IF EXISTS|ALTER TABLE)\s+(\w+)")
"""A statement of ours names one table, after one of these words, which are written in capitals."""


def table_of(table: str, generation: int) -> str:
    """What a table is called in that generation."""
    return table if generation == FIRST else f"{table}_g{generation}"


def table_in(cql: str) -> str | None:
    """The bare name of the table that a statement is about; None where it names none."""
    match = NAMED.search(cql)
    return None if match is None else match[2]


@lru_cache(maxsize=4_096)
def in_generation(cql: str, generation: int) -> str:
    """The same statement for the tables of that generation."""
    return NAMED.sub(lambda match: f"{match[1]} {table_of(match[2], generation)}", cql, count=1)


def definitions(model: Model, versions: Iterable[Version]) -> dict[str, list[str]]:
    """By bare name the statements that make each table of the model and change it since, in their order.

    A ValueError where one is nowhere defined.
    """
    known: dict[str, list[str]] = {table: [] for table in model.own_tables}
    for version in versions:
        for statement in version.statements:
            if (table := table_in(statement)) in known:
                known[table].append(statement)
    if missing := [table for table, statements in known.items() if not statements]:
        raise ValueError(f"no CQL file defines {', '.join(missing)}, of which {model.name} speaks")
    return known


def for_all_generations(models: Iterable[Model], kept: Mapping[str, Sequence[int]]) -> Callable[[str], list[str]]:
    """Says what a statement of a later CQL file stands for: the same for each generation that is kept, by projection.

    So a table that was rebuilt is changed under the name that it has by now.
    """
    projection_of = {table: model.projection for model in models for table in model.own_tables}

    def stands_for(statement: str) -> list[str]:
        generations = kept.get(projection_of.get(table_in(statement) or "", ""), (FIRST,))
        return [in_generation(statement, generation) for generation in generations]

    return stands_for


class ServingNames:
    """What readers ask for, in the names of the generation that serves; a call maps one statement."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._projection_of = {table: model.projection for model in models for table in model.own_tables}
        self._serving: Mapping[str, int] = {}
        self._known: dict[str, str] = {}

    def serve(self, serving: Mapping[str, int]) -> None:
        """From now on these generations serve, by projection; the first where one is not named."""
        if serving != self._serving:
            self._serving, self._known = dict(serving), {}

    def __call__(self, cql: str) -> str:
        known = self._known.get(cql)
        if known is None:
            projection = self._projection_of.get(table_in(cql) or "", "")
            known = self._known[cql] = in_generation(cql, self._serving.get(projection, FIRST))
        return known
