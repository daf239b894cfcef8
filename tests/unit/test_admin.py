import json
import os
import sys
from dataclasses import dataclass, field

import aiohttp
import pytest

from shadowbench.admin import AdminServer
from shadowbench.listening import Address, bind
from shadowbench.signals import Sample
from shadowbench.telemetry import prometheus


@dataclass
class Observed:
    is_live: bool = True
    is_ready: bool = True
    counted: list[Sample] = field(default_factory=list)

    def samples(self) -> list[Sample]:
        return self.counted


async def ask(observed: Observed, path: str, **headers: str) -> tuple[int, str, str]:
    sockets = bind(Address(host="127.0.0.1", port=0))
    server = AdminServer(observed, sockets)
    await server.start()
    port = sockets[0].getsockname()[1]
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}{path}", headers=headers) as response,
        ):
            return response.status, await response.text(), response.headers["content-type"]
    finally:
        await server.stop()


async def test_alive_and_ready_are_two_questions() -> None:
    draining = Observed(is_ready=False)
    assert (await ask(draining, "/livez"))[:2] == (200, "alive\n")
    assert (await ask(draining, "/readyz"))[:2] == (503, "not ready\n")
    assert (await ask(Observed(is_live=False), "/livez"))[:2] == (503, "no worker is alive\n")
    assert (await ask(Observed(), "/readyz"))[:2] == (200, "ready\n")


async def test_metrics_are_prometheus_text() -> None:
    observed = Observed(counted=[Sample(name="draining", labels=(), value=1, kind="gauge")])
    status, text, kind = await ask(observed, "/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert text.splitlines()[-1] == "shadowbench_draining 1.0"


async def test_metrics_are_open_metrics_for_who_asks_for_them() -> None:
    observed = Observed(counted=[Sample(name="draining", labels=(), value=1, kind="gauge")])
    status, text, kind = await ask(observed, "/metrics", Accept="application/openmetrics-text;version=1.0.0,*/*;q=0.1")
    assert (status, kind) == (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert text.splitlines()[-2:] == ["shadowbench_draining 1.0", "# EOF"]


@pytest.mark.skipif(sys.platform != "linux", reason="a niceness for each thread")
async def test_metrics_are_written_behind_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    written_at: list[int] = []

    def render(*args: object) -> bytes:
        written_at.append(os.getpriority(os.PRIO_PROCESS, 0))  # of this thread
        return b""

    monkeypatch.setattr(prometheus, "render", render)
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    await ask(Observed(), "/metrics")
    assert written_at == [min(19, ours + 10)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours


async def test_there_is_nothing_else() -> None:
    assert (await ask(Observed(), "/"))[0] == 404


async def test_nothing_is_changed_here_whatever_the_method() -> None:
    sockets = bind(Address(host="127.0.0.1", port=0))
    server = AdminServer(Observed(), sockets)
    await server.start()
    url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    try:
        async with aiohttp.ClientSession() as session:
            for path in ("/livez", "/readyz", "/metrics"):
                for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
                    async with session.request(method, url + path, data=b"{}") as response:
                        assert response.status == 405, (method, path)
    finally:
        await server.stop()


class Broken(Observed):
    def samples(self) -> list[Sample]:
        raise KeyError("cAnArY-7f3a9e")


async def test_a_bug_is_in_the_log_without_what_it_quotes(capfd: pytest.CaptureFixture[str]) -> None:
    status, text, _ = await ask(Broken(), "/metrics")
    assert (status, text) == (500, "Internal Server Error\n")
    (line,) = capfd.readouterr().err.splitlines()
    said = json.loads(line)
    assert said["event"] == "an admin request failed"
    assert said["error"].startswith("KeyError: '…'")
