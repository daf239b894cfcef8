"""How long a connection may take that is being closed. Pure: time comes as an argument."""

from __future__ import annotations

from typing import Final

# How long what a client still sends is read and thrown away behind the last answer: in silence, and in all.
_LINGER_S: Final = 2.0
_LINGER_WHOLE_S: Final = 30.0


class Farewell:
    """One connection, from the decision to close it until it is closed. Seconds on the ticker's clock."""

    __slots__ = ("_lingers", "_lingers_until", "_silent_until", "_since", "_unsent")

    def __init__(self, now: float, *, since: float, lingers: bool) -> None:
        """`since`: when something moved last, so that one who was silent is not waited for anew. `lingers`: the client may
        still send, and is read: to close under its bytes would be a reset, which can destroy our answer before it is read."""
        self._since = since
        self._unsent = 0
        self._lingers = lingers
        self._silent_until = now + _LINGER_S
        self._lingers_until = now + _LINGER_WHOLE_S

    def heard(self, now: float) -> None:
        """The client still sends."""
        self._silent_until = min(now + _LINGER_S, self._lingers_until)

    def is_over(self, now: float, unsent: int, patience_s: float) -> bool:
        """Whether to wait no longer. `unsent`: bytes of our answers that the client has not taken; `patience_s`: how long it
        may take none of them."""
        if unsent != self._unsent:
            self._unsent, self._since = unsent, now  # slow, but it reads
        has_lingered = self._lingers and not unsent and now > self._silent_until
        return has_lingered or now - self._since > patience_s
