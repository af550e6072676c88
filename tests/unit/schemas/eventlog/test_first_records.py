"""The log as the witness of which schema an id had."""

import pytest

from schemas.avro_schema import AvroSchema
from schemas.avro_versions import newest
from schemas.eventlog.first_records import FACTS, contradiction
from schemas.topics import EXECUTORS, LIVE, PROBLEMS, SUBMISSIONS, VERDICTS

KNOWN = {1: newest("SubmissionReceived").schema(), 5: newest("VerdictReached").schema()}


def find(schema_id: int) -> AvroSchema | None:
    return KNOWN.get(schema_id)


def value(schema_id: int) -> bytes:
    return b"\x00" + schema_id.to_bytes(4, "big") + b"whatever follows"


def test_a_registry_that_explains_the_record_agrees() -> None:
    assert contradiction(SUBMISSIONS, value(1), find) is None


def test_a_registry_that_gives_the_id_to_another_event_contradicts() -> None:
    fault = contradiction(VERDICTS, value(1), find)
    assert fault is not None
    assert "written with schema 1, which the registry says is SubmissionReceived" in fault


def test_a_registry_that_does_not_know_the_id_contradicts() -> None:
    fault = contradiction(PROBLEMS, value(77), find)
    assert fault is not None
    assert "written with schema 77, which the registry does not know" in fault


@pytest.mark.parametrize("junk", [b"", b"{}", b"\x00\x00\x00\x01", b"\x01\x00\x00\x00\x05body"])
def test_bytes_that_are_no_event_prove_nothing(junk: bytes) -> None:
    assert contradiction(VERDICTS, junk, find) is None


def test_only_what_is_kept_for_ever_is_a_witness() -> None:
    assert SUBMISSIONS in FACTS
    assert LIVE not in FACTS
    assert EXECUTORS not in FACTS
