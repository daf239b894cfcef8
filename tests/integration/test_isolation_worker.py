"""A proxy worker whose mirror has stopped: chunks pass one by one, memory is bounded, and what was not copied is counted."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.processes import resident_mib
from tests.integration.proxying import (
    CHUNKED,
    LAST,
    MirrorListener,
    Peer,
    RawMirror,
    RawOrigin,
    chunks,
    eventually,
    on_uvloop,
    post,
)
from tests.integration.test_proxy_worker import connect
from tests.integration.workers import Worker

MEGABYTE = random.Random(3).randbytes(1_000_000)
# More than links.HARD_BOUND_BYTES and any socket's buffer: the handoff is full afterwards.
ENOUGH = 16
# What waits for a mirror that does not read is 8 MiB at most (links.HARD_BOUND_BYTES); malloc keeps some of what came and went.
BOUND_MIB = 24


class Scene:
    """A worker process, one client of it, its production, and the mirror's end of the handoff."""

    def __init__(self, worker: Worker, listening: socket.socket, production: RawOrigin, mirror: RawMirror) -> None:
        self.worker = worker
        self.listening = listening
        self.production = production
        self.mirror = mirror
        self.asked = 0
        self._connection: Peer | None = None

    async def begin(self, body: bytes = b"{}") -> tuple[Peer, Peer]:
        """A client's new request, and the connection on which production got it, every byte."""
        client = await connect(self.listening)
        _, (production, got) = await asyncio.gather(client.send(post(body)), self._heard())
        assert got.endswith(body)
        self.asked += 1
        return client, production

    async def _heard(self) -> tuple[Peer, bytes]:
        production = await self.production.accept()
        return production, await production.message()

    async def megabytes_both_ways(self, count: int) -> None:
        """So many exchanges of a megabyte up and down, each compared whole."""
        answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(MEGABYTE) + MEGABYTE
        for _ in range(count):
            client, production = await self.begin(MEGABYTE)
            # Both at a time: what waits between them is bounded, so that neither ends without the other.
            _, got = await asyncio.gather(production.send(answer), client.message())
            assert got.endswith(b"\r\n\r\n" + MEGABYTE)
            client.close()
            production.close()

    async def signals(self) -> dict[str, float]:
        """The next snapshot but one, which has all that was done before."""
        await self.worker.said("snapshot")
        told = await self.worker.said("snapshot")
        return {" ".join([name, *(value for _, value in labels)]): number for name, labels, number, _ in told}


@asynccontextmanager
async def a_stopped_mirror(folder: Path) -> AsyncIterator[Scene]:
    """It was there, and from now on reads nothing."""
    listener = await MirrorListener(folder / "mirror.sock").start()
    production = RawOrigin()
    try:
        with socket.create_server(("127.0.0.1", 0), backlog=128) as sock:
            url = f"http://127.0.0.1:{production.port}"
            async with Worker(url, sock, mirror_socket=str(listener.path)) as worker:
                mirror = await listener.connected()
                await eventually(lambda: mirror.hello is not None)
                scene = Scene(worker, sock, production, mirror)
                while (await scene.signals())["handoff_connected"] != 1:
                    pass
                mirror.transport.pause_reading()
                yield scene
    finally:
        production.close()
        await listener.stop()


@on_uvloop
async def test_a_chunk_reaches_the_client_before_the_next_is_sent_while_the_mirrors_socket_is_full(tmp_path):
    words = [b"data: %d\n\n" % number for number in range(100)]
    async with a_stopped_mirror(tmp_path) as scene:
        copied, from_production = await scene.begin()
        await from_production.send(CHUNKED)
        await copied.head()
        await scene.megabytes_both_ways(ENOUGH)
        assert (await scene.signals())["handoff_exchanges_total handoff_full"] > 0
        late, to_late = await scene.begin()
        await to_late.send(CHUNKED)
        await late.head()
        for word in words:
            for client, production in ((copied, from_production), (late, to_late)):
                await production.send(chunks(word))
                assert await client.until(b"\n\n\r\n") == chunks(word)
        for client, production in ((copied, from_production), (late, to_late)):
            await production.send(LAST)
            assert await client.until(LAST) == LAST
            client.close()


@on_uvloop
async def test_a_stopped_mirror_costs_the_worker_bounded_memory_however_much_passes_and_every_drop_is_counted(tmp_path):
    async with a_stopped_mirror(tmp_path) as scene:
        await scene.megabytes_both_ways(1)
        before = resident_mib([scene.worker.process.pid])
        await scene.megabytes_both_ways(60)
        grown = resident_mib([scene.worker.process.pid]) - before
        assert grown < BOUND_MIB, f"grew by {grown:.0f} MiB while 120 MB passed"
        told = await scene.signals()
        decisions = {key.split()[1]: n for key, n in told.items() if key.startswith("handoff_exchanges_total") and n}
        # `not_sampled`: a second after the first drop fewer are drawn. Here that second may not have come.
        assert {"sampled", "handoff_full"} <= set(decisions) <= {"sampled", "handoff_full", "not_sampled"}
        assert sum(decisions.values()) == scene.asked == 61
        assert decisions["sampled"] < ENOUGH
