"""One sidecar, three candidates that misbehave at once (hang, slow, flood), and on top of that whatever else goes wrong.

Every answer is compared with the script, byte for byte. Facts only, no times: `python -m benchmarks.isolation` measures.
"""

import asyncio
import itertools
import os
import signal
import socket
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest

from benchmarks.isolation import script
from benchmarks.isolation.answers import Answer
from benchmarks.isolation.companions import ask
from benchmarks.isolation.origin import Mood, endless
from benchmarks.isolation.sidecar import get_counts
from benchmarks.processes import free_port, resident_mib, start_module, wait_for_port
from tests.sidecars import Sidecar, eventually

BAD = (Mood.HANG, Mood.SLOW, Mood.FLOOD)
IDLE = 2000
# Of what a proxy worker may grow by while a fault lasts: 8 MiB of frames at most, buffers of connections, what malloc keeps.
BOUND_MIB = 32


class World:
    """The sidecar and the ports of its candidates."""

    def __init__(self, sidecar: Sidecar, candidates: dict[Mood, int]) -> None:
        self.sidecar = sidecar
        self.candidates = candidates
        self.asked = 0

    @property
    def proxy(self) -> int:
        return self.sidecar.child("proxy")

    async def answers(self, count: int = 120, *, at_a_time: int = 12) -> None:
        """So many requests, every third a stream, each answered with production's very bytes."""
        waiting = [(self.asked + n, (script.Kind.WHOLE, script.Kind.STREAM)[n % 3 == 0]) for n in range(count)]
        self.asked += count

        async def client() -> None:
            while waiting:
                number, kind = waiting.pop()
                same(await ask(self.sidecar.port, script.request(number, kind)), script.expected(number, kind))

        async with asyncio.TaskGroup() as group:
            for _ in range(at_a_time):
                group.create_task(client())

    async def decided(self) -> Counter[str]:
        """What the proxy decided about copies, by decision, once it has told all that it decided."""

        async def all_told() -> bool:
            return (await self.counted("shadowbench_handoff_exchanges_total", "decision")).total() == self.asked

        await eventually(all_told)
        return await self.counted("shadowbench_handoff_exchanges_total", "decision")

    async def counted(self, name: str, label: str) -> Counter[str]:
        """A metric's series, summed by one label."""
        found: Counter[str] = Counter()
        for series, value in (await self.sidecar.metrics()).items():
            if series.startswith(name + "{"):
                found[series.partition(f'{label}="')[2].partition('"')[0]] += int(value)
        return found


def same(answer: Answer, expected: bytes) -> None:
    assert answer.status() == 200
    # `==` in an assert would print 20 MB.
    assert (answer.body() == expected) is True, f"{len(answer.body())} bytes instead of {len(expected)}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("isolation")
    with ExitStack() as stack:
        ports = {mood: free_port() for mood in (Mood.WELL, *BAD)}
        for mood, port in ports.items():
            log = folder / f"{mood}.log"
            process = start_module("benchmarks.isolation.origin", port, mood, core=None, stack=stack, log=log)
            wait_for_port(port, process, log)
        always: dict[str, Any] = {"sample_rate": 1, "breaker": {"failures": 0}, "max_response_bytes": 1_000_000}
        candidates = {mood.value: always | {"url": f"http://127.0.0.1:{ports[mood]}"} for mood in BAD}
        candidates["hang"] |= {"concurrency": 4, "queue": 8}
        sidecar = Sidecar(folder, f"http://127.0.0.1:{ports[Mood.WELL]}", candidates=candidates)
        asyncio.run(sidecar.start())
        stack.callback(sidecar.kill_all)
        yield World(sidecar, ports)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_candidates_that_hang_crawl_and_flood_change_no_byte_and_did_so(world: World) -> None:
    await world.answers()
    await eventually(lambda: get_counts(world.candidates[Mood.FLOOD]).get("poured_bytes", 0) > 1_000_000)
    hung = get_counts(world.candidates[Mood.HANG])
    assert hung["asked"] > 0 and "answered" not in hung
    await eventually(lambda: get_counts(world.candidates[Mood.SLOW]).get("answered", 0) > 0)

    async def floods_are_cut() -> bool:
        return (await world.counted("shadowbench_lane_calls_total", "reason"))["overflow"] > 0

    await eventually(floods_are_cut)


async def test_a_stopped_mirror_changes_no_byte_and_what_it_missed_is_counted_whole(world: World) -> None:
    before, rested = await world.decided(), resident_mib([world.proxy])
    with stopped(world.sidecar.child("mirror")):
        while not (missed := await world.decided() - before)["handoff_full"]:
            await world.answers(600)
        await world.answers()
        assert resident_mib([world.proxy]) - rested < BOUND_MIB
        # Fewer are drawn from the second after the first drop on: that is known to the log, as a rate.
        assert set(missed) <= {"sampled", "handoff_full", "not_sampled"}
        assert (await world.decided()).total() == world.asked


async def test_a_locked_log_changes_no_byte_and_nothing_is_written_until_it_is_free(world: World) -> None:
    with closing(sqlite3.connect(world.sidecar.log_path, isolation_level=None, timeout=30)) as connection:
        connection.execute("begin exclusive")
        before = world.sidecar.count()
        await world.answers()
        assert world.sidecar.count() == before
        connection.execute("rollback")
    while world.sidecar.count() == before:
        await world.answers(30)


async def test_bodies_of_20_mb_pass_whole_and_small_ones_are_answered_while_they_are_on_their_way(world: World) -> None:
    rested = resident_mib([world.proxy])
    world.asked += 2
    number = 900_000_001
    request = script.request(number, script.Kind.WHOLE, prompt=b"x" * script.BIG_BYTES)
    reader, writer = await asyncio.open_connection("127.0.0.1", world.sidecar.port)
    writer.write(request[: len(request) // 2])
    await world.answers(60)
    writer.write(request[len(request) // 2 :])
    answer = Answer()
    while not answer.is_whole:
        answer.feed(await reader.read(1 << 16))
    same(answer, script.expected(number, script.Kind.WHOLE))
    writer.close()
    async with asyncio.TaskGroup() as group:
        down = group.create_task(ask(world.sidecar.port, script.request(number + 1, script.Kind.BIG_ANSWER)))
        group.create_task(world.answers(60))
    same(down.result(), script.expected(number + 1, script.Kind.BIG_ANSWER))
    # A copy of 20 MB is over the mirror's bound or the handoff's: whichever it was, a decision says so.
    await world.decided()
    assert resident_mib([world.proxy]) - rested < BOUND_MIB


async def test_clients_that_take_a_byte_at_a_time_hold_up_nobody_and_bounded_memory(world: World) -> None:
    rested = resident_mib([world.proxy])
    world.asked += 4
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.socket()) for _ in range(4)]
        for at, sock in enumerate(slow):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", world.sidecar.port))
            await loop.sock_sendall(sock, script.request(800_000_000 + at, script.Kind.ENDLESS))
        heard = [b""] * len(slow)
        for _ in range(3):
            heard = [came + await loop.sock_recv(sock, 1) for came, sock in zip(heard, slow, strict=True)]
            await world.answers(60)
        assert resident_mib([world.proxy]) - rested < BOUND_MIB
        for at, sock in enumerate(slow):
            wanted = b"".join(itertools.islice(endless(800_000_000 + at), 4))
            while len(heard[at]) < len(wanted):
                heard[at] += await loop.sock_recv(sock, 1 << 16)
            assert (heard[at][: len(wanted)] == wanted) is True


async def test_two_thousand_idle_connections_are_kept_and_change_nothing(world: World) -> None:
    rested = resident_mib([world.proxy])
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        idle = [stack.enter_context(socket.socket()) for _ in range(IDLE)]
        for sock in idle:
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", world.sidecar.port))
        await world.answers()
        assert resident_mib([world.proxy]) - rested < BOUND_MIB
        for sock in idle:
            with pytest.raises(BlockingIOError):  # open still, and nobody said anything
                sock.recv(1)
        world.asked += 1
        request, body = script.request(7, script.Kind.WHOLE), Answer()
        await loop.sock_sendall(idle[-1], request)
        while not body.is_whole:
            body.feed(await loop.sock_recv(idle[-1], 1 << 16))
        same(body, script.expected(7, script.Kind.WHOLE))


async def test_nothing_of_all_that_ended_a_worker_or_broke_the_log(world: World) -> None:
    samples = await world.sidecar.metrics()
    never = ("worker_restarts_total", "worker_uncaught_errors_total", "handoff_disconnects_total")
    assert not {k: v for k, v in samples.items() if v and any(name in k for name in never)}
    assert [tuple(row) for row in world.sidecar.rows("pragma integrity_check")] == [("ok",)]
