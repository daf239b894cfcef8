"""Clients that leave, at every moment, and peers that do not read. Covers CT-17, CT-45 and CT-61 to CT-65."""

import asyncio
import gc
import socket
from collections import Counter

import pytest

from shadowbench.http1.requests import ServerOptions
from tests.integration.proxying import (
    CHUNKED,
    GET,
    LAST,
    OK,
    Stage,
    byte_by_byte,
    chunks,
    dechunk,
    eventually,
    head,
    on_uvloop,
    post,
    stage,
    whole,
)

LEAVINGS = ["close", "reset", "half_close"]
UNTIL_EOF = b"HTTP/1.1 200 OK\r\n\r\n"
FLOOD = b"x" * 100_000_000
# uvloop takes up to 256 KiB from a socket at once, above a high-water mark of 64 KiB.
BOUND = 600_000


def cancelled(it: Stage) -> float:
    return it.counted("proxy_cancelled_requests_total", reason="client_cancelled")


# ── leaving ──


@pytest.mark.parametrize("leave", LEAVINGS)
@on_uvloop
async def test_leaving_while_production_thinks_cancels_its_call_at_once(leave):
    async with stage() as it:
        client = await it.client()
        await client.send(post())
        production = await it.production.accept()
        await production.message()
        getattr(client, leave)()
        assert (await production.ending())[0] == b""
        await it.at_rest()
        assert cancelled(it) == 1 and it.origin._idle == []


@pytest.mark.parametrize("leave", LEAVINGS)
@pytest.mark.parametrize("answer", [CHUNKED + chunks(b"data: 1"), UNTIL_EOF + b"data: 1\r\n"])
@on_uvloop
async def test_leaving_in_the_middle_of_a_stream_cancels_its_call_at_once(answer, leave):
    async with stage() as it:
        client = await it.client()
        await client.send(post())
        production = await it.production.accept()
        await production.message()
        await production.send(answer)
        await client.until(b"data: 1\r\n")
        getattr(client, leave)()
        assert (await production.ending())[0] == b""
        await it.at_rest()
        assert cancelled(it) == 1


@pytest.mark.parametrize("leave", LEAVINGS)
@on_uvloop
async def test_leaving_in_the_middle_of_an_upload_cancels_its_call_at_once(leave):
    async with stage() as it:
        client = await it.client()
        await client.send(head("Content-Length: 10") + b"12345")
        production = await it.production.accept()
        await production.until(b"12345")
        getattr(client, leave)()
        assert (await production.ending())[0] == b""
        await it.at_rest()
        assert cancelled(it) == 1


@pytest.mark.parametrize("leave", ["close", "reset"])
@on_uvloop
async def test_leaving_while_the_upload_is_held_back_is_noticed(leave):
    """uvloop says nothing of a client's end while its reading is paused; the probe does, once a second."""
    async with stage() as it:
        client = await it.client()
        sending = asyncio.get_running_loop().create_task(
            client.send(head("Content-Length: 90000000") + FLOOD[:30_000_000])
        )
        production = await it.production.accept()
        await production.head()
        await eventually(lambda: not it.connection._reading)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        getattr(client, leave)()
        await production.ending()
        await it.at_rest()
        assert cancelled(it) == 1


@pytest.mark.parametrize("leave", LEAVINGS)
@on_uvloop
async def test_leaving_while_we_connect_leaves_a_connection_for_the_next(leave):
    async with stage() as it:
        asked = asyncio.Event()
        answer = asyncio.Event()
        resolve = it.origin._resolver.resolve

        async def slowly(host: str, port: int):
            asked.set()
            await answer.wait()
            return await resolve(host, port)

        it.origin._resolver.resolve = slowly
        client = await it.client()
        await client.send(post())
        await asked.wait()
        getattr(client, leave)()
        await it.at_rest()
        assert cancelled(it) == 1
        answer.set()
        production = await it.production.accept()
        await eventually(lambda: len(it.origin._idle) == 1)
        other = await it.client()
        await other.send(GET)
        assert (await production.message()).startswith(b"GET ")
        await production.send(OK)
        assert await other.message() == OK


@on_uvloop
async def test_leaving_with_requests_pipelined_begins_none_of_them():
    async with stage() as it:
        client = await it.client()
        await client.send(GET + GET + GET)
        production = await it.production.accept()
        await production.message()
        client.close()
        assert (await production.ending())[0] == b""
        await it.at_rest()
        assert it.traffic.begun == 1


@on_uvloop
async def test_a_large_upload_waits_for_the_connection_in_bounded_memory_and_arrives_whole():
    async with stage() as it:
        answer = asyncio.Event()
        resolve = it.origin._resolver.resolve

        async def slowly(host: str, port: int):
            await answer.wait()
            return await resolve(host, port)

        it.origin._resolver.resolve = slowly
        client = await it.client()
        body = bytes(range(256)) * 40_000
        sending = asyncio.get_running_loop().create_task(client.send(post(body)))
        await eventually(lambda: bool(it.traffic.connections) and not it.connection._reading)
        assert it.connection.current._up_size < BOUND
        answer.set()
        production = await it.production.accept()
        assert (await production.message()).endswith(body)
        await sending
        await production.send(OK)
        assert await client.message() == OK


# ── not reading ──


@pytest.mark.parametrize("chunked", [True, False])
@on_uvloop
async def test_a_client_that_reads_nothing_stops_production_and_costs_bounded_memory(chunked):
    size = len(FLOOD)
    answer = (
        CHUNKED + chunks(FLOOD) + LAST if chunked else b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + FLOOD
    )
    async with stage(idle_timeout_s=10.0) as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        sending = asyncio.get_running_loop().create_task(production.send(answer))
        await eventually(lambda: it.connection.current is not None and bool(it.connection.current._paused_at))
        held = it.connection.transport.get_write_buffer_size()
        assert held < BOUND and not sending.done()
        it.pass_time(3600.0)  # it may take its time: we hold production back, not the other way round
        first = await client.head()
        got = await client.until(LAST) if chunked else await client.read(size)
        assert (dechunk(got) if chunked else got) == FLOOD
        assert b"Content-Length" in first or chunked
        await sending
        await it.at_rest()
        assert it.traffic.answered == 1


@on_uvloop
async def test_a_client_that_reads_nothing_and_leaves_cancels_the_call():
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        sending = asyncio.get_running_loop().create_task(production.send(CHUNKED + chunks(FLOOD)))
        await eventually(lambda: it.connection.current is not None and bool(it.connection.current._paused_at))
        client.close()
        await asyncio.gather(sending, return_exceptions=True)
        assert sending.exception() is not None
        await it.at_rest()
        assert cancelled(it) == 1


@on_uvloop
async def test_production_that_reads_nothing_stops_the_client_and_costs_bounded_memory():
    async with stage() as it:
        client = await it.client()
        sending = asyncio.get_running_loop().create_task(client.send(post(FLOOD)))
        production = await it.production.accept()
        await production.head()
        await eventually(lambda: not it.connection._reading)
        held = it.connection.current._connection.transport.get_write_buffer_size()
        assert held < BOUND and not sending.done()
        it.pass_time(299.0)
        assert await production.read(len(FLOOD)) == FLOOD
        await sending
        await production.send(OK)
        assert await client.message() == OK


@on_uvloop
async def test_pipelined_answers_to_a_client_that_reads_nothing_cost_bounded_memory():
    async with stage() as it:
        client = await it.client()
        await client.send(GET * 8)
        production = await it.production.accept()
        body = FLOOD[:3_000_000]
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

        async def answers() -> None:
            for _ in range(8):
                await production.message()
                await production.send(answer)

        sending = asyncio.get_running_loop().create_task(answers())
        await eventually(lambda: not it.connection.writable and it.connection.current is not None)
        for _ in range(50):
            await asyncio.sleep(0)
        assert it.connection.transport.get_write_buffer_size() < BOUND
        for _ in range(8):
            assert (await client.message()) == answer
        await sending


@on_uvloop
async def test_a_connection_whose_last_bytes_a_client_did_not_take_serves_the_next_one():
    """The end of a response may fill the client's buffer when the connection to production is in its pool already."""
    async with stage() as it:
        slow, quick = await it.client(), await it.client()
        slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await slow.send(GET)
        production = await it.production.accept()
        await production.message()
        body = FLOOD[:100_000]
        answered = 0
        while all(connection.writable for connection in it.traffic.connections):
            await production.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            answered += 1
            await eventually(lambda: it.traffic.answered == answered)  # noqa: B023
            await slow.send(GET)
            if all(connection.writable for connection in it.traffic.connections):
                await production.message()
        slow.close()
        await it.at_rest()
        await quick.send(GET)
        other = await it.production.accept()
        await other.message()
        await other.send(OK)
        assert await quick.message() == OK


@on_uvloop
async def test_held_back_pipelined_bodies_cost_bounded_memory():
    async with stage() as it:
        client = await it.client()
        body = FLOOD[:20_000_000]
        sending = asyncio.get_running_loop().create_task(client.send(GET + post(body) + GET))
        production = await it.production.accept()
        await production.message()
        await eventually(lambda: not it.connection._reading)
        assert it.connection._held < BOUND
        it.pass_time(3600.0)  # nobody is late: we do not read
        await production.send(OK)
        assert await client.message() == OK
        production = await it.production.accept()  # the first connection is too old by now
        assert (await production.message()).endswith(body)
        await production.send(OK)
        assert await client.message() == OK
        await sending
        await production.message()
        await production.send(OK)
        assert await client.message() == OK


@pytest.mark.parametrize("cut", [whole, byte_by_byte])
@on_uvloop
async def test_each_chunk_is_at_the_client_before_the_next_one_is_sent(cut):
    async with stage() as it:
        client = await it.client()
        await client.send(post())
        production = await it.production.accept()
        await production.message()
        await production.send(CHUNKED)
        assert await client.head() == CHUNKED
        for number in range(20):
            word = b"data: %d\n\n" % number
            await production.send(chunks(word), cut)
            got = b""
            while len(got) < len(word):
                size = int(await client.until(b"\r\n"), 16)
                got += await client.read(size)
                await client.until(b"\r\n")
            assert got == word
        await production.send(LAST)
        assert await client.until(LAST) == LAST


# ── slowness ──


@on_uvloop
async def test_a_head_that_drips_is_refused_when_its_time_is_over():
    async with stage(server=ServerOptions(head_timeout_s=30.0)) as it:
        client = await it.client()
        await client.send(b"GET / HTTP/1.1\r\nX-Slow: ")
        await eventually(lambda: bool(it.traffic.connections) and it.connection._in_head)
        for _ in range(7):
            it.pass_time(4.0)
            seen = it.connection._since
            await client.send(b"x")
            await eventually(lambda: it.connection._since != seen)  # noqa: B023
        it.pass_time(4.0)
        answer, _ = await client.ending()
        assert answer.startswith(b"HTTP/1.1 408 ") and b"head_timeout" in answer


@on_uvloop
async def test_a_body_that_stops_arriving_is_a_408_and_production_is_told():
    async with stage(server=ServerOptions(body_timeout_s=60.0)) as it:
        client = await it.client()
        await client.send(head("Content-Length: 10") + b"12345")
        production = await it.production.accept()
        await production.until(b"12345")
        it.pass_time(59.0)
        await client.send(b"6")
        assert await production.read(1) == b"6"
        it.pass_time(59.0)
        assert it.traffic.active == 1
        it.pass_time(2.0)
        answer, _ = await client.ending()
        assert answer.startswith(b"HTTP/1.1 408 ") and b"body_timeout" in answer
        assert (await production.ending())[0] == b""


@on_uvloop
async def test_a_pipelined_body_that_stops_arriving_does_not_harm_the_request_before_it():
    async with stage(server=ServerOptions(body_timeout_s=60.0)) as it:
        client = await it.client()
        await client.send(GET + head("Content-Length: 10") + b"12345")
        production = await it.production.accept()
        await production.message()
        await eventually(lambda: len(it.connection._queue) == 1)
        it.pass_time(61.0)
        await production.send(OK)
        answer, _ = await client.ending()
        assert answer.startswith(OK) and answer[len(OK) :].startswith(b"HTTP/1.1 408 ")
        assert it.traffic.begun == 1


@on_uvloop
async def test_a_connection_at_rest_is_closed_after_its_time_and_one_at_work_is_not():
    async with stage(server=ServerOptions(idle_s=300.0)) as it:
        idle, busy = await it.client(), await it.client()
        await busy.send(GET)
        production = await it.production.accept()
        await production.message()
        await eventually(lambda: len(it.traffic.connections) == 2)
        it.pass_time(301.0)
        assert await idle.rest() == b""
        await production.send(OK)
        assert await busy.message() == OK


@on_uvloop
async def test_a_slow_reader_gets_the_last_byte_however_long_it_takes():
    async with stage(server=ServerOptions(body_timeout_s=60.0)) as it:
        client = await it.client()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        size = 3_000_000
        await client.send(head("Connection: close", first="GET / HTTP/1.1"))
        production = await it.production.accept()
        await production.message()
        # So that the end of the answer waits in our buffer, not in the kernel's.
        it.connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + FLOOD[:size]
        sending = asyncio.get_running_loop().create_task(production.send(answer))
        got = b""
        while it.traffic.answered == 0:
            got += await client.read(10_000)
        await sending
        while it.connection.transport.get_write_buffer_size() > 0:
            it.pass_time(50.0)
            held = it.connection.transport.get_write_buffer_size()
            while it.traffic.connections and it.connection.transport.get_write_buffer_size() == held:
                got += await client.read(10_000)
            if not it.traffic.connections:
                break
        got += await client.rest()
        assert got.endswith(FLOOD[:100]) and len(got) == len(answer) + len(b"Connection: close\r\n")


# ── leaks ──


OURS = [
    *("Exchange", "Notes", "Copy", "ServerConnection", "ClientConnection", "RequestHead", "ResponseHead", "_Waiting"),
    *("Farewell", "Lookout"),
    *(
        "HttpRequestParser",
        "HttpResponseParser",
        "TCPTransport",
        "PseudoSocket",
        "socket",
        "Task",
        "TimerHandle",
        "Handle",
    ),
]


def census() -> Counter[str]:
    """Objects by type, of types that are ours or live in a request."""
    kept = Counter(type(thing).__qualname__ for thing in gc.get_objects())
    return Counter({name: kept[name] for name in OURS})


@on_uvloop
async def test_thousands_of_connections_leave_nothing_behind_with_the_collector_off():
    async with stage() as it:

        async def one(number: int) -> None:
            client = await it.client()
            it._clients.clear()
            await client.send(post(b"{}", "Connection: close" if number % 2 else "X-A: b"))
            production = await it.production.accept()
            it.production.peers.clear()
            await production.message()
            if number % 5 == 0:
                client.reset()
                await production.ending()
                production.close()
            elif number % 5 == 1:
                await production.send(CHUNKED + chunks(b"half"))
                await client.until(b"half")
                production.reset()
                await client.rest()
                client.close()
            else:
                await production.send(OK)
                await client.until(b"\r\n\r\nok")
                client.close()
                production.close()
            await eventually(lambda: not it.traffic.connections and it.origin.connections == 0)

        gc.collect()
        gc.disable()
        try:
            for number in range(50):
                await one(number)
            before = census()
            for number in range(1000):
                await one(number)
            grown = census() - before
        finally:
            gc.enable()
        assert sum(grown.values()) <= 5, grown
