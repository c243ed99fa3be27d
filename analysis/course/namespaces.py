"""Linux namespaces: a process that sees few files, none it can write but its own, no other process and no network.

Run in a fresh process of its own; standard library only. Every step raises OSError where the kernel does not allow it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

NEW_MOUNTS, NEW_UTS, NEW_IPC = 0x00020000, 0x04000000, 0x08000000
NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
SEPARATE = NEW_MOUNTS | NEW_UTS | NEW_IPC | NEW_PROCESSES | NEW_NETWORK
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000
# From Linux 5.12 on, under the same number on every architecture.
MOUNT_SETATTR, HERE, RECURSIVE, READ_ONLY = 442, -100, 0x8000, 0x1 | 0x2
DETACH = 2
DEATH_SIGNAL, NO_NEW_PRIVILEGES, ADOPT_ORPHANS = 1, 38, 36
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41}
CAPABILITIES_VERSION = 0x20080522
NOBODY = 65534
FIRST_FREE_ID = 1_000_000

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def libc() -> ctypes.CDLL:
    """The C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Raise OSError where a call of the C library has failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def separate() -> None:
    """Leave the namespaces of this process; processes it starts from now on are in a space of their own."""
    if os.geteuid() == 0:
        checked(libc().unshare(SEPARATE), "unshare")
        return
    user, group = os.geteuid(), os.getegid()
    checked(libc().unshare(NEW_USER | SEPARATE), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Call mount(2)."""
    texts = [text.encode() if text is not None else None for text in (source, target, kind)]
    checked(libc().mount(*texts, ctypes.c_ulong(flags), options.encode()), f"mount {target}")


def small_root(root: Path, shown: Iterable[str], hidden: Iterable[str], megabytes: int) -> None:
    """Make a file system in memory the root of this process; of the old one only some paths are seen, read-only.

    Parameters
    ----------
    root
        An empty folder to mount it on.
    shown
        Files and folders that keep their paths.
    hidden
        Folders below them that are seen empty.
    megabytes
        Size of the new file system: all that can be written.
    """
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", str(root), "tmpfs", MS_NOSUID | MS_NODEV, f"size={megabytes}m,mode=755")
    for path in [*SYSTEM, *SYSTEM_FILES, *DEVICES, *outermost(shown)]:
        show(Path(path), root)
    for path in filter(os.path.isdir, (f"{root}{path}" for path in hidden)):
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for name in ("tmp", "dev/shm"):
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name).chmod(0o1777)
    enter(root)


def outermost(paths: Iterable[str]) -> list[str]:
    """Return the paths that lie below no other of them nor below the system's own, shortest first."""
    kept: list[str] = []
    for path in sorted(set(paths), key=lambda path: (len(path), path)):
        if not any(Path(path).is_relative_to(other) for other in [*kept, *SYSTEM]):
            kept.append(path)
    return kept


def show(path: Path, root: Path) -> None:
    """Let a path be seen below a new root, read-only; what is not there is left out."""
    target = Path(f"{root}{path}")
    if path.is_symlink() and str(path) in SYSTEM:
        target.symlink_to(os.readlink(path))
        return
    if not path.exists():
        return
    (target if path.is_dir() else target.parent).mkdir(parents=True, exist_ok=True)
    if not path.is_dir():
        target.touch()
    mount(str(path), str(target), None, MS_BIND | MS_REC)
    if str(path) not in DEVICES:
        make_read_only(target)


def make_read_only(target: Path) -> None:
    """Make a mount read-only, and all below it."""
    attributes = (ctypes.c_uint64 * 4)(READ_ONLY, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    result = libc().syscall(MOUNT_SETATTR, HERE, str(target).encode(), RECURSIVE, ctypes.byref(attributes), size)
    checked(result, f"read-only {target}")


def enter(root: Path) -> None:
    """Make a folder the root of this process and let go of the old one."""
    number = PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError(f"pivot_root: unknown machine {os.uname().machine}")
    os.chdir(root)
    checked(libc().syscall(number, b".", b"."), "pivot_root")
    checked(libc().umount2(b".", DETACH), "umount")
    os.chdir("/")


def become(user: int, home: Path) -> None:
    """Give a folder away and, where this process is root, turn into the user it was given to.

    Parameters
    ----------
    user
        An id, as :func:`free_id` returns it.
    home
        The folder.
    """
    if os.geteuid() == 0:
        os.chown(home, user, user)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def free_id() -> int:
    """An id that no account has and no process running beside this one; that of nobody where there are no others."""
    mapped = Path("/proc/self/uid_map")
    many = mapped.exists() and any(int(line.split()[2]) > 2**31 for line in mapped.open())
    return FIRST_FREE_ID + os.getpid() if many else NOBODY


def give_up_privileges() -> None:
    """Drop every capability, for good."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
    checked(libc().capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())), "capset")
    checked(libc().prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no new privileges")


def end_with_parent() -> None:
    """Let the kernel kill this process when the one that started it is gone; nothing where it cannot."""
    if sys.platform == "linux":
        libc().prctl(DEATH_SIGNAL, 9, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends; nothing where that is unknown."""
    if sys.platform == "linux":
        libc().prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
