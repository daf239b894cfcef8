"""The world around a sidecar under load: endpoints with moods, and clients that check every byte."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shadowbench.endpoints import scripted, testing
from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Fault, Reply
from tests.origins import RawClient, RawResponse, json_request, parse_response
from tests.sidecars import chat

CHAT = "/v1/chat/completions"
# What the moody candidate does, in turn. Back at the first it has recovered.
MOODS = (None, Fault.HANG, Fault.RESET_MID_BODY, Fault.NO_HTTP, Fault.GARBAGE, Fault.SLOW)
_CHUNK_AFTER_S = 0.005
_PATIENCE_S = 30.0


def steady(request: Received) -> Reply:
    """A word every few milliseconds."""
    return _paced(request, None)


def moody(turn_s: float) -> Callable[[Received], Reply]:
    """A script that changes its mood every `turn_s`."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    return lambda request: _paced(request, MOODS[int((loop.time() - started) / turn_s) % len(MOODS)])


def _paced(request: Received, fault: Fault | None) -> Reply:
    reply = testing.answer(request, fault=fault)
    if fault not in (None, Fault.SLOW):
        return reply
    after_s = _CHUNK_AFTER_S * (10 if fault else 1)
    return Reply(steps=[replace(step, after_s=after_s) for step in reply.steps])


def expected(request: dict[str, Any]) -> RawResponse:
    """The steady answer."""
    asked = scripted.read(CHAT, json.dumps(request).encode())
    assert asked is not None
    return parse_response(b"".join(step.data for step in testing.whole(asked, scripted.say(asked)).steps))


class Clients:
    """Ask at a fixed rate, however long answers take, streamed and not, on connections that are kept."""

    def __init__(self, port: int, chance: random.Random, *, rate: int) -> None:
        self.begun = 0
        self.answered = 0
        self.cut = 0  # by the kill of the proxy worker that served them
        self.left = 0
        self.latencies_s: list[float] = []  # from when a request was due to its last byte
        self.failures: list[str] = []
        self.doomed: set[int] = set()  # ports of connections whose proxy worker was killed
        self._port = port
        self._chance = chance
        self._rate = rate
        self._idle: list[RawClient] = []
        self._over = False

    async def run(self) -> None:
        """Ask until `stop`, then wait for the last answers."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in itertools.count():
                due = started + number / self._rate
                await asyncio.sleep(due - loop.time())
                if self._over:
                    break
                padding = "lorem " * self._chance.choice([1, 10, 500])
                request = chat(f"Question {number} – {padding}", stream=bool(number % 2))
                group.create_task(self.ask(number, due, request))
        self.close()

    def expected(self, request: dict[str, Any]) -> RawResponse:
        """Production's bytes."""
        return expected(request)

    def close(self) -> None:
        """Hang up."""
        for client in self._idle:
            client.writer.close()

    def stop(self) -> None:
        """No new requests."""
        self._over = True

    async def leave_midstream(self, count: int) -> None:
        """So many clients more, who read the beginning of an answer and go, with a goodbye or without."""
        for number in range(count):
            async with await RawClient.connect(self._port) as client:
                self.left += 1
                client.writer.write(json_request(CHAT, chat(f"Never mind {self.left}", stream=True)))
                await client.reader.readuntil(b"data: ")
                if number % 2:
                    client.writer.transport.abort()

    async def ask(self, number: int, due: float, request: dict[str, Any]) -> None:
        """One request, and whether its answer is what it should be."""
        self.begun += 1
        client = None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                client = self._rested() or await RawClient.connect(self._port)
                response = await client.ask(json_request(CHAT, request))
        except (OSError, EOFError) as error:
            self._failed(client, f"request {number}: {error!r}")
            return
        self.latencies_s.append(asyncio.get_running_loop().time() - due)
        self.answered += 1
        if response.end_to_end != self.expected(request).end_to_end:
            self.failures.append(f"request {number}: not production's bytes: {response.wire[:500]!r}")
        self._let_rest(client)

    def _failed(self, client: RawClient | None, what: str) -> None:
        if client is not None:
            client.writer.close()
            if _port_of(client) in self.doomed:
                self.cut += 1
                return
        self.failures.append(what)

    def _rested(self) -> RawClient | None:
        while self._idle:
            client = self._idle.pop()
            if _port_of(client) not in self.doomed:
                return client
            client.writer.close()
        return None

    def _let_rest(self, client: RawClient) -> None:
        if self._chance.random() < 0.05:  # so that new connections come all the time
            client.writer.close()
        else:
            self._idle.append(client)


def _port_of(client: RawClient) -> int:
    return int(client.writer.get_extra_info("sockname")[1])
