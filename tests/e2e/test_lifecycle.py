"""Health, metrics, exit codes, and leaving in good order."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Reply, ScriptedProvider, ScriptedServer, Step, chunk, head
from tests.origins import RawClient, json_request
from tests.sidecars import Sidecar, chat, command, eventually, free_ports, is_running

CHAT = "/v1/chat/completions"


async def test_health_does_not_depend_on_candidates_or_production(tmp_path: Path) -> None:
    (nobody,) = free_ports(1)
    candidates = {"gone": {"url": f"http://127.0.0.1:{nobody}", "sample_rate": 1}}
    async with Sidecar(tmp_path, f"http://127.0.0.1:{nobody}", candidates=candidates) as sidecar:
        async with await RawClient.connect(sidecar.port) as client:
            assert (await client.ask(json_request(CHAT, chat("Hello.")))).status == 502
        assert (await sidecar.admin("/livez")).status == 200
        assert (await sidecar.admin("/readyz")).status == 200
        assert (await sidecar.admin("/nothing")).status == 404


async def test_metrics_count_what_happened(tmp_path: Path) -> None:
    async with ScriptedProvider() as production:
        async with Sidecar(tmp_path, production.url, candidates={"twin": {"sample_rate": 1}}) as sidecar:
            async with await RawClient.connect(sidecar.port) as client:
                for number in range(5):
                    await client.ask(json_request(CHAT, chat(f"Hello {number}.")))
            await sidecar.until_recorded(5)

            async def counted() -> bool:
                return await sidecar.total("shadowbench_recorder_exchanges_total") == 5

            await eventually(counted)
            samples = await sidecar.metrics()
    assert all(name.startswith(("shadowbench_", "python_", "process_")) for name in samples)
    assert sum(v for k, v in samples.items() if k.startswith("shadowbench_worker_up")) == 3


class Daemon(Sidecar):
    """Started as scripts start what shall outlive a terminal: without descriptors 0 to 2."""

    def command_line(self, config: Path) -> list[str]:
        return ["bash", "-c", 'exec "$@" <&- >&- 2>&-', "bash", *super().command_line(config)]


async def test_a_sidecar_without_standard_streams_serves_and_records(tmp_path: Path) -> None:
    async with ScriptedProvider() as production:
        async with Daemon(tmp_path, production.url, candidates={"twin": {"sample_rate": 1}}) as sidecar:
            async with await RawClient.connect(sidecar.port) as client:
                assert (await client.ask(json_request(CHAT, chat("Hello.")))).status == 200
            await sidecar.until_recorded(1)
            assert await sidecar.total("shadowbench_worker_restarts_total") == 0


def gated_stream(gate: asyncio.Event) -> Callable[[Received], Reply]:
    """A stream whose second half waits for the gate."""

    def stream(_: Received) -> Reply:
        first = head(200, ("transfer-encoding", "chunked"), content_type="text/event-stream")
        steps = [Step(data=first + chunk(b"data: 1\n\n")), Step(data=chunk(b"data: 2\n\n"), gate=gate)]
        return Reply(steps=[*steps, Step(data=b"0\r\n\r\n")])

    return stream


async def test_sigterm_finishes_the_running_stream_and_leaves_nothing_behind(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(gated_stream(gate)) as production:
        sidecar = Sidecar(tmp_path, production.url, candidates={"twin": {"sample_rate": 1}})
        await sidecar.start()
        family = [sidecar.pid, *sidecar.children()]
        async with await RawClient.connect(sidecar.port) as client:
            client.writer.write(json_request(CHAT, chat("Hello.", stream=True)))
            assert b"data: 1" in await client.reader.readuntil(b"data: 1\n\n")
            leaving = asyncio.get_running_loop().create_task(sidecar.stop())
            await eventually(lambda: is_unready(sidecar))
            await eventually(lambda: is_refused(sidecar.port))
            assert not leaving.done()
            gate.set()
            assert b"data: 2\n\n" in await client.reader.readuntil(b"0\r\n\r\n")
        assert await leaving == 0
    assert not any(is_running(pid) for pid in family)


async def test_after_the_parent_was_killed_its_stream_ends_and_its_port_is_free(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(gated_stream(gate)) as production:
        sidecar = Sidecar(tmp_path, production.url, candidates={"twin": {"sample_rate": 1}})
        await sidecar.start()
        orphans = sidecar.children()
        async with await RawClient.connect(sidecar.port) as client:
            client.writer.write(json_request(CHAT, chat("Hello.", stream=True)))
            assert b"data: 1" in await client.reader.readuntil(b"data: 1\n\n")
            os.kill(sidecar.pid, signal.SIGKILL)
            await eventually(lambda: is_refused(sidecar.port))
            gate.set()
            assert b"data: 2\n\n" in await client.reader.readuntil(b"0\r\n\r\n")
        await eventually(lambda: not any(is_running(pid) for pid in orphans))
        sidecar.process.wait()


async def is_refused(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


async def is_unready(sidecar: Sidecar) -> bool:
    try:
        return (await sidecar.admin("/readyz")).status != 200
    except OSError:
        return True


async def test_a_second_sidecar_on_the_same_port_says_so_and_exits_4(tmp_path: Path) -> None:
    async with ScriptedProvider() as production, Sidecar(tmp_path, production.url) as sidecar:
        other = tmp_path / "other"
        other.mkdir()
        config = sidecar.config | {
            "runtime": {"folder": str(other / "run")},
            "admin": {"listen": None},
            "control": {"listen": None},
        }
        ended = await run(other, "serve", config)
    assert ended.returncode == 4
    assert str(sidecar.port) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"production": {"url": "http://127.0.0.1:1"}, "proxi": {}}, "proxi"),
        ({"production": {"url": "nonsense"}}, "production.url"),
        ({}, "production"),
        ({"production": {"url": "http://127.0.0.1:1"}, "candidates": {"a": {"sample_rate": 7}}}, "sample_rate"),
    ],
)
@pytest.mark.parametrize("role", ["serve", "validate"])
async def test_a_wrong_configuration_exits_2_and_names_the_key(
    tmp_path: Path, role: str, config: dict[str, object], named: str
) -> None:
    ended = await run(tmp_path, role, config)
    assert ended.returncode == 2
    assert named in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_good_configuration_validates_and_a_missing_file_exits_2(tmp_path: Path) -> None:
    assert (await run(tmp_path, "validate", {"production": {"url": "http://127.0.0.1:1"}})).returncode == 0
    (tmp_path / "shadowbench.yaml").unlink()
    missing = await asyncio.to_thread(shadowbench, "serve", "-c", str(tmp_path / "shadowbench.yaml"))
    assert missing.returncode == 2
    assert "shadowbench.yaml" in missing.stderr


async def run(folder: Path, role: str, config: dict[str, object]) -> subprocess.CompletedProcess[str]:
    path = folder / "shadowbench.yaml"
    path.write_text(yaml.safe_dump(config))
    return await asyncio.to_thread(shadowbench, role, "-c", str(path))


def shadowbench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command(), *arguments], capture_output=True, text=True, timeout=30, check=False)
