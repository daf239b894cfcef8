"""What the mirror is to hear of one exchange, kept until clients and production have what is theirs.

An exchange notes what passes, in order; what has gathered is told a moment later (`Afterwards`), to a copy if there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shadowbench.http1.requests import RequestHead
from shadowbench.http1.responses import ResponseHead
from shadowbench.proxy.copying import TELL_BYTES, TELL_CHUNKS

if TYPE_CHECKING:
    from shadowbench.proxy.copying import Copy
    from shadowbench.proxy.tap import Tap
    from shadowbench.proxy.traffic import Traffic

# One read of a socket brings up to 256 KiB, and one turn of the loop up to 32 of them from each that is never empty.
_TELL_NOW_BYTES: Final = 65536
# When production's head arrived (ns), the head, its lines as the client gets them, seconds to connect if it had to.
Answer = tuple[int, ResponseHead, bytes, float | None]
# Why it was not the regular one, if so; when it came (ns); microseconds that the client held us back, and that the loop lagged.
Ending = tuple[str | None, int, int, int]


class Notes:
    """Of one exchange (`Teller`). `hears` turns false when nothing more is to be noted: all is over, or nobody wants it."""

    __slots__ = (
        "_answer",
        "_arrived_ns",
        "_asked",
        "_copy",
        "_ending",
        "_head",
        "_heard",
        "_heard_ns",
        "_heard_size",
        "_is_offered",
        "_sent_ns",
        "_start",
        "_tap",
        "_traffic",
        "_waits",
        "has_heard_enough",
        "hears",
    )

    def __init__(self, traffic: Traffic, tap: Tap, head: RequestHead, start: bytes, arrived_ns: int) -> None:
        """`start`: the request line that production gets; `arrived_ns`: when the head came."""
        # What each chunk touches comes first: compiled, an object lies in memory in this order.
        self.hears = True
        self.has_heard_enough = False  # of the answer, to tell it before its end
        self._heard: list[bytes] = []
        self._heard_ns: list[int] = []
        self._heard_size = 0
        self._traffic = traffic
        self._tap = tap
        self._head = head
        self._start = start
        self._arrived_ns = arrived_ns
        self._waits = False
        self._is_offered = False
        self._copy: Copy | None = None
        self._asked: list[bytes] | None = []  # what the client said; None when nobody wants more of it
        self._sent_ns = 0  # when all of it was on its way to production
        self._answer: Answer | None = None
        self._ending: Ending | None = None

    # ── noting ──

    def asked(self, data: bytes) -> None:
        """A piece of the request's body came."""
        if self._asked is not None:
            self._asked.append(data)

    def asked_is_sent(self, size: int, ended_ns: int = 0) -> None:
        """What came went to production, `size` bytes; `ended_ns`: when, if that was all of the request."""
        if self._asked is not None:
            self._sent_ns = ended_ns
            self.tell_later(size)

    def answered(self, now_ns: int, head: ResponseHead, lines: bytes, connect_s: float | None) -> None:
        """Production's answer begins; `lines` as the client gets them, `connect_s` where a connection was made for it."""
        if self.hears:
            self._answer = now_ns, head, lines, connect_s

    def heard(self, now_ns: int, data: bytes, size: int) -> None:
        """A piece of the answer came. To be told when `has_heard_enough`, after the client has it."""
        self._heard_ns.append(now_ns)
        self._heard.append(data)
        self._heard_size += size
        if self._heard_size >= TELL_BYTES or len(self._heard) >= TELL_CHUNKS:
            self.has_heard_enough = True

    def end(self, reason: str | None, now_ns: int, paused_us: int, lag_us: int) -> None:
        """All is over; `reason`: why, where the answer is not whole."""
        self.hears = False
        self._ending = reason, now_ns, paused_us, lag_us
        self.tell_later(self._heard_size)

    # ── telling ──

    def tell_heard_later(self) -> None:
        """The client has what was heard."""
        self.tell_later(self._heard_size)

    def tell_later(self, size: int) -> None:
        """There is something for the copy. `size`: bytes of it; many of them do not wait, for what waits is bounded."""
        if not self._waits:
            self._waits = True
            self._tap.afterwards.add(self)
        if size >= _TELL_NOW_BYTES:
            self._tap.afterwards.now()

    def tell(self) -> None:
        """Tell the copy what has gathered (`Teller`)."""
        self._waits = False
        operation = "open"
        try:
            if not self._is_offered:
                self._is_offered = True
                self._copy = self._tap.offer(self._head, self._start, self._arrived_ns)
            copy = self._copy
            if copy is not None:
                operation = "request"
                if self._asked is not None:
                    self._tell_asked(copy, self._asked)
                operation = "response"
                if copy.live and (self.has_heard_enough or self._ending is not None):
                    self._tell_heard(copy)
                operation = "end"
                if copy.live and self._ending is not None:
                    self._tell_ending(copy, *self._ending)
        except Exception as error:  # noqa: BLE001  whatever it is, it is not the client's
            copy = self._copy
            self._forget()
            self._traffic.copy_failed(operation, error, copy)
            return
        if copy is None or not copy.live:
            self._forget()

    def _tell_asked(self, copy: Copy, asked: list[bytes]) -> None:
        self._asked = None if self._sent_ns else []
        for data in asked:
            copy.request(data)
        if self._sent_ns:
            copy.request_end(self._sent_ns, is_over=self._ending is not None)

    def _tell_heard(self, copy: Copy) -> None:
        heard, heard_ns, size = self._heard, self._heard_ns, self._heard_size
        self._heard, self._heard_ns, self._heard_size = [], [], 0
        self.has_heard_enough = False
        if self._answer is not None:
            answer, self._answer = self._answer, None
            copy.response_head(*answer)
        if heard:
            copy.body(heard_ns, heard, size)

    def _tell_ending(self, copy: Copy, reason: str | None, now_ns: int, paused_us: int, lag_us: int) -> None:
        if reason is None:
            copy.end(now_ns, paused_us, lag_us)
        else:
            copy.abort(reason, now_ns, paused_us, lag_us)

    def _forget(self) -> None:
        """Nobody wants more of this exchange."""
        self.hears = self.has_heard_enough = False
        self._copy = self._asked = self._answer = None
        self._heard, self._heard_ns, self._heard_size = [], [], 0
