"""All rows of all read models, for comparison."""

from projections.models import CQL_FOLDER
from schemas.cassandra import Cassandra
from tests.unit.projections.tables import SCHEMAS

UPKEEP = "projection_"

Dump = dict[str, list[str]]


async def dump(cassandra: Cassandra) -> Dump:
    """By table its rows in an order of their own; what begins with `projection_` tells how it came about: left out."""
    assert CQL_FOLDER.is_dir()
    tables = [table for table in SCHEMAS if not table.startswith(UPKEEP)]
    return {table: sorted(map(_told, await cassandra.execute(f"SELECT * FROM {table}"))) for table in tables}


def _told(row: dict[str, object]) -> str:
    return repr(sorted(row.items()))
