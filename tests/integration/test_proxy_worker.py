"""Proxy workers as processes: start, share a socket, drain, die. Covers CT-74 on the proxy's side."""

import asyncio
import socket
from contextlib import contextmanager

import pytest

from tests.integration.proxying import (
    CHUNKED,
    GET,
    LAST,
    OK,
    MirrorListener,
    Peer,
    RawOrigin,
    chunks,
    eventually,
    on_uvloop,
    post,
)
from tests.integration.workers import Slots, Worker


@contextmanager
def listening(family: int = socket.AF_INET, address: object = ("127.0.0.1", 0)):
    with socket.socket(family) as sock:
        sock.bind(address)
        sock.listen(128)
        yield sock


async def connect(sock: socket.socket) -> Peer:
    peer = socket.socket(sock.family)
    peer.setblocking(False)
    await asyncio.get_running_loop().sock_connect(peer, sock.getsockname())
    return Peer(peer)


async def one(client: Peer, origin: RawOrigin, production: Peer | None = None) -> Peer:
    """One exchange; the connection to production that served it."""
    await client.send(GET)
    production = production or await origin.accept()
    await production.message()
    await production.send(OK)
    assert await client.message() == OK
    return production


@on_uvloop
async def test_a_worker_serves_drains_and_leaves_with_zero():
    origin = RawOrigin()
    with listening() as sock:
        async with Worker(f"http://127.0.0.1:{origin.port}", sock) as worker:
            idle, busy = await connect(sock), await connect(sock)
            production = await one(idle, origin)
            await busy.send(post())
            await production.message()
            await production.send(CHUNKED + chunks(b"one"))
            await busy.until(b"one\r\n")
            worker.terminate()
            assert await idle.rest() == b""  # at rest: closed at once
            await production.send(chunks(b"two") + LAST)
            assert await busy.rest() == chunks(b"two") + LAST
            assert await worker.ended() == 0
            for peer in (idle, busy):
                peer.close()
    origin.close()


@on_uvloop
async def test_during_the_drain_delay_clients_are_served_and_asked_to_leave():
    origin = RawOrigin()
    with listening() as sock:
        async with Worker(f"http://127.0.0.1:{origin.port}", sock, drain_delay_s=0.5, drain_timeout_s=5.0) as worker:
            first = await connect(sock)
            production = await one(first, origin)
            worker.terminate()
            closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            while True:  # until it got the signal
                await first.send(GET)
                await production.message()
                await production.send(OK)
                if await first.message() == closing:
                    break
            assert await first.rest() == b""
            late = await connect(sock)
            await late.send(GET)
            await production.message()
            await production.send(OK)
            assert await late.rest() == closing
            assert await worker.ended() == 0
            for peer in (first, late):
                peer.close()
    origin.close()


@on_uvloop
async def test_past_the_deadline_streams_break_and_the_worker_leaves_with_zero():
    origin = RawOrigin()
    with listening() as sock:
        async with Worker(f"http://127.0.0.1:{origin.port}", sock, drain_timeout_s=0.2) as worker:
            client = await connect(sock)
            await client.send(post())
            production = await origin.accept()
            await production.message()
            await production.send(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
            await client.until(b"until the end")
            worker.terminate()
            assert await client.ending() == (b"", "reset")
            assert await worker.ended() == 0
            client.close()
    origin.close()


@on_uvloop
async def test_a_slow_reader_gets_all_of_its_answer_before_the_worker_leaves():
    origin = RawOrigin()
    size = 8_000_000
    with listening() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        async with Worker(f"http://127.0.0.1:{origin.port}", sock) as worker:
            client = await connect(sock)
            await client.send(GET)
            production = await origin.accept()
            await production.message()
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
            sending = asyncio.get_running_loop().create_task(production.send(answer))
            got = await client.read(1000)
            worker.terminate()
            while not sending.done():
                got += await client.read(10_000)
            got += await client.rest()
            assert got == answer
            assert await worker.ended() == 0
            client.close()
    origin.close()


@on_uvloop
async def test_a_worker_drains_when_its_parent_dies():
    origin = RawOrigin()
    with listening() as sock:
        async with Worker(f"http://127.0.0.1:{origin.port}", sock) as worker:
            client = await connect(sock)
            await one(client, origin)
            worker.hang_up()
            assert await client.rest() == b""
            assert await worker.ended() == 0
            client.close()
    origin.close()


@on_uvloop
async def test_a_worker_says_goodbye_to_the_mirror_and_waits_for_it(tmp_path):
    origin = RawOrigin()
    listener = await MirrorListener(tmp_path / "mirror.sock").start()
    with listening() as sock:
        async with Worker(f"http://127.0.0.1:{origin.port}", sock, mirror_socket=str(listener.path)) as worker:
            mirror = await listener.connected()
            client = await connect(sock)
            production = await one(client, origin)
            while not mirror.told:  # once it was welcomed
                await client.send(post())
                await production.message()
                await production.send(OK)
                await client.message()
                await asyncio.sleep(0.01)
            worker.terminate()
            await eventually(lambda: mirror.said_goodbye)
            assert worker.process.poll() is None
            mirror.ack(len(mirror.told))
            await eventually(lambda: mirror.lost)
            assert await worker.ended() == 0
            assert all(heard.reason is None for heard in mirror.exchanges)
            client.close()
    origin.close()
    await listener.stop()


@on_uvloop
async def test_workers_share_a_socket_and_survive_each_other():
    origin = RawOrigin()
    url = f"http://127.0.0.1:{origin.port}"
    slots = Slots(2)
    clients: list[Peer] = []

    async def serve() -> None:
        """Production, for as long as the test lasts."""

        async def answer(peer: Peer) -> None:
            try:
                while True:
                    await peer.message()
                    await peer.send(OK)
            except (EOFError, OSError):
                return

        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(answer(await origin.accept()))

    async def more(count: int) -> None:
        for _ in range(count):
            clients.append(await connect(sock))
            await clients[-1].send(GET)
            assert await clients[-1].message() == OK

    serving = asyncio.get_running_loop().create_task(serve())
    with listening() as sock:
        async with Worker(url, sock, slots=slots, slot=0) as first, Worker(url, sock, slots=slots, slot=1) as second:
            await more(20)
            assert sum(slots.counts) == 20 and min(slots.counts) > 0
            first.kill()
            slots.absent(0)
            await more(10)
            await eventually(lambda: slots.counts[1] >= 10)
            served = []
            for client in clients[:20]:
                await client.send(GET)
                served.append((await client.ending_or_message()) == OK)
            assert 0 < sum(served) < 20
            second.terminate()
            for client in clients:
                client.close()
            assert await second.ended() == 0
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    origin.close()
    slots.close()


@on_uvloop
async def test_a_worker_listens_at_a_unix_socket(tmp_path):
    origin = RawOrigin()
    with listening(socket.AF_UNIX, str(tmp_path / "proxy.sock")) as sock:
        async with Worker(f"http://127.0.0.1:{origin.port}", sock) as worker:
            client = await connect(sock)
            await one(client, origin)
            worker.terminate()
            assert await client.rest() == b""
            assert await worker.ended() == 0
            client.close()
    origin.close()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"production": {"url": "ftp://x"}}, "is not a URL"),
        ({"tls_cert": "/nonexistent"}, "proxy.tls_cert /nonexistent"),
        ({"production": {"url": "https://x", "ca_file": "/nonexistent"}}, "ca_file /nonexistent"),
    ],
)
@on_uvloop
async def test_options_that_cannot_be_obeyed_end_the_worker_with_one_line(given, message):
    with listening() as sock:
        worker = Worker("http://127.0.0.1:1", sock, **given)
        assert await worker.ended() == 2
        (line,) = worker.stderr().splitlines()
        assert message in line and "Traceback" not in line
        await worker.__aexit__()
