"""A log collector that hangs: standard error is a pipe that nobody reads. Streams and answers must not notice."""

from __future__ import annotations

import asyncio
import fcntl
import json
import socket
from typing import Any

from tests.integration.proxying import GET, OK, Peer, RawOrigin, on_uvloop, post
from tests.integration.workers import Worker

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PIPE_BYTES = 4096


async def counted(worker: Worker, name: str) -> float:
    """The next snapshot's sum of a counter."""
    return sum(value for each, _, value, _ in await worker.said("snapshot") if each == name)


async def connect(sock: socket.socket) -> Peer:
    peer = socket.socket(sock.family)
    peer.setblocking(False)
    await asyncio.get_running_loop().sock_connect(peer, sock.getsockname())
    return Peer(peer)


@on_uvloop
async def test_lines_that_nobody_reads_are_dropped_and_counted_and_every_request_is_answered():
    origin = RawOrigin()
    everything: Any = {"sample_rate": 1.0, "max_per_second": 10_000}
    with socket.create_server(("127.0.0.1", 0)) as sock:
        async with Worker(f"http://127.0.0.1:{origin.port}", sock, access_log=everything) as worker:
            assert worker.process.stderr is not None
            fcntl.fcntl(worker.process.stderr.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            client = await connect(sock)
            production = None
            for _ in range(100):
                await client.send(GET)
                production = production or await origin.accept()
                await production.message()
                await production.send(OK)
                assert await client.message() == OK
            # What cannot be reached is told in the log, too, as long as anybody takes it.
            production.close()
            origin.close()
            for _ in range(100):
                await client.send(post())
                assert b"x-shadowbench-fault: production_" in await client.message()
            while (dropped := await counted(worker, "access_log_dropped_total")) < 100:
                pass
            assert await counted(worker, "log_dropped_lines_total") >= dropped
            client.close()
            worker.terminate()
            assert await worker.ended() == 0
            lines = [json.loads(line) for line in worker.stderr().splitlines()]
    assert lines and all(line["event"] == "request" or line["event"].startswith("production failed") for line in lines)


@on_uvloop
async def test_the_access_log_of_a_worker_process_names_the_request():
    origin = RawOrigin()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        async with Worker(f"http://127.0.0.1:{origin.port}", sock, access_log={"sample_rate": 1.0}) as worker:
            client = await connect(sock)
            await client.send(post(b"{}", "x-request-id: r-7", f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01"))
            production = await origin.accept()
            await production.message()
            await production.send(OK)
            assert await client.message() == OK
            client.close()
            worker.terminate()
            assert await worker.ended() == 0
            (line,) = (json.loads(line) for line in worker.stderr().splitlines())
    origin.close()
    assert (line["request_id"], line["trace_id"], line["status"]) == ("r-7", TRACE, 200)
    assert line["pid"] == worker.process.pid
