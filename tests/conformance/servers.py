"""The suite's servers: every case plays its own origin and candidate, request by request, byte by byte.

A request belongs to the case whose token is in its head or, failing that, in its body. What belongs to no case that still
runs is answered at once, so that no case waits for the leftovers of another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from tests.conformance.judging import FailError, fail
from tests.conformance.messages import BadMessageError, Head, chunk, dechunked, request_body, response
from tests.conformance.wires import PATIENCE_S, Wire

OTHERWISE = response(
    200,
    b'{"id":"chatcmpl-0","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":'
    b'{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}',
)


class Asked:
    """One request as a server got it, and the means to answer it."""

    def __init__(self, wire: Wire, head: Head) -> None:
        self.wire = wire
        self.head = head
        self.start = wire.at
        self.finished = asyncio.Event()

    @property
    def raw_head(self) -> bytes:
        return bytes(self.wire.received[self.start : self.start + self.head.size])

    @property
    def target(self) -> bytes:
        return self.head.line.split(b" ")[1]

    @property
    def raw_body(self) -> bytes:
        """What of the body is there, as it is on the wire."""
        return bytes(self.wire.received[self.start + self.head.size :])

    async def body(self, *, within_s: float = PATIENCE_S) -> bytes:
        """The whole body, without its chunks."""
        whole = await self.wire.until(
            lambda: request_body(self.head, self.raw_body), "the request's body at the server", within_s=within_s
        )
        return whole.data

    def send(self, data: bytes) -> None:
        self.wire.send(data)

    def chunk(self, data: bytes) -> None:
        self.wire.send(chunk(data))

    def reply(self, data: bytes) -> None:
        """Send the last of an answer; the connection is kept."""
        self.wire.send(data)
        self.finished.set()

    def close(self) -> None:
        """End the connection in order."""
        self.finished.set()
        self.wire.close()

    def reset(self) -> None:
        self.finished.set()
        self.wire.reset()

    async def left(self, what: str, *, within_s: float = PATIENCE_S) -> str:
        """Wait until the peer has closed this connection."""
        return await self.wire.until_ended(what, within_s=within_s)


class Inbox:
    """What arrives at one server for one case. `answers`: each is answered at once, and only looked at afterwards."""

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers
        self.waiting: asyncio.Queue[Asked] = asyncio.Queue()
        self.all: list[Asked] = []

    def put(self, asked: Asked) -> None:
        self.all.append(asked)
        self.waiting.put_nowait(asked)

    async def get(self, what: str, *, within_s: float = PATIENCE_S) -> Asked:
        try:
            async with asyncio.timeout(within_s):
                return await self.waiting.get()
        except TimeoutError:
            fail(f"{what}: not within {within_s:g} s")


class Server:
    """Listens on one address for the whole run."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._address = (host, port)
        self._inboxes: dict[bytes, Inbox] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wires: set[Wire] = set()

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def listen(self) -> None:
        """Take connections, at the first address or again at the same one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Wire(self._opened), *self._address, backlog=1024)
        self._address = (self._address[0], self.port)

    def go_away(self) -> None:
        """Refuse connections and reset those that are open."""
        self._server.close()
        for wire in list(self._wires):
            wire.reset()

    async def __aexit__(self, *_: object) -> None:
        self.go_away()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for wire in list(self._wires):
            await wire.gone.wait()

    @contextmanager
    def inbox(self, token: str, *, answers: bool = False) -> Iterator[Inbox]:
        """Requests with `token`, until the case is over; what is open of them then is reset."""
        mine = self._inboxes[token.encode()] = Inbox(answers=answers)
        try:
            yield mine
        finally:
            del self._inboxes[token.encode()]
            for asked in mine.all:
                if not asked.finished.is_set():
                    asked.reset()

    # ── connections ──

    def _opened(self, wire: Wire) -> None:
        self._wires.add(wire)
        task = asyncio.get_running_loop().create_task(self._serve(wire), name="conformance-server")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, wire: Wire) -> None:
        try:
            while await self._serve_one(wire):
                pass
        except (FailError, BadMessageError):
            pass  # the peer left, or sent what is no HTTP: whoever waits for a request sees that none came
        finally:
            wire.close()
            await wire.gone.wait()
            self._wires.discard(wire)

    async def _serve_one(self, wire: Wire) -> bool:
        head = await wire.head("a request", within_s=3600)
        asked = Asked(wire, head)
        inbox = await self._inbox_of(asked)
        if inbox is not None:
            inbox.put(asked)
        if inbox is None or inbox.answers:
            await asked.body(within_s=3600)
            asked.reply(OTHERWISE)
        await asked.finished.wait()
        wire.at = asked.start + head.size + await self._body_size(asked)
        return not wire.transport.is_closing()

    async def _inbox_of(self, asked: Asked) -> Inbox | None:
        if (found := self._find(asked.raw_head)) is not None or not self._inboxes:
            return found
        await asked.body(within_s=3600)
        return self._find(asked.raw_body)

    def _find(self, data: bytes) -> Inbox | None:
        return next((inbox for token, inbox in self._inboxes.items() if token in data), None)

    async def _body_size(self, asked: Asked) -> int:
        if asked.wire.transport.is_closing():
            return 0
        await asked.body(within_s=3600)
        if asked.head.is_chunked:
            whole = dechunked(asked.raw_body)
            return whole.size if whole else 0
        return int(asked.head.get(b"content-length") or 0)
