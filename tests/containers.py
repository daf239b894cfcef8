"""The image, built and run on this machine: buildah, podman and runc, as root, without a registry and without systemd."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.sidecars import Sidecar

ROOT = Path(__file__).parents[1]
STORE = ROOT / "build" / "image"
IMAGE = "localhost/shadowbench:here"
USER = 10001
# As strict as Kubernetes can be.
HARDENED = (
    *("--read-only", "--tmpfs", "/tmp:size=64m,mode=1777", "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges", "--memory", "1g", "--pids-limit", "100"),
)
# The host's network, so that tests reach it and it reaches their origins. Limits that need no privilege to set; a file for
# events and cgroups by hand, where there is no systemd.
_SETTINGS = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_NO_BASE = 69  # script/image-here


def missing() -> str | None:
    """Why no container can run here, or None."""
    absent = [tool for tool in ("buildah", "podman", "runc", "debootstrap") if shutil.which(tool) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    return None if os.geteuid() == 0 else "containers are built and run as root here"


@functools.cache
def built() -> str:
    """The image's name, after it was built from this checkout. Skips where it cannot be, fails where it should have been."""
    if reason := missing():
        pytest.skip(reason)
    done = subprocess.run([ROOT / "script" / "image-here"], capture_output=True, text=True)
    if done.returncode == _NO_BASE:
        pytest.skip(f"there is no base image to be had: {done.stderr[-500:]}")
    assert done.returncode == 0, done.stderr[-5000:]
    return IMAGE


def podman(*arguments: str) -> list[str]:
    """A command line of podman's, with our storage and settings."""
    STORE.mkdir(parents=True, exist_ok=True)
    settings = STORE / "containers.conf"
    settings.write_text(_SETTINGS)
    folders = ("--root", str(STORE / "root"), "--runroot", str(STORE / "runroot"), "--tmpdir", str(STORE / "tmp"))
    return ["env", f"CONTAINERS_CONF={settings}", "podman", *folders, *arguments]


def asked(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """What podman says to a command."""
    done = subprocess.run(podman(*arguments), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0 or not check, done.stderr
    return done


def run_once(*arguments: str, entrypoint: str = "shadowbench", user: str = f"{USER}:{USER}") -> str:
    """What a program of the image prints, in a container of its own."""
    return asked("run", "--rm", *HARDENED, "--user", user, "--entrypoint", entrypoint, built(), *arguments).stdout


def writable(folder: Path) -> Path:
    """A folder that belongs to the image's user."""
    folder.mkdir()
    os.chown(folder, USER, USER)
    return folder


class ContainedSidecar(Sidecar):
    """A Sidecar whose process is a container's: `podman run` passes signals on to it, and its exit code back.

    Its volumes are the folders `volume` and `sockets`. Processes of it are no children of ours: `pids` has them.
    """

    def __init__(self, folder: Path, production_url: str, **config: Any) -> None:
        self.volume = writable(folder / "volume")
        self.sockets = writable(folder / "sockets")
        own = {"store": {"url": "sqlite:///pairs.db"}, "runtime": {"folder": None}}
        super().__init__(folder, production_url, **(own | config))

    @property
    def log_path(self) -> Path:
        return self.volume / "pairs.db"

    @property
    def name(self) -> str:
        return f"shadowbench-{self.port}"

    def command_line(self, config: Path) -> list[str]:
        volumes = (
            f"{self.volume}:/var/lib/shadowbench",
            f"{self.sockets}:/run/shadowbench",
            f"{config}:/etc/shadowbench/shadowbench.yaml:ro",
        )
        given = [word for volume in volumes for word in ("--volume", volume)]
        # Where the image's health command asks, too.
        given += ["--env", f"SHADOWBENCH_ADMIN__LISTEN=127.0.0.1:{self.admin_port}"]
        return podman("run", "--rm", "--name", self.name, *HARDENED, *given, built(), self.role)

    def run_inside(self, *command: str, environ: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """What a command in the running container says."""
        settings = (word for variable in environ for word in ("--env", variable))
        return asked("exec", *settings, self.name, *command, check=False)

    def kill_all(self) -> None:
        asked("rm", "--force", "--time", "0", self.name, check=False)
        super().kill_all()

    @property
    def pids(self) -> list[int]:
        """Its processes as this machine numbers them, process 1 first."""
        first = int(asked("inspect", "--format", "{{.State.Pid}}", self.name).stdout)
        return [first, *(int(word) for word in Path(f"/proc/{first}/task/{first}/children").read_text().split())]
