"""What every blob store promises."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.blobs.directory import INCOMING, DirectoryBlobStore
from schemas.blobs.port import BlobMismatch, BlobMissing, BlobStore
from schemas.ids import Sha256

CONTENT = b"1 2\n"
NAME = Sha256(hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def store(root: Path) -> BlobStore:
    return DirectoryBlobStore(root)


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_answers_the_name_of_what_it_keeps_and_gives_it_back(store: BlobStore) -> None:
    assert not store.has(NAME)
    assert store.put(CONTENT) == NAME
    assert store.has(NAME)
    assert store.get(NAME) == CONTENT
    with store.open(NAME) as file:
        assert file.read() == CONTENT


def test_keeping_it_again_changes_nothing(store: BlobStore, root: Path) -> None:
    store.put(CONTENT)
    store.put(CONTENT)
    assert store.put_stream(NAME, [CONTENT], max_bytes=100) == len(CONTENT)
    assert [path.name for path in files(root)] == [NAME]


def test_keeps_nothing_at_all_too(store: BlobStore) -> None:
    assert store.get(store.put(b"")) == b""


def test_keeps_what_is_streamed(store: BlobStore) -> None:
    assert store.put_stream(NAME, [CONTENT[:1], b"", CONTENT[1:]], max_bytes=len(CONTENT)) == len(CONTENT)
    assert store.get(NAME) == CONTENT


@pytest.mark.parametrize("chunks", [[b"1 3\n"], [CONTENT, b"more"], []])
def test_refuses_content_of_another_name_and_leaves_nothing(store: BlobStore, root: Path, chunks: list[bytes]) -> None:
    with pytest.raises(BlobMismatch):
        store.put_stream(NAME, chunks, max_bytes=100)
    assert not store.has(NAME)
    assert files(root) == []


def test_stops_reading_where_the_content_is_too_long(store: BlobStore, root: Path) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 100

    with pytest.raises(BlobMismatch, match="longer than 1000 bytes"):
        store.put_stream(NAME, endless(), max_bytes=1000)
    assert files(root) == []


def test_leaves_nothing_of_a_stream_that_breaks(store: BlobStore, root: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put_stream(NAME, broken(), max_bytes=100)
    assert files(root) == []


@pytest.mark.parametrize("name", [NAME, "../../etc/passwd", "", NAME.upper(), NAME + "\n"])
def test_says_what_is_missing(store: BlobStore, name: str) -> None:
    assert not store.has(Sha256(name))
    with pytest.raises(BlobMissing):
        store.get(Sha256(name))
    with pytest.raises(BlobMissing):
        store.open(Sha256(name))


def test_finds_a_blob_that_has_rotted(store: BlobStore, root: Path) -> None:
    store.put(CONTENT)
    [path] = files(root)
    path.write_bytes(b"1 3\n")
    with pytest.raises(BlobMismatch):
        store.get(NAME)


def test_a_store_opened_again_knows_what_was_kept(store: BlobStore, root: Path) -> None:
    store.put(CONTENT)
    assert DirectoryBlobStore(root).get(NAME) == CONTENT


def test_sweeps_out_what_a_killed_writer_left_a_day_ago(root: Path) -> None:
    store = DirectoryBlobStore(root)
    old, new = root / INCOMING / "old", root / INCOMING / "new"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (0, 0))
    DirectoryBlobStore(root)
    assert not old.exists()
    assert new.exists()
    assert not store.has(NAME)
