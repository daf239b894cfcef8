"""The two ends of a handoff socket: proxy → mirror, and mirror → recorder.

`Sender` is the end that copies leave by: it connects with back-off, holds a bounded buffer, counts what was opened and what
the other side settled, and knows how many exchanges died with a connection. `listen` makes the receiving end. What the frames
mean is in `handoff.py`; what to do with them is the jobs' business.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, cast

from shadowbench import handoff
from shadowbench.errors import ProtocolError, UnavailableError
from shadowbench.handoff import Frame, Kind
from shadowbench.signals import Counters

# Unsent frames above this stop payload; a mirror that was stopped for good costs a proxy worker this much memory.
SOFT_BOUND_BYTES = 8 * 1024 * 1024
# Only ends and aborts are written above the soft bound. More than this means that even they pile up: hang up.
HARD_BOUND_BYTES = 2 * SOFT_BOUND_BYTES
# Gathered for one write, joined up to this size; bounds what a turn of the loop may add beyond the soft bound.
_JOIN_BYTES = 131072
_GATHER_S = 0.001
_FIRST_DELAY_S = 0.05
_LONGEST_DELAY_S = 2.0
_PEER = struct.Struct("3i")


class SenderListener(Protocol):
    """What the owner of a Sender is told. All calls come from the loop, none may block."""

    def on_ready(self, epoch: str) -> None:
        """A connection stands: a new epoch begins."""

    def on_frame(self, frame: Frame) -> None:
        """POLICY or DROP arrived."""

    def on_lost(self, epoch: str, count: int) -> None:
        """The connection ended with `count` exchanges opened and not settled. They are lost; nothing is sent again."""


class Sender:
    """The sending end (`asyncio.Protocol`). `ready` says whether an exchange may be opened now; `full` why not."""

    def __init__(
        self,
        path: Path,
        *,
        role: str,
        name: str,
        listener: SenderListener,
        counters: Counters,
        chance: random.Random,
        gather_s: float | None = _GATHER_S,
    ) -> None:
        """`gather_s`: how long frames wait for others; None: until the owner calls `flush`."""
        self.path = path
        self.epoch = ""
        self.ready = False  # connected, welcomed, below the soft bound, not leaving
        self.full = False
        self.opened = 0
        self.settled = 0
        self.recorded = 0
        self.peer_version = handoff.VERSION
        self.on_ack: Callable[[handoff.AckPayload], None] | None = None  # for owners that pass settlements on
        self.on_refusal: Callable[[ProtocolError], None] = lambda error: None  # for owners that tell
        self._role = role
        self._name = name
        self._listener = listener
        self._counters = counters
        self._chance = chance
        self._gather_s = gather_s
        self._transport: asyncio.WriteTransport | None = None
        self._reader = handoff.FrameReader()
        self._welcomed = False
        self._leaving = False
        self._delay_s = _FIRST_DELAY_S
        self._timer: asyncio.TimerHandle | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0

    # ── life ──

    def start(self) -> None:
        """Begin to connect, and go on whenever the connection ends."""
        self._loop = asyncio.get_running_loop()
        self._try()

    async def until_ready(self, deadline_s: float) -> bool:
        """Wait for the other end's welcome. Whether it came within the deadline."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                while not self.ready:
                    self._changed.clear()
                    await self._changed.wait()
        return self.ready

    async def leave(self, deadline_s: float) -> bool:
        """Say goodbye, wait until all opened exchanges are settled, close. Whether they were, within the deadline."""
        self._leaving, self.ready = True, False
        if self._timer:
            self._timer.cancel()
        if self._transport is None:
            return True
        self.flush()
        self._transport.write(handoff.pack(Kind.GOODBYE))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                while self._transport is not None and self.settled < self.opened:
                    self._changed.clear()
                    await self._changed.wait()
        done = self.settled >= self.opened
        if self._transport is not None:
            self._transport.close()
        return done

    def write(self, frames: Sequence[bytes]) -> None:
        """Hand frames to the socket. Callers open exchanges only while `ready`, and after that send payload only while
        not `full`; ends and aborts may always be written."""
        if self._transport is None:
            return
        gathered = self._gathered
        if not gathered and self._gather_s is not None:
            # One write for all that a millisecond brings: each costs a system call and wakes the other process.
            self._loop.call_later(self._gather_s, self.flush)
        gathered += frames
        self._gathered_bytes += sum(map(len, frames))
        if self._gathered_bytes > _JOIN_BYTES:
            self.flush()

    def write_joined(self, frames: bytes) -> None:
        """The same for small frames that were joined already."""
        if self._transport is None:
            return
        if not self._gathered and self._gather_s is not None:
            self._loop.call_later(self._gather_s, self.flush)
        self._gathered.append(frames)
        self._gathered_bytes += len(frames)
        if self._gathered_bytes > _JOIN_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        transport, gathered = self._transport, self._gathered
        if not gathered or transport is None:
            return
        size, self._gathered, self._gathered_bytes = self._gathered_bytes, [], 0
        if size <= _JOIN_BYTES:
            transport.write(b"".join(gathered))
        else:
            transport.writelines(gathered)
        if self.full and transport.get_write_buffer_size() > HARD_BOUND_BYTES:
            self._counters.add("handoff_hangups_total")
            transport.abort()

    # ── connecting ──

    def _try(self) -> None:
        # The one task per connection; kept, so that it is neither collected nor forgotten.
        self._timer = None
        self._connecting = self._loop.create_task(self._connect(), name=f"{self._role}-link")

    async def _connect(self) -> None:
        try:
            await self._loop.create_unix_connection(lambda: cast(asyncio.Protocol, self), str(self.path))
        except OSError:
            self._retry_later()

    def _retry_later(self) -> None:
        if self._leaving:
            return
        # Full jitter, so that the workers of a restarted pod do not come back in step.
        wait = self._delay_s * (0.5 + self._chance.random() / 2)
        self._delay_s = min(_LONGEST_DELAY_S, self._delay_s * 2)
        self._timer = self._loop.call_later(wait, self._try)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if peer_uid(transport) != os.geteuid():
            # Somebody else listens there: not a mirror of ours, so no request of anybody may go to it.
            self._counters.add("handoff_refusals_total", (("reason", "peer_user"),))
            cast(asyncio.WriteTransport, transport).abort()
            return
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.set_write_buffer_limits(high=SOFT_BOUND_BYTES, low=SOFT_BOUND_BYTES // 2)
        self._reader = handoff.FrameReader()
        self.epoch = f"{self._name}-{self._chance.getrandbits(48):012x}"
        self.opened = self.settled = self.recorded = 0
        self.full = self._welcomed = False
        self._transport.write(handoff.hello_frame(role=self._role, epoch=self.epoch, extra={"pid": os.getpid()}))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is None:
            self._retry_later()
            return
        self._transport = None
        self._gathered, self._gathered_bytes = [], 0
        self.ready = False
        self._changed.set()
        lost = self.opened - self.settled
        if self._welcomed:
            self._listener.on_lost(self.epoch, lost)
        if not self._leaving:
            self._counters.add("handoff_disconnects_total")
        self._retry_later()

    # ── what comes back ──

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._reader.feed(data):
                self._take(frame)
        except ProtocolError as error:
            self._counters.add("handoff_refusals_total", (("reason", error.reason),))
            self.on_refusal(error)
            if self._transport is not None:
                self._transport.abort()

    def _take(self, frame: Frame) -> None:
        if frame.kind == Kind.ACK:
            ack = handoff.read_ack(frame.payload)
            self.recorded = ack.recorded
            self.settled = ack.recorded + ack.discarded
            self._changed.set()
            if self.on_ack is not None:
                self.on_ack(ack)
        elif frame.kind == Kind.WELCOME:
            self.peer_version = handoff.check_version(handoff.read_json(frame.payload))
            self._welcomed = True
            self._delay_s = _FIRST_DELAY_S
            self.ready = not self._leaving
            self._changed.set()
            self._listener.on_ready(self.epoch)
        else:
            self._listener.on_frame(frame)

    def eof_received(self) -> bool:
        return False  # closed then

    def pause_writing(self) -> None:
        self.full, self.ready = True, False

    def resume_writing(self) -> None:
        self.full = False
        self.ready = self._welcomed and not self._leaving


def peer_uid(transport: asyncio.BaseTransport) -> int:
    """The user at the other end of a unix socket (SO_PEERCRED, unix(7))."""
    pseudo = transport.get_extra_info("socket")
    with socket.socket(fileno=os.dup(pseudo.fileno())) as real:
        _, uid, _ = _PEER.unpack(real.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)


def private_folder(folder: Path) -> None:
    """Make `folder` with mode 0700, or check that it is ours alone. Raises UnavailableError.

    An open folder is closed to others only when nothing but ours is in it: nobody who configures /run or /tmp means that.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        if status.st_uid != os.geteuid():
            raise UnavailableError(f"{folder} belongs to another user: remove it, or choose another runtime folder")
        if not os.access(folder, os.W_OK | os.X_OK):  # also on a file system that is mounted read-only
            raise unusable(folder, "it cannot be written")
        if not status.st_mode & 0o077:
            return
        if any(not entry.name.startswith(("mirror.", "recorder.")) for entry in folder.iterdir()):
            raise UnavailableError(f"{folder} is open to others and in use: choose a runtime folder of its own in it")
        folder.chmod(0o700)
    except OSError as error:
        raise unusable(folder, error.strerror) from None


def unusable(folder: Path, why: str | None) -> UnavailableError:
    """What to say where sockets and locks cannot be made."""
    return UnavailableError(
        f"cannot use the runtime folder {folder}: {why}; set runtime.folder to one that this user can write"
    )


async def listen(path: Path, factory: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    """Receive handoff connections at `path`, replacing a stale socket. Its folder is made 0700. Raises UnavailableError."""
    private_folder(path.parent)
    loop = asyncio.get_running_loop()
    # Bound under another name and moved over: a sender finds either the old socket or a listening one.
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(str(fresh))
        sock.listen(128)
        sock.setblocking(False)
        fresh.chmod(0o600)
        fresh.replace(path)
    except OSError as error:
        sock.close()
        fresh.unlink(missing_ok=True)
        raise UnavailableError(
            f"cannot listen at {path}: {error.strerror or error}; unix socket paths are limited to 107 bytes"
        ) from None
    return await loop.create_unix_server(factory, sock=sock)
