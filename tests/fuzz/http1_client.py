"""An origin's bytes into `ClientConnection`, in pieces: what it tells of a response is what a reader of our own finds, and a
connection that went back to its pool carries the next response as if nothing had been."""

from __future__ import annotations

from typing import Any

from shadowbench.http1.client import MAX_HEAD_BYTES, ClientConnection
from shadowbench.http1.handlers import ResponseHandler
from shadowbench.http1.responses import ResponseHead
from tests.conformance.differential.reader import Message, read_responses
from tests.fuzz.script import Script
from tests.fuzz.transports import Transport, Watch, still_loop

_SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"


class Response(ResponseHandler):
    """Keeps what it is told. It leaves, as `Exchange` does, when the origin switches unasked."""

    def __init__(self, connection: ClientConnection, *, asks_upgrade: bool = False) -> None:
        self.connection = connection
        self.asks_upgrade = asks_upgrade
        self.interim: list[int] = []
        self.head: ResponseHead | None = None
        self.body: list[bytes] = []
        self.ending: str | None = None
        self.is_tunnel = False

    def on_informational(self, head: ResponseHead) -> None:
        assert self.head is None and self.ending is None and 100 <= head.status < 200
        self.interim.append(head.status)

    def on_head(self, head: ResponseHead) -> None:
        assert self.head is None and self.ending is None, "two heads"
        assert 200 <= head.status <= 999
        self.head = head

    def on_body(self, data: bytes) -> None:
        assert (self.head is not None or self.is_tunnel) and self.ending is None, "body without a head"
        self.body.append(data)

    def on_end(self) -> None:
        assert self.ending is None and self.head is not None, "two ends"
        self.ending = "end"

    def on_read_done(self) -> None:
        assert self.ending is None

    def on_fault(self, reason: str) -> None:
        assert self.ending is None, "a fault behind the end"
        self.ending = reason

    def on_writable(self, writable: bool) -> None:
        assert self.ending is None

    def on_switched(self, head: ResponseHead) -> None:
        assert self.head is None and head.status == 101
        if self.asks_upgrade:
            self.is_tunnel = True
        else:
            self.ending = "switched"
            self.connection.abort()

    def on_tunnel_eof(self) -> None:
        assert self.is_tunnel
        self.ending = "tunnel_eof"
        self.connection.leave_tunnel()

    def outcome(self) -> tuple[Any, ...]:
        """What may not depend on how the bytes came."""
        head = self.head
        told = None if head is None else (head.status, head.reason, tuple(head.fields), head.chunked)
        return self.interim, told, b"".join(self.body), self.ending


class Run:
    """One connection and one exchange on it."""

    def __init__(self, *, is_head: bool, asks_upgrade: bool) -> None:
        self.ticker: Any = Watch()
        self.idle = 0
        self.lost = 0
        self.rests = False  # in its pool, when all bytes had come
        self.connection = ClientConnection(self.ticker, self._on_idle, self._on_lost)
        self.transport = Transport(self.connection)
        self.response = self.ask(is_head=is_head, asks_upgrade=asks_upgrade)

    def _on_idle(self, connection: ClientConnection) -> None:
        self.idle += 1

    def _on_lost(self, connection: ClientConnection) -> None:
        self.lost += 1

    def ask(self, *, is_head: bool = False, asks_upgrade: bool = False) -> Response:
        response = Response(self.connection, asks_upgrade=asks_upgrade)
        self.connection.begin(response, is_head=is_head)  # type: ignore[arg-type]
        self.connection.write(b"request")
        self.connection.request_sent()
        return response

    def receive(self, piece: bytes) -> None:
        if self.transport.takes:
            self.connection.data_received(piece)

    def end(self, *, reset: bool) -> None:
        if not reset and self.transport.takes and not self.connection.eof_received():
            self.transport.close()
        self.transport.lose(ConnectionResetError() if reset else None)
        assert self.lost == 1
        assert self.response.ending is not None or self.connection._handler is None


def one(data: bytes) -> None:
    """An input is a `Script`: HEAD or not, upgrade or not, FIN or RST, sizes of pieces; then the same as deeds and sizes."""
    script, deeds = Script(data), Script(data)
    is_head, asks_upgrade, reset = script.next(4) == 1, script.next(4) == 1, script.next(4) == 1
    pieces, wire = list(script.pieces()), script.wire
    outcomes = []
    for cut in ([wire] if wire else [], pieces):
        with still_loop():
            run = Run(is_head=is_head, asks_upgrade=asks_upgrade)
            _exchange(run, cut, reset=reset)
        _check_against(run, wire, is_head=is_head, reset=reset)
        outcomes.append(run.response.outcome())
    if len(wire) < MAX_HEAD_BYTES:
        assert outcomes[0] == outcomes[1], "the cut of the bytes matters"
    with still_loop():
        _play(Run(is_head=is_head, asks_upgrade=asks_upgrade), deeds, reset=reset)


def _exchange(run: Run, pieces: list[bytes], *, reset: bool) -> None:
    for number, piece in enumerate(pieces):
        if number % 3 == 2:  # a client that reads slowly
            run.connection.pause_reading()
            assert not run.transport.is_reading or run.transport.is_closing()
            run.connection.resume_reading()
        run.receive(piece)
        if run.response.ending is not None:
            assert run.connection._handler is None
    run.rests = run.idle > 0 and not run.transport.is_closing()
    if run.rests:
        assert run.response.ending == "end"
        _check_next(run)
    run.end(reset=reset)


def _play(run: Run, script: Script, *, reset: bool) -> None:
    """Whoever asked reads slowly, cannot send, or leaves, as the script says. Nothing is told to one who left."""
    at = 0
    while at < len(script.wire) and not run.transport.is_closing():
        _do(script.next(8), run)
        if script.is_over:
            run.connection.resume_reading()
        if run.transport.takes:
            piece = script.wire[at : at + (300 if script.is_over else script.size())]
            run.receive(piece)
            at += len(piece)
    run.end(reset=reset)


def _do(deed: int, run: Run) -> None:
    connection, response = run.connection, run.response
    if deed == 1:
        connection.pause_reading()
    elif deed == 2:
        connection.resume_reading()
    elif deed == 3:
        connection.pause_writing()
        connection.resume_writing()
    elif deed == 4 and response.ending is None:
        response.ending = "left"
        connection.abort()


def _check_next(run: Run) -> None:
    """The connection rests in its pool and nothing came since: the next answer is the next request's own."""
    second = run.ask()
    run.receive(_SECOND)
    assert second.outcome()[1:] == ((200, b"OK", (b"Content-Length", b": ", b"6", b"\r\n"), False), b"second", "end")


def _check_against(run: Run, wire: bytes, *, is_head: bool, reset: bool) -> None:
    response = run.response
    # llhttp passes over line ends before a response, as it does before a request.
    said = read_responses(wire, [b"HEAD" if is_head else b"GET"], at_end=not reset, skipped=b"\r\n")
    if response.is_tunnel or response.ending == "switched":
        return
    interim = [message.status for message in said.messages if message.status < 200]
    final = next((message for message in said.messages if message.status >= 200), None)
    assert response.interim == interim[: len(response.interim)], (response.interim, said)
    body = b"".join(response.body)
    if response.ending == "end":
        assert final is not None, f"a whole response out of {said}"
        _check_same(response, final)
        assert body == final.body, "another body"
        # llhttp passes over line ends in the read that ends a response: they are nobody's answer.
        # Of chunks behind the head that answers HEAD it tells the data alone: their lines go with the parser.
        is_all = not wire[final.end :].strip(b"\r\n") or (
            is_head and response.head is not None and response.head.chunked
        )
        assert not run.rests or is_all, "bytes that answer nothing, and the connection rests"
    elif response.head is not None:
        known = final or getattr(said.rest, "open", None)
        assert known is not None, f"a head out of {said}"
        _check_same(response, known)
        assert known.body.startswith(body), "another body"


def _check_same(response: Response, message: Message) -> None:
    assert response.head is not None
    fields = response.head.fields
    assert response.head.status == message.status
    told = [(fields[at], fields[at + 2].strip(b" \t")) for at in range(0, len(fields), 4)]
    rest = iter(message.fields)
    assert all(field in rest for field in told), (told, message.fields)
