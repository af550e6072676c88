"""What every event log promises to whoever appends and to whoever reads alone."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from schemas.eventlog.errors import AppendRejected
from schemas.eventlog.murmur2 import partition_of
from schemas.eventlog.port import EventLog, Partition, Record, Undecodable
from schemas.eventlog.topic_checks import MESSAGE_BYTES
from schemas.events import ProblemRetired
from schemas.topics import JOBS, LIVE, PROBLEMS, SUBMISSIONS
from schemas.values import Lane, Position
from tests.contract.eventlog.conftest import Inject
from tests.contract.eventlog.events import job, retired, thawed
from tests.contract.eventlog.reading import ends, offsets, poll_until, read

PRACTICE = JOBS[Lane.PRACTICE]
SECOND = Partition(PROBLEMS.name, 1)


def test_an_append_answers_where_the_event_stands_and_a_reader_finds_it_there(log: EventLog) -> None:
    starts = ends(log, PROBLEMS)
    event = retired()
    position = log.append(PROBLEMS, event).result(10)
    reader = log.reader(starts)
    [record] = read(reader, 1)
    reader.close()
    assert record.position == position
    assert record.event == event
    assert abs(record.appended_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_key_decides_the_partition_as_kafka_hashes_it(log: EventLog) -> None:
    events = [retired(f"problem-{number}") for number in range(20)]
    appended = [log.append(PROBLEMS, event) for event in events]
    assert [future.result(10).partition for future in appended] == [
        partition_of(event.problem_id.encode(), PROBLEMS.partitions) for event in events
    ]


def test_events_of_one_key_keep_their_order(log: EventLog) -> None:
    starts = ends(log, PROBLEMS)
    events = [retired("always-the-same") for _ in range(50)]
    for event in events:
        log.append(PROBLEMS, event)
    reader = log.reader(starts)
    records = read(reader, 50, at_once=7)
    reader.close()
    assert [record.event for record in records] == events


def test_a_writer_may_choose_the_partition(log: EventLog) -> None:
    position = log.append(PRACTICE, job(), partition=4).result(10)
    assert (position.topic, position.partition) == (PRACTICE.name, 4)


def test_what_is_too_long_for_any_record_is_rejected(log: EventLog) -> None:
    before = ends(log, PROBLEMS)
    error = log.append(PROBLEMS, retired("x" * MESSAGE_BYTES)).exception(10)
    assert isinstance(error, AppendRejected)
    assert ends(log, PROBLEMS) == before


def test_refuses_an_event_that_the_topic_does_not_hold(log: EventLog) -> None:
    with pytest.raises(ValueError, match="problems does not hold ContestThawed"):
        log.append(PROBLEMS, thawed("c"))


def test_refuses_a_partition_that_is_not_there(log: EventLog) -> None:
    with pytest.raises(ValueError, match="no partition problems:3"):
        log.append(PROBLEMS, retired(), partition=3)
    with pytest.raises(ValueError, match="no partition problems:3"):
        log.reader({Partition("problems", 3): 0})
    with pytest.raises(ValueError, match="no partition odd:0"):
        log.reader({Partition("odd", 0): 0})


def test_ends_move_with_every_append(log: EventLog) -> None:
    before = log.end_offsets(PROBLEMS)
    position = log.append(PROBLEMS, retired()).result(10)
    after = log.end_offsets(PROBLEMS)
    assert before[position.partition] == position.offset
    assert after == before | {position.partition: position.offset + 1}


def test_ends_name_every_partition(log: EventLog) -> None:
    assert sorted(log.end_offsets(SUBMISSIONS)) == list(range(SUBMISSIONS.partitions))
    assert sorted(log.end_offsets(PRACTICE)) == list(range(PRACTICE.partitions))


def test_what_is_kept_begins_at_offset_zero_while_nothing_is_trimmed(log: EventLog) -> None:
    assert log.begin_offsets(LIVE) == dict.fromkeys(range(LIVE.partitions), 0)


def test_a_topic_has_an_id_that_stays(log: EventLog) -> None:
    assert log.topic_id(LIVE) == log.topic_id(LIVE) != ""
    assert log.topic_id(LIVE) != log.topic_id(PROBLEMS)


def test_a_reader_begins_where_it_is_told_and_reads_nothing_else(log: EventLog) -> None:
    position = [log.append(PROBLEMS, retired("here")).result(10) for _ in range(3)][1]
    log.append(PROBLEMS, retired("here")).result(10)
    other = (position.partition + 1) % PROBLEMS.partitions
    log.append(PROBLEMS, retired(), partition=other).result(10)
    here = Partition(PROBLEMS.name, position.partition)
    reader = log.reader({here: position.offset})
    records = read(reader, 3)
    assert offsets(records, here) == [position.offset + more for more in range(3)]
    assert reader.poll(10, 0.2) == []
    reader.close()


def test_a_poll_gives_no_more_than_asked_and_loses_nothing(log: EventLog) -> None:
    starts = ends(log, PROBLEMS)
    for _ in range(10):
        log.append(PROBLEMS, retired("counted")).result(10)
    reader = log.reader(starts)
    polls: list[list[Record]] = []
    while sum(len(records) for records in polls) < 10:
        polls.append(reader.poll(3, 5.0))
    reader.close()
    assert max(len(records) for records in polls) <= 3
    taken = [record.position.offset for records in polls for record in records]
    assert taken == sorted(taken)


def test_a_poll_waits_for_what_comes_and_not_longer(log: EventLog) -> None:
    reader = log.reader(ends(log, PROBLEMS))
    reader.poll(1, 0.3)
    with ThreadPoolExecutor() as pool:
        polled = pool.submit(reader.poll, 10, 20.0)
        began = time.monotonic()
        log.append(PROBLEMS, retired()).result(10)
        assert len(polled.result(20)) == 1
        assert time.monotonic() - began < 5
    reader.close()


def test_an_empty_poll_ends_in_time(log: EventLog) -> None:
    reader = log.reader(ends(log, PROBLEMS))
    began = time.monotonic()
    assert reader.poll(10, 0.3) == []
    assert 0.29 <= time.monotonic() - began < 3
    reader.close()


def test_closing_ends_a_poll_under_way(log: EventLog) -> None:
    reader = log.reader(ends(log, PROBLEMS))
    polls: list[list[Record]] = []
    polling = threading.Thread(target=lambda: polls.append(reader.poll(10, 60.0)))
    polling.start()
    reader.close()
    polling.join(10)
    assert polls == [[]]
    assert reader.poll(10, 60.0) == []


def test_readers_do_not_affect_each_other(log: EventLog) -> None:
    starts = ends(log, PROBLEMS)
    event = retired()
    log.append(PROBLEMS, event).result(10)
    for _ in range(2):
        reader = log.reader(starts)
        assert [record.event for record in read(reader, 1)] == [event]
        reader.close()


def test_bytes_that_are_no_event_are_delivered_as_such_and_hide_nothing(log: EventLog, inject: Inject) -> None:
    starts = ends(log, PROBLEMS)
    inject(PROBLEMS, b"{}")
    event = retired()
    log.append(PROBLEMS, event, partition=0).result(10)
    reader = log.reader(starts)
    poison, healthy = read(reader, 2)
    reader.close()
    assert isinstance(poison.event, Undecodable)
    assert (poison.event.key, poison.event.value, poison.value) == (None, b"{}", b"{}")
    assert poison.event.why
    assert healthy.event == event


def test_appends_from_many_threads_all_arrive_once(log: EventLog) -> None:
    starts = ends(log, PROBLEMS)

    def append_many(worker: int) -> list[Position]:
        return [log.append(PROBLEMS, retired(f"worker-{worker}")).result(10) for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        positions = [position for appended in pool.map(append_many, range(8)) for position in appended]
    reader = log.reader(starts)
    records = read(reader, 160)
    reader.close()
    assert sorted(record.position for record in records) == sorted(positions)
    assert all(isinstance(record.event, ProblemRetired) for record in records)


def test_a_record_keeps_the_bytes_that_it_was_read_from(log: EventLog) -> None:
    starts = ends(log, PROBLEMS)
    log.append(PROBLEMS, retired()).result(10)
    reader = log.reader(starts)
    [record] = read(reader, 1)
    reader.close()
    assert record.value[:1] == b"\x00"


def test_a_reader_of_a_key_passes_over_all_others(log: EventLog) -> None:
    here = Partition(PROBLEMS.name, log.append(PROBLEMS, retired("wanted")).result(10).partition)
    begin = ends(log, PROBLEMS)[here]
    for number in range(30):
        name = "wanted" if number % 10 == 5 else f"other-{number}"
        log.append(PROBLEMS, retired(name), partition=here.number).result(10)
    reader = log.reader({here: begin}, key="wanted")
    assert reader.next_offsets() == {here: begin}
    records: list[Record] = []
    poll_until(lambda: reader.next_offsets()[here] == begin + 30, reader, records=records)
    reader.close()
    assert offsets(records, here) == [begin + 5, begin + 15, begin + 25]


def test_a_poll_for_a_key_ends_where_there_are_only_others(log: EventLog) -> None:
    here, begin = Partition(PROBLEMS.name, 0), ends(log, PROBLEMS)[Partition(PROBLEMS.name, 0)]
    log.append(PROBLEMS, retired("other"), partition=0).result(10)
    reader = log.reader({here: begin}, key="wanted")
    began = time.monotonic()
    assert reader.poll(10, 60.0) == []
    assert time.monotonic() - began < 30
    assert reader.next_offsets() == {here: begin + 1}
    reader.close()


def test_bytes_that_are_no_event_are_passed_over_by_their_key_too(log: EventLog, inject: Inject) -> None:
    here, begin = Partition(PROBLEMS.name, 0), ends(log, PROBLEMS)[Partition(PROBLEMS.name, 0)]
    inject(PROBLEMS, b"{}")
    log.append(PROBLEMS, retired("wanted"), partition=0).result(10)
    reader = log.reader({here: begin}, key="wanted")
    records: list[Record] = []
    poll_until(lambda: reader.next_offsets()[here] == begin + 2, reader, records=records)
    reader.close()
    assert offsets(records, here) == [begin + 1]


def test_a_moment_parts_what_was_appended_until_then_from_the_rest(log: EventLog) -> None:
    starts = ends(log, PROBLEMS)
    first = log.append(PROBLEMS, retired(), partition=0).result(10)
    poll_until(lambda: log.append(PROBLEMS, retired(), partition=1).result(10).offset >= starts[SECOND] + 40)
    last = log.append(PROBLEMS, retired(), partition=0).result(10)
    reader = log.reader(starts)
    records = read(reader, sum(ends(log, PROBLEMS).values()) - sum(starts.values()))
    reader.close()
    moments = [it.appended_at for it in records if it.position in {first, last}]
    for moment in (*moments, records[len(records) // 2].appended_at, moments[0] - timedelta(microseconds=1)):
        later = [it.position for it in records if it.appended_at > moment]
        expected = {
            number: min((it.offset for it in later if it.partition == number), default=end)
            for number, end in log.end_offsets(PROBLEMS).items()
        }
        assert log.offsets_at(PROBLEMS, moment) == expected


def test_before_all_time_is_the_beginning_and_after_it_the_end(log: EventLog) -> None:
    log.append(PROBLEMS, retired()).result(10)
    assert log.offsets_at(PROBLEMS, datetime(1900, 1, 1, tzinfo=UTC)) == log.begin_offsets(PROBLEMS)
    assert log.offsets_at(PROBLEMS, datetime(2900, 1, 1, tzinfo=UTC)) == log.end_offsets(PROBLEMS)
