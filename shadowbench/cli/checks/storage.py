"""The pair log's disk, and the folder of the sockets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from shadowbench.cli.checks import Finding, fail, ok, warn
from shadowbench.errors import ShadowbenchError
from shadowbench.links import private_folder
from shadowbench.settings import Settings
from shadowbench.store.opening import open_log, path_of
from shadowbench.wiring.places import folder_to_make, nearest

_LITTLE_BYTES = 1 << 30
_NOTHING_BYTES = 100 << 20
_GIB = 1 << 30

# SQLite's WAL needs memory shared by all its processes, which these do not give: https://sqlite.org/wal.html
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "lustre", "afs", "fuse.sshfs"})
_KERNEL = frozenset({"proc", "sysfs", "cgroup", "cgroup2", "securityfs"})
_FLEETING = {"overlay": "the container", "tmpfs": "the machine's memory", "ramfs": "the machine's memory"}


def check(settings: Settings, runtime_folder: Path) -> Iterator[Finding]:
    """Findings about the pair log's place and the runtime folder."""
    file = path_of(settings.store.url).absolute()
    there = nearest(file.parent)
    if there == file.parent and not _can_be_written(there):
        yield fail("pair log", f"its folder {there} cannot be written", "change its owner, or store.url")
    elif not there.is_dir() or not _can_be_written(there):
        yield fail(
            "pair log", f"its folder {file.parent} cannot be made in {there}", f"mkdir -p {file.parent}, or store.url"
        )
    elif there != file.parent and folder_to_make(settings) is None:
        yield fail("pair log", f"its folder {file.parent} does not exist", f"mkdir -p {file.parent}")
    else:
        yield _readable(settings, file)
        yield space(there, shutil.disk_usage(there).free)
        yield file_system(there, file_system_of(there, Path("/proc/self/mountinfo").read_text()))
    yield _runtime(runtime_folder)


def _can_be_written(folder: Path) -> bool:
    # /proc and /sys grant root everything by their modes, and then refuse.
    kind = file_system_of(folder, Path("/proc/self/mountinfo").read_text())
    return os.access(folder, os.W_OK | os.X_OK) and kind not in _KERNEL


def _readable(settings: Settings, file: Path) -> Finding:
    if not file.exists():
        if file.parent.is_dir():
            return ok("pair log", f"{file} will be created")
        return warn(
            "pair log",
            f"{file} will be created, with its folder, which does not exist: of its path there is {nearest(file.parent)}",
            "if a volume should be there, mount it; else mkdir -p the folder",
        )
    try:
        log = open_log(settings.store.url, "read")
        try:
            counts = log.counts()
        finally:
            log.close()
    except ShadowbenchError as error:
        return fail("pair log", str(error), "move the file away, or change store.url")
    return ok("pair log", f"{file} holds {counts.pairs} pairs of {counts.exchanges} exchanges")


def space(folder: Path, free_bytes: int) -> Finding:
    """Whether the log can grow."""
    what = f"{free_bytes / _GIB:.1f} GiB free on {folder}"
    if free_bytes < _NOTHING_BYTES:
        return fail("disk space", what, "free some: when the disk is full pairs are lost (production does not notice)")
    if free_bytes < _LITTLE_BYTES:
        return warn("disk space", what, "free some, or set store.url to a larger disk: a million pairs take some GiB")
    return ok("disk space", what)


def file_system(folder: Path, kind: str) -> Finding:
    """Whether SQLite works, and lasts, there."""
    if kind in _NETWORK:
        return fail(
            "file system",
            f"{folder} is on {kind}, a network file system, where SQLite files get damaged",
            "set store.url to a local disk",
        )
    if kind in _FLEETING:
        return warn(
            "file system", f"{folder} is on {kind}: the log ends with {_FLEETING[kind]}", "set store.url to a volume"
        )
    return ok("file system", f"{folder} is on {kind}")


def file_system_of(folder: Path, mountinfo: str) -> str:
    """The type of the mount that holds `folder`, from the text of /proc/self/mountinfo (proc(5))."""
    target, found, longest = str(folder.resolve()), "unknown", -1
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        mount = before.split()[4].encode().decode("unicode_escape")  # spaces are written as \040
        inside = mount == "/" or target == mount or target.startswith(f"{mount}/")
        if inside and len(mount) >= longest:  # the later of two mounts on one place is the visible one
            found, longest = after.split()[0], len(mount)
    return found


def _runtime(folder: Path) -> Finding:
    try:
        private_folder(folder)
    except ShadowbenchError as error:
        return fail("runtime folder", str(error), "set runtime.folder to a folder of this user")
    return ok("runtime folder", f"{folder} is private")
