"""What the image is made from: its Dockerfile, its locks, and the command that Docker asks for health."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from shadowbench.endpoints.testing import Ending, Reply, ScriptedServer, plain
from tests.sidecars import free_ports

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# As script/image-lock has them.
EXTRAS = ("export", "otel", "sql")
GROUPS = ("compile", "compiler")
LOCKED = re.compile(r"^([\w.-]+)==(\S+?)(?: ;.*)? \\$((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?$)+)", re.MULTILINE)


# ── the Dockerfile ──


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint is not installed: it has no wheel for this platform")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_stage_starts_from_one_base_that_is_pinned_by_digest() -> None:
    (base,) = re.findall(r"^ARG BASE=(.+)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)
    stages = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", DOCKERFILE, re.MULTILINE)
    assert [source for source, _ in stages] == ["${BASE}", "dependencies", "${BASE}"]


def test_the_builder_gets_nothing_but_what_the_wheel_is_made_of() -> None:
    first, *rest = [
        line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")
    ]
    assert first == "*"
    allowed = {line.strip("!/") for line in rest if line.startswith("!")}
    assert allowed == {"pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "config", "image", "shadowbench"}
    forced = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {path.split("/")[0] for path in forced} <= allowed


def test_it_compiles_unless_it_is_told_not_to() -> None:
    stage = DOCKERFILE.split(" AS application\n")[1].split("\nFROM ")[0]
    (default,) = re.findall(r"^ARG COMPILE=(.*)$", stage, re.MULTILINE)
    assert default == "1"
    (build,) = (step for step in re.split(r"^(?=RUN )", stage, flags=re.MULTILINE) if "/hatchling build " in step)
    assert "SHADOWBENCH_COMPILE=$COMPILE " in build


def test_what_it_compiles_runs_on_every_machine_of_its_architecture() -> None:
    """Without a word about it, zig compiles for the processor that it runs on."""
    assert re.findall(r"ziglang cc\b[^\"]*", DOCKERFILE) == ["ziglang cc -mcpu=baseline"]


# ── the locks ──


def locked(name: str) -> dict[str, list[str]]:
    """The versions in a lock: one, or one for each range of Pythons."""
    versions: dict[str, list[str]] = {}
    for package, version, _ in LOCKED.findall((ROOT / "image" / name).read_text("utf-8")):
        versions.setdefault(package, []).append(version)
    return versions


def wanted() -> list[Requirement]:
    project = PROJECT["project"]
    extras = [word for extra in EXTRAS for word in project["optional-dependencies"][extra]]
    return [Requirement(word) for word in (*project["dependencies"], *extras)]


def wanted_to_build() -> list[Requirement]:
    groups = [word for group in GROUPS for word in PROJECT["dependency-groups"][group]]
    return [Requirement(word) for word in (*PROJECT["build-system"]["requires"], *groups)]


@pytest.mark.parametrize(("lock", "requirements"), [("requirements.lock", wanted()), ("build.lock", wanted_to_build())])
def test_a_lock_holds_what_the_project_asks_for(lock: str, requirements: list[Requirement]) -> None:
    versions = locked(lock)
    unmet = [
        str(requirement)
        for requirement in requirements
        if not any(requirement.specifier.contains(version) for version in versions.get(requirement.name, []))
    ]
    assert unmet == [], "script/image-lock writes it anew"


@pytest.mark.parametrize("lock", ["requirements.lock", "build.lock"])
def test_everything_in_a_lock_has_hashes(lock: str) -> None:
    lines = (ROOT / "image" / lock).read_text("utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith(("#", " "))]
    assert len(pinned) == sum(map(len, locked(lock).values())) > 0


def test_the_locks_are_made_with_the_extras_and_groups_that_are_checked_here() -> None:
    script = (ROOT / "script" / "image-lock").read_text("utf-8")
    assert tuple(re.findall(r"--extra (\w+)", script)) == EXTRAS
    assert tuple(re.findall(r"--group (\w+)", script)) == GROUPS


# ── the health command ──


@pytest.fixture(scope="module")
def health() -> ModuleType:
    loader = SourceFileLoader("health", str(ROOT / "image" / "health"))
    spec = importlib.util.spec_from_loader("health", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


@pytest.mark.parametrize(
    ("listen", "target"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:9000", ("127.0.0.1", 9000)),
        ("[::]:9464", ("::1", 9464)),
        ("[::1]:9464", ("::1", 9464)),
        ("10.0.0.7:9464", ("10.0.0.7", 9464)),
        ("unix:/run/shadowbench/admin.sock", "/run/shadowbench/admin.sock"),
    ],
)
def test_it_connects_where_the_admin_port_listens(health: ModuleType, listen: str, target: object) -> None:
    assert health.target(listen) == target


@pytest.mark.parametrize(
    ("status", "line", "code"),
    [(200, "HTTP/1.1 200 OK", 0), (503, "HTTP/1.1 503", 1), (404, "HTTP/1.1 404 Not Found", 1)],
)
async def test_only_200_is_healthy(
    health: ModuleType, status: int, line: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with ScriptedServer(lambda _: plain(status, b"{}")) as server:
        listen = f"127.0.0.1:{server.port}"
        assert await asyncio.to_thread(health.main, {"SHADOWBENCH_ADMIN__LISTEN": listen}) == code
        assert [request.target for request in server.requests] == ["/readyz"]
    assert capsys.readouterr().out == f"{listen}: {line}\n"


@pytest.mark.parametrize("listen", ["127.0.0.1:{port}", "unix:/nowhere/admin.sock", "nonsense"])
def test_nobody_there_is_unhealthy_and_told(
    health: ModuleType, listen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (port,) = free_ports(1)
    assert health.main({"SHADOWBENCH_ADMIN__LISTEN": listen.format(port=port)}) == 1
    assert capsys.readouterr().out.strip()


async def test_silence_is_unhealthy(health: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT_S", 0.05)
    async with ScriptedServer(lambda _: Reply(steps=(), ending=Ending.HANG)) as server:
        environ = {"SHADOWBENCH_ADMIN__LISTEN": f"127.0.0.1:{server.port}"}
        assert await asyncio.to_thread(health.main, environ) == 1
