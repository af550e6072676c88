"""Makes the guest: an emulator, a kernel with the few drivers that it needs, and a disk with systemd and Docker."""

import os
import platform
import re
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from deploy.setup.apt import PrivateApt, debian_mirror, unpack
from deploy.setup.commands import run
from deploy.setup.errors import Missing
from deploy.setup.guest.initramfs import Entry, write_initramfs
from deploy.setup.images import ALONE, SUITE
from deploy.setup.places import GUEST

FILES: Final = Path(__file__).parent
EMULATOR: Final = GUEST / "emulator"
KERNEL: Final = GUEST / "vmlinuz"
INITRAMFS: Final = GUEST / "initramfs"
DISK: Final = GUEST / "disk.img"
MADE: Final = (EMULATOR, KERNEL, INITRAMFS, DISK)
WORK: Final = "work-"

EMULATOR_PROGRAM: Final = "qemu-system-x86_64"
EMULATOR_PACKAGE: Final = "qemu-system-x86"
KERNEL_PACKAGE: Final = "linux-image-cloud-amd64"
ROOT_PACKAGES: Final = (
    "apparmor",
    "busybox-static",
    "dbus",
    "docker.io",
    "python3",
    "systemd",
    "systemd-sysv",
)
DISK_SIZE: Final = "3G"
"""Of which about a sixth is used; the file is sparse."""

MODULES: Final = ("virtio_pci", "virtio_blk", "overlay")
"""Besides what these need in their turn; ext4 and everything else that counts is built in."""

FOLDERS: Final = ("bin", "dev", "modules", "proc", "root", "sys")

RUNNER: Final = "usr/share/judgestream/runner.tar"
"""On the disk: the files of a runner image for programs that were compiled elsewhere."""

RUNNER_FILES: Final = (
    *("bin", "lib", "lib64", "tmp", "etc/passwd", "etc/group"),
    *(f"usr/bin/{name}" for name in ("cat", "cp", "dash", "echo", "grep", "ln", "ls", "sh", "sleep", "tar", "true")),
    *(f"usr/lib/x86_64-linux-gnu/lib{name}.so.*" for name in ("acl", "attr", "c", "pcre2-8", "selinux")),
    "usr/lib64/ld-linux-x86-64.so.2",
    "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
)


def is_needed() -> bool:
    """Whether this machine has anything but cgroup v2 alone."""
    return not Path("/sys/fs/cgroup/cgroup.controllers").exists()


def lack() -> str | None:
    """Why no guest can be made on this machine; None where one can."""
    if platform.machine() != "x86_64":
        return f"the guest is an x86_64 machine, this is {platform.machine()}"
    if os.geteuid() != 0:
        return "making the guest needs root"
    if debian_mirror() is None:
        return "the guest is made of Debian's packages, and apt has no Debian mirror here"
    return None


def made_from() -> tuple[str | Path, ...]:
    """The files whose change makes another guest."""
    names = ("daemon.json", "dpkg.cfg", "init.sh", "initramfs.py", "make.py", "session.service")
    return tuple(FILES / name for name in names)


def make_guest() -> None:
    """Makes everything anew; what an interrupted one left is removed."""
    GUEST.mkdir(exist_ok=True)
    for abandoned in GUEST.glob(f"{WORK}*"):
        shutil.rmtree(abandoned)
    with tempfile.TemporaryDirectory(dir=GUEST, prefix=WORK) as folder:
        apt = PrivateApt(Path(folder, "apt"), log="guest")
        apt.update()
        _make_emulator(apt)
        root = Path(folder, "root")
        _make_root(root)
        _make_kernel(apt, root / "bin" / "busybox")
        _make_runner(root)
        _make_disk(root)


def _make_emulator(apt: PrivateApt) -> None:
    """Unpacked, not installed; where the machine has one already, that one is used."""
    shutil.rmtree(EMULATOR, ignore_errors=True)
    EMULATOR.mkdir()
    if shutil.which(EMULATOR_PROGRAM) is None:
        for archive in apt.fetch(EMULATOR_PACKAGE):
            unpack(archive, EMULATOR, log="guest")


def _make_root(root: Path) -> None:
    mirror = debian_mirror()
    if mirror is None:
        raise Missing("no Debian mirror in apt's sources")
    _put(FILES / "dpkg.cfg", root / "etc/dpkg/dpkg.cfg.d/guest")
    include = f"--include={','.join(ROOT_PACKAGES)}"
    run([*ALONE, "debootstrap", "--variant=minbase", include, SUITE, root, mirror], log="guest")
    _put(FILES / "daemon.json", root / "etc/docker/daemon.json")
    _put(FILES / "session.service", root / "etc/systemd/system/session.service")
    wants = root / "etc/systemd/system/multi-user.target.wants"
    (wants / "session.service").symlink_to("../session.service")
    for file in ("etc/apt/sources.list", "etc/fstab"):
        (root / file).write_text("")
    (root / "etc/hostname").write_text("guest\n")
    for cache in ("var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(root / cache)


def _put(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def _make_kernel(apt: PrivateApt, busybox: Path) -> None:
    unpacked = apt.folder / "kernel"
    unpack(apt.fetch_alone(apt.first_dependency(KERNEL_PACKAGE)), unpacked, log="guest")
    (image,) = (unpacked / "boot").glob("vmlinuz-*")
    shutil.copyfile(image, KERNEL)
    (kernel,) = (unpacked / "lib/modules").glob("*/kernel")
    modules = modules_in_order({path.stem: path for path in kernel.glob("**/*.ko")})
    order = "\n".join(module.name for module in modules).encode()
    write_initramfs(
        [
            *(Entry(folder) for folder in FOLDERS),
            Entry("bin/busybox", busybox.read_bytes()),
            Entry("init", (FILES / "init.sh").read_bytes()),
            Entry("modules/order", order),
            *(Entry(f"modules/{module.name}", module.read_bytes()) for module in modules),
        ],
        INITRAMFS,
    )


def modules_in_order(there: dict[str, Path]) -> list[Path]:
    """The modules, each after those that it names as needed in its own section of information."""
    ordered: dict[str, Path] = {}

    def add(module: str) -> None:
        path = there[module]
        needed = re.search(rb"\0depends=([^\0]*)\0", path.read_bytes())
        for other in needed[1].decode().split(",") if needed and needed[1] else ():
            add(other)
        ordered[module] = path

    for module in MODULES:
        add(module)
    return list(ordered.values())


def _make_runner(root: Path) -> None:
    target = root / RUNNER
    target.parent.mkdir(parents=True)
    found = sorted({path for pattern in RUNNER_FILES for path in root.glob(pattern)})
    with tarfile.open(target, "w") as archive:
        for path in found:
            archive.add(path, path.relative_to(root), recursive=False, filter=_as_in_a_runner)


def _as_in_a_runner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """As in the runner images, the shell can be run but not read: no program can trace the gate."""
    if member.name.endswith("/dash"):
        member.mode = 0o711
    return member


def _make_disk(root: Path) -> None:
    unfinished = DISK.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    options = ["-q", "-t", "ext4", "-O", "^has_journal", "-E", "lazy_itable_init=1"]
    run(["mke2fs", *options, "-d", root, unfinished, DISK_SIZE], log="guest")
    unfinished.replace(DISK)
