"""The image, really built, and really run as strictly as a cluster would: clients, signals, the volume."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tomllib
from pathlib import Path

import pytest

from shadowbench import __version__
from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Reply, ScriptedProvider, ScriptedServer, Step, chunk, head
from tests import containers
from tests.containers import ContainedSidecar
from tests.origins import RawClient, json_request
from tests.sidecars import chat, eventually

CHAT = "/v1/chat/completions"
_REASON = containers.missing()

pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(_REASON is not None, reason=str(_REASON)),
    pytest.mark.timeout(1500),  # the first test builds the image
]


async def test_a_stream_ends_whole_when_the_container_is_told_to_stop_in_its_middle(tmp_path: Path) -> None:
    gate = asyncio.Event()

    def stream(_: Received) -> Reply:
        first = head(200, ("transfer-encoding", "chunked"), content_type="text/event-stream")
        steps = [Step(data=first + chunk(b"data: 1\n\n")), Step(data=chunk(b"data: 2\n\n"), gate=gate)]
        return Reply(steps=[*steps, Step(data=b"0\r\n\r\n")])

    containers.built()
    async with ScriptedServer(stream) as production:
        sidecar = ContainedSidecar(tmp_path, production.url, role="proxy")
        await sidecar.start()
        async with await RawClient.connect(sidecar.port) as client:
            client.writer.write(json_request(CHAT, chat("Hello.", stream=True)))
            assert b"data: 1" in await client.reader.readuntil(b"data: 1\n\n")
            leaving = asyncio.get_running_loop().create_task(sidecar.stop())
            await eventually(lambda: '"draining"' in sidecar.stderr)
            assert "503" in sidecar.run_inside("shadowbench-health").stdout
            assert not leaving.done()
            gate.set()
            assert b"data: 2\n\n" in await client.reader.readuntil(b"0\r\n\r\n")
        assert await leaving == 0, sidecar.stderr


async def test_pairs_are_in_the_log_on_the_volume(tmp_path: Path) -> None:
    containers.built()
    async with ScriptedProvider() as production, ScriptedProvider() as other:
        candidates = {"other": {"url": other.url, "sample_rate": 1}}
        async with ContainedSidecar(tmp_path, production.url, candidates=candidates) as sidecar:
            async with await RawClient.connect(sidecar.port) as client:
                for number in range(3):
                    assert (await client.ask(json_request(CHAT, chat(f"Hello {number}.")))).status == 200
            await sidecar.until_recorded(3)
            await eventually(lambda: sidecar.count("pairs") == 3)
            # What it has mounted in /etc is what its commands read.
            report = sidecar.run_inside("shadowbench", "report", "--format", "json")
            assert report.returncode == 0, report.stderr
            assert "other" in json.dumps(json.loads(report.stdout))
    (pair, *_) = sidecar.rows("select candidate, candidate_outcome from pairs")
    assert tuple(pair) == ("other", "ok")
    assert sidecar.log_path.stat().st_uid == containers.USER


async def test_proxy_and_mirror_are_containers_of_their_own_that_share_a_volume(tmp_path: Path) -> None:
    containers.built()
    async with ScriptedProvider() as production:
        shared = {"runtime": {"folder": "/run/shadowbench/handoff"}, "candidates": {"twin": {"sample_rate": 1}}}
        proxy = ContainedSidecar(tmp_path, production.url, role="proxy", **shared)
        (tmp_path / "mirror").mkdir()
        mirror = ContainedSidecar(tmp_path / "mirror", production.url, role="mirror", **shared)
        mirror.sockets = proxy.sockets
        async with mirror, proxy:
            await eventually(lambda: connected(proxy))
            async with await RawClient.connect(proxy.port) as client:
                assert (await client.ask(json_request(CHAT, chat("Hello.")))).status == 200
            await mirror.until_recorded(1)
            # A mirror serves until its proxies have said goodbye.
            assert await proxy.stop() == 0
            assert await mirror.stop() == 0


async def connected(sidecar: ContainedSidecar) -> bool:
    return await sidecar.total("shadowbench_handoff_connected") > 0


async def test_the_health_command_says_ready_and_where_it_asked(tmp_path: Path) -> None:
    containers.built()
    async with ScriptedProvider() as production:
        async with ContainedSidecar(tmp_path, production.url, role="proxy") as sidecar:
            # As podman and Docker run it.
            assert containers.asked("healthcheck", "run", sidecar.name, check=False).returncode == 0
            well = sidecar.run_inside("shadowbench-health")
            assert (well.returncode, well.stdout) == (0, f"127.0.0.1:{sidecar.admin_port}: HTTP/1.1 200 OK\n")
            lost = sidecar.run_inside("shadowbench-health", environ=("SHADOWBENCH_ADMIN__LISTEN=:1",))
            assert (lost.returncode, lost.stdout) == (1, ":1: [Errno 111] Connection refused\n")


async def test_what_a_killed_scorer_leaves_is_no_zombie(tmp_path: Path) -> None:
    containers.built()
    async with ScriptedProvider() as production:
        scoring = {"enabled": True}
        candidates = {"twin": {"sample_rate": 1}}
        async with ContainedSidecar(tmp_path, production.url, candidates=candidates, scoring=scoring) as sidecar:
            await eventually(lambda: runner_of(sidecar) is not None, within_s=30)
            runner = runner_of(sidecar)
            assert runner is not None
            os.kill(parent_of(runner), signal.SIGKILL)
            # Process 1 looks every few seconds.
            await eventually(lambda: not Path(f"/proc/{runner}").exists(), within_s=30)
            await eventually(lambda: runner_of(sidecar) not in (None, runner), within_s=30)


async def test_it_runs_as_nobody_who_may_do_anything(tmp_path: Path) -> None:
    containers.built()
    async with ScriptedProvider() as production, ContainedSidecar(tmp_path, production.url, role="proxy") as sidecar:
        first, *workers = sidecar.pids
        assert workers
        for pid in (first, *workers):
            status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            assert set(status["Uid"].split()) == set(status["Gid"].split()) == {str(containers.USER)}
            assert (int(status["CapEff"], 16), int(status["CapBnd"], 16), status["NoNewPrivs"]) == (0, 0, "1")
        # No shell in between: signals reach the parent itself.
        assert Path(f"/proc/{first}/status").read_text().split("NSpid:\t")[1].split()[1] == "1"
        assert b"shadowbench" in Path(f"/proc/{first}/cmdline").read_bytes()


CONTENTS = """
import importlib, json, pathlib, pkgutil, sysconfig
import shadowbench
site = pathlib.Path(sysconfig.get_path("purelib"))
stdlib = pathlib.Path(sysconfig.get_path("stdlib"))
compiled = lambda file: (file.parent / "__pycache__" / f"{file.stem}.{__import__('sys').implementation.cache_tag}.pyc").exists()
failed = {}
for module in pkgutil.walk_packages(shadowbench.__path__, "shadowbench."):
    if module.name.startswith("shadowbench.demo") or module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        failed[module.name] = str(error)
print(json.dumps({
    "version": shadowbench.__version__,
    "failed": failed,
    "uncompiled": [str(file) for file in site.rglob("*.py") if not compiled(file)]
        + [str(file) for file in (stdlib / "asyncio").glob("*.py") if not compiled(file)],
    "tools": [name for name in ("pip", "setuptools", "hatchling", "pytest", "tests") if (site / name).exists()],
    "writable": [str(file) for file in site.rglob("*") if __import__("os").access(file, __import__("os").W_OK)],
}))
"""


def test_it_holds_what_runs_compiled_and_nothing_that_builds() -> None:
    found = json.loads(containers.run_once("-c", CONTENTS, entrypoint="/opt/shadowbench/bin/python"))
    # Charts are drawn elsewhere: docs/container.md.
    failed = {name: why for name, why in found.pop("failed").items() if "altair" not in why and "vl_convert" not in why}
    assert failed == {}
    assert found == {"version": __version__, "uncompiled": [], "tools": [], "writable": []}


HOT = """
import importlib, json, pathlib, sys
files = {name: pathlib.Path(importlib.import_module(name).__file__) for name in sys.argv[1:]}
print(json.dumps({
    "interpreted": [name for name, file in files.items() if file.suffix != ".so"],
    "without_source": [name for name, file in files.items() if not file.with_name(name.split(".")[-1] + ".py").exists()],
}))
"""


def test_the_hot_path_is_compiled_and_can_be_read() -> None:
    wheel = tomllib.loads((containers.ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    names = [path.removesuffix(".py").replace("/", ".") for path in wheel["hooks"]["custom"]["modules"]]
    assert "shadowbench.proxy.exchange" in names
    found = containers.run_once("-c", HOT, *names, entrypoint="/opt/shadowbench/bin/python")
    assert json.loads(found) == {"interpreted": [], "without_source": []}


async def test_the_proxy_runs_compiled(tmp_path: Path) -> None:
    containers.built()
    async with ScriptedProvider() as production, ContainedSidecar(tmp_path, production.url, role="proxy") as sidecar:
        async with await RawClient.connect(sidecar.port) as client:
            assert (await client.ask(json_request(CHAT, chat("Hello.")))).status == 200
        mapped = [Path(f"/proc/{pid}/maps").read_text() for pid in sidecar.pids[1:]]
    assert mapped
    assert all("/site-packages/shadowbench__mypyc." in files for files in mapped)


def test_it_says_what_it_is_and_takes_no_more_room_than_the_docs_say() -> None:
    (image,) = json.loads(containers.asked("inspect", "--type", "image", containers.built()).stdout)
    (base,) = json.loads(
        containers.asked("inspect", "--type", "image", image["Labels"]["org.opencontainers.image.base.name"]).stdout
    )
    assert image["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    config = image["Config"]
    assert (config["User"], config["Entrypoint"], config["Cmd"]) == ("10001:10001", ["shadowbench"], ["serve"])
    assert list(config["Volumes"]) == ["/var/lib/shadowbench"]
    assert image["Healthcheck"]["Test"] == ["CMD", "shadowbench-health"]
    assert (image["Size"] - base["Size"]) / 1e6 < 410


@pytest.mark.parametrize("user", ["10001:10001", "1000650000:0"], ids=["ours", "of-OpenShift"])
def test_any_user_may_run_it(user: str) -> None:
    assert containers.run_once("--version", user=user) == f"shadowbench {__version__}\n"
    script = "touch /var/lib/shadowbench/it && rm /var/lib/shadowbench/it"
    containers.run_once("-c", script, entrypoint="/bin/sh", user=user)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def runner_of(sidecar: ContainedSidecar) -> int | None:
    """The process that computes metrics, a grandchild of process 1."""
    for pid in sidecar.pids[1:]:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if b"shadowbench.scoring.runner" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    return None
