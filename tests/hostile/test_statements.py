"""The attacks that are no programs: what stands against each is shown on the configuration or on the code itself.

A38 (hidden tests told by time, memory and verdicts) is accepted: figures are coarse, and that is all.
"""

import io
import re
import tarfile
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from executor.checkers.compare import matches
from executor.policy import recorded_ms
from executor.sandbox import hardening, nested_hardening
from executor.sandbox.archive import BadArchive, read_archive
from executor.sandbox.folder import folder_of
from executor.sandbox.hardening import Slot
from executor.sandbox.nested_hardening import USUAL_SIZE
from executor.sandbox.nested_protocol import files_in, run_packet
from executor.sandbox.port import COLLECTED_MAX_BYTES, COLLECTED_MAX_FILES, BoxFile
from ingest_api.submission_body import FILE_NAME
from schemas.events import JudgingRequested, SubmissionReceived
from schemas.values import Comparison, ComparisonKind
from tests.hostile.attack import LIMITS
from tests.hostile.attacks import PROGRAMS
from tests.hostile.compilations import COLLECTIONS, COMPILATIONS

SLOT = Slot(number=1, cpu=1)
PLACE = Path("/nowhere")

PLAIN = hardening.host_config(slot=SLOT, folder=PLACE, cgroup_parent="/x", limits=LIMITS, collecting=False)
COLLECTING = hardening.host_config(slot=SLOT, folder=PLACE, cgroup_parent="/x", limits=LIMITS, collecting=True)
NESTED = nested_hardening.host_config(
    slot=SLOT,
    supervisor=PLACE,
    socket_folder=PLACE,
    cgroup_parent="/x",
    cgroups={"/memory": PLACE},
    size=USUAL_SIZE,
    apparmor=False,
)
WALLS = {"container": PLAIN, "container-collecting": COLLECTING, "nested": NESTED}

OTHERWISE = {"A23", "A36", "A38", "A41", "A42"}
"""Shown here and nowhere else."""


def test_every_attack_of_the_catalogue_is_tried() -> None:
    tried = {program.id for program in PROGRAMS} | {source.id for source in COMPILATIONS}
    tried |= {collection.id for collection in COLLECTIONS}
    assert tried | OTHERWISE == {f"A{number}" for number in range(1, 43)}


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS)
def test_a7_no_container_has_swap_beside_its_memory(wall: dict[str, Any]) -> None:
    assert wall["memswap_limit"] == wall["mem_limit"]


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS)
def test_a23_no_container_has_a_network(wall: dict[str, Any]) -> None:
    assert wall["network_mode"] == "none"


@pytest.mark.parametrize("event", [SubmissionReceived, JudgingRequested])
def test_a23_nothing_that_an_author_sends_names_an_address_or_asks_for_a_network(event: type[Any]) -> None:
    names = {field.name for field in fields(event)}
    assert not [name for name in names if re.search("url|uri|host|address|callback|webhook|network", name)]


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS)
def test_a26_a_containers_root_is_an_image_of_ours_that_nobody_writes(wall: dict[str, Any]) -> None:
    assert wall["read_only"]
    assert wall["cap_drop"] == ["ALL"]
    assert "privileged" not in wall
    assert "no-new-privileges:true" in wall["security_opt"]
    assert any(option.startswith("seccomp={") for option in wall["security_opt"])
    writable = [mount["Target"] for mount in wall["mounts"] if not mount["ReadOnly"]]
    assert writable == [target for target in writable if target.startswith(nested_hardening.CGROUP_FOLDER)]


@pytest.mark.parametrize(
    "name", ["a b", "a;b", "$(id)", "`id`", "-o", "@list", "../x", "/x", "a/b", "a\nb", "", ".x", "x" * 101, "é"]
)
def test_a35_an_odd_file_name_is_refused_at_the_door(name: str) -> None:
    assert not FILE_NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "."])
def test_a35_a_name_that_leads_out_is_never_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name"), folder_of([BoxFile(name=name, content=b"")], tmp_path / "box"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["x\0y"], [], [""], ["x"] * 200_000])
def test_a35_a_command_that_no_kernel_takes_is_refused(command: list[str]) -> None:
    with pytest.raises(ValueError, match="command"):
        run_packet(command, LIMITS, cpu_halt_ms=1, collecting=False)


def _tar(*members: tarfile.TarInfo) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return written.getvalue()


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, size
    return member


@pytest.mark.parametrize(
    "archive",
    [
        _tar(_member("../x")),
        _tar(_member("/x")),
        _tar(_member("a/../../x")),
        _tar(_member("x", tarfile.SYMTYPE, "/etc/passwd")),
        _tar(_member("x", tarfile.LNKTYPE, "/etc/passwd")),
        _tar(_member("x", tarfile.CHRTYPE)),
        _tar(_member("x", tarfile.BLKTYPE)),
        _tar(_member("x", tarfile.FIFOTYPE)),
        _tar(_member("x" * 300)),
        _tar(*(_member(str(number)) for number in range(COLLECTED_MAX_FILES + 1))),
        _tar(_member("x", size=5000))[:1024],
        b"\x1f\x8b" + bytes(2000),
        b"x" * 5000,
    ],
)
def test_a36_a_bad_archive_is_refused(archive: bytes) -> None:
    with pytest.raises(BadArchive):
        read_archive(archive)


def _nested_entry(name: bytes, content: bytes, *, claimed: int | None = None) -> bytes:
    length = len(content) if claimed is None else claimed
    head = len(name).to_bytes(4, "little") + bytes(4) + length.to_bytes(8, "little")
    return head + name + content


@pytest.mark.parametrize(
    "archive",
    [
        _nested_entry(b"../x", b""),
        _nested_entry(b"/x", b""),
        _nested_entry(b"a/../b", b""),
        _nested_entry(b"", b""),
        _nested_entry(b"x\0y", b""),
        _nested_entry(b"x", b"", claimed=1 << 62),
        _nested_entry(b"x", b"short", claimed=6),
        _nested_entry(b"x", b"")[:10],
        b"".join(_nested_entry(str(number).encode(), b"") for number in range(COLLECTED_MAX_FILES + 1)),
    ],
)
def test_a36_a_bad_archive_of_the_supervisors_is_refused(archive: bytes) -> None:
    with pytest.raises(BadArchive):
        files_in(archive)


def test_a36_what_is_collected_has_a_bound() -> None:
    assert f"size={COLLECTED_MAX_BYTES}" in COLLECTING["tmpfs"]["/out"]
    assert f"nr_inodes={COLLECTED_MAX_FILES}" in COLLECTING["tmpfs"]["/out"]


def test_a38_recorded_times_are_whole_milliseconds() -> None:
    assert [recorded_ms(time_ns) for time_ns in (1, 999_999, 1_000_000, 1_000_001)] == [1, 1, 1, 2]


HOSTILE_OUTPUTS: list[Callable[[], bytes]] = [
    lambda: b"nan",
    lambda: b"inf -inf",
    lambda: b"1e999999999",
    lambda: b"1" * 8_000_000,
    lambda: b"0." + b"9" * 4_000_000,
    lambda: b" " * 8_000_000 + b"1",
    lambda: b"1 " * 4_000_000,
    lambda: b"(" * 4_000_000,
    "３ ۳ ³".encode,
    lambda: b"\xff\xfe\0\0" * 1_000_000,
    lambda: b"3\0",
    lambda: b"0x3",
    lambda: b"3_0",
    lambda: b"AC\nverdict: AC\n",
]


@pytest.mark.parametrize("kind", [ComparisonKind.TOKENS, ComparisonKind.EXACT, ComparisonKind.FLOAT])
@pytest.mark.parametrize("output", HOSTILE_OUTPUTS)
def test_a41_no_output_confuses_the_comparison(kind: ComparisonKind, output: Callable[[], bytes]) -> None:
    comparison = Comparison(kind=kind, absolute=1e-6, relative=1e-6)
    made, began = output(), time.process_time()
    assert not matches(comparison, made, b"3\n")
    assert time.process_time() - began < 5


def test_a42_a_place_is_never_used_again(tmp_path: Path) -> None:
    with folder_of([], tmp_path / "box"), pytest.raises(FileExistsError), folder_of([], tmp_path / "box"):
        pass
