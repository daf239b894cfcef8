"""A client, shadowbench's proxy worker and the recording origin, for one client connection's bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.conformance.differential.origin import RecordingOrigin
from tests.conformance.differential.reader import Cut, Malformed, read_requests, read_responses
from tests.conformance.differential.verdict import Verdict, judge_answers, judge_requests
from tests.integration.proxying import Peer, Stage, eventually, stage, whole

Cutting = Callable[[bytes], Iterable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What became of one client connection."""

    verdict: Verdict
    answered: bytes
    begun: int  # exchanges that the worker began


@asynccontextmanager
async def meeting() -> AsyncIterator[tuple[Stage, RecordingOrigin]]:
    """A worker whose production is a recording origin."""
    async with RecordingOrigin() as origin:
        async with stage(production={"url": f"http://127.0.0.1:{origin.port}"}) as it:
            yield it, origin


async def meet(it: Stage, origin: RecordingOrigin, wire: bytes, cut: Cutting = whole) -> Met:
    """Send `wire` over a connection of its own, take what is answered, and see what arrived."""
    begun = it.traffic.begun
    client = await it.client()
    try:
        await client.send(wire, cut)
    except ConnectionError:
        pass  # we may be told before we said all
    answered = await _answers(client, wire)
    client.close()
    await eventually(lambda: not it.traffic.connections)
    await it.at_rest()
    await _drained(it, origin)
    return Met(
        verdict=judge_requests(wire, origin.take()),
        answered=answered,
        begun=it.traffic.begun - begun,
    )


async def _answers(client: Peer, wire: bytes) -> bytes:
    """All answers that are due, or all up to the end. Of a request that is not whole none is: the client leaves then."""
    said = read_requests(wire)
    methods = [message.first[0] for message in said.messages]
    is_refused = isinstance(said.rest, Malformed)
    answered = b""
    while is_refused or not _are_all(answered, methods):
        try:
            data = await asyncio.get_running_loop().sock_recv(client.sock, 1 << 16)
        except ConnectionError:
            break
        if not data:
            break
        answered += data
    if said.rest.open is not None or (isinstance(said.rest, Cut) and said.rest.has_bytes):
        try:
            client.half_close()
        except OSError:
            return answered  # the worker was faster
        answered += (await client.ending())[0]
    return answered


def _are_all(answered: bytes, methods: list[bytes]) -> bool:
    read = read_responses(answered, methods, at_end=False)
    return (
        isinstance(read.rest, Cut)
        and not read.rest.has_bytes
        and sum(m.status >= 200 for m in read.messages) == len(methods)
    )


async def _drained(it: Stage, origin: RecordingOrigin) -> None:
    """The origin has read all that was sent to it: the pool lets go of its connections, and they are seen to end."""

    def is_over() -> bool:
        it.origin.check(it.ticker.now + 1e6)  # one that was still being made comes to rest later
        return it.origin.connections == 0 and all(arrival.is_over for arrival in origin.arrivals)

    await eventually(is_over)


def faults_of(met: Met) -> tuple[str, ...]:
    """All that is wrong. We repair nothing: what is malformed is refused."""
    sent = met.verdict.sent
    faults = [*met.verdict.faults, *met.verdict.repairs, *judge_answers(sent, met.answered)]
    most = len(sent.messages) + (sent.rest.open is not None)
    if met.begun > most:
        faults.append(f"{most} requests were sent and {met.begun} begun")
    return tuple(faults)
