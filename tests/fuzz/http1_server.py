"""A client's bytes into `ServerConnection`, in pieces, while its requests are answered sooner or later.

What it takes for requests must be what a reader of our own finds in the same bytes, however they were cut and whenever the
answers came; and it may hold only so much.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shadowbench.http1 import heads, server
from shadowbench.http1.handlers import RequestHandler, ServerHost
from shadowbench.http1.requests import RequestHead, ServerOptions
from shadowbench.http1.server import ServerConnection
from tests.conformance.differential.reader import Message, Transcript, read_requests
from tests.fuzz.script import Script
from tests.fuzz.transports import StillLoop, Transport, Watch, still_loop

_HELD = 512
_SMALL = ServerOptions(max_head_bytes=1024, max_headers=16)
_USUAL = ServerOptions()
_TUNNEL = b"/tunnel"


class Request(RequestHandler):
    """Keeps what it is told."""

    def __init__(self, run: Run, head: RequestHead) -> None:
        self.run, self.head = run, head
        self.asks_upgrade = head.upgrade is not None
        self.has_answered = False
        self.body: list[bytes] = []
        self.is_whole = False
        self.gone: str | None = None
        self.tunnelled: list[bytes] = []
        self.is_tunnel = False

    def on_request_body(self, data: bytes) -> None:
        assert not self.is_whole and self.gone is None, "body behind the end"
        self.run.told()
        self.body.append(data)

    def on_request_end(self) -> None:
        assert not self.is_whole and self.gone is None, "two ends"
        self.run.told()
        self.is_whole = True

    def on_read_done(self) -> None:
        assert self.gone is None

    def awaits_continue(self) -> bool:
        return False

    def on_client_writable(self, writable: bool) -> None:
        assert self.gone is None

    def on_tunnel_data(self, data: bytes) -> None:
        assert self.is_tunnel, "tunnel data without a tunnel"
        self.tunnelled.append(data)

    def on_client_eof(self) -> None:
        assert self.is_tunnel

    def check(self, now: float) -> None:
        assert self.gone is None

    def on_client_gone(self, reason: str) -> None:
        assert self.gone is None, "gone twice"
        self.gone = reason


class Run(ServerHost):
    """One connection, and its host."""

    def __init__(self, options: ServerOptions) -> None:
        self.ticker: Any = Watch()
        self.draining = False
        self.requests: list[Request] = []
        self.refusals: list[heads.Refusal] = []
        self.events = 0
        self.is_open = False
        self.connection = ServerConnection(self, options)
        self.transport = Transport(self.connection)

    # ── the host ──

    def begin(self, connection: ServerConnection, head: RequestHead) -> Any:
        assert connection.current is None, "two requests at once"
        self.told()
        self.requests.append(Request(self, head))
        return self.requests[-1]

    def opened(self, connection: ServerConnection) -> None:
        self.is_open = True

    def closed(self, connection: ServerConnection) -> None:
        self.is_open = False

    def refused(self, refusal: heads.Refusal) -> None:
        self.refusals.append(refusal)

    def trailers_dropped(self, count: int) -> None:
        assert count > 0

    def told(self) -> None:
        self.events += 1

    # ── the peers ──

    def receive(self, piece: bytes) -> None:
        if self.transport.takes:
            self.connection.data_received(piece)

    def answer(self, *, early: bool = False) -> bool:
        """Production answers the current request, as `Exchange` would. Whether there was one."""
        current: Any = self.connection.current
        if current is None or current.is_tunnel or not (current.is_whole or early):
            return False
        current.has_answered = True
        if current.asks_upgrade and current.head.path.startswith(_TUNNEL):
            current.is_tunnel = True
            self.connection.begin_tunnel()
            return True
        close = not current.head.keep_alive or not current.is_whole or self.connection.must_close
        self.transport.write(b"<%d>" % len(self.requests))
        self.connection.finish(close=close)
        return True

    def end(self, loop: StillLoop) -> None:
        """Everything is answered, then the client leaves."""
        while self.answer():
            pass
        loop.fire()
        if self.transport.takes and not self.connection.eof_received():
            self.transport.close()
        self.transport.lose()
        assert not self.is_open and self.ticker.watched == 0
        for request in self.requests:
            assert request.has_answered or request.gone is not None, "a request that nobody ended"

    @property
    def whole(self) -> list[Request]:
        return [request for request in self.requests if request.is_whole]

    def outcome(self) -> tuple[Any, ...]:
        """What may not depend on how the bytes came."""
        return [_told_of(request) for request in self.whole], b"".join(self.transport.sent)


def one(data: bytes) -> None:
    """An input is a `Script`: sizes of pieces first, then sizes and deeds."""
    script = Script(data)
    wire = script.wire
    said = read_requests(wire)
    whole = _run([wire])
    _check_against(said, whole)
    if data and data[0] % 32:
        cut = _run(list(Script(data).pieces()))
        _check_against(said, cut)
        if len(said.messages) < server.MAX_PIPELINED - 1 and len(wire) < 60_000:
            assert whole.outcome() == cut.outcome(), "the cut of the bytes matters"
        _play(script, said)


def _run(pieces: list[bytes]) -> Run:
    with still_loop() as loop:
        run = Run(_USUAL)
        for piece in pieces:
            run.receive(piece)
            while run.answer():
                pass
        run.end(loop)
        assert run.events <= 3 * sum(map(len, pieces)) + 3
        return run


@contextmanager
def _tight() -> Iterator[None]:
    before, server.MAX_HELD_BYTES = server.MAX_HELD_BYTES, _HELD
    try:
        yield
    finally:
        server.MAX_HELD_BYTES = before


def _play(script: Script, said: Transcript) -> None:
    """Peers that do what the script says, within tight bounds."""
    with still_loop() as loop, _tight():
        run = Run(_SMALL)
        at = 0
        while at < len(script.wire) and not (script.is_over and not run.transport.takes):
            _do(script.next(10), run, loop)
            if run.transport.takes:
                piece = script.wire[at : at + (script.size() if not script.is_over else 300)]
                run.receive(piece)
                at += len(piece)
            _check_bounds(run, 1500)
        run.end(loop)
    _check_against(said, run)


def _do(deed: int, run: Run, loop: StillLoop) -> None:
    current: Any = run.connection.current
    if deed in (1, 2, 3):
        run.answer()
    elif deed == 4:
        run.answer(early=True)
    elif deed == 5 and current is not None:
        run.connection.pause_body()
    elif deed == 6 and current is not None:
        run.connection.resume_body()
    elif deed == 7:
        run.connection.pause_writing() if run.connection.writable else run.connection.resume_writing()
    elif deed == 8:
        loop.fire()
    elif deed == 9:
        run.ticker.now += 40.0
        run.connection.check(run.ticker.now)


def _check_bounds(run: Run, piece: int) -> None:
    connection = run.connection
    assert connection._held <= _HELD + piece
    assert len(connection._queue) < server.MAX_PIPELINED
    assert len(connection._upgrading or b"") <= _HELD + piece
    held = sum(len(part) for waiting in connection._queue for part in waiting.body)
    assert connection._held >= held
    assert sum(map(len, connection._fields)) + len(connection._url) <= _SMALL.max_head_bytes + 4 * piece


def _check_against(said: Transcript, run: Run) -> None:
    """What was taken for requests is what the strict reader reads, from the first on."""
    tunnel = next((request for request in run.requests if request.is_tunnel), None)
    for request, message in zip(run.whole, said.messages, strict=False):
        _check_same(request, message)
        if request is tunnel:
            return
    assert len(run.whole) <= len(said.messages), f"{len(run.whole)} requests out of {said}"
    if run.requests and not run.requests[-1].is_whole:
        rest = said.rest.open if len(run.whole) == len(said.messages) else said.messages[len(run.whole)]
        assert rest is not None, f"a request out of {said.rest}"
        assert rest.body.startswith(b"".join(run.requests[-1].body)) or rest.framing == "length"


def _check_same(request: Request, message: Message) -> None:
    head = request.head
    method, target, _ = message.first
    assert head.method == method
    assert target.endswith(head.path) or head.path == b"/", (target, head.path)
    assert b"".join(request.body) == message.body, "another body"
    forwarded = [(head.fields[at], head.fields[at + 2].strip(b" \t")) for at in range(0, len(head.fields), 4)]
    if target[:1] in b"/*":
        fields = iter(message.fields)
        assert all(field in fields for field in forwarded), (forwarded, message.fields)


def _told_of(request: Request) -> tuple[Any, ...]:
    head = request.head
    return head.method, head.path, tuple(head.fields), b"".join(request.body), b"".join(request.tunnelled)
