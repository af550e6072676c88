"""The store of outputs: what is kept is found whole, what is not costs nothing but a run."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest
from prometheus_client import REGISTRY

from executor.bounded_folder import BLOCK_BYTES
from executor.outputs import WAITING, WAITING_BYTES, DirectoryOutputs
from schemas.ids import Sha256

OUTPUT = b"wrong\n"


def name_of(output: bytes) -> Sha256:
    return Sha256(sha256(output).hexdigest())


NAME = name_of(OUTPUT)


def counted(what: str) -> float:
    return REGISTRY.get_sample_value("judgestream_outputs_total", {"what": what}) or 0.0


def kept(root: Path, *outputs: bytes, max_bytes: int = 1 << 30) -> DirectoryOutputs:
    """A store that has written all of them."""
    with closing(DirectoryOutputs(root, max_bytes=max_bytes)) as store:
        for output in outputs:
            store.keep(name_of(output), output)
    return store


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_what_was_kept_is_found_by_every_executor_of_the_machine(tmp_path: Path) -> None:
    kept(tmp_path, OUTPUT)
    assert DirectoryOutputs(tmp_path).find(NAME) == OUTPUT
    assert DirectoryOutputs(tmp_path).find(name_of(b"another")) is None
    assert DirectoryOutputs(tmp_path).find(Sha256("../outputs")) is None


def test_the_same_output_is_kept_once(tmp_path: Path) -> None:
    before = counted("there")
    kept(tmp_path, OUTPUT, OUTPUT)
    kept(tmp_path, OUTPUT)
    assert [path.name for path in files(tmp_path)] == [NAME]
    assert counted("there") == before + 1


def test_one_that_is_too_long_is_not_kept(tmp_path: Path) -> None:
    before = counted("too_long")
    with closing(DirectoryOutputs(tmp_path, case_bytes=len(OUTPUT) - 1)) as store:
        store.keep(NAME, OUTPUT)
    assert files(tmp_path) == []
    assert counted("too_long") == before + 1


@pytest.mark.parametrize(
    "spoil",
    [Path.unlink, lambda path: path.write_bytes(b"wrong?"), lambda path: path.write_bytes(b"")],
    ids=["lost", "changed", "cut short"],
)
def test_what_is_lost_or_spoilt_is_not_found_and_can_be_kept_again(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    kept(tmp_path, OUTPUT)
    (file,) = files(tmp_path)
    spoil(file)
    assert DirectoryOutputs(tmp_path).find(NAME) is None
    file.unlink(missing_ok=True)
    assert kept(tmp_path, OUTPUT).find(NAME) == OUTPUT


def test_one_that_was_cut_short_is_written_anew(tmp_path: Path) -> None:
    kept(tmp_path, OUTPUT)
    (file,) = files(tmp_path)
    file.write_bytes(OUTPUT[:2])
    assert kept(tmp_path, OUTPUT).find(NAME) == OUTPUT


def test_the_oldest_go_first_and_what_was_asked_for_is_young(tmp_path: Path) -> None:
    outputs = [b"%d" % number for number in range(40)]
    kept(tmp_path, *outputs)
    for age_s, output in enumerate(reversed(outputs)):
        place = tmp_path / name_of(output)[:2] / name_of(output)
        os.utime(place, (10_000 - age_s, 10_000 - age_s))
    DirectoryOutputs(tmp_path).find(name_of(outputs[0]))
    swept = kept(tmp_path, max_bytes=20 * BLOCK_BYTES)
    assert len(files(tmp_path)) == 16
    assert swept.find(name_of(outputs[0])) == outputs[0]
    assert swept.find(name_of(outputs[1])) is None
    assert swept.find(name_of(outputs[-1])) == outputs[-1]


def test_the_folder_stays_within_its_bound_while_it_is_written(tmp_path: Path) -> None:
    outputs = [b"%d" % number for number in range(100)]
    store = kept(tmp_path, *outputs, max_bytes=20 * BLOCK_BYTES)
    assert len(files(tmp_path)) <= 22
    assert store.find(name_of(outputs[-1])) is not None


def test_a_folder_that_takes_nothing_costs_nothing_but_the_outputs(tmp_path: Path) -> None:
    before = counted("failed")
    with closing(DirectoryOutputs(tmp_path)) as store:
        (tmp_path / NAME[:2]).write_text("in the way")
        store.keep(NAME, OUTPUT)
    assert store.find(NAME) is None
    assert [path.name for path in files(tmp_path)] == [NAME[:2]]
    assert counted("failed") == before + 1


class SlowDisk(DirectoryOutputs):
    """Writes nothing before it may."""

    def __init__(self, root: Path) -> None:
        self.may_write = Event()
        self.root = root
        super().__init__(root)

    def _write(self, name: Sha256, output: bytes) -> None:
        self.may_write.wait(10)
        super()._write(name, output)


@pytest.fixture
def slow_disk(tmp_path: Path) -> Iterator[SlowDisk]:
    store = SlowDisk(tmp_path)
    yield store
    store.may_write.set()
    store.close()


@pytest.mark.parametrize(("size", "number"), [(1024 * 1024, WAITING_BYTES // 1024 // 1024), (1, WAITING)])
def test_where_the_disk_is_slow_outputs_are_dropped_and_judging_goes_on(
    slow_disk: SlowDisk, size: int, number: int
) -> None:
    before = counted("dropped")
    output = bytes(size)
    for one in range(number + 10):
        slow_disk.keep(name_of(b"%d" % one), output)
    assert counted("dropped") == before + 10


def test_what_still_waits_is_found(slow_disk: SlowDisk) -> None:
    slow_disk.keep(NAME, OUTPUT)
    assert slow_disk.find(NAME) == OUTPUT
    assert files(slow_disk.root) == []
