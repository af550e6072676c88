"""`python -m projections`: makes the keyspace and the tables of the read models, once."""

import asyncio
import sys
from typing import Final

from projections.models import CQL_AREA, CQL_FOLDER
from schemas.cassandra import CassandraError
from schemas.cql_versions import apply_versions
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
        count = asyncio.run(apply_versions(settings.cassandra, settings.keyspace, CQL_FOLDER, area=CQL_AREA))
    except CassandraError as error:
        log.error("cannot_migrate", why=str(error))
        return 1
    log.info("tables_are_there", keyspace=settings.keyspace, applied_now=count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
