"""The parent's own servers against callers that hold on, dribble, and send nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from shadowbench import serving
from shadowbench.listening import Address, bind
from shadowbench.serving import Serving, on_answer

CANARY = b"cAnArY-7f3a9e"
ASK = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"


class Port:
    def __init__(self) -> None:
        self.bugs: list[BaseException] = []
        self.gate = asyncio.Event()
        app = web.Application()
        app.on_response_prepare.append(on_answer)
        app.add_routes([web.get("/hello", self._hello), web.get("/bug", self._bug), web.get("/wait", self._wait)])
        self._sockets = bind(Address(host="127.0.0.1", port=0))
        self.port: int = self._sockets[0].getsockname()[1]
        self.serving = Serving(app, self._sockets, on_bug=self.bugs.append)

    async def _hello(self, request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def _wait(self, request: web.Request) -> web.Response:
        await self.gate.wait()
        return web.Response(text="at last")

    async def _bug(self, request: web.Request) -> web.Response:
        raise KeyError(request.headers["x-secret"])

    async def connect(self) -> Caller:
        return Caller(*await asyncio.open_connection("127.0.0.1", self.port))


class Caller:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def say(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> bytes:
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return head + await self._reader.readexactly(length)

    async def rest(self) -> bytes:
        try:
            return await self._reader.read()
        except ConnectionResetError:
            return b""

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def port() -> AsyncIterator[Port]:
    opened = Port()
    await opened.serving.start()
    try:
        async with asyncio.timeout(30):
            yield opened
    finally:
        await opened.serving.stop()


async def test_one_connection_asks_several_times_and_answers_are_kept_by_nobody() -> None:
    async with port() as it:
        caller = await it.connect()
        for _ in range(3):
            caller.say(ASK)
            answer = await caller.answer()
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"hello")
            assert b"Cache-Control: no-store" in answer and b"X-Content-Type-Options: nosniff" in answer
            assert b"Server: shadowbench\r\n" in answer and b"aiohttp" not in answer
        caller.close()


async def test_who_is_one_too_many_gets_in_and_who_was_silent_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 3)
    async with port() as it:
        busy, silent, third = [await it.connect() for _ in range(3)]
        busy.say(ASK)  # it came first, and is heard of last
        assert (await busy.answer()).endswith(b"hello")
        probe = await it.connect()
        probe.say(ASK)
        assert (await probe.answer()).endswith(b"hello")
        assert await silent.rest() == b""
        busy.say(ASK)
        assert (await busy.answer()).endswith(b"hello")
        assert len(it.serving.guests) == 3
        for caller in (busy, silent, third, probe):
            caller.close()


async def test_a_flood_of_silent_connections_does_not_keep_a_probe_out() -> None:
    async with port() as it:
        flood = [await it.connect() for _ in range(3 * serving.MOST_CONNECTIONS)]
        probe = await it.connect()
        probe.say(ASK)
        assert (await probe.answer()).endswith(b"hello")
        assert len(it.serving.guests) <= serving.MOST_CONNECTIONS
        for caller in [*flood, probe]:
            caller.close()


@pytest.mark.parametrize("begun", [b"", b"GET /hello HTTP/1.1\r\nHost: a\r\nX-Slow"])
async def test_a_head_that_does_not_come_ends_the_connection(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(serving, "HEAD_WITHIN_S", 0.05)
    async with port() as it:
        caller = await it.connect()
        caller.say(begun)
        assert await caller.rest() == b""
        assert it.serving.guests == {}
        caller.close()


async def test_a_head_that_came_in_time_has_all_the_time_for_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_WITHIN_S", 0.05)
    async with port() as it:
        caller = await it.connect()
        for piece in (b"GET /wait HTTP/1.1\r\nHost: a\r\n\r", b"\n"):  # however it is cut
            caller.say(piece)
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        it.gate.set()
        assert (await caller.answer()).endswith(b"at last")
        caller.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET /hello HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %b\x00\r\n\r\n",
        b"GET /hello HTTP/1.1\r\n%b: a: b\r\n b\r\n\r\n",
        b"%b /hello HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01%b\r\n\r\n",
        b"GET /%b\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"x" * 9000 + b"%b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /nowhere/%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"POST /hello?%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_nonsense_is_answered_without_quoting_it(
    nonsense: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async with port() as it:
        caller = await it.connect()
        caller.say(nonsense % CANARY)
        answer = await caller.rest()
        caller.close()
        assert it.bugs == []
    out, err = capfd.readouterr()
    assert answer.startswith(b"HTTP/1.") and answer[9:12] in (b"400", b"404", b"405")
    assert CANARY not in answer and CANARY.decode() not in out + err + caplog.text


async def test_a_bug_is_told_to_us_and_not_to_the_caller() -> None:
    async with port() as it:
        caller = await it.connect()
        caller.say(b"GET /bug HTTP/1.1\r\nHost: a\r\nX-Secret: %b\r\n\r\n" % CANARY)
        answer = await caller.rest()
        caller.close()
        (bug,) = it.bugs
    assert answer.startswith(b"HTTP/1.1 500 ") and CANARY not in answer
    assert isinstance(bug, KeyError)
