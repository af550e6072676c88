"""What host and supervisor say to each other, as bytes; `supervisor/protocol.h` is the other side. No I/O here."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import PurePosixPath
from typing import Final

from executor.sandbox.archive import NAME_MAX_BYTES, PART_MAX_BYTES, BadArchive
from executor.sandbox.port import (
    COLLECTED_MAX_BYTES,
    COLLECTED_MAX_FILES,
    BoxFile,
    Ending,
    Exited,
    Halted,
    Limit,
    RunLimits,
    Signalled,
)

PACKET_MAX_BYTES: Final = 160 * 1024
ARGUMENTS_MAX_BYTES: Final = 128 * 1024
DESCRIPTORS_MAX: Final = 2
COLLECTING: Final = 1
NANOSECONDS_PER_MS: Final = 1_000_000

_TYPE: Final = struct.Struct("<I")
_RUN: Final = struct.Struct("<II7Q6I")
_RESULT: Final = struct.Struct("<IIIIQQQQII")
_HEAD: Final = struct.Struct("<IIQ")
_LIMITS: Final = {1: Limit.CPU, 2: Limit.WALL, 3: Limit.OUTPUT}


class Kind(IntEnum):
    """What a packet is."""

    BOX = 1
    RUN = 2
    READY = 3
    RESULT = 4
    FAULT = 5


class Flag(IntFlag):
    """What else a result says."""

    OUT_OF_MEMORY = 1
    PROCESSES_EXHAUSTED = 2
    OUTPUT_ATTACHED = 4
    COLLECTED_ATTACHED = 8
    COLLECTED_REFUSED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A run's facts, as far as they fit into a packet; what is attached comes as descriptors, in the flags' order."""

    ending: Ending
    flags: Flag
    cpu_time_ns: int
    wall_time_ns: int
    memory_bytes: int
    output: bytes
    stderr: bytes


class BadPacket(Exception):
    """The supervisor does not speak as it should."""


BOX: Final = _TYPE.pack(Kind.BOX)


def run_packet(command: Sequence[str], limits: RunLimits, *, cpu_halt_ms: int, collecting: bool) -> bytes:
    """A request to run; a ValueError where the command is none that a kernel would take."""
    if any("\0" in argument for argument in command) or not command or not command[0]:
        raise ValueError(f"no command: {command!r}")
    arguments = b"".join(argument.encode() + b"\0" for argument in command)
    if len(arguments) > ARGUMENTS_MAX_BYTES:
        raise ValueError(f"a command of {len(arguments)} bytes is too long")
    head = _RUN.pack(
        Kind.RUN,
        COLLECTING if collecting else 0,
        cpu_halt_ms * NANOSECONDS_PER_MS,
        limits.wall_time_ms * NANOSECONDS_PER_MS,
        limits.memory_bytes,
        limits.output_bytes,
        limits.file_bytes,
        limits.scratch_bytes,
        COLLECTED_MAX_BYTES if collecting else 0,
        COLLECTED_MAX_FILES if collecting else 0,
        limits.scratch_files,
        limits.processes,
        limits.open_files,
        len(command),
        len(arguments),
    )
    return head + arguments


def kind_of(packet: memoryview) -> Kind:
    """Which kind of packet this is; `BadPacket`."""
    try:
        return Kind(_TYPE.unpack_from(packet)[0])
    except (struct.error, ValueError) as error:
        raise BadPacket(str(error)) from error


def fault_in(packet: memoryview) -> str:
    """What a FAULT says."""
    return bytes(packet[_TYPE.size :]).decode(errors="replace")


def result_in(packet: memoryview) -> Result:
    """What a RESULT says; `BadPacket`."""
    try:
        _, flags, ending, code, cpu_ns, wall_ns, memory, _, output_here, stderr = _RESULT.unpack_from(packet)
        split = _RESULT.size + output_here
        if len(packet) != split + stderr:
            raise BadPacket("lengths do not add up")
        return Result(
            ending=_ending(ending, code),
            flags=Flag(flags),
            cpu_time_ns=cpu_ns,
            wall_time_ns=wall_ns,
            memory_bytes=memory,
            output=bytes(packet[_RESULT.size : split]),
            stderr=bytes(packet[split:]),
        )
    except (struct.error, KeyError) as error:
        raise BadPacket(str(error)) from error


def _ending(ending: int, code: int) -> Ending:
    match ending:
        case 1:
            return Exited(code)
        case 2:
            return Signalled(code)
        case 3:
            return Halted(_LIMITS[code])
    raise BadPacket(f"a run cannot end by {ending}")


def archive_of(files: Sequence[BoxFile]) -> bytes:
    """The files as an archive; a ValueError names what is no name for a file in a box."""
    parts: list[bytes] = []
    for file in files:
        name = _checked_name(file.name).encode()
        parts += (_HEAD.pack(len(name), file.executable, len(file.content)), name, file.content)
    return b"".join(parts)


def files_in(archive: bytes) -> tuple[BoxFile, ...]:
    """The files of an archive that a run has left; `BadArchive` where it is none."""
    files = tuple(_files(memoryview(archive)))
    if len(files) > COLLECTED_MAX_FILES or sum(len(file.content) for file in files) > COLLECTED_MAX_BYTES:
        raise BadArchive("too much")
    return files


def _files(rest: memoryview) -> Iterator[BoxFile]:
    while rest:
        if len(rest) < _HEAD.size:
            raise BadArchive("it ends in a head")
        name_bytes, executable, content_bytes = _HEAD.unpack_from(rest)
        begin, end = _HEAD.size + name_bytes, _HEAD.size + name_bytes + content_bytes
        if len(rest) < end:
            raise BadArchive("it ends in a file")
        try:
            name = _checked_name(bytes(rest[_HEAD.size : begin]).decode())
        except ValueError as error:  # also for what is not UTF-8
            raise BadArchive(str(error)) from error
        yield BoxFile(name=name, content=bytes(rest[begin:end]), executable=bool(executable))
        rest = rest[end:]


def _checked_name(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
        raise ValueError(f"no name for a file in a box: {name!r}")
    if len(name.encode()) > NAME_MAX_BYTES or any(len(part.encode()) > PART_MAX_BYTES for part in path.parts):
        raise ValueError("a name is too long")
    return str(path)
