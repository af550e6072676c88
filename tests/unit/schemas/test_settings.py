"""Settings from an environment: all of it, or every fault at once."""

from pathlib import Path

import pytest

from schemas.settings import Address, ExecutorSettings, IngestSettings, SettingsError, read_settings


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    key = tmp_path / "public.pem"
    key.write_text("a key")
    return {
        "JUDGESTREAM_INGEST_PORT": "8001",
        "JUDGESTREAM_KAFKA": "127.0.0.1:9092",
        "JUDGESTREAM_REGISTRY_URL": "http://127.0.0.1:8081/apis/ccompat/v7/",
        "JUDGESTREAM_CASSANDRA": "127.0.0.1:9042,127.0.0.2:9042",
        "JUDGESTREAM_BLOBS": "/blobs",
        "JUDGESTREAM_TOKEN_PUBLIC_KEY": str(key),
    }


def test_reads_every_field(environment: dict[str, str]) -> None:
    assert read_settings(IngestSettings, environment) == IngestSettings(
        port=8001,
        host="127.0.0.1",
        kafka="127.0.0.1:9092",
        registry_url="http://127.0.0.1:8081/apis/ccompat/v7",
        cassandra=(Address("127.0.0.1", 9042), Address("127.0.0.2", 9042)),
        keyspace="judgestream",
        blobs=Path("/blobs"),
        token_public_key=Path(environment["JUDGESTREAM_TOKEN_PUBLIC_KEY"]),
    )


def test_names_every_bad_variable_at_once_and_what_it_should_be(environment: dict[str, str]) -> None:
    bad = environment | {
        "JUDGESTREAM_INGEST_PORT": "70000",
        "JUDGESTREAM_KAFKA": "",
        "JUDGESTREAM_REGISTRY_URL": "127.0.0.1:8081",
        "JUDGESTREAM_CASSANDRA": "127.0.0.1",
        "JUDGESTREAM_KEYSPACE": "drop table",
        "JUDGESTREAM_TOKEN_PUBLIC_KEY": "/no/such.pem",
    }
    with pytest.raises(SettingsError) as refused:
        read_settings(IngestSettings, bad)
    assert refused.value.faults == (
        "JUDGESTREAM_INGEST_PORT should be a TCP port, 1 to 65535, not '70000'",
        "JUDGESTREAM_KAFKA is not set; it should be host:port[,host:port] of the broker",
        "JUDGESTREAM_REGISTRY_URL should be the registry's http(s) URL, not '127.0.0.1:8081'",
        "JUDGESTREAM_CASSANDRA should be host:port[,host:port] of Cassandra nodes, not '127.0.0.1'",
        "JUDGESTREAM_KEYSPACE should be a keyspace name: a-z, 0-9, _, at most 48, not 'drop table'",
        "JUDGESTREAM_TOKEN_PUBLIC_KEY should be an Ed25519 public key: a PEM file that is there, not '/no/such.pem'",
    )


@pytest.mark.parametrize("slots", ["0", "-1", "1025", "two", "²"])
def test_a_number_of_slots_is_a_number_that_makes_sense(slots: str) -> None:
    with pytest.raises(SettingsError, match="JUDGESTREAM_SLOTS should be how many jobs run at once"):
        read_settings(ExecutorSettings, {"JUDGESTREAM_SLOTS": slots})


def test_what_can_be_guessed_need_not_be_set() -> None:
    environment = {
        "JUDGESTREAM_EXECUTOR_PORT": "8003",
        "JUDGESTREAM_KAFKA": "127.0.0.1:9092",
        "JUDGESTREAM_REGISTRY_URL": "http://127.0.0.1:8081",
        "JUDGESTREAM_BLOBS": "/blobs",
        "JUDGESTREAM_WORK": "/work",
    }
    settings = read_settings(ExecutorSettings, environment)
    assert (settings.pool, settings.host) == ("default", "127.0.0.1")
    assert (settings.slots, settings.enforce_calibration, settings.compile_cache) == (None, False, None)
    assert settings.executor_id


@pytest.mark.parametrize(("text", "kept_mib"), [("0", 0), ("100000", 100_000)])
def test_how_much_is_kept_is_a_number(text: str, kept_mib: int) -> None:
    environment = {
        "JUDGESTREAM_EXECUTOR_PORT": "8003",
        "JUDGESTREAM_KAFKA": "127.0.0.1:9092",
        "JUDGESTREAM_REGISTRY_URL": "http://127.0.0.1:8081",
        "JUDGESTREAM_BLOBS": "/blobs",
        "JUDGESTREAM_WORK": "/work",
    }
    settings = read_settings(ExecutorSettings, environment | {"JUDGESTREAM_OUTPUTS_MIB": text})
    assert (settings.outputs_mib, settings.output_kib, settings.outputs) == (kept_mib, 1024, None)
    with pytest.raises(SettingsError, match="how many MiB of outputs"):
        read_settings(ExecutorSettings, environment | {"JUDGESTREAM_OUTPUTS_MIB": f"-{text}"})


@pytest.mark.parametrize(("text", "enforced"), [("report", False), ("enforce", True)])
def test_calibration_is_reported_or_enforced(text: str, enforced: bool) -> None:
    environment = {
        "JUDGESTREAM_EXECUTOR_PORT": "8003",
        "JUDGESTREAM_KAFKA": "127.0.0.1:9092",
        "JUDGESTREAM_REGISTRY_URL": "http://127.0.0.1:8081",
        "JUDGESTREAM_BLOBS": "/blobs",
        "JUDGESTREAM_WORK": "/work",
    }
    assert (
        read_settings(ExecutorSettings, environment | {"JUDGESTREAM_CALIBRATION": text}).enforce_calibration is enforced
    )
    with pytest.raises(SettingsError, match="should be report or enforce"):
        read_settings(ExecutorSettings, environment | {"JUDGESTREAM_CALIBRATION": text.upper()})
