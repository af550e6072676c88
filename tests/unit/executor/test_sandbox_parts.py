"""The parts of the container adapter that need no engine: framing, archive, gate, folder, hardening."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.sandbox.archive import BadArchive, read_archive
from executor.sandbox.cgroup import accounting
from executor.sandbox.errors import AccountingFault, Disturbed
from executor.sandbox.folder import folder_of
from executor.sandbox.frames import FrameParser, Stream
from executor.sandbox.gate import ending, gated
from executor.sandbox.hardening import SECCOMP, Slot, container_config, host_config
from executor.sandbox.port import COLLECTED_MAX_FILES, BoxFile, Exited, RunLimits, Signalled

LIMITS = RunLimits(cpu_time_ms=1, wall_time_ms=1, memory_bytes=1024, output_bytes=1, processes=7)


def framed(stream: Stream, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


@given(st.lists(st.tuples(st.sampled_from(Stream), st.binary(max_size=40))), st.lists(st.integers(1, 60)))
def test_frames_are_read_however_they_are_cut(sent: list[tuple[Stream, bytes]], cuts: list[int]) -> None:
    data = b"".join(framed(stream, payload) for stream, payload in sent)
    parser, received = FrameParser(), dict.fromkeys(Stream, b"")
    for cut in [*cuts, len(data)]:
        piece, data = data[:cut], data[cut:]
        for stream, payload in parser.feed(piece):
            received[stream] += payload
    for stream in Stream:
        assert received[stream] == b"".join(payload for sent_on, payload in sent if sent_on is stream)


def test_bytes_that_are_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="9"):
        FrameParser().feed(b"\x09\0\0\0\0\0\0\1x")


def archive_of(*members: tarfile.TarInfo) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return written.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, *, size: int = 0, mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode = kind, size, mode
    return info


def test_plain_files_come_out_of_an_archive() -> None:
    archive = archive_of(
        member("./", tarfile.DIRTYPE), member("./main", size=3, mode=0o755), member("./a/B.class", size=1)
    )
    assert read_archive(archive) == (
        BoxFile(name="main", content=b"xxx", executable=True),
        BoxFile(name="a/B.class", content=b"x"),
    )


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind: bytes) -> None:
    odd = member("main", kind)
    odd.linkname = "/etc/shadow"
    with pytest.raises(BadArchive):
        read_archive(archive_of(odd))


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x"])
def test_paths_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(BadArchive):
        read_archive(archive_of(member(name)))


@pytest.mark.parametrize("name", ["a" * 256, "/".join(["abc"] * 300)])
def test_names_that_no_folder_of_ours_could_hold_are_refused(name: str) -> None:
    with pytest.raises(BadArchive):
        read_archive(archive_of(member(name)))


def test_too_many_files_are_refused() -> None:
    with pytest.raises(BadArchive):
        read_archive(archive_of(*(member(f"f{number}") for number in range(COLLECTED_MAX_FILES + 1))))


@given(st.binary(max_size=2000))
def test_garbage_is_no_archive_and_breaks_nothing(garbage: bytes) -> None:
    try:
        read_archive(garbage)
    except BadArchive:
        return


def test_a_truncated_archive_is_refused() -> None:
    with pytest.raises(BadArchive):
        read_archive(archive_of(member("main", size=5000))[:2000])


@pytest.mark.parametrize(
    ("status", "expected"),
    [(0, Exited(0)), (1, Exited(1)), (128, Exited(128)), (254, Signalled(9)), (139, Signalled(11)), (255, Exited(255))],
)
def test_a_status_tells_exit_code_or_signal(status: int, expected: Exited | Signalled) -> None:
    assert ending(status) == expected


def test_a_container_that_was_killed_tells_nothing_of_its_program() -> None:
    with pytest.raises(Disturbed):
        ending(137)


def test_a_command_stays_a_list_of_arguments_behind_the_gate() -> None:
    command = ["prog", "$(reboot)", "; rm -rf /", "a b"]
    assert gated(command, collecting=False)[-4:] == command
    assert gated(command, collecting=True)[-4:] == command


def test_a_folder_is_there_for_as_long_as_its_box(tmp_path: Path) -> None:
    files = (BoxFile(name="main", content=b"1", executable=True), BoxFile(name="a/b.txt", content=b"2"))
    with folder_of(files, tmp_path / "box") as folder:
        assert (folder / "main").stat().st_mode & 0o777 == 0o555
        assert (folder / "a/b.txt").stat().st_mode & 0o777 == 0o444
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "", "."])
def test_no_file_is_written_outside_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name"), folder_of([BoxFile(name=name, content=b"")], tmp_path / "box"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_every_slot_has_a_user_of_its_own_and_never_root() -> None:
    users = {
        container_config(slot=Slot(number=number, cpu=None), owner="x", collecting=False)["user"] for number in range(8)
    }
    assert len(users) == 8
    assert "0:0" not in users


@pytest.mark.parametrize("collecting", [False, True])
def test_the_outer_wall_stands(tmp_path: Path, collecting: bool) -> None:
    host = host_config(
        slot=Slot(number=1, cpu=1), folder=tmp_path, cgroup_parent="/p", limits=LIMITS, collecting=collecting
    )
    assert host["network_mode"] == "none"
    assert host["read_only"] is True
    assert host["cap_drop"] == ["ALL"]
    assert host["security_opt"] == ["no-new-privileges:true", f"seccomp={SECCOMP.read_text()}"]
    assert host["mem_limit"] == host["memswap_limit"]
    assert host["pids_limit"] == 8
    assert host["cpuset_cpus"] == "1"
    assert [mount["ReadOnly"] for mount in host["mounts"]] == [True]
    assert all("nr_inodes=" in options and "size=" in options for options in host["tmpfs"].values())


def test_an_engine_whose_accounting_is_not_known_is_refused() -> None:
    with pytest.raises(AccountingFault, match="v1 by systemd"):
        accounting(version="1", driver="systemd", owner="x")
