"""What the chart puts into containers runs: the real command, as a rendered pod has it."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import yaml

from shadowbench.endpoints.testing import ScriptedProvider
from tests.charts import GATEWAY, PRODUCTION, Document, containers_of, environment_of, only, pod_of, render
from tests.sidecars import chat, command, eventually, free_ports

KEYS = {
    ("llm-keys", "small"): "sk-small-0123456789",
    ("llm-keys", "judge"): "sk-judge-0123456789",
    ("shadowbench", "secret"): "ab" * 32,
}
CONFIG = "/etc/shadowbench/shadowbench.yaml"


class Pod:
    """The containers of a rendered pod as processes of this machine, with its folders and ports in other places."""

    def __init__(self, documents: list[Document], folder: Path) -> None:
        self.containers = containers_of(pod_of(documents))
        self.folder = folder
        (folder / "etc").mkdir()
        (folder / "log").mkdir()
        # As an emptyDir is: open to all. What ours alone may see has to lie within.
        (folder / "run").mkdir()
        (folder / "run").chmod(0o777)
        text = only(documents, "ConfigMap", "-config")["data"]["shadowbench.yaml"]
        (folder / "etc" / "shadowbench.yaml").write_text(text)
        names = (
            "0.0.0.0:8080",
            *(f"0.0.0.0:{port}" for port in (9464, 9474, 9484)),
            "127.0.0.1:9465",
            "127.0.0.1:9475",
        )
        self.addresses = {name: f"127.0.0.1:{port}" for name, port in zip(names, free_ports(len(names)), strict=True)}
        self.places = {
            "/etc/shadowbench": str(folder / "etc"),
            "/var/lib/shadowbench": str(folder / "log"),
            "/run/shadowbench": str(folder / "run"),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def port(self, address: str) -> int:
        return int(self.addresses[address].rpartition(":")[2])

    def environment(self, role: str) -> dict[str, str]:
        """Nothing of our own but where programs are."""
        given = environment_of(self.containers[role], KEYS)
        return {"PATH": os.environ["PATH"]} | {name: self.moved(value) for name, value in given.items()}

    def moved(self, text: str) -> str:
        for old, new in {**self.addresses, **self.places}.items():
            text = text.replace(old, new)
        return text

    def run(self, role: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command in a container, as `kubectl exec` has it."""
        return subprocess.run(
            [*command(), *arguments],
            env=self.environment(role),
            cwd=self.moved(self.containers[role]["workingDir"]),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All containers, started at once as Kubernetes does; each ends with 0."""
        try:
            for role in self.containers:
                self.start(role)
            for role in self.containers:
                await eventually(lambda role=role: self.probe(role, "/readyz"), within_s=30)
            yield
        finally:
            codes = await asyncio.gather(*(asyncio.to_thread(ended, each) for each in self.processes.values()))
        assert codes == [0, 0, 0], "".join(map(self.said, self.processes))

    def start(self, role: str) -> None:
        container = self.containers[role]
        assert container["command"] == ["shadowbench"]
        with (self.folder / f"{role}.txt").open("wb") as log:
            self.processes[role] = subprocess.Popen(
                [*command(), *map(self.moved, container["args"])],
                env=self.environment(role),
                cwd=self.moved(container["workingDir"]),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self, role: str) -> str:
        return (self.folder / f"{role}.txt").read_text(errors="replace")

    def probe(self, role: str, path: str) -> bool:
        assert self.processes[role].poll() is None, self.said(role)
        port = {each["name"]: each["containerPort"] for each in self.containers[role]["ports"]}[f"admin-{role}"]
        try:
            return get(self.port(f"0.0.0.0:{port}"), path) == 200
        except OSError:
            return False


def ended(process: subprocess.Popen[bytes]) -> int:
    """SIGTERM, and the exit code; nothing is left of it in any case."""
    process.terminate()
    try:
        return process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def ask(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "POST", "/v1/chat/completions", json.dumps(chat("hello")), {"content-type": "application/json"}
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


async def test_the_three_containers_of_a_pod_answer_mirror_record_and_leave(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider:
        pod = Pod(render(against(provider.url)), tmp_path)
        async with pod.running():
            for role in pod.containers:
                assert pod.probe(role, "/livez"), role
            await eventually(lambda: connected(pod))
            assert await asyncio.to_thread(ask, pod.port("0.0.0.0:8080")) == 200
            # A recorder runs behind all else on its core: on a machine full of tests it starts late.
            await eventually(lambda: recorded(tmp_path / "log" / "pairs.db"), within_s=60)
            state = await asyncio.to_thread(pod.run, "mirror", "control", "state", "--json")
            assert (state.returncode, json.loads(state.stdout)["mirroring"]) == (0, "on"), state.stderr
            # Where the notes have reports made: without the keys of candidates.
            report = await asyncio.to_thread(pod.run, "scorer", "report", "--format", "json")
            assert (report.returncode, "small" in report.stdout) == (0, True), report.stderr
    assert (tmp_path / "run" / "handoff").stat().st_mode & 0o777 == 0o700
    assert {each.name for each in (tmp_path / "log").iterdir()} >= {"pairs.db", "pairs.db.secret"}


def recorded(log: Path) -> list[tuple[str, str]]:
    """Candidates and what they did, of the pairs in the log."""
    with closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True)) as connection:
        found = connection.execute("select candidate, candidate_outcome from pairs").fetchall()
    assert found in ([], [("small", "ok")]), found
    return found


def connected(pod: Pod) -> bool:
    """Whether the proxy found the mirror."""
    connection = http.client.HTTPConnection("127.0.0.1", pod.port("0.0.0.0:9464"), timeout=10)
    try:
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        return any(line.startswith("shadowbench_handoff_connected") and line.endswith(" 1.0") for line in lines)
    finally:
        connection.close()


def against(url: str) -> Document:
    config = {
        "production": {"url": url},
        "candidates": {"small": {"url": url, "model": "small", "api_key_env": "SMALL_API_KEY", "sample_rate": 1}},
    }
    return {**GATEWAY, "config": config, "drain": {"preStopSeconds": 0, "delaySeconds": 0, "timeoutSeconds": 5}}


@pytest.mark.parametrize("role", ["mirror", "scorer"])
def test_validate_accepts_the_configuration_in_a_container(role: str, tmp_path: Path) -> None:
    pod = Pod(render(PRODUCTION), tmp_path)
    done = pod.run(role, "validate")
    if role == "mirror":
        assert done.returncode == 0, done.stderr
    else:  # nothing is wrong but that it has no candidates' keys, which it does without
        assert [line for line in done.stderr.splitlines() if "is not set" not in line] == []
        assert "SMALL_API_KEY is not set" in done.stderr
    told = yaml.safe_load(done.stdout)
    assert told["production"]["url"] == "http://litellm:4000"
    assert told["store"]["retention"]["max_bytes"] == 8_000_000_000
    assert told["proxy"]["drain_timeout_s"] == 300
