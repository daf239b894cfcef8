"""Upgrades: a raw tunnel both ways, never mirrored; a refused one leaves an ordinary connection. Covers CT-57."""

import asyncio
import random

import pytest

from tests.integration.proxying import (
    GET,
    OK,
    at_random,
    byte_by_byte,
    eventually,
    head,
    mirrored,
    on_uvloop,
    stage,
    whole,
)

CUTS = [
    pytest.param(whole, id="whole"),
    pytest.param(byte_by_byte, id="bytes"),
    pytest.param(at_random(3), id="random"),
]
ASK = head(
    "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: a", first="GET /v1/realtime HTTP/1.1"
)
SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
)
FRAMES = bytes(range(256)) + b"\r\n\r\nGET / HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_bytes_pass_both_ways_as_they_are(cut):
    async with stage() as it:
        client = await it.client()
        await client.send(ASK, cut)
        production = await it.production.accept()
        asked = await production.head()
        assert asked.count(b"pgrade") == 2 and b"\r\nSec-WebSocket-Key: a\r\n" in asked
        assert b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" in asked
        await production.send(SWITCH, cut)
        assert await client.head() == SWITCH
        await client.send(FRAMES, cut)
        assert await production.read(len(FRAMES)) == FRAMES
        await production.send(FRAMES, cut)
        assert await client.read(len(FRAMES)) == FRAMES
        it.pass_time(86_400.0)  # no time-out of ours ends a tunnel
        await client.send(b"still")
        assert await production.read(5) == b"still"
        assert it.traffic.tunnels == 1


@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_early_bytes_of_both_sides_are_kept(cut):
    async with stage() as it:
        client = await it.client()
        await client.send(ASK + FRAMES, cut)
        production = await it.production.accept()
        await production.head()
        assert not production.has_more(), "the client's early bytes wait for the answer"
        await production.send(SWITCH + b"first" + FRAMES, cut)
        assert await client.read(len(SWITCH) + 5 + len(FRAMES)) == SWITCH + b"first" + FRAMES
        assert await production.read(len(FRAMES)) == FRAMES


@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_a_refused_upgrade_leaves_an_ordinary_connection(cut):
    async with stage() as it:
        client = await it.client()
        await client.send(ASK + GET + GET, cut)
        production = await it.production.accept()
        await production.head()
        await production.send(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno")
        assert (await client.message()).endswith(b"\r\n\r\nno")
        for _ in range(2):
            assert (await production.message()).startswith(b"GET /v1/models ")
            await production.send(OK)
            assert await client.message() == OK
        assert it.traffic.tunnels == 0


@on_uvloop
async def test_an_upgrade_has_its_turn_behind_pipelined_requests():
    async with stage() as it:
        client = await it.client()
        await client.send(GET + ASK + FRAMES)
        production = await it.production.accept()
        await production.message()
        await production.send(OK)
        assert await client.message() == OK
        await production.head()
        await production.send(SWITCH)
        assert await client.head() == SWITCH
        assert await production.read(len(FRAMES)) == FRAMES


@on_uvloop
async def test_a_client_that_is_early_and_eager_is_held_back():
    flood = random.Random(4).randbytes(20_000_000)
    async with stage() as it:
        client = await it.client()
        sending = asyncio.get_running_loop().create_task(client.send(ASK + flood))
        production = await it.production.accept()
        await production.head()
        await eventually(lambda: not it.connection._reading)
        assert len(it.connection._upgrading) < 600_000
        await production.send(SWITCH)
        await client.head()
        assert await production.read(len(flood)) == flood
        await sending


@pytest.mark.parametrize("which", ["client", "production"])
@on_uvloop
async def test_a_side_that_reads_nothing_holds_the_other_back(which):
    flood = random.Random(4).randbytes(30_000_000)
    async with stage() as it:
        client = await it.client()
        await client.send(ASK)
        production = await it.production.accept()
        await production.head()
        await production.send(SWITCH)
        await client.head()
        slow, eager = (client, production) if which == "client" else (production, client)
        sending = asyncio.get_running_loop().create_task(eager.send(flood))
        exchange = it.connection.current
        if which == "client":
            await eventually(lambda: bool(exchange._paused_at))
            held = it.connection.transport
        else:
            await eventually(lambda: not it.connection._reading)
            held = exchange._connection.transport
        assert held.get_write_buffer_size() < 600_000
        assert await slow.read(len(flood)) == flood
        await sending
        await eager.send(b"more")
        assert await slow.read(4) == b"more"
        await slow.send(b"back")
        assert await eager.read(4) == b"back"


@on_uvloop
async def test_the_clients_half_may_end_first():
    async with stage() as it:
        client = await it.client()
        await client.send(ASK)
        production = await it.production.accept()
        await production.head()
        await production.send(SWITCH)
        await client.head()
        client.half_close()
        assert await production.rest() == b""
        await production.send(b"last words")
        production.close()
        assert await client.rest() == b"last words"
        await it.at_rest()


@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("who", ["client", "production"])
@on_uvloop
async def test_a_tunnel_ends_with_either_side(who, leave):
    async with stage() as it:
        client = await it.client()
        await client.send(ASK)
        production = await it.production.accept()
        await production.head()
        await production.send(SWITCH)
        await client.head()
        leaving, staying = (client, production) if who == "client" else (production, client)
        getattr(leaving, leave)()
        assert (await staying.ending())[0] == b""
        staying.close()
        await it.at_rest()


@on_uvloop
async def test_an_upgrade_is_not_handed_off(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client = await it.client()
        await client.send(head("Connection: Upgrade", "Upgrade: websocket", "Content-Length: 0"))
        production = await it.production.accept()
        await production.head()
        await production.send(SWITCH)
        await client.head()
        await client.send(FRAMES)
        await production.read(len(FRAMES))
        it.tap.afterwards.now()
        assert it.tap.foreign_path == 1 and not it.tap.copies
        assert it.tap.link.opened == 0
        assert not mirror.told


@on_uvloop
async def test_an_unknown_protocol_is_productions_business_and_h2c_is_nobodys():
    async with stage() as it:
        client = await it.client()
        await client.send(head("Connection: upgrade", "Upgrade: something/1", first="GET / HTTP/1.1"))
        production = await it.production.accept()
        assert b"\r\nUpgrade: something/1\r\n" in await production.head()
        await production.send(OK)
        await client.message()
        await client.send(head("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: a") + GET)
        for _ in range(2):
            assert b"pgrade" not in await production.head()
            await production.send(OK)
            assert await client.message() == OK


@on_uvloop
async def test_hundreds_of_ignored_upgrades_in_one_read_are_bounded_like_other_requests():
    async with stage() as it:
        client = await it.client()
        await client.send(head("Connection: Upgrade", "Upgrade: h2c", first="GET / HTTP/1.1") * 1500)
        production = await it.production.accept()
        for _ in range(32):
            await production.head()
            await production.send(OK)
        await client.ending()
        assert it.traffic.begun == 32
