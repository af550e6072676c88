"""What host and supervisor say to each other: every packet as the other side has it, and nothing believed unchecked."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some

from executor.sandbox.archive import BadArchive
from executor.sandbox.nested_protocol import (
    ARGUMENTS_MAX_BYTES,
    BadPacket,
    Flag,
    Kind,
    archive_of,
    fault_in,
    files_in,
    kind_of,
    result_in,
    run_packet,
)
from executor.sandbox.port import BoxFile, Exited, Halted, Limit, RunLimits, Signalled

LIMITS = RunLimits(cpu_time_ms=1000, wall_time_ms=4000, memory_bytes=1 << 28, output_bytes=1 << 20, processes=7)
NAMES = some.from_regex(r"[a-zA-Zäß_.]{1,20}(/[a-zA-Z]{1,20}){0,3}", fullmatch=True).filter(
    lambda name: not {".", ".."} & set(name.split("/"))
)
FILES = some.lists(
    some.builds(BoxFile, name=NAMES, content=some.binary(max_size=50), executable=some.booleans()), max_size=5
)


def result(ending: int = 1, code: int = 0, flags: int = 0, output: bytes = b"", stderr: bytes = b"") -> memoryview:
    head = struct.pack("<IIIIQQQQII", 4, flags, ending, code, 11, 22, 33, len(output), len(output), len(stderr))
    return memoryview(head + output + stderr)


def test_a_run_is_packed_as_the_supervisor_reads_it() -> None:
    packet = run_packet(["/box/main", "ü"], LIMITS, cpu_halt_ms=1200, collecting=False)
    head = struct.unpack_from("<II7Q6I", packet)
    mebibyte = 1024 * 1024
    times = (1_200_000_000, 4_000_000_000)
    assert head == (2, 0, *times, 1 << 28, 1 << 20, 64 * mebibyte, 16 * mebibyte, 0, 0, 256, 7, 256, 2, 13)
    assert packet[88:] == b"/box/main\0\xc3\xbc\0"


@pytest.mark.parametrize("command", [[], [""], ["a\0b"], ["a", "\0"], ["x" * ARGUMENTS_MAX_BYTES]])
def test_a_command_that_no_kernel_takes_is_refused(command: list[str]) -> None:
    with pytest.raises(ValueError, match="command"):
        run_packet(command, LIMITS, cpu_halt_ms=1, collecting=False)


@pytest.mark.parametrize(
    ("ending", "code", "expected"),
    [
        (1, 3, Exited(3)),
        (2, 11, Signalled(11)),
        (3, 1, Halted(Limit.CPU)),
        (3, 2, Halted(Limit.WALL)),
        (3, 3, Halted(Limit.OUTPUT)),
    ],
)
def test_a_result_tells_how_a_run_ended(ending: int, code: int, expected: Exited | Signalled | Halted) -> None:
    told = result_in(result(ending, code, flags=3, output=b"out", stderr=b"err"))
    assert told.ending == expected
    assert told.flags == Flag.OUT_OF_MEMORY | Flag.PROCESSES_EXHAUSTED
    assert (told.cpu_time_ns, told.wall_time_ns, told.memory_bytes) == (11, 22, 33)
    assert (told.output, told.stderr) == (b"out", b"err")


@pytest.mark.parametrize(
    "packet", [memoryview(b""), result()[:-1], memoryview(bytes(result()) + b"x"), result(4), result(3, 4)]
)
def test_a_result_that_is_none_is_refused(packet: memoryview) -> None:
    with pytest.raises(BadPacket):
        result_in(packet)


def test_a_fault_says_why() -> None:
    packet = memoryview(struct.pack("<I", 5) + b"mount: no")
    assert kind_of(packet) is Kind.FAULT
    assert fault_in(packet) == "mount: no"


@pytest.mark.parametrize("packet", [b"", b"\1\0\0", b"\0\0\0\0", b"\x63\0\0\0"])
def test_a_packet_of_no_kind_is_refused(packet: bytes) -> None:
    with pytest.raises(BadPacket):
        kind_of(memoryview(packet))


@given(FILES)
def test_files_come_back_from_an_archive(files: list[BoxFile]) -> None:
    assert files_in(archive_of(files)) == tuple(files)


@given(FILES, some.data())
def test_a_cut_archive_is_refused_or_shorter(files: list[BoxFile], data: some.DataObject) -> None:
    archive = archive_of(files)
    cut = data.draw(some.integers(min_value=0, max_value=len(archive)))
    try:
        found = files_in(archive[:cut])
    except BadArchive:
        return
    assert found == tuple(files)[: len(found)]


@given(some.binary(max_size=200))
def test_anything_is_an_archive_or_refused(archive: bytes) -> None:
    try:
        files = files_in(archive)
    except BadArchive:
        return
    assert all(file.name and not file.name.startswith("/") for file in files)


@pytest.mark.parametrize("name", ["", ".", "..", "/a", "../a", "a/../b", "a\0b", "x" * 256, "x/" * 600 + "x"])
def test_a_name_that_leads_elsewhere_is_refused_both_ways(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        archive_of([BoxFile(name=name, content=b"")])
    raw = name.encode()
    with pytest.raises(BadArchive):
        files_in(struct.pack("<IIQ", len(raw), 0, 0) + raw)
