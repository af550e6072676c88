"""What is wrong with the machine is told in one line each, with what to do."""

import socket
from pathlib import Path

import pytest

from deploy.local import settings
from deploy.local.errors import Unfit
from deploy.local.ports import Ports
from deploy.local.preflight import not_set_up, ports_in_use, too_little, unfit_folder


def test_a_port_in_use_is_named_with_the_setting_that_moves_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        (gateway,) = [line for line in ports_in_use(Ports(gateway=port, base=30_900), "127.0.0.1") if "gateway" in line]
        (broker,) = [line for line in ports_in_use(Ports(gateway=1, base=port - 2), "127.0.0.1") if "broker" in line]
    assert gateway.startswith(f"port {port} (gateway) is in use")
    assert "JUDGESTREAM_PORT" in gateway
    assert "JUDGESTREAM_PORT_BASE" in broker


def test_too_little_is_told_with_both_figures() -> None:
    assert list(too_little("memory", 2**30, 3 * 2**30, "end something")) == [
        "too little memory: 1.0 GiB are free, 3 GiB are needed: end something"
    ]
    assert list(too_little("memory", 3 * 2**30, 3 * 2**30, "end something")) == []


def test_a_machine_that_is_not_set_up_is_told_the_command(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    assert list(not_set_up([tmp_path / "kafka", tmp_path / "cassandra"])) == [
        "not set up: cassandra missing: run `make setup`"
    ]
    assert list(not_set_up([tmp_path / "kafka"])) == []


def test_a_folder_that_the_engines_cannot_use_is_refused() -> None:
    assert list(unfit_folder(Path("/srv/judge/.judgestream/local"))) == []
    (odd,) = unfit_folder(Path("/srv/my judge/state"))
    assert "[' ']" in odd
    (long,) = unfit_folder(Path("/srv") / ("a" * 90))
    assert "too long for a socket" in long


def test_every_bad_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGESTREAM_PORT", "http")
    monkeypatch.setenv("JUDGESTREAM_PORT_BASE", "80")
    with pytest.raises(Unfit) as unfit:
        settings.read()
    assert [reason.split()[0] for reason in unfit.value.reasons] == ["JUDGESTREAM_PORT", "JUDGESTREAM_PORT_BASE"]


def test_two_systems_a_hundred_apart_share_no_port() -> None:
    one, other = Ports(gateway=8080, base=19_000).all(), Ports(gateway=8081, base=19_100).all()
    assert not set(one.values()) & set(other.values())
    assert len(set(one.values())) == len(one)
