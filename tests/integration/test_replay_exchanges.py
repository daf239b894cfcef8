"""Every recorded exchange through the proxy, at random framings and cuts: nothing but hop-by-hop headers may change.

Covers CT-01, CT-02, CT-41, CT-49, CT-50, CT-53 and CT-54 with what 20 providers really sent.
"""

import asyncio
import random
from pathlib import Path

import pytest

from tests.origins import (
    EXCHANGES,
    Exchange,
    RawClient,
    RecordingOrigin,
    cuts,
    end_to_end,
    parse_response,
    recorded_exchanges,
    request_bytes,
)
from tests.sidecars import Sidecar

CONNECTIONS = 16

pytestmark = pytest.mark.skipif(not EXCHANGES.exists(), reason=f"no recorded exchanges at {EXCHANGES}")


@pytest.mark.parametrize("seed", [1])
async def test_every_recorded_exchange_passes_unchanged(tmp_path: Path, seed: int) -> None:
    exchanges = {exchange.id: exchange for exchange in recorded_exchanges()}
    async with RecordingOrigin(exchanges, seed=seed) as origin, Sidecar(tmp_path, origin.url, role="proxy") as proxy:
        waiting = list(exchanges.values())
        async with asyncio.TaskGroup() as clients:
            for number in range(CONNECTIONS):
                clients.create_task(replay(waiting[number::CONNECTIONS], proxy.port, origin, seed))
    assert len(origin.answered) == len(exchanges)


async def replay(exchanges: list[Exchange], port: int, origin: RecordingOrigin, seed: int) -> None:
    client = await RawClient.connect(port)
    for exchange in exchanges:
        chance = random.Random(f"{seed}/client/{exchange.id}")
        await send(client, exchange, chance)
        response = await client.read()
        check(exchange, response.end_to_end, origin)
        if client.reader.at_eof() or (response.header("connection") or "").lower() == "close":
            await client.__aexit__()
            client = await RawClient.connect(port)
    await client.__aexit__()


async def send(client: RawClient, exchange: Exchange, chance: random.Random) -> None:
    wire = on_the_wire(exchange, chance)
    for piece in cuts(wire, chance, most=200):
        client.writer.write(piece)
        await asyncio.sleep(0)
    await client.writer.drain()


def on_the_wire(exchange: Exchange, chance: random.Random) -> bytes:
    body = exchange.request_body
    framing = ("Content-Length", str(len(body)))
    if body and chance.random() < 0.4:
        framing = ("Transfer-Encoding", "chunked")
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in cuts(body, chance)) + b"0\r\n\r\n"
    hop = (("Host", "gateway.test"), ("Connection", "keep-alive"), ("x-exchange", exchange.id), framing)
    return request_bytes(exchange.method, exchange.target, (*exchange.request_headers, *hop), body)


def check(exchange: Exchange, got: object, origin: RecordingOrigin) -> None:
    request, wire = origin.answered[exchange.id]
    assert got == parse_response(wire).end_to_end, exchange.id
    ours = frozenset({"host", "content-length"})
    assert (request.method, request.target, request.body) == (exchange.method, exchange.target, exchange.request_body)
    assert end_to_end(request.headers, without=ours) == (*exchange.request_headers, ("x-exchange", exchange.id)), (
        exchange.id
    )
