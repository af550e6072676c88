"""`python -m projections`: makes the keyspace and the tables of the read models, once."""

import asyncio
import sys
from typing import Final

from projections.models import CQL_AREA, CQL_FOLDER
from projections.models.catalog import MODELS
from projections.upkeep.controls import read_controls
from projections.upkeep.generations import for_all_generations
from schemas.cassandra import Cassandra, CassandraError, CassandraRefused
from schemas.cql_versions import Spread, apply_versions
from schemas.log import EventLogger, configure_logging
from schemas.settings import MigrateSettings, SettingsError, read_settings

log = EventLogger(__name__)

BAD_SETTINGS: Final = 2


def main() -> int:
    """0 when all versions are applied, whether by this run or before."""
    configure_logging("migrate")
    try:
        settings = read_settings(MigrateSettings)
    except SettingsError as fault:
        print(fault, file=sys.stderr)
        return BAD_SETTINGS
    try:
        count = asyncio.run(
            apply_versions(settings.cassandra, settings.keyspace, CQL_FOLDER, area=CQL_AREA, spread=stand_for)
        )
    except CassandraError as error:
        log.error("cannot_migrate", why=str(error))
        return 1
    log.info("tables_are_there", keyspace=settings.keyspace, applied_now=count)
    return 0


async def stand_for(cassandra: Cassandra) -> Spread:
    """Tables that were rebuilt have other names by now, under which later files change them."""
    try:
        controls = await read_controls(cassandra)
    except CassandraRefused:
        controls = {}  # the keyspace is older than rebuilds
    return for_all_generations(MODELS, {projection: control.kept for projection, control in controls.items()})


if __name__ == "__main__":
    sys.exit(main())
