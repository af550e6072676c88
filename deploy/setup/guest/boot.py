"""Runs the guest for one session: a folder goes in as its second disk, comes back as the guest has left it.

The folder holds the program `session`, which the guest's shell runs once Docker is up; then the guest goes off. Its
own disk is never written: every session begins alike.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.setup.guest.make import DISK, EMULATOR, EMULATOR_PROGRAM, INITRAMFS, KERNEL

MEMORY_MIB: Final = 2048
CORES: Final = 2
DISK_SIZE: Final = "1G"
PROGRAM: Final = "session"

KERNEL_ARGUMENTS: Final = (
    *("console=ttyS0", "quiet", "panic=-1"),
    *("mitigations=off", "nokaslr"),  # an emulated processor keeps no secrets, and is slow enough
    *("apparmor=1", "security=apparmor"),
    *("systemd.unified_cgroup_hierarchy=1", "systemd.show_status=0", "systemd.getty_auto=0"),
)


class SessionFailed(Exception):
    """The guest did not come to the end of its session; says what its console showed last."""

    SHOWN_LINES: Final = 30

    def __init__(self, why: str, console: Path) -> None:
        super().__init__(why, console)
        self.why = why
        self.console = console

    def __str__(self) -> str:
        last = self.console.read_text(errors="replace").splitlines()[-self.SHOWN_LINES :]
        return "\n".join([f"the guest {self.why}; the end of {self.console}:", *last])


@dataclass(frozen=True, slots=True)
class Guest:
    """The guest with a work folder of its own for one session at a time."""

    work: Path

    @property
    def console(self) -> Path:
        """What the guest says while it runs."""
        return self.work / "console.log"

    def run(self, session: Path, results: Path, *, deadline_s: float) -> None:
        """Boots with a copy of the folder `session`, and lays what is in it at the end into the new `results`.

        `SessionFailed` where it did not go off by itself in time; it is killed then.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        disk = self.work / "session.img"
        disk.unlink(missing_ok=True)
        _checked(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", session, disk, DISK_SIZE])
        try:
            self._emulate(disk, deadline_s)
            shutil.rmtree(results, ignore_errors=True)
            results.mkdir(parents=True)
            _checked(["debugfs", "-R", f"rdump / {results}", disk])
        finally:
            disk.unlink()

    def _emulate(self, disk: Path, deadline_s: float) -> None:
        with self.console.open("wb") as console:
            process = subprocess.Popen(
                # Should we be killed, the kernel kills the guest.
                ["setpriv", "--pdeathsig", "KILL", *_command(disk)],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=_environment(self.work),
                start_new_session=True,
            )
            try:
                status = process.wait(deadline_s)
            except subprocess.TimeoutExpired:
                raise SessionFailed(f"was not through after {deadline_s:.0f} s", self.console) from None
            finally:
                process.kill()
                process.wait()
        if status != 0:
            raise SessionFailed(f"ended with status {status}", self.console)


def _command(disk: Path) -> list[str]:
    """Emulation in software: where /dev/kvm exists it need not work, and a test must not depend on it."""
    share = EMULATOR / "usr" / "share"
    firmware = [share / "qemu", share / "seabios", EMULATOR / "usr" / "lib" / "ipxe" / "qemu"]
    return [
        _program(),
        *(word for folder in firmware if folder.is_dir() for word in ("-L", str(folder))),
        *("-M", "q35", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max"),
        *("-smp", str(CORES), "-m", str(MEMORY_MIB)),
        *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-net", "none"),
        *("-serial", "stdio", "-monitor", "none"),
        *("-kernel", str(KERNEL), "-initrd", str(INITRAMFS), "-append", " ".join(KERNEL_ARGUMENTS)),
        *("-drive", f"file={DISK},if=none,id=root,format=raw,snapshot=on", "-device", "virtio-blk-pci,drive=root"),
        *("-drive", f"file={disk},if=none,id=session,format=raw,cache=unsafe"),
        *("-device", "virtio-blk-pci,drive=session"),
    ]


def _program() -> str:
    own = EMULATOR / "usr" / "bin" / EMULATOR_PROGRAM
    return str(own) if own.exists() else EMULATOR_PROGRAM


def _environment(work: Path) -> dict[str, str]:
    """Its libraries, where it was unpacked, and a place for what the guest writes over its disk."""
    libraries = [str(folder) for part in ("usr/lib", "lib") for folder in (EMULATOR / part).glob("*-linux-gnu")]
    path = {"LD_LIBRARY_PATH": ":".join(libraries)} if libraries else {}
    return {**os.environ, **path, "TMPDIR": str(work)}


def _checked(command: list[str | Path]) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True, stdin=subprocess.DEVNULL)
