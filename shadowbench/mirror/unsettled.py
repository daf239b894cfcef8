"""Calls that are over and whose cost is not known yet: between the last byte and the recorder's word."""

from __future__ import annotations

from shadowbench.limits.budget import Reservation, Why
from shadowbench.mirror.purse import Purse

_BY_CODE = {each.value: each for each in Why}


class Unsettled:
    """One lane's, by the number of the exchange."""

    def __init__(self, purse: Purse) -> None:
        self._purse = purse
        self._calls: dict[int, tuple[Reservation, bool]] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, number: int, reservation: Reservation, *, answered: bool) -> None:
        """A call has ended; `answered`: whole."""
        self._calls[number] = (reservation, answered)

    def settle(self, number: int, usd: float | None, tokens: int | None, why: int | None = None) -> None:
        """The recorder knows what it cost, or knows that nobody does (None) and `why`."""
        call = self._calls.pop(number, None)
        if call is not None:
            reservation, answered = call
            self._purse.settle(reservation, usd, tokens, answered=answered, why=_why(why))

    def forget(self, number: int) -> None:
        """Nobody looked: it counts as what was reserved, which is no evidence that prices are unknown."""
        call = self._calls.pop(number, None)
        if call is not None:
            self._purse.settle(call[0], None, None, answered=False)


def _why(code: int | None) -> Why | None:
    """A reason that only a later recorder knows is no evidence of anything."""
    return None if code is None else _BY_CODE.get(code, Why.UNREADABLE)
