"""Raw ends of a connection for tests: an origin that records, a client that keeps every byte, and recorded exchanges.

Neither end uses an HTTP library, so that what is compared is what was on the sockets.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from shadowbench.endpoints.received import Received, dechunk
from shadowbench.endpoints.testing import Ending, Reply, ScriptedServer, Step

EXCHANGES = Path(__file__).parents[1] / "../shared/data/exchanges/exchanges_dev.jsonl"

# RFC 9110 §7.6.1 and what else ends at each hop.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
Headers = tuple[tuple[str, str], ...]


# ── responses as bytes ──


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """One final response, with everything it looked like on the wire."""

    wire: bytes
    status_line: str
    headers: Headers
    body: bytes  # de-chunked, still content-encoded

    @property
    def status(self) -> int:
        return int(self.status_line.split(" ")[1])

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def end_to_end(self) -> tuple[str, Headers, bytes]:
        """What has to be the same on both sides of a proxy."""
        return self.status_line, end_to_end(self.headers), self.body


def end_to_end(headers: Headers, *, without: frozenset[str] = frozenset()) -> Headers:
    """Headers less hop-by-hop ones and those that `Connection` names."""
    named = {
        token.strip().lower() for name, value in headers if name.lower() == "connection" for token in value.split(",")
    }
    gone = HOP_BY_HOP | named | without
    return tuple((name, value) for name, value in headers if name.lower() not in gone)


def parse_response(wire: bytes) -> RawResponse:
    """Read a whole final response, framed by length, chunks or its end."""
    head, _, rest = wire.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple((line.partition(":")[0], line.partition(":")[2].strip()) for line in lines)
    chunked = any(name.lower() == "transfer-encoding" and value.lower() == "chunked" for name, value in headers)
    if chunked:
        whole = dechunk(rest)
        assert whole is not None, "the chunked body has no end"
        rest = whole.body
    return RawResponse(wire=wire, status_line=status_line, headers=headers, body=rest)


def parse_responses(wire: bytes) -> list[RawResponse]:
    """All final responses of one connection; interim ones are left out. None of them may end by closing."""
    responses = []
    while wire:
        head_end = wire.index(b"\r\n\r\n") + 4
        status = int(wire.split(b" ", 2)[1])
        end = head_end + _body_length(wire[:head_end], wire[head_end:], status)
        if status >= 200:
            responses.append(parse_response(wire[:end]))
        wire = wire[end:]
    return responses


def _body_length(head: bytes, rest: bytes, status: int) -> int:
    if status < 200:
        return 0
    if b"transfer-encoding: chunked" in head.lower():
        whole = dechunk(rest)
        assert whole is not None, "the chunked body has no end"
        return whole.consumed
    length = parse_response(head).header("content-length")
    return len(rest) if length is None else int(length)


class Tap:
    """A relay of bytes in front of `port` that keeps what the clients' sockets sent and received."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.received: list[bytearray] = []  # by clients, one for each connection
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def responses(self) -> list[RawResponse]:
        return [response for wire in self.received for response in parse_responses(bytes(wire))]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        received = bytearray()
        self.received.append(received)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, up_writer, bytearray()))
                both.create_task(_copy(up_reader, writer, received))
        except* OSError:
            pass  # a peer left without saying goodbye
        finally:
            self._tasks.discard(task)
            writer.close()
            up_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    while data := await reader.read(65536):
        kept += data
        writer.write(data)
        await writer.drain()
    writer.close()


# A test that waits for longer waits for nothing, and is to say where.
_ANSWER_WITHIN_S = 60.0


class RawClient:
    """A keep-alive client connection that returns responses exactly as its socket received them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int) -> RawClient:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass  # it was reset: closed all the same

    async def ask(self, request: bytes, *, is_head: bool = False) -> RawResponse:
        """Send a request and read its final response."""
        self.writer.write(request)
        await self.writer.drain()
        return await self.read(is_head=is_head)

    async def read(self, *, is_head: bool = False) -> RawResponse:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            return await self._read(is_head)

    async def _read(self, is_head: bool) -> RawResponse:
        head = await self.reader.readuntil(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 1"):
            head = await self.reader.readuntil(b"\r\n\r\n")
        response = parse_response(head) if b"chunked" not in head.lower() else None
        return parse_response(head + await self._body(head, response, is_head))

    async def _body(self, head: bytes, response: RawResponse | None, is_head: bool) -> bytes:
        if is_head:
            return b""
        if response is None:
            return b"".join([piece async for piece in self._chunks()])
        if response.status in (204, 304):
            return b""
        length = response.header("content-length")
        return await (self.reader.read() if length is None else self.reader.readexactly(int(length)))

    async def _chunks(self) -> Any:
        while True:
            line = await self.reader.readuntil(b"\r\n")
            yield line
            size = int(line.split(b";")[0], 16)
            if size == 0:
                yield await self.reader.readuntil(b"\r\n")  # our servers send no trailers
                return
            yield await self.reader.readexactly(size + 2)


def request_bytes(method: str, target: str, headers: Headers, body: bytes = b"") -> bytes:
    """A request on the wire."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def json_request(path: str, value: object, *headers: tuple[str, str], method: str = "POST") -> bytes:
    """A JSON request to whatever listens on this machine."""
    body = json.dumps(value).encode()
    base = (("Host", "origin.test"), ("Content-Type", "application/json"), ("Content-Length", str(len(body))))
    return request_bytes(method, path, (*base, *headers), body)


# ── recorded exchanges ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A recorded exchange as it can be replayed: framing headers removed, bodies as they were on the wire."""

    id: str
    method: str
    target: str
    request_headers: Headers
    request_body: bytes
    status: int
    reason: str
    response_headers: Headers
    response_body: bytes


_FRAMING = frozenset({"content-length", "host", "expect"})


def recorded_exchanges(path: Path = EXCHANGES) -> Iterator[Exchange]:
    """All exchanges of a recording."""
    with path.open() as lines:
        for line in lines:
            yield _exchange(json.loads(line))


def _exchange(record: dict[str, Any]) -> Exchange:
    uri = urlsplit(record["uri"])
    return Exchange(
        id=record["id"],
        method=record["method"].upper(),
        target=uri.path + (f"?{uri.query}" if uri.query else ""),
        request_headers=_kept(record["request_headers"]),
        request_body=_plain_body(record["request"]),
        status=record["status"],
        reason=record["reason"] or "",
        response_headers=_kept(record["response_headers"]),
        response_body=_wire_body(record),
    )


def _kept(headers: list[list[str]]) -> Headers:
    # Values as latin-1 text: HTTP's own way to show bytes.
    pairs = tuple((name, value.encode().decode("latin-1").strip()) for name, value in headers)
    return end_to_end(pairs, without=_FRAMING)


def _plain_body(body: dict[str, Any]) -> bytes:
    if "b64" in body:
        return base64.b64decode(body["b64"])
    return body.get("text", "").encode()


def _wire_body(record: dict[str, Any]) -> bytes:
    """The response body as it was compressed; recompressed where only the plain text was kept."""
    body = record["response"]
    if "compressed_b64" in body:
        return base64.b64decode(body["compressed_b64"])
    encodings = [value for name, value in record["response_headers"] if name.lower() == "content-encoding"]
    plain = _plain_body(body)
    return gzip.compress(plain, mtime=0) if encodings == ["gzip"] else plain


def cuts(data: bytes, chance: random.Random, *, most: int = 1500) -> list[bytes]:
    """`data` in pieces: every byte alone, all at once, or random lengths of one random scale."""
    smallest = max(1, len(data) // most)
    scale = int(smallest * (max(1, len(data)) / smallest) ** chance.choice([0, 0, 0.25, 0.5, 0.75, 1]))
    pieces = []
    at = 0
    while at < len(data):
        size = scale if scale in (1, len(data)) else chance.randint(1, 2 * scale)
        pieces.append(data[at : at + size])
        at += size
    return pieces


class RecordingOrigin(ScriptedServer):
    """Replays recorded responses, each at a random framing and cut, to the request whose `x-exchange` names it."""

    def __init__(self, exchanges: dict[str, Exchange], *, seed: int) -> None:
        super().__init__(self._replay)
        self.exchanges = exchanges
        self.seed = seed
        self.answered: dict[str, tuple[Received, bytes]] = {}

    def _replay(self, request: Received) -> Reply:
        name = request.header("x-exchange") or ""
        chance = random.Random(f"{self.seed}/{name}")
        wire, ending = framed(self.exchanges[name], chance)
        self.answered[name] = (request, wire)
        return Reply(steps=(Step(data=piece) for piece in cuts(wire, chance)), ending=ending)


def framed(exchange: Exchange, chance: random.Random) -> tuple[bytes, Ending]:
    """A response on the wire: with its length, in random chunks, or ended by closing."""
    body = exchange.response_body
    framing = chance.choice(["length", "length", "chunked", "chunked", "chunked", "close"])
    hop = (
        (("Connection", "close"),)
        if framing == "close"
        else (("Connection", "keep-alive"), ("Keep-Alive", "timeout=9"))
    )
    if framing == "length":
        hop = (*hop, ("Content-Length", str(len(body))))
    elif framing == "chunked":
        hop = (*hop, ("Transfer-Encoding", "chunked"))
        pieces = cuts(body, chance)
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    lines = [f"HTTP/1.1 {exchange.status} {exchange.reason}"]
    lines += [f"{name}: {value}" for name, value in (*exchange.response_headers, *hop)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body, Ending.CLOSE if framing == "close" else Ending.KEEP
