"""A provider on loopback that does what a script says, byte for byte, and remembers what it received and sent.

`ScriptedServer` runs any script: a function from a request to a reply. `ScriptedProvider` is that with `answer` as its
script: it speaks the wire formats of OpenAI, Anthropic, Ollama and Google (`formats`), and shows a provider's faults when the
request's model is called `scripted-<fault>` or when `fault_for` says so. The demo uses it where no real model fits; the
tests use it everywhere. It is no load generator's target: it keeps everything it saw, unless told not to.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self, cast

from shadowbench.endpoints import scripted
from shadowbench.endpoints.received import BadRequestError, Received, RequestReader
from shadowbench.endpoints.scripted import Asked, Said

_BACKLOG = 512
_LINGER_NOTHING = struct.pack("ii", 1, 0)  # close sends RST


class Ending(StrEnum):
    """What happens to the connection after a reply's last step."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write. It waits `after_s`, and for `gate` if there is one, and then goes out as one piece."""

    data: bytes
    after_s: float = 0.0
    gate: asyncio.Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Everything the server does in answer to one request."""

    steps: Iterable[Step]
    ending: Ending = Ending.KEEP


Script = Callable[[Received], Reply]


class Fault(StrEnum):
    """What providers do wrong."""

    HANG = "hang"  # never answers
    RESET_BEFORE_HEAD = "reset-before-head"
    RESET_AFTER_HEAD = "reset-after-head"
    RESET_MID_BODY = "reset-mid-body"
    HANG_MID_BODY = "hang-mid-body"
    CUT = "cut"  # a clean close before the body's end
    SLOW = "slow"  # 50 ms before every chunk
    GARBAGE = "garbage"  # a 200 with a body that is no JSON
    NO_HTTP = "no-http"  # bytes that are no HTTP
    RATE_LIMITED = "rate-limited"  # 429
    SERVER_ERROR = "server-error"  # 500
    OVERLOADED = "overloaded"  # 529
    ERROR_IN_STREAM = "error-in-stream"  # 200, then an error event; to who wants no stream, an error with 200
    HUGE = "huge"  # 64 MiB
    UNTIL_CLOSE = "until-close"  # no length, no chunks: the body ends with the connection
    GZIP = "gzip"


@dataclass(slots=True, kw_only=True)
class ConnectionLog:
    """One connection as the server saw it. `sent` is what was handed to the socket, in order."""

    received: bytearray = field(default_factory=bytearray)
    sent: bytearray = field(default_factory=bytearray)
    requests: list[Received] = field(default_factory=list)
    replies: list[bytearray] = field(default_factory=list)  # the bytes sent for each request
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class ScriptedServer:
    """An HTTP/1.1 server on loopback. Use it as `async with`; it leaves no connection and no task behind."""

    def __init__(self, script: Script, *, port: int = 0, keeps_bytes: bool = True) -> None:
        self.script = script
        self.connections: list[ConnectionLog] = []
        self.keeps_bytes = keeps_bytes
        self._port = port
        self._listening: socket.socket | None = None
        self._arriving: set[asyncio.Task[object]] = set()
        self._open: set[_Connection] = set()
        self._changed = asyncio.Event()
        self._is_stopped = False

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._listening is not None, "the server is not running"
        return int(self._listening.getsockname()[1])

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Received]:
        """All requests of all connections."""
        return [request for connection in self.connections for request in connection.requests]

    async def __aenter__(self) -> Self:
        self._is_stopped = False
        self._listening = listening = socket.create_server(("127.0.0.1", self._port), backlog=_BACKLOG)
        listening.setblocking(False)
        asyncio.get_running_loop().add_reader(listening, self._accept)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop listening and reset what is open, also what was accepted and is only now made."""
        if self._is_stopped or self._listening is None:
            return
        self._is_stopped = True
        asyncio.get_running_loop().remove_reader(self._listening)
        self._listening.close()
        await asyncio.gather(*self._arriving, return_exceptions=True)
        tasks = [connection.abandon() for connection in self._open]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self) -> None:
        # Not asyncio's own server: closed between the accept and the making of a connection, it forgets the connection, and
        # whoever made it waits for ever.
        loop = asyncio.get_running_loop()
        assert self._listening is not None
        for _ in range(_BACKLOG):
            try:
                connection, _address = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            connection.setblocking(False)
            task: asyncio.Task[object] = loop.create_task(
                loop.connect_accepted_socket(lambda: _Connection(self), connection), name="scripted-accept"
            )
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until `holds()`; it is asked again after every request and every end of a connection."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()


class _Connection(asyncio.Protocol):
    def __init__(self, server: ScriptedServer) -> None:
        self.log = ConnectionLog()
        self._server = server
        self._reader = RequestReader()
        self._waiting: asyncio.Queue[Received] = asyncio.Queue()
        self._may_write = asyncio.Event()
        self._may_write.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections.append(self.log)
        self._server._open.add(self)
        self._task = asyncio.get_running_loop().create_task(self._serve(), name="scripted-connection")
        if self._server._is_stopped:
            self.abandon()

    def data_received(self, data: bytes) -> None:
        if self._server.keeps_bytes:
            self.log.received += data
        try:
            requests = self._reader.feed(data)
        except BadRequestError:
            self._transport.abort()
            return
        if self._reader.awaits_continue:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        for request in requests:
            self._waiting.put_nowait(request)

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.log.closed.set()
        self._may_write.set()
        self._task.cancel()

    def abandon(self) -> asyncio.Task[None]:
        self._transport.abort()
        self._task.cancel()
        return self._task

    async def _serve(self) -> None:
        try:
            while True:
                request = await self._waiting.get()
                if self._server.keeps_bytes:
                    self.log.requests.append(request)
                self._server._changed.set()
                if not await self._reply(request):
                    return
        finally:
            self._server._open.discard(self)
            self._server._changed.set()

    async def _reply(self, request: Received) -> bool:
        """Do what the script says. Whether the connection goes on."""
        reply = self._server.script(request)
        sent = bytearray()
        if self._server.keeps_bytes:
            self.log.replies.append(sent)
        for step in reply.steps:
            await self._write(step, sent)
        return await self._end(reply.ending)

    async def _write(self, step: Step, sent: bytearray) -> None:
        # At least one turn of the loop between two steps, so that they leave as two writes.
        await asyncio.sleep(step.after_s)
        if step.gate is not None:
            await step.gate.wait()
        await self._may_write.wait()
        self._transport.write(step.data)
        if self._server.keeps_bytes:
            sent += step.data
            self.log.sent += step.data

    async def _end(self, ending: Ending) -> bool:
        if ending is Ending.RESET:
            sock = cast(socket.socket, self._transport.get_extra_info("socket"))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOTHING)
            self._transport.abort()
        elif ending is Ending.CLOSE:
            self._transport.close()
        elif ending is Ending.HANG:
            await self.log.closed.wait()
        return ending is Ending.KEEP


class ScriptedProvider(ScriptedServer):
    """A provider with deterministic answers and faults on demand.

    `fault_for` names the fault for a request, or None; without it the model's name decides. `chunk_after_s` paces
    every write of a reply.
    """

    def __init__(
        self,
        fault_for: Callable[[Received], Fault | None] | None = None,
        *,
        port: int = 0,
        chunk_after_s: float = 0.0,
        keeps_bytes: bool = True,
    ) -> None:
        super().__init__(self._answer, port=port, keeps_bytes=keeps_bytes)
        self._fault_for = fault_for or fault_by_model
        self._chunk_after_s = chunk_after_s
        self._count = itertools.count()

    def _answer(self, request: Received) -> Reply:
        reply = answer(request, fault=self._fault_for(request), salt=next(self._count))
        if not self._chunk_after_s:
            return reply
        return Reply(steps=_paced(reply.steps, self._chunk_after_s), ending=reply.ending)


def fault_by_model(request: Received) -> Fault | None:
    """`scripted-hang` → HANG, and so on."""
    asked = scripted.read(request.target, request.body)
    name = asked.model.removeprefix("scripted-") if asked else ""
    return Fault(name) if name in set(Fault) else None


def answer(request: Received, *, fault: Fault | None = None, salt: int = 0) -> Reply:
    """What a provider replies. `salt` tells hot answers to the same prompt apart."""
    asked = scripted.read(request.target, request.body)
    if asked is None:
        return _other(request)
    said = scripted.say(asked, salt)
    if fault is None or fault is Fault.SLOW:
        reply = whole(asked, said)
        return Reply(steps=_paced(reply.steps, 0.05)) if fault else reply
    return _faulty(asked, said, fault)


def whole(asked: Asked, said: Said) -> Reply:
    """The answer without any fault: with Content-Length, or one chunk for every event."""
    if not asked.stream:
        return plain(200, scripted.as_json(asked, said), ("x-request-id", f"req_{said.id}"))
    events = scripted.as_events(asked, said)
    return Reply(
        steps=[Step(data=_stream_head(asked, said)), *(Step(data=chunk(event)) for event in events), _LAST_CHUNK]
    )


def plain(status: int, body: bytes, *headers: tuple[str, str]) -> Reply:
    """A JSON body with its length, in one write."""
    return Reply(steps=[Step(data=head(status, *headers, ("content-length", str(len(body)))) + body)])


def head(status: int, *headers: tuple[str, str], content_type: str = "application/json") -> bytes:
    """A response head up to and with the blank line."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}", "Server: scripted", f"Content-Type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


_LAST_CHUNK = Step(data=b"0\r\n\r\n")
_REASONS = {200: "OK", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error", 529: "Overloaded"}
_STATUSES = {
    Fault.RATE_LIMITED: (429, "rate_limit_error"),
    Fault.SERVER_ERROR: (500, "api_error"),
    Fault.OVERLOADED: (529, "overloaded_error"),
}
_HUGE_BYTES = 64 * 1024 * 1024


def _stream_head(asked: Asked, said: Said) -> bytes:
    headers = (("cache-control", "no-cache"), ("x-request-id", f"req_{said.id}"), ("transfer-encoding", "chunked"))
    return head(200, *headers, content_type=scripted.content_type(asked))


def _paced(steps: Iterable[Step], after_s: float) -> Iterator[Step]:
    return (Step(data=step.data, after_s=after_s, gate=step.gate) for step in steps)


def _other(request: Received) -> Reply:
    """Model list, and 404 for what no provider has."""
    if request.path.endswith("/models"):
        return plain(200, b'{"object":"list","data":[{"id":"scripted","object":"model","owned_by":"scripted"}]}')
    return plain(404, scripted.as_error(scripted.dialect_of(request.path), "not_found_error", "No such path."))


def _faulty(asked: Asked, said: Said, fault: Fault) -> Reply:
    if fault in _STATUSES:
        status, kind = _STATUSES[fault]
        return plain(status, scripted.as_error(asked.dialect, kind, "By script."), ("retry-after", "1"))
    steps = list(whole(asked, said).steps)
    if fault is Fault.GZIP:
        return _compressed(asked, said)
    if fault is Fault.ERROR_IN_STREAM and not asked.stream:
        return plain(200, scripted.as_error(asked.dialect, "overloaded_error", "By script."))
    if fault is Fault.ERROR_IN_STREAM:
        event = scripted.as_error_event(asked, "overloaded_error", "By script.")
        return Reply(steps=[*steps[: len(steps) // 2], Step(data=chunk(event)), _LAST_CHUNK])
    if fault is Fault.UNTIL_CLOSE:
        body = b"".join(scripted.as_events(asked, said)) if asked.stream else scripted.as_json(asked, said)
        first = head(200, content_type=scripted.content_type(asked))
        return Reply(steps=[Step(data=first), Step(data=body)], ending=Ending.CLOSE)
    return _broken(steps, fault)


def _broken(steps: list[Step], fault: Fault) -> Reply:
    """The faults that need no understanding of the answer: where it stops, or what comes instead."""
    wire = b"".join(step.data for step in steps)
    head_end = wire.index(b"\r\n\r\n") + 4
    first_head, half = Step(data=wire[:head_end]), Step(data=wire[head_end : (head_end + len(wire)) // 2])
    match fault:
        case Fault.HANG:
            return Reply(steps=[], ending=Ending.HANG)
        case Fault.RESET_BEFORE_HEAD:
            return Reply(steps=[], ending=Ending.RESET)
        case Fault.RESET_AFTER_HEAD:
            return Reply(steps=[first_head, _PAUSE], ending=Ending.RESET)
        case Fault.RESET_MID_BODY:
            return Reply(steps=[first_head, half, _PAUSE], ending=Ending.RESET)
        case Fault.HANG_MID_BODY:
            return Reply(steps=[first_head, half], ending=Ending.HANG)
        case Fault.CUT:
            return Reply(steps=[first_head, half], ending=Ending.CLOSE)
        case Fault.NO_HTTP:
            return Reply(steps=[Step(data=b"\x16\x03\x01 this is no HTTP\r\n\r\n")], ending=Ending.CLOSE)
        case Fault.HUGE:
            return _huge()
        case _:
            return plain(200, b"<html>This is no answer of a model.</html>")


# A reset throws away what the peer has not read yet: give it a moment, so that "mid-body" means it.
_PAUSE = Step(data=b"", after_s=0.05)


def _huge() -> Reply:
    piece = b" " * 65536
    first = Step(data=head(200, ("content-length", str(_HUGE_BYTES))))
    return Reply(steps=itertools.chain([first], (Step(data=piece) for _ in range(_HUGE_BYTES // len(piece)))))


def _compressed(asked: Asked, said: Said) -> Reply:
    body = b"".join(scripted.as_events(asked, said)) if asked.stream else scripted.as_json(asked, said)
    packed = gzip.compress(body, mtime=0)
    framing = (("content-encoding", "gzip"), ("transfer-encoding", "chunked"))
    first = head(200, *framing, content_type=scripted.content_type(asked))
    middle = len(packed) // 2
    return Reply(
        steps=[Step(data=first), Step(data=chunk(packed[:middle])), Step(data=chunk(packed[middle:])), _LAST_CHUNK]
    )
