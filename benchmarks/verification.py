"""Whether copies are whole: a low rate of bodies of every size, each copy compared with what was sent.

In the rounds copies go to targets that only count. Here they go to a server that reads and keeps method and hash of each, and
of ours the whole of `shadowbench serve` runs, so that what was offered, handed off, dropped and recorded is told as well.
"""

from __future__ import annotations

import hashlib
import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.bodies import PATH, chat_body, request, size_name
from benchmarks.end_to_end import Sidecar, drops
from benchmarks.nginx import COMPLETION, start_origin
from benchmarks.peers.base import Peer, Place
from benchmarks.processes import free_port

_EACH = 40  # requests of each size
_GAP_S = 0.01
_SETTLE_S = 5.0
MIRRORING = ("nginx-mirror", "envoy-mirror")

Copy = tuple[str, str, str]
"""Method, path, SHA-256 of the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What one mirror delivered of requests of one size."""

    name: str
    size: int
    sent: int
    received: int
    identical: int  # method, path and body the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What our sidecar says of the same requests."""

    offered: int
    handed_off: int
    recorded: int
    pairs: int  # rows in the log
    dropped: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """All of it."""

    copies: Sequence[Verified] = ()
    ours: Recorded | None = None


def verify(peers: Sequence[Peer], sizes: Sequence[int], place: Place, say: Callable[[str], None]) -> Verification:
    """Every peer that mirrors over HTTP, then all of ours."""
    copies: list[Verified] = []
    for peer in (peer for peer in peers if peer.key in MIRRORING):
        say(f"verifying copies: {peer.name}")
        with _strict_target() as target, ExitStack() as stack:
            upstream = free_port()
            start_origin(upstream, folder=place.folder, core=place.load_core, stack=stack)
            running = peer.start(upstream, replace(place, copies_to=target.server_port), stack)
            copies += [_compare(peer.name, running.port, size, target) for size in sizes]
            running.finish()
    if not any(peer.key == "shadowbench-mirror" for peer in peers):
        return Verification(copies=copies)
    say("verifying copies: shadowbench serve")
    with _strict_target() as target, ExitStack() as stack:
        folder = place.folder / "verified"
        folder.mkdir()
        sidecar = Sidecar(folder, stack, queue=None, candidate=target.server_port)
        sidecar.wait_until_connected()
        copies += [_compare("shadowbench serve", sidecar.port, size, target) for size in sizes]
        pairs = sidecar.wait_until_settled(_EACH * len(sizes))
        return Verification(copies=copies, ours=recorded(sidecar.signals(), pairs.rows))


def recorded(signals: Mapping[str, float], pairs: int) -> Recorded:
    """From the series of /metrics."""

    def total(name: str, label: str = "") -> int:
        begin = f"shadowbench_{name}{{"
        return int(sum(value for series, value in signals.items() if series.startswith(begin) and label in series))

    return Recorded(
        offered=total("handoff_exchanges_total"),
        handed_off=total("handoff_exchanges_total", 'decision="sampled"'),
        recorded=total("recorder_exchanges_total", 'result="recorded"'),
        pairs=pairs,
        dropped={name: count for name, count in drops(dict(signals)).items() if "unpriced" not in name},
    )


def matching(sent: Counter[Copy], received: Counter[Copy]) -> int:
    """How many copies have an original; one that came twice counts once."""
    return (sent & received).total()


class _Target(ThreadingHTTPServer):
    """Keeps what it got."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()  # of `got`: each connection has a thread
        self.got: list[Copy] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A mirror that does not wait for the answer is no error here."""

    def take(self) -> Counter[Copy]:
        """What came since the last time."""
        with self.lock:
            got, self.got = self.got, []
        return Counter(got)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Target

    def do_POST(self) -> None:
        """Read all, answer as the origin does."""
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        body = self._chunks() if chunked else self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            self.server.got.append(("POST", self.path, hashlib.sha256(body).hexdigest()))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(COMPLETION)))
        self.end_headers()
        self.wfile.write(COMPLETION.encode())

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def _strict_target() -> Iterator[_Target]:
    with _Target() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _compare(name: str, port: int, size: int, target: _Target) -> Verified:
    sent = Counter(_send(port, size))
    deadline = time.monotonic() + _SETTLE_S
    while len(target.got) < _EACH and time.monotonic() < deadline:
        time.sleep(0.05)
    received = target.take()
    return Verified(
        name=name, size=size, sent=sent.total(), received=received.total(), identical=matching(sent, received)
    )


def _send(port: int, size: int) -> Iterator[Copy]:
    """One after the other on one connection, head and body in one piece, each body another one."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for number in range(_EACH):
            body = chat_body(size).replace(b"What is", b"%07d" % number, 1)
            connection.sendall(request(body))
            answer = http.client.HTTPResponse(connection, method="POST")
            answer.begin()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"a request of {size_name(size)} was answered with {answer.status}")
            yield "POST", PATH, hashlib.sha256(body).hexdigest()
            time.sleep(_GAP_S)
