"""The parts of the guest that can be looked at without booting it."""

import gzip
from pathlib import Path

import pytest

from deploy.setup.apt import debian_mirror
from deploy.setup.guest import make
from deploy.setup.guest.initramfs import Entry, write_initramfs


def test_a_first_file_system_begins_each_part_at_a_multiple_of_four_bytes(tmp_path: Path) -> None:
    write_initramfs([Entry("bin"), Entry("bin/a", b"12345")], tmp_path / "archive")
    data, names, at = gzip.decompress((tmp_path / "archive").read_bytes()), [], 0
    while at < len(data):
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        assert data[at : at + 6] == b"070701"
        name_bytes, content_bytes = fields[11], fields[6]
        names.append((data[at + 110 : at + 110 + name_bytes - 1].decode(), content_bytes))
        at += 110 + name_bytes
        at += -at % 4 + content_bytes
        at += -at % 4
    assert names == [("bin", 0), ("bin/a", 5), ("TRAILER!!!", 0)]


def test_a_driver_is_loaded_after_those_that_it_needs(tmp_path: Path) -> None:
    needs = {"virtio_pci": "virtio,virtio_ring", "virtio": "virtio_ring", "virtio_blk": "virtio", "overlay": ""}
    there = {name: tmp_path / f"{name}.ko" for name in (*needs, "virtio_ring")}
    for name, path in there.items():
        path.write_bytes(b"\x7fELF\0depends=" + needs.get(name, "").encode() + b"\0name=x\0")
    order = [path.stem for path in make.modules_in_order(there)]
    assert order == ["virtio_ring", "virtio", "virtio_pci", "virtio_blk", "overlay"]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"sources.list": "deb [signed-by=/k] http://mirror.example/debian bookworm main\n"}, True),
        ({"sources.list.d/debian.sources": "Types: deb\nURIs: http://mirror.example/debian\n"}, True),
        ({"sources.list.d/other.list": "deb http://mirror.example/other stable main\n"}, False),
        ({}, False),
    ],
)
def test_the_mirror_is_the_one_that_apt_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: dict[str, str], expected: bool
) -> None:
    (tmp_path / "sources.list.d").mkdir()
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("deploy.setup.apt.APT_SOURCES", tmp_path)
    assert debian_mirror() == ("http://mirror.example/debian" if expected else None)
