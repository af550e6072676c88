"""The topic table as the broker is to have it."""

import pytest

from schemas.eventlog.errors import LogMisconfigured, LogUnavailable
from schemas.eventlog.kafka_topics import REGISTRY_TOPICS, Durability, WantedTopic, check_partitions, wanted_topics
from schemas.topics import TOPICS

WANTED = wanted_topics(Durability())
AS_WANTED = {topic.name: topic.partitions for topic in WANTED}


def wanted(name: str, durability: Durability | None = None) -> WantedTopic:
    return next(topic for topic in wanted_topics(durability or Durability()) if topic.name == name)


def test_every_topic_of_the_table_is_wanted_and_those_of_the_registry() -> None:
    assert list(AS_WANTED) == [*(topic.name for topic in TOPICS), *REGISTRY_TOPICS]


def test_facts_are_kept_for_ever_and_flushed() -> None:
    settings = wanted("verdicts").settings
    assert settings["retention.ms"] == settings["retention.bytes"] == "-1"
    assert settings["flush.messages"] == "1"
    assert settings["message.timestamp.type"] == "LogAppendTime"


def test_progress_expires_and_is_not_flushed() -> None:
    settings = wanted("judgings").settings
    assert settings["retention.ms"] == str(30 * 24 * 3600 * 1000)
    assert settings["flush.messages"] == str(2**63 - 1)


def test_reports_of_executors_are_compacted() -> None:
    assert wanted("executors").settings["cleanup.policy"] == "compact"


def test_flushing_can_be_left_out() -> None:
    assert wanted("verdicts", Durability(flush_every_message=False)).settings["flush.messages"] == str(2**63 - 1)


@pytest.mark.parametrize(("replication", "in_sync"), [(1, "1"), (2, "1"), (3, "2")])
def test_with_three_brokers_two_must_have_a_record(replication: int, in_sync: str) -> None:
    settings = wanted("verdicts", Durability(replication=replication)).settings
    assert settings["min.insync.replicas"] == in_sync


@pytest.mark.parametrize("name", REGISTRY_TOPICS)
def test_the_registry_never_forgets(name: str) -> None:
    assert (wanted(name).partitions, wanted(name).settings["retention.ms"]) == (1, "-1")


def test_partitions_as_in_the_table_are_right() -> None:
    check_partitions(AS_WANTED, WANTED)


@pytest.mark.parametrize("partitions", [11, 13])
def test_another_number_of_partitions_is_refused(partitions: int) -> None:
    with pytest.raises(LogMisconfigured, match=f"submissions has {partitions} partitions and should have 12"):
        check_partitions(AS_WANTED | {"submissions": partitions}, WANTED)


def test_lanes_may_have_more_partitions_and_not_fewer() -> None:
    check_partitions(AS_WANTED | {"jobs.contest": 7}, WANTED)
    with pytest.raises(LogMisconfigured, match=r"jobs\.contest has 5"):
        check_partitions(AS_WANTED | {"jobs.contest": 5}, WANTED)


def test_missing_topics_are_waited_for_by_name() -> None:
    without = {name: number for name, number in AS_WANTED.items() if name not in ("live", "verdicts")}
    with pytest.raises(LogUnavailable, match="topics are missing: verdicts, live"):
        check_partitions(without, WANTED)
