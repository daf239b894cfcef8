"""Changing a sidecar while clients stream through it: no byte is lost, and what is recorded tells under which rates."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Reply, ScriptedProvider, ScriptedServer, Step, chunk, head
from tests.origins import RawClient, json_request
from tests.sidecars import Sidecar, chat, command, eventually

CHAT = "/v1/chat/completions"
CLIENTS = 6
CHUNKS = 12
TOKEN = "a-very-secret-token"


def now() -> float:
    """Unix seconds."""
    return datetime.now(UTC).timestamp()


def pieces(prompt: str) -> list[bytes]:
    """What production answers to a prompt, chunk by chunk: text that no other prompt gets."""
    deltas = [json.dumps({"choices": [{"index": 0, "delta": {"content": f"{prompt}-{n} "}}]}) for n in range(CHUNKS)]
    return [*(f"data: {delta}\n\n".encode() for delta in deltas), b"data: [DONE]\n\n"]


def stream(request: Received) -> Reply:
    """A stream of a few milliseconds between chunks."""
    prompt = json.loads(request.body)["messages"][0]["content"]
    opening = Step(data=head(200, ("transfer-encoding", "chunked"), content_type="text/event-stream"))
    steps = [Step(data=chunk(piece), after_s=0.004) for piece in pieces(prompt)]
    return Reply(steps=[opening, *steps, Step(data=b"0\r\n\r\n")])


class Load:
    """Clients that stream without a pause, each answer compared byte for byte."""

    def __init__(self, port: int) -> None:
        self.answered = 0
        self._port = port
        self._numbers = count()
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._client())
            try:
                yield
            finally:
                self._ended.set()

    async def _client(self) -> None:
        async with await RawClient.connect(self._port) as client:
            while not self._ended.is_set():
                prompt = f"question {next(self._numbers)}"
                answer = await client.ask(json_request(CHAT, chat(prompt, stream=True)))
                assert answer.status == 200
                # On the wire, chunk by chunk: also the framing is production's.
                expected = b"".join(map(chunk, pieces(prompt))) + b"0\r\n\r\n"
                assert answer.wire.partition(b"\r\n\r\n")[2] == expected, prompt
                self.answered += 1

    async def more(self, answers: int = 40) -> None:
        """Wait until so many more were answered."""
        goal = self.answered + answers
        await eventually(lambda: self.answered >= goal, within_s=30)


class Log:
    """The pair log of a sidecar, as far as it matters here."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar

    def versions(self) -> dict[int, set[float]]:
        """Policy version → inclusion probabilities of the pairs recorded under it."""
        found: dict[int, set[float]] = {}
        for row in self._sidecar.rows("select policy_version, inclusion_probability from pairs"):
            found.setdefault(row[0], set()).add(row[1])
        return found

    def under(self, version: int) -> int:
        (row,) = self._sidecar.rows("select count(*) from pairs where policy_version = ?", version) or [(0,)]
        return int(row[0])

    def between(self, start: float, end: float) -> int:
        sql = "select count(*) from exchanges where started_at > ? and started_at < ?"
        (row,) = self._sidecar.rows(sql, start, end) or [(0,)]
        return int(row[0])

    def marks(self) -> list[sqlite3.Row]:
        return self._sidecar.rows("select kind, endpoint, before, after from marks order by at, number")


async def change(sidecar: Sidecar, action: str, fields: object = None) -> dict[str, Any]:
    status, said = await sidecar.control(action, fields)
    assert status == 200, (action, said, sidecar.stderr)
    return said


def reconfigure(sidecar: Sidecar, **candidate: Any) -> None:
    """Another sample rate (or other keys) of the candidate, in the sidecar's file."""
    sidecar.config["candidates"]["small"] |= candidate
    (sidecar.folder / "shadowbench.yaml").write_text(yaml.safe_dump(sidecar.config))


async def version_of(sidecar: Sidecar) -> int:
    _, said = await sidecar.control("state")
    version: int = said["mirror"]["policy_version"]
    return version


async def reloads(sidecar: Sidecar, result: str = "applied") -> float:
    return await sidecar.total("shadowbench_config_reloads_total", f'result="{result}"')


async def test_ct_76_no_byte_is_lost_while_rates_change_and_pairs_tell_which_held(tmp_path: Path) -> None:
    candidates = {"small": {"sample_rate": 1.0}}
    rates: dict[int, float] = {}
    async with ScriptedServer(stream) as production, ScriptedProvider() as small:
        candidates["small"]["url"] = small.url  # type: ignore[assignment]
        async with Sidecar(tmp_path, production.url, candidates=candidates, proxy={"workers": 2}) as sidecar:
            load, log = Load(sidecar.port), Log(sidecar)
            async with load.running():
                rates[await version_of(sidecar)] = 1.0
                await load.more()
                for rate in (0.5, 0.8):
                    said = await change(sidecar, "rates", {"candidates": {"small": rate}})
                    rates[said["policy_version"]] = rate
                    await load.more()
                reconfigure(sidecar, sample_rate=0.6)
                os.kill(sidecar.pid, signal.SIGHUP)
                await eventually(lambda: _is(reloads(sidecar), 1))
                rates[await version_of(sidecar)] = 0.6
                await load.more()

                paused = (await change(sidecar, "pause"))["policy_version"]
                await load.more(CLIENTS)  # opened before, ended by now
                quiet_from = now()
                await load.more()
                quiet_until = now()
                rates[(await change(sidecar, "resume"))["policy_version"]] = 0.6
                await load.more()

                os.kill(sidecar.child("mirror"), signal.SIGKILL)
                said = await change(sidecar, "rates", {"candidates": {"small": 0.7}})  # it is being started again
                rates[await version_of(sidecar)] = 0.7
                await eventually(lambda: _is(sidecar.total("shadowbench_handoff_connected"), 2))
                await load.more()
                last = max(rates)
                await eventually(lambda: log.under(last) > 10)
            assert log.between(quiet_from, quiet_until) == 0
            assert log.under(paused) == 0
            _check_probabilities(log.versions(), rates)
            # Two rates, the file, a pause, its end, and the rate that the next mirror came up with.
            await eventually(lambda: len(log.marks()) == 6)
            assert [row["kind"] for row in log.marks()] == [
                "policy_changed", "policy_changed", "policy_changed", "mirroring_paused", "mirroring_resumed",
                "policy_changed",
            ]  # fmt: skip
            first = log.marks()[0]
            assert first["endpoint"] == "small"
            assert json.loads(first["before"])["candidates.small.sample_rate"] == 1.0
            assert rates[json.loads(first["after"])["policy_version"]] == 0.5


def _check_probabilities(recorded: dict[int, set[float]], rates: dict[int, float]) -> None:
    """A pair's probability is the rate of its version. One whose request ended after a change has the lower rate of both."""
    assert len(recorded) >= 5
    assert recorded.keys() <= rates.keys()
    in_order = sorted(rates)
    for version, probabilities in recorded.items():
        later = [each for each in in_order if each > version][:1]
        assert rates[version] in probabilities
        assert probabilities <= {rates[version], *(min(rates[version], rates[each]) for each in later)}


async def _is(asked: Any, value: float) -> bool:
    found: float = await asked
    return found == value


async def test_after_the_kill_switch_nothing_is_copied_until_resume_whoever_dies_meanwhile(tmp_path: Path) -> None:
    gate = asyncio.Event()

    def never(_: Received) -> Reply:
        return Reply(steps=[Step(data=head(200), gate=gate)])

    async with ScriptedServer(stream) as production, ScriptedServer(never) as hung:
        candidates = {"small": {"sample_rate": 1.0, "url": hung.url}}
        async with Sidecar(tmp_path, production.url, candidates=candidates) as sidecar:
            load, log = Load(sidecar.port), Log(sidecar)
            async with load.running():
                await hung.until(lambda: len(hung.requests) >= 5)
                assert (await change(sidecar, "kill"))["mirroring"] == "killed"
                killed_at, asked = now(), len(hung.requests)
                _, state = await sidecar.control("state")
                (lane,) = state["mirror"]["lanes"]
                assert (lane["queued"], lane["running"], lane["paused"]) == (0, 0, True)
                assert [proxy["enabled"] for proxy in state["proxies"]] == [False]
                await load.more()
                os.kill(sidecar.child("mirror"), signal.SIGKILL)
                await eventually(lambda: _is(sidecar.total("shadowbench_handoff_connected"), 1))
                await load.more()
                assert (await change(sidecar, "pause"))["mirroring"] == "killed"
                assert len(hung.requests) == asked
                resumed_at = now()
                assert (await change(sidecar, "resume"))["mirroring"] == "on"
                await hung.until(lambda: len(hung.requests) > asked)
            os.kill(sidecar.child("proxy"), signal.SIGKILL)  # nobody streams now
            await change(sidecar, "kill")  # told to the next one
            _, state = await sidecar.control("state")
            assert [proxy["enabled"] for proxy in state["proxies"]] == [False]
            assert log.between(killed_at, resumed_at) == 0


async def test_a_mirror_that_hangs_does_not_hold_up_the_kill_switch_at_the_proxies(tmp_path: Path) -> None:
    async with ScriptedProvider() as production:
        async with Sidecar(tmp_path, production.url, candidates={"twin": {"sample_rate": 1}}) as sidecar:
            mirror = sidecar.child("mirror")
            os.kill(mirror, signal.SIGSTOP)
            try:
                status, said = await sidecar.control("kill")
                assert (status, said["error"]) == (503, "unavailable")
                assert "mirror did not answer within 5 s" in said["message"]
                _, state = await sidecar.control("state")
                assert (state["mirroring"], state["mirror"]["answers"]) == ("killed", False)
                assert [proxy["enabled"] for proxy in state["proxies"]] == [False]
            finally:
                os.kill(mirror, signal.SIGCONT)

            async def is_told() -> bool:
                _, said = await sidecar.control("state")
                return bool(said["mirror"]["answers"]) and not said["mirror"]["enabled"]

            await eventually(is_told)


async def test_a_hang_up_reads_the_file_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    async with ScriptedProvider() as production:
        candidates = {"small": {"sample_rate": 0.5}}
        async with Sidecar(tmp_path, production.url, candidates=candidates) as sidecar:
            family = [sidecar.pid, *sidecar.children()]
            for pid in family:  # a terminal that goes tells all of its processes
                os.kill(pid, signal.SIGHUP)
            await eventually(lambda: _is(reloads(sidecar, "unchanged"), 1))
            reconfigure(sidecar, sample_rte=1)
            os.kill(sidecar.pid, signal.SIGHUP)
            await eventually(lambda: _is(reloads(sidecar, "invalid"), 1))
            assert "candidates.small.sample_rte: unknown key" in sidecar.stderr
            del sidecar.config["candidates"]["small"]["sample_rte"]
            reconfigure(sidecar, sample_rate=0.25, concurrency=3)
            os.kill(sidecar.pid, signal.SIGHUP)
            await eventually(lambda: _is(reloads(sidecar), 1))
            assert '"key": "candidates.small.concurrency"' in sidecar.stderr
            _, state = await sidecar.control("state")
            assert state["mirror"]["lanes"][0]["sample_rate"] == 0.25
            assert sorted([sidecar.pid, *sidecar.children()]) == sorted(family)


async def test_roles_apart_each_have_their_own_port(tmp_path: Path) -> None:
    async with ScriptedProvider() as production:
        folders = [tmp_path / role for role in ("proxy", "mirror")]
        runtime = {"folder": str(tmp_path / "run")}
        for folder in folders:
            folder.mkdir()
        candidates = {"small": {"sample_rate": 1.0}}
        mirror = Sidecar(folders[1], production.url, role="mirror", candidates=candidates, runtime=runtime)
        proxy = Sidecar(folders[0], production.url, role="proxy", candidates=candidates, runtime=runtime)
        async with mirror, proxy:
            await eventually(lambda: _is(proxy.total("shadowbench_handoff_connected"), 1))
            status, said = await proxy.control("rates", {"candidates": {"small": 0.5}})
            assert (status, "shadowbench mirror" in said["message"]) == (400, True)
            version = (await change(mirror, "rates", {"candidates": {"small": 0.5}}))["policy_version"]

            async def obeys(rate: float) -> bool:
                (tap,) = (await proxy.control("state"))[1]["proxies"]
                return (tap["rate"], tap["policy_version"] >= version, tap["enabled"]) == (rate, True, True)

            await eventually(lambda: obeys(0.5))
            await change(mirror, "kill")
            await eventually(lambda: obeys(0.0))
            await change(mirror, "resume")
            await eventually(lambda: obeys(0.5))
            assert (await change(proxy, "kill"))["policy_version"] is None
            async with await RawClient.connect(proxy.port) as client:
                assert (await client.ask(json_request(CHAT, chat("Hello.")))).status == 200
            assert await proxy.total("shadowbench_handoff_exchanges_total", 'decision="sampled"') == 0
            assert (await mirror.control("state"))[1]["mirroring"] == "on"


async def test_a_terminal_that_is_closed_leaves_the_sidecar_running_as_it_was(tmp_path: Path) -> None:
    async with ScriptedProvider() as production:
        sidecar = Sidecar(tmp_path, production.url, candidates={"small": {"sample_rate": 0.5}})
        (tmp_path / "shadowbench.yaml").write_text(yaml.safe_dump(sidecar.config))
        master, terminal = pty.openpty()
        sidecar.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); {EXEC}",
                *command(),
            ],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            cwd=tmp_path,
            start_new_session=True,
        )
        os.close(terminal)
        try:
            await eventually(lambda: _answers(sidecar))
            workers = sidecar.children()
            os.close(master)  # SIGHUP to all of them, and nobody reads their stderr any more
            await eventually(lambda: _is(reloads(sidecar, "unchanged"), 1))
            os.kill(sidecar.child("recorder"), signal.SIGKILL)  # which the parent wants to log, and cannot
            await eventually(lambda: _is(sidecar.total("shadowbench_worker_restarts_total"), 1))
            assert set(sidecar.children()) >= set(workers[:2])
            assert (await change(sidecar, "pause"))["mirroring"] == "paused"
        finally:
            assert await sidecar.stop() == 0


EXEC = "import sys; os.execv(sys.argv[1], [*sys.argv[1:], 'serve', '-c', 'shadowbench.yaml'])"


async def _answers(sidecar: Sidecar) -> bool:
    try:
        return (await sidecar.control("state"))[1]["mirror"]["answers"] is True
    except OSError:
        return False


async def test_the_token_is_with_the_parent_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTROL_TOKEN", TOKEN)
    async with ScriptedProvider() as production:
        sidecar = Sidecar(tmp_path, production.url, candidates={"twin": {"sample_rate": 1}})
        sidecar.config["control"]["token_env"] = "CONTROL_TOKEN"
        async with sidecar:
            assert (await sidecar.control("kill"))[0] == 401
            assert (await sidecar.control("kill", Authorization="Bearer wrong"))[0] == 401
            status, state = await sidecar.control("state", Authorization=f"Bearer {TOKEN}")
            assert (status, state["mirroring"]) == (200, "on")
            for pid in sidecar.children():
                assert TOKEN.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
                assert TOKEN.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
            said = json.dumps(state) + (await sidecar.admin("/metrics")).text
        assert TOKEN not in said + sidecar.stderr
