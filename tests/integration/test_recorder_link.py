"""The mirror's own end of the link against the recorder's, in one loop: settlements, goodbyes and signals by value."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from shadowbench import handoff, links
from shadowbench.handoff import Frame
from shadowbench.recorder.__main__ import build_writer
from shadowbench.recorder.edges import BucketOptions
from shadowbench.recorder.histograms import Histograms
from shadowbench.recorder.lock import LogLock
from shadowbench.recorder.options import RecorderOptions
from shadowbench.recorder.server import Recorder
from shadowbench.recorder.testing import ScriptedExchange, ScriptedSide, candidate_fields, close_frame, plan_fields
from shadowbench.recorder.writer import Report
from shadowbench.signals import Counters
from shadowbench.store.opening import open_log

WAIT_S = 20


class Heard:
    """What a sender's owner is told."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.lost: list[int] = []

    def on_ready(self, epoch: str) -> None:
        self.ready.set()

    def on_frame(self, frame: Frame) -> None:
        raise AssertionError(f"unexpected {frame}")

    def on_lost(self, epoch: str, count: int) -> None:
        self.ready.clear()
        self.lost.append(count)


class Serving:
    """A recorder in this loop."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.options = RecorderOptions(
            runtime_folder=str(folder),
            store_url=f"sqlite:///{folder}/pairs.db",
            **options,  # type: ignore[arg-type]
        )
        self.counters = Counters()
        self.lock = LogLock(folder / "pairs.db")
        self.told: list[str] = []
        self.recorder = Recorder(self.options, self.counters, lambda level, event, **fields: self.told.append(event))
        self.recorder.writer = build_writer(self.options, self.recorder, self.lock, Histograms((), BucketOptions()))

    async def start(self) -> None:
        self.recorder.writer.start()
        self.server = await links.listen(Path(self.options.socket_path), self.recorder.connect)

    async def sender(self) -> tuple[links.Sender, Heard]:
        heard = Heard()
        sender = links.Sender(
            Path(self.options.socket_path),
            role="mirror",
            name="mirror-0",
            listener=heard,
            counters=Counters(),
            chance=random.Random(1),
        )
        sender.start()
        async with asyncio.timeout(WAIT_S):
            await heard.ready.wait()
        return sender, heard

    def exchanges(self, result: str, reason: str = "") -> float:
        return self.counters.get("recorder_exchanges_total", (("result", result), ("reason", reason)))


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    async with contextlib.AsyncExitStack() as stack:

        async def begin(**options: object) -> Serving:
            serving = Serving(tmp_path, **options)
            await serving.start()
            stack.callback(serving.lock.release)
            stack.callback(serving.server.close)
            stack.push_async_callback(serving.recorder.drain)
            return serving

        yield begin


def send(sender: links.Sender, sequence: int, script: ScriptedExchange) -> None:
    sender.opened += 1
    sender.write(script.frames(sequence))


def script(number: int, reason: str | None = None) -> ScriptedExchange:
    plan = plan_fields((candidate_fields(not_sent="stale"),), id=f"01900000-0000-7000-8000-{number:012x}")
    return ScriptedExchange(plan=plan, production=ScriptedSide(reason=reason))


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():  # noqa: ASYNC110  what is waited for are plain numbers
            await asyncio.sleep(0.005)


async def test_a_senders_accounts_and_the_recorders_agree(serve) -> None:
    serving = await serve()
    sender, _ = await serving.sender()
    for number in range(20):
        send(sender, number, script(number, "handoff_full" if number % 5 == 0 else None))
    await until(lambda: sender.settled == 20)
    assert sender.recorded == 16
    assert serving.exchanges("recorded") == 16
    assert serving.exchanges("discarded", "handoff_full") == 4
    assert serving.counters.get("observations_total", (("target", "small"), ("outcome", "not_sent"))) == 16
    assert serving.counters.get("recorder_commit_seconds_count") >= 1
    serving.recorder.set_gauges()
    gauges = {sample.name: sample.value for sample in serving.counters.snapshot() if sample.kind == "gauge"}
    assert gauges.pop("store_wal_bytes") > 0
    assert gauges.pop("store_free_bytes") > 0
    gauges.pop("store_used_bytes", None)  # retention looks when nothing else is to be done
    assert gauges == {
        "recorder_backlog": 0,
        "recorder_open_exchanges": 0,
        "recorder_held_bytes": 0,
        "recorder_connections": 1,
        "recorder_store_failing": 0,
    }
    assert await sender.leave(WAIT_S)


async def test_two_mirrors_are_settled_apart(serve) -> None:
    serving = await serve()
    (one, _), (two, _) = await serving.sender(), await serving.sender()
    assert one.epoch != two.epoch or one is not two
    send(one, 1, script(1))
    send(two, 1, script(2))
    send(two, 2, script(3))
    await until(lambda: one.settled == 1 and two.settled == 2)
    assert await one.leave(WAIT_S)
    assert await two.leave(WAIT_S)


async def test_a_mirror_that_leaves_is_waited_for(serve) -> None:
    serving = await serve()
    sender, heard = await serving.sender()
    first, *rest = script(1).frames(1)
    sender.opened += 1
    sender.write([first])
    leaving = asyncio.get_running_loop().create_task(sender.leave(WAIT_S))
    draining = asyncio.get_running_loop().create_task(serving.recorder.drain())
    await asyncio.sleep(0)
    sender.write(rest)
    assert await leaving
    await draining
    assert heard.lost == [0]
    assert sender.recorded == 1


async def test_what_a_lost_mirror_had_open_is_counted_and_its_memory_given_back(serve) -> None:
    serving = await serve()
    sender, _ = await serving.sender()
    send(sender, 1, script(1))
    sender.write(script(2).frames(2)[:-1])
    await until(lambda: sender.settled == 1)
    assert sender._transport is not None
    sender._transport.abort()
    await until(lambda: serving.exchanges("discarded", "mirror_lost") == 1)
    assert serving.recorder.memory.used == 0
    sender._leaving = True


async def test_nonsense_hangs_up_and_the_next_connection_is_served(serve) -> None:
    serving = await serve()
    sender, heard = await serving.sender()
    sender.opened += 1
    sender.write([script(1).frames(1)[0], close_frame(77)])
    await until(lambda: heard.lost == [1])
    assert serving.counters.get("recorder_refusals_total", (("reason", "protocol"),)) == 1
    assert serving.exchanges("discarded", "protocol") == 1
    await until(lambda: sender.ready)
    send(sender, 1, script(2))
    await until(lambda: sender.recorded == 1)
    assert await sender.leave(WAIT_S)


async def test_another_user_is_refused(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serving = await serve()
    monkeypatch.setattr(links, "peer_uid", lambda transport: os.geteuid() + 1)
    reader, writer = await asyncio.open_unix_connection(serving.options.socket_path)
    writer.write(handoff.hello_frame(role="mirror", epoch="x"))
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    assert serving.counters.get("recorder_refusals_total", (("reason", "peer_user"),)) == 1


async def test_a_burst_over_the_memory_bound_is_discarded_with_its_reason(serve) -> None:
    serving = await serve(max_held_bytes=100_000)
    sender, _ = await serving.sender()
    open_frames = [script(number).frames(number)[0] for number in range(100)]
    sender.opened += 100
    sender.write(open_frames)
    sender.write([frame for number in range(100) for frame in script(number).frames(number)[1:]])
    await until(lambda: sender.settled == 100)
    assert serving.exchanges("discarded", "recorder_full") == 100 - sender.recorded > 0
    assert serving.recorder.memory.used == 0
    with contextlib.closing(open_log(serving.options.store_url, "read")) as log:
        assert log.counts().exchanges == sender.recorded
    assert await sender.leave(WAIT_S)


# ── a store that refuses ──


async def test_exchanges_kept_for_a_damaged_log_are_counted_and_told_when_the_recorder_leaves(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "pairs.db").write_bytes(random.Random(1).randbytes(60_000))
    serving = await serve()
    sender, _ = await serving.sender()
    for number in range(3):
        send(sender, number, script(number))
    await until(lambda: serving.recorder.memory.used)
    leaving = asyncio.get_running_loop().create_task(sender.leave(WAIT_S))
    async with asyncio.timeout(WAIT_S):
        await serving.recorder.drain()  # long before drain_s: what the writer keeps is not waited for
        assert await leaving
    assert serving.exchanges("discarded", "store_failed") == 3
    assert serving.told == [
        "the pair log refuses; exchanges are kept while memory allows",
        "3 exchanges lost at shutdown",
    ]


async def test_a_log_that_can_be_opened_after_all_is_told_as_that(serve: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "pairs.db").write_bytes(b"x" * 60_000)
    serving = await serve()
    await until(lambda: serving.told)
    (tmp_path / "pairs.db").unlink()
    sender, _ = await serving.sender()
    send(sender, 1, script(1))
    await until(lambda: serving.exchanges("recorded"))
    assert serving.told[1:] == ["the pair log could be opened"]
    assert await sender.leave(WAIT_S)


async def test_the_log_goes_on_with_a_commit_and_not_before(serve: Callable[..., Any]) -> None:
    serving = await serve()
    sender, _ = await serving.sender()
    send(sender, 1, script(1))
    await until(lambda: serving.exchanges("recorded"))
    serving.recorder.on_report(Report(failure="disk_full"))
    serving.recorder.on_report(Report())
    assert serving.told == ["the pair log refuses; exchanges are kept while memory allows"]
    send(sender, 2, script(2))
    await until(lambda: serving.exchanges("recorded") == 2)
    assert serving.told[1:] == ["the pair log goes on"]
    assert await sender.leave(WAIT_S)
