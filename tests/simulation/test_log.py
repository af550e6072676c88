"""The simulated log before the contract suite of all event logs: what of it does not rest on threads or the codec."""

from collections.abc import Hashable
from datetime import UTC, datetime
from random import Random

import pytest

from schemas.eventlog.port import EventLog
from tests.contract.eventlog.test_append_and_read import (
    test_a_poll_gives_no_more_than_asked_and_loses_nothing,
    test_a_reader_begins_where_it_is_told_and_reads_nothing_else,
    test_a_topic_has_an_id_that_stays,
    test_a_writer_may_choose_the_partition,
    test_an_append_answers_where_the_event_stands_and_a_reader_finds_it_there,
    test_ends_move_with_every_append,
    test_ends_name_every_partition,
    test_events_of_one_key_keep_their_order,
    test_readers_do_not_affect_each_other,
    test_refuses_a_partition_that_is_not_there,
    test_refuses_an_event_that_the_topic_does_not_hold,
    test_the_key_decides_the_partition_as_kafka_hashes_it,
    test_what_is_kept_begins_at_offset_zero_while_nothing_is_trimmed,
)
from tests.contract.eventlog.test_groups import (
    group,
    test_a_commit_answers_what_was_acknowledged,
    test_a_commit_for_partitions_of_others_is_left_out,
    test_a_commit_is_kept_with_its_note_and_given_to_the_next_member,
    test_a_group_begins_at_the_beginning_where_nothing_is_committed,
    test_a_group_reads_several_topics,
    test_a_group_that_nobody_has_joined_has_committed_nothing,
    test_a_member_may_choose_where_to_begin,
    test_a_note_that_is_too_long_is_refused_before_it_is_sent,
    test_a_pause_ends_when_the_partition_is_given_up,
    test_nothing_is_committed_by_itself,
    test_one_member_gets_every_partition_and_reads_them_all,
    test_paused_partitions_are_silent_until_resumed_and_lose_nothing,
    test_the_same_offset_may_be_committed_with_another_note,
    test_two_members_share_the_partitions_and_each_is_read_by_one,
    test_what_a_member_commits_on_giving_up_is_where_the_next_begins,
    test_what_was_fetched_before_a_pause_comes_after_it,
)
from tests.simulation.broker import BEGINNING, Broker
from tests.simulation.kernel import SECOND, Kernel, Process
from tests.simulation.log import LogClient

__all__ = [
    "group",
    "test_a_commit_answers_what_was_acknowledged",
    "test_a_commit_for_partitions_of_others_is_left_out",
    "test_a_commit_is_kept_with_its_note_and_given_to_the_next_member",
    "test_a_group_begins_at_the_beginning_where_nothing_is_committed",
    "test_a_group_reads_several_topics",
    "test_a_group_that_nobody_has_joined_has_committed_nothing",
    "test_a_member_may_choose_where_to_begin",
    "test_a_note_that_is_too_long_is_refused_before_it_is_sent",
    "test_a_pause_ends_when_the_partition_is_given_up",
    "test_a_poll_gives_no_more_than_asked_and_loses_nothing",
    "test_a_reader_begins_where_it_is_told_and_reads_nothing_else",
    "test_a_topic_has_an_id_that_stays",
    "test_a_writer_may_choose_the_partition",
    "test_an_append_answers_where_the_event_stands_and_a_reader_finds_it_there",
    "test_ends_move_with_every_append",
    "test_ends_name_every_partition",
    "test_events_of_one_key_keep_their_order",
    "test_nothing_is_committed_by_itself",
    "test_one_member_gets_every_partition_and_reads_them_all",
    "test_paused_partitions_are_silent_until_resumed_and_lose_nothing",
    "test_readers_do_not_affect_each_other",
    "test_refuses_a_partition_that_is_not_there",
    "test_refuses_an_event_that_the_topic_does_not_hold",
    "test_the_key_decides_the_partition_as_kafka_hashes_it",
    "test_the_same_offset_may_be_committed_with_another_note",
    "test_two_members_share_the_partitions_and_each_is_read_by_one",
    "test_what_a_member_commits_on_giving_up_is_where_the_next_begins",
    "test_what_is_kept_begins_at_offset_zero_while_nothing_is_trimmed",
    "test_what_was_fetched_before_a_pause_comes_after_it",
]


class Alone(Kernel):
    """A kernel for code that nobody schedules: no step ends, and whoever waits has waited."""

    def turn(self) -> None:
        """See `Kernel.turn`."""

    def wait(self, *keys: Hashable, timeout_us: int | None = None, idle: bool = False) -> None:
        """See `Kernel.wait`."""


@pytest.fixture
def log() -> EventLog:
    kernel = Alone(Random(1))
    kernel.now_us = int((datetime.now(UTC) - BEGINNING).total_seconds() * SECOND)
    return LogClient(Broker(kernel), Process("contract", 1))
