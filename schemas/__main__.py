"""`python -m schemas`: prepares broker and registry for everything else; once, or again, to the same effect.

`python -m schemas create-topics` stops after the topics: the registry keeps its own state in two of them, which have to
be there before it starts.
"""

import sys
from collections.abc import Sequence
from typing import Final

from confluent_kafka.admin import AdminClient

from schemas.eventlog.connect import DEADLINE_S, check_topics
from schemas.eventlog.errors import LogError
from schemas.eventlog.first_records import check_first_records
from schemas.eventlog.kafka_topics import (
    Durability,
    adjust_settings,
    create_topics,
    existing_partitions,
    wanted_topics,
)
from schemas.eventlog.waiting import wait_for
from schemas.log import EventLogger, configure_logging
from schemas.registry import Registry
from schemas.settings import PrepareSettings, SettingsError, TopicSettings, read_settings

CREATE_TOPICS: Final = "create-topics"
BAD_USAGE: Final = 2

log: Final = EventLogger("schemas")


def main(arguments: Sequence[str]) -> int:
    """Answers the exit status: 0, 1 for what the engines would not do, 2 for bad settings or usage."""
    configure_logging("prepare")
    try:
        match arguments:
            case []:
                prepare(read_settings(PrepareSettings))
            case [word] if word == CREATE_TOPICS:
                make_topics(read_settings(TopicSettings))
            case _:
                print(f"usage: python -m schemas [{CREATE_TOPICS}]", file=sys.stderr)
                return BAD_USAGE
    except SettingsError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except LogError as error:
        log.error("not_prepared", why=error)
        return 1
    return 0


def make_topics(settings: TopicSettings | PrepareSettings) -> None:
    """Makes the topics that are missing and brings the others' settings up to the table."""
    admin = AdminClient({"bootstrap.servers": settings.kafka, "client.id": "prepare", "log_level": 2})
    durability = Durability(replication=settings.replication, flush_every_message=settings.flush_every_message)
    wanted = wanted_topics(durability)
    wait_for("the broker", lambda: existing_partitions(admin), DEADLINE_S)
    created = create_topics(admin, wanted, durability)
    wait_for("the new topics", lambda: check_topics(admin), DEADLINE_S)
    for change in adjust_settings(admin, wanted):
        log.info("topic_setting_changed", change=change)
    log.info("topics_ready", created=len(created), topics=len(wanted))


def prepare(settings: PrepareSettings) -> None:
    """Makes the topics, registers the schemas, and checks that the registry explains the log."""
    make_topics(settings)
    registry = Registry(settings.registry_url)
    ids = wait_for("the schemas in the registry", registry.register, DEADLINE_S)
    log.info("schemas_ready", schemas=len(ids), ids=f"{min(ids.values())}-{max(ids.values())}")
    checked = wait_for("the log's first records", lambda: check_first_records(settings.kafka, registry), DEADLINE_S)
    log.info("log_agrees", first_records=checked)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
