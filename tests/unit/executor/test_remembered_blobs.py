"""Contents in memory before a store."""

from pathlib import Path

import pytest

from executor.remembered_blobs import RememberedBlobs
from schemas.blobs.directory import DirectoryBlobStore
from schemas.blobs.port import BlobMissing
from schemas.ids import Sha256


@pytest.fixture
def store(tmp_path: Path) -> DirectoryBlobStore:
    return DirectoryBlobStore(tmp_path)


def _lost(tmp_path: Path, name: Sha256) -> None:
    (tmp_path / name[:2] / name).unlink()


def test_what_was_read_once_is_read_no_more(store: DirectoryBlobStore, tmp_path: Path) -> None:
    blobs = RememberedBlobs(store)
    name = blobs.put(b"x")
    assert blobs.get(name) == b"x"
    _lost(tmp_path, name)
    assert blobs.get(name) == b"x"
    assert blobs.has(name)


def test_the_latest_used_stay(store: DirectoryBlobStore, tmp_path: Path) -> None:
    blobs = RememberedBlobs(store, kept_bytes=20, longest_kept=10)
    first, second, third = (store.put(bytes([n]) * 10) for n in range(3))
    for name in (first, second, first, third):
        blobs.get(name)
    for name in (first, second, third):
        _lost(tmp_path, name)
    assert blobs.get(first) == bytes(10)
    assert blobs.get(third) == b"\x02" * 10
    with pytest.raises(BlobMissing):
        blobs.get(second)


def test_what_is_long_is_not_kept(store: DirectoryBlobStore, tmp_path: Path) -> None:
    blobs = RememberedBlobs(store, kept_bytes=20, longest_kept=10)
    name = blobs.put(bytes(11))
    assert blobs.get(name) == bytes(11)
    _lost(tmp_path, name)
    with pytest.raises(BlobMissing):
        blobs.get(name)


def test_what_is_not_there_may_come(store: DirectoryBlobStore) -> None:
    blobs = RememberedBlobs(store)
    name = store.put(b"later")
    with pytest.raises(BlobMissing):
        blobs.get(Sha256("0" * 64))
    assert blobs.get(name) == b"later"
