"""A mirror that keeps nothing: reads handoff frames as fast as it can, counts them, acknowledges them.

`python -m benchmarks.drain SOCKET`, until SIGTERM; then the counts as one line of JSON on stdout. It looks at frame headers
only and never copies a payload, so that it costs the other core as little as a reader can.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shadowbench import handoff
from shadowbench.handoff import HEADER, Kind, Policy
from shadowbench.links import private_folder

_READ_BYTES = 1 << 20
_ACK_EVERY_S = 0.005
_SALT = bytes(32)
_POLICY = Policy(version=1, salt=_SALT, rate=1.0, endpoints=(("POST", "/chat/completions"),))
_WELCOME = handoff.pack(Kind.WELCOME, 0, json.dumps({"version": handoff.VERSION}).encode())
_END_FIELDS = 16  # bytes of an ABORT's payload before its reason


@dataclass(slots=True)
class Counts:
    """What arrived, over all connections."""

    connections: int = 0
    bytes: int = 0
    kinds: Counter[int] = field(default_factory=Counter)
    aborts: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, object]:
        """What is printed at the end."""
        return {
            "connections": self.connections,
            "bytes": self.bytes,
            "opened": self.kinds[Kind.OPEN],
            "ended": self.kinds[Kind.END],
            "aborted": dict(self.aborts),
            "frames": sum(self.kinds.values()),
        }


class Connection:
    """One proxy worker's connection."""

    def __init__(self, sock: socket.socket, counts: Counts, buffer: bytearray) -> None:
        self.sock = sock
        self.unacknowledged = False
        self._counts = counts
        self._buffer = buffer
        self._rest = b""  # of a header that was cut
        self._skip = 0  # bytes of a payload that are still to come
        self._ended = 0
        self._aborted = 0
        self._welcomed = False

    def read(self) -> bool:
        """Take what is there. Whether the connection goes on."""
        rest = len(self._rest)
        buffer = self._buffer
        buffer[:rest] = self._rest
        try:
            size = self.sock.recv_into(memoryview(buffer)[rest:])
        except (BlockingIOError, ConnectionResetError):
            return True
        if size == 0:
            return False
        self._counts.bytes += size
        self._scan(buffer, rest + size)
        if not self._welcomed:
            self._welcomed = True
            self.sock.sendall(_WELCOME + handoff.pack(Kind.POLICY, 0, _POLICY.to_json()))
        return True

    def _scan(self, buffer: bytearray, end: int) -> None:
        at = self._skip
        unpack = HEADER.unpack_from
        kinds: list[int] = []
        while end - at >= 16:
            length, kind, _, _, _ = unpack(buffer, at)
            kinds.append(kind)
            at += 16 + length
            if kind == 8:
                reason = bytes(buffer[at - length + _END_FIELDS : min(at, end)])
                self._counts.aborts[reason.decode("ascii", "replace")] += 1
        self._skip = max(0, at - end)
        self._rest = bytes(buffer[at:end])
        self._counts.kinds.update(kinds)
        ended, aborted = kinds.count(7), kinds.count(8)
        if ended or aborted:
            self._ended += ended
            self._aborted += aborted
            self.unacknowledged = True

    def acknowledge(self) -> None:
        """Tell the proxy what is settled."""
        self.unacknowledged = False
        try:
            self.sock.send(handoff.ack_frame(self._ended, self._aborted))
        except OSError:
            pass  # it went away, or does not read: the next one says the same and more


def serve(path: Path) -> Counts:
    """Read until SIGTERM."""
    counts = Counts()
    buffer = bytearray(_READ_BYTES)
    wake, woken = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    listener = _listen(path)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    connections: list[Connection] = []
    acknowledge_at = 0.0
    while True:
        waiting = any(connection.unacknowledged for connection in connections)
        for key, _ in selector.select(_ACK_EVERY_S if waiting else None):
            if key.fileobj is woken:
                return counts
            if key.fileobj is listener:
                connections.append(_accept(listener, selector, counts, buffer))
                continue
            connection = key.data
            if not connection.read():
                selector.unregister(connection.sock)
                connection.sock.close()
                connections.remove(connection)
        now = time.monotonic()
        if now >= acknowledge_at:
            acknowledge_at = now + _ACK_EVERY_S
            for connection in connections:
                if connection.unacknowledged:
                    connection.acknowledge()


def _listen(path: Path) -> socket.socket:
    private_folder(path.parent)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.fspath(path))
    listener.listen(16)
    return listener


def _accept(listener: socket.socket, selector: selectors.BaseSelector, counts: Counts, buffer: bytearray) -> Connection:
    sock, _ = listener.accept()
    sock.setblocking(False)
    counts.connections += 1
    connection = Connection(sock, counts, buffer)
    selector.register(sock, selectors.EVENT_READ, connection)
    return connection


def main(arguments: Sequence[str]) -> None:
    """Serve at the socket named on the command line, then print."""
    sys.stdout.write(json.dumps(serve(Path(arguments[0])).as_json()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
