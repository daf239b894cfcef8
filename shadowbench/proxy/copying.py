"""One exchange on its way to the mirror: its frames, in order, as it happens.

This is done for every exchange, so frames are packed in place rather than through `handoff`'s functions,
whose calls would cost as much again. `tests/unit/proxy` reads them back with `handoff`'s readers.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from shadowbench import handoff
from shadowbench.http1.responses import ResponseHead
from shadowbench.links import Sender

if TYPE_CHECKING:
    from shadowbench.proxy.tap import Tap

MAX_LINES_BYTES: Final = handoff.MAX_HEAD_BYTES - 64
_FLUSH_BYTES: Final = 32768
# A response body is told when as much has gathered. Until then its chunks stay where they arrived: to go through everything
# that a copy consists of for each token would cost as much as to forward it. Not more than this: streams that began together
# are told together, and hundreds of them must stay below the link's bound.
TELL_BYTES: Final = 8192
TELL_CHUNKS: Final = 64
# Looked up once: they are used for every exchange.
_MAX_PAYLOAD: Final = handoff.MAX_PAYLOAD
_MAX_HEAD_BYTES: Final = handoff.MAX_HEAD_BYTES
_MAX_US: Final = handoff.MAX_US
_ABSENT_US: Final = handoff.ABSENT_US
_pack_open: Final = handoff.OPEN_FRAME.pack
_pack_header: Final = handoff.HEADER.pack
_pack_time: Final = handoff.TIME_FRAME.pack
_pack_head: Final = handoff.HEAD_FRAME.pack
_pack_end: Final = handoff.END_FRAME.pack
# Above this, buffers go to the link as they are; below it, one join is cheaper than their number.
_JOIN_BYTES: Final = 8192


class Copy:
    """Holds less than 64 KiB, with what its exchange keeps for it. `live` turns false when nobody wants it any more."""

    __slots__ = (
        "_asked",
        "_link",
        "_owner",
        "_pending",
        "_size",
        "is_open_sent",
        "live",
        "sequence",
    )

    def __init__(self, owner: Tap, link: Sender, sequence: int, version: int, lines: bytes, now_ns: int) -> None:
        """`lines`: the request's head as production gets it, without credentials, at most MAX_LINES_BYTES."""
        self.live = True
        self.sequence = sequence
        self._owner = owner
        self._link = link
        self.is_open_sent = False
        self._asked = 0  # bytes of the request's body
        self._size = size = len(lines)
        self._pending: list[bytes] = [
            _pack_open(20 + size, 2, 0, 0, sequence, now_ns, version, owner.rate or 1.0),
            lines,
        ]

    def request(self, data: bytes) -> None:
        """A piece of the request body. Any may be the one that ends the copy: what comes after it is nothing to the mirror."""
        if not self.live:
            return
        size = len(data)
        if size <= _MAX_PAYLOAD:
            self._pending += _pack_header(size, 3, 0, 0, self.sequence), data
        else:
            self._pending += handoff.request_frames(self.sequence, data)
        self._size += size
        self._asked += size
        if self._asked > self._owner.request_bound:
            # The mirror sees by what it has that this is too large. The rest would crowd out the copies of others.
            self.abort("capture_dropped", time.monotonic_ns())
        elif self._size >= _FLUSH_BYTES:
            self._send()

    def request_end(self, now_ns: int, *, is_over: bool) -> None:
        """The request was handed to production's socket in full. `is_over`: the end is told next, and sent with this."""
        if not self.live:
            return
        self._pending.append(_pack_time(8, 4, 0, 0, self.sequence, now_ns))
        if not is_over:
            self._send()

    def response_head(self, now_ns: int, head: ResponseHead, lines: bytes, connect_s: float | None) -> None:
        """Production's response head; `lines` as the client gets them."""
        if head.credentials_at is not None:
            fields = head.fields.copy()
            for at in head.credentials_at:
                fields[at] = self._owner.placeholder(fields[at])
            lines = b"HTTP/1.1 %d %b\r\n%b" % (head.status, head.reason, b"".join(fields))
        size = len(lines)
        if size > _MAX_HEAD_BYTES:
            self.abort("capture_dropped", now_ns)
            return
        connect_us = _ABSENT_US if connect_s is None else int(connect_s * 1e6)
        self._size += size
        # Kept with the request's frames, if any are left, and sent with the first part.
        self._pending += (
            _pack_head(16 + size, 5, 0, 0, self.sequence, now_ns, connect_us, _ABSENT_US),
            lines,
        )

    def body(self, times_ns: list[int], chunks: list[bytes], size: int) -> None:
        """Chunks of production's body with the times at which they arrived; `size`: their bytes in all."""
        if not self.live:
            return
        self._pending += handoff.part_frames(self.sequence, times_ns, chunks, size)
        # Many small chunks are not joined here either: the link does that for all it sends.
        self._size += size if len(chunks) == 1 else _JOIN_BYTES
        if size >= TELL_BYTES or len(chunks) >= TELL_CHUNKS:
            self._send()

    def end(self, now_ns: int, paused_us: int, lag_us: int) -> None:
        """The response is complete, since `now_ns`."""
        if paused_us > _MAX_US:
            paused_us = _MAX_US
        self._pending.append(_pack_end(16, 7, 0, 0, self.sequence, now_ns, paused_us, lag_us))
        self._send()
        if self.live:
            self._close()

    def abort(self, reason: str, now_ns: int, paused_us: int = 0, lag_us: int = 0) -> None:
        """The exchange ended otherwise. Always said, also above the soft bound: the mirror must not wait for more."""
        if not self.live:
            return
        link = self._link
        frames: list[bytes] = []
        if link.full:
            # What gathered cannot be told any more: whatever became of the exchange, its copy is not whole.
            owner = self._owner
            owner.dropped_full += 1
            reason = "handoff_full"
            if not self.is_open_sent:
                self._close()  # nothing was ever said of it
                return
            owner.cut_short += 1
        else:
            frames = self._pending
            if not self.is_open_sent:
                self._open_is_sent()
        frames.append(handoff.abort_frame(self.sequence, now_ns, reason, paused_us, lag_us))
        link.write(frames)
        self._close()

    def dropped(self) -> None:
        """The mirror does not want this exchange. It has settled it."""
        self._close()

    def forsake(self) -> None:
        """After a fault of ours: end it in whatever way still works."""
        try:
            self.abort("capture_dropped", time.monotonic_ns())
        except Exception:  # noqa: BLE001  already counted; the connection's settlement counts will tell the rest
            if not self.is_open_sent:
                self._owner.failed += 1
            self._close()

    def _send(self) -> None:
        link = self._link
        if link.full:
            self.abort("handoff_full", time.monotonic_ns())
            return
        pending, self._pending = self._pending, []
        if self._size < _JOIN_BYTES:
            link.write_joined(b"".join(pending))
        else:
            link.write(pending)
        self._size = 0
        if not self.is_open_sent:
            self._open_is_sent()

    def _open_is_sent(self) -> None:
        """From now on the mirror owes a settlement."""
        self.is_open_sent = True
        self._owner.handed_off += 1
        self._link.opened += 1

    def _close(self) -> None:
        self.live = False
        self._pending = []
        self._owner.copies.pop(self.sequence, None)
