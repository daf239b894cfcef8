"""Pods that the chart renders, really run: `podman kube play` with the image that was built here.

podman is no kubelet. What it cannot do is done here in its place, and changed in the pod beforehand (`playable`):
probes are asked by the test, for podman would run them with a curl that no image of ours has; preStop is not run, so
the pod's drain begins at once; native sidecars would be waited for as if they ended, so that the classic ones are played; ports
would be published on the host, and the pod's network is nobody's but its own.
"""

from __future__ import annotations

import asyncio
import ctypes
import functools
import http.client
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Reply, ScriptedServer, Step, chunk, head
from tests import containers
from tests.charts import SIDECAR, Document, Values, containers_of, only, parent_chart, pod_of, render
from tests.origins import RawClient, json_request
from tests.sidecars import chat, eventually
from tests.unit.helm.sidecar_pods import template

CHAT = "/v1/chat/completions"
PRODUCTION_PORT = 4000
PATIENCE_S = 60.0
IMAGE = {"repository": containers.IMAGE.partition(":")[0], "tag": containers.IMAGE.partition(":")[2]}
VALUES: Values = {
    "image": IMAGE | {"pullPolicy": "Never"},
    "config": {
        "production": {"url": f"http://127.0.0.1:{PRODUCTION_PORT}"},
        "candidates": {"twin": {"sample_rate": 1}},
        "mirror": {"duplicate_window_s": 0},
    },
    # podman runs no preStop.
    "drain": {"preStopSeconds": 0, "delaySeconds": 0, "timeoutSeconds": 20},
}
_PAUSE = "localhost/shadowbench-pause:here"
_REASON = containers.missing()
_libc = ctypes.CDLL(None, use_errno=True)

pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(_REASON is not None, reason=str(_REASON)),
    pytest.mark.timeout(1500),  # the first test builds the image
]


# ── podman in the place of a cluster ──


@functools.cache
def pause() -> str:
    """What holds a pod together. It must end at a SIGTERM, which process 1 ignores unless it asks for it."""
    (image,) = json.loads(containers.asked("inspect", "--type", "image", containers.built()).stdout)
    base = image["Labels"]["org.opencontainers.image.base.name"]
    told = "trap exit TERM INT; sleep infinity & wait"
    lines = f'FROM {base}\nENTRYPOINT ["/bin/sh", "-c", "{told}"]\n'
    containers.STORE.mkdir(parents=True, exist_ok=True)
    folders = ["--root", containers.STORE / "root", "--runroot", containers.STORE / "runroot"]
    how = ["--isolation", "chroot", "--pull-never", "--tag", _PAUSE, "--file", "-"]
    done = subprocess.run(
        ["buildah", *folders, "build", *how, containers.STORE / "tmp"], input=lines, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return _PAUSE


def kube(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`podman kube`, with our infra image."""
    _env, _settings, *rest = containers.podman("kube", *arguments)
    settings = containers.STORE / "kube.conf"
    text = (containers.STORE / "containers.conf").read_text()
    settings.write_text(text.replace("[engine]", f'[engine]\ninfra_image = "{pause()}"'))
    done = subprocess.run(
        ["env", f"CONTAINERS_CONF={settings}", *rest], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def playable(documents: list[Document]) -> list[Document]:
    """The configuration and the pod, less what podman misunderstands."""
    deployment = json.loads(json.dumps(only(documents, "Deployment")))
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        for unknown in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "ports"):
            container.pop(unknown, None)
    return [only(documents, "ConfigMap", "-config"), deployment]


class Played:
    """A pod that runs, with a network of its own: nothing but its loopback."""

    def __init__(self, documents: list[Document], folder: Path) -> None:
        self.pod = pod_of(documents)
        self.name = f"{only(documents, 'Deployment')['metadata']['name']}-pod-0"
        self.file = folder / "pod.yaml"
        self.file.write_text("\n---\n".join(map(json.dumps, playable(documents))))  # JSON is YAML

    @contextmanager
    def running(self) -> Iterator[None]:
        """From `kube play` to `kube down`; meanwhile this process is in the pod's network."""
        try:
            kube("play", "--network", "none", str(self.file))
            with network_of(self.pid("proxy")):
                yield
        finally:
            if os.environ.get("SHADOWBENCH_KEEP_PODS") is None:
                kube("down", str(self.file))
                # It leaves the configuration's, and the next pod of this name would be given that.
                containers.asked("volume", "prune", "--force")

    def container(self, role: str) -> str:
        """Its name in podman's list."""
        return f"{self.name}-{containers_of(self.pod)[role]['name']}"

    def state(self, container: str) -> dict[str, Any]:
        (found,) = json.loads(containers.asked("inspect", container).stdout)
        return dict(found)

    def pid(self, role: str) -> int:
        return int(self.state(self.container(role))["State"]["Pid"])

    def said(self, container: str) -> str:
        done = containers.asked("logs", container, check=False)
        return done.stdout + done.stderr

    def probe(self, role: str, kind: str) -> int:
        """What a kubelet would be told, at the port that the probe names; 0 where nobody answers."""
        container = containers_of(self.pod)[role]
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        asked = container[kind]["httpGet"]
        return get(ports[asked["port"]], asked["path"])[0]

    async def until_ready(self) -> None:
        """Until clients are served, every role is alive, and the proxy has found the mirror."""
        await eventually(lambda: self.probe("proxy", "startupProbe") == 200, within_s=PATIENCE_S)
        for role in containers_of(self.pod):
            await eventually(lambda role=role: self.probe(role, "livenessProbe") == 200, within_s=PATIENCE_S)
        await eventually(lambda: re.search(r"(?m)^shadowbench_handoff_connected.* 1\.0$", get(9464, "/metrics")[1]))


def get(port: int, path: str) -> tuple[int, str]:
    """Status and text; 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


@contextmanager
def network_of(pid: int) -> Iterator[None]:
    """This thread, and threads that it starts, see that process's network: servers and clients of the test are in the pod."""
    with open("/proc/thread-self/ns/net") as own, open(f"/proc/{pid}/ns/net") as theirs:
        _enter(theirs.fileno())
        try:
            yield
        finally:
            _enter(own.fileno())


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, 0):
        raise OSError(ctypes.get_errno(), "setns")


# ── tests ──


async def test_a_pod_of_mode_gateway_answers_records_and_lets_a_stream_finish(tmp_path: Path) -> None:
    gate = asyncio.Event()
    gate.set()
    containers.built()
    played = Played(render(VALUES), tmp_path)
    with played.running():
        async with ScriptedServer(functools.partial(streamed, gate), port=PRODUCTION_PORT):
            await played.until_ready()
            assert played.probe("proxy", "readinessProbe") == 200
            async with await RawClient.connect(8080) as client:
                answer = await client.ask(json_request(CHAT, chat("Hello.", stream=True)))
                assert (answer.status, answer.body.count(b"data: ")) == (200, 3)
            await eventually(lambda: recorded(played), within_s=PATIENCE_S)
            # Where the notes of the chart say that reports are made.
            report = containers.asked("exec", played.container("scorer"), "shadowbench", "report", "--format", "json")
            assert "twin" in json.dumps(json.loads(report.stdout))
            await leaves_after_its_stream(played, gate)


def streamed(gate: asyncio.Event, _: Received) -> Reply:
    first = head(200, ("transfer-encoding", "chunked"), content_type="text/event-stream")
    steps = [Step(data=first + chunk(event("a"))), Step(data=chunk(event("b")), gate=gate)]
    return Reply(steps=[*steps, Step(data=chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")])


def event(text: str) -> bytes:
    fields = {"object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: %s\n\n" % json.dumps(fields).encode()


COUNT = """
import sqlite3
log = sqlite3.connect("file:/var/lib/shadowbench/pairs.db?mode=ro", uri=True)
print(log.execute("select count(*) from pairs").fetchone()[0])
"""


async def recorded(played: Played) -> bool:
    """Whether the mirror's recorder has written a pair. In a thread: meanwhile this loop answers the candidate's call."""
    ask = ("exec", played.container("mirror"), "python3", "-c", COUNT)
    done = await asyncio.to_thread(containers.asked, *ask, check=False)
    return done.stdout.strip() not in ("", "0")


async def leaves_after_its_stream(played: Played, gate: asyncio.Event) -> None:
    """SIGTERM in the middle of a stream: the pod is no longer ready, the stream ends whole, everyone ends with 0."""
    gate.clear()
    async with await RawClient.connect(8080) as client:
        client.writer.write(json_request(CHAT, chat("Hello.", stream=True)))
        await client.reader.readuntil(b'"a"')
        leaving = asyncio.get_running_loop().create_task(
            asyncio.to_thread(containers.asked, "pod", "stop", "--time", "60", played.name)
        )
        await eventually(lambda: played.probe("proxy", "readinessProbe") in (503, 0))
        assert played.probe("proxy", "livenessProbe") == 200
        assert not leaving.done()
        gate.set()
        assert b"[DONE]" in await client.reader.readuntil(b"0\r\n\r\n")
    await leaving
    codes = {role: played.state(played.container(role))["State"]["ExitCode"] for role in containers_of(played.pod)}
    assert codes == {"proxy": 0, "mirror": 0, "scorer": 0}, "".join(map(played.said, codes))


# Asks again and again: what is asked before the proxy has found the mirror is answered, and not copied.
CLIENT = """
import json, os, time, urllib.request
url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello."}]}).encode()
while True:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, {"content-type": "application/json"})) as answer:
            print(answer.read().decode(), flush=True)
    except OSError:
        pass  # a classic sidecar starts beside its client
    time.sleep(0.5)
"""


async def test_a_pod_that_includes_the_sidecar_is_answered_through_it(tmp_path: Path) -> None:
    gate = asyncio.Event()
    gate.set()
    containers.built()
    values = {**SIDECAR, **VALUES, "apiKeys": {}, "sidecar": {"native": False}, "scorer": {"enabled": False}}
    chart = parent_chart(tmp_path, template())
    documents = render({"shadowbench": values}, chart=chart)
    (app,) = [each for each in pod_of(documents)["spec"]["containers"] if each["name"] == "app"]
    # podman loses its way in texts that begin with an empty line.
    app |= {"image": containers.IMAGE, "imagePullPolicy": "Never", "command": ["python3", "-uc", CLIENT.strip()]}
    played = Played(documents, tmp_path)
    with played.running():
        async with ScriptedServer(functools.partial(streamed, gate), port=PRODUCTION_PORT) as production:
            await played.until_ready()
            await eventually(lambda: "[DONE]" in played.said(f"{played.name}-app"), within_s=PATIENCE_S)
            # Through the proxy, which has no address but the pod's own.
            assert '"b"' in played.said(f"{played.name}-app") and production.requests
            await eventually(lambda: recorded(played), within_s=PATIENCE_S)
