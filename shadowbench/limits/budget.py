"""What a candidate may cost: every call is reserved before it is made and settled when its cost is known. Pure.

Spent and reserved together never exceed a limit when a call is admitted, so that calls under way cannot overrun it together;
what can be too much is the part of a call's cost above its own reservation.

Windows are UTC clock hours and days. A call counts in those it was admitted in. Money is whole nano-dollars: sums of floats
depend on their order, and a ledger should not. A cost that stays unknown is settled as what was reserved for it, for it may
have been billed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

NANO = 1_000_000_000
_HOUR_S = 3600
_HOURS_A_DAY = 24


class Amount(NamedTuple):
    """Money in 10⁻⁹ USD, and tokens in and out."""

    nano_usd: int = 0
    tokens: int = 0

    def plus(self, other: Amount) -> Amount:
        """The sum."""
        return Amount(self.nano_usd + other.nano_usd, self.tokens + other.tokens)

    def minus(self, other: Amount) -> Amount:
        """The difference, never below zero: what is kept over a restart may not know a reservation."""
        return Amount(max(0, self.nano_usd - other.nano_usd), max(0, self.tokens - other.tokens))


NOTHING = Amount()


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPolicy:
    """Limits; None is none.

    `unknown` is what becomes of a limit that cannot be kept (stop | allow): one on money once the price of a whole answer was
    unknown, one on tokens once its usage was.
    """

    usd_hour: float | None = None
    usd_day: float | None = None
    usd_total: float | None = None
    tokens_hour: int | None = None
    tokens_day: int | None = None
    tokens_total: int | None = None
    unknown: str = "stop"

    @property
    def usd(self) -> tuple[float | None, ...]:
        """In the order of `Spending.windows`."""
        return self.usd_hour, self.usd_day, self.usd_total

    @property
    def tokens(self) -> tuple[int | None, ...]:
        """In the order of `Spending.windows`."""
        return self.tokens_hour, self.tokens_day, self.tokens_total

    @property
    def limits_usd(self) -> bool:
        """Whether any limit is on money."""
        return any(limit is not None for limit in self.usd)

    @property
    def limits_tokens(self) -> bool:
        """Whether any limit is on tokens."""
        return any(limit is not None for limit in self.tokens)


WINDOWS = ("hour", "day", "total")


@dataclass(slots=True)
class Window:
    """What was admitted in one window. `index` counts windows since 1970. Changed in place: each call does so twice."""

    index: int = 0
    spent: Amount = NOTHING
    reserved: Amount = NOTHING

    def move(self, index: int) -> None:
        """It is the window `index` now, and a later one begins empty.

        A clock that goes back a little, over the edge it has just passed, begins no new window; one that is corrected by
        more takes what was spent along.
        """
        if index > self.index:
            self.index, self.spent, self.reserved = index, NOTHING, NOTHING
        elif index < self.index - 1:
            self.index = index

    def reserve(self, amount: Amount) -> None:
        """A call more is under way."""
        self.reserved = self.reserved.plus(amount)

    def settle(self, reserved: Amount, actual: Amount) -> None:
        """A call less, and its cost."""
        self.spent = self.spent.plus(actual)
        self.reserved = self.reserved.minus(reserved)

    @property
    def used(self) -> Amount:
        """What no further call may use."""
        return self.spent.plus(self.reserved)


@dataclass(slots=True)
class Spending:
    """All that has to outlive the process."""

    windows: tuple[Window, ...] = field(default_factory=lambda: tuple(Window() for _ in WINDOWS))  # hour, day, total
    largest: Amount = NOTHING  # of the settled costs of one call: experience, for reservations

    def restarted(self) -> Spending:
        """As a new process finds it: calls that were under way may have been billed, so what was reserved is spent."""
        return Spending(tuple(Window(window.index, window.used) for window in self.windows), self.largest)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call that may be made."""

    amount: Amount
    indexes: tuple[int, ...]  # of the windows it was admitted in


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that may not: `budget_usd_hour`, …, `budget_tokens_total`, `price_unknown` or `usage_unknown`."""

    reason: str


class Ledger:
    """One candidate's, and the owner of its spending. `price_known` False: its price is known to be unknown."""

    __slots__ = ("_hour", "_limits", "_policy", "price_unknown", "spending", "unknown_costs", "usage_unknown")

    def __init__(self, policy: BudgetPolicy, spending: Spending | None = None, *, price_known: bool = True) -> None:
        self._policy = policy
        self.spending = spending or Spending()
        # Not kept over restarts: who changes a price table starts again.
        self.price_unknown = not price_known
        self.usage_unknown = False
        self.unknown_costs = 0
        self._hour = -1
        self._limits = tuple(_limits(policy))

    def refusal(self, unix_s: float, estimate: Amount) -> str | None:
        """Why a call that may cost `estimate` cannot be admitted now."""
        if self._policy.unknown == "stop":
            if self.price_unknown and self._policy.limits_usd:
                return "price_unknown"
            if self.usage_unknown and self._policy.limits_tokens:
                return "usage_unknown"
        self._roll(unix_s)
        for limit in self._limits:
            if self._used(limit) + estimate[limit.part] > limit.most:
                return f"budget_{limit.name}"
        return None

    def reserve(self, unix_s: float, estimate: Amount) -> Reservation | Refusal:
        """Admit a call that may cost `estimate`, or say why not."""
        reason = self.refusal(unix_s, estimate)
        if reason is not None:
            return Refusal(reason)
        windows = self.spending.windows
        for window in windows:
            window.reserve(estimate)
        return Reservation(estimate, tuple([window.index for window in windows]))

    def settle(
        self, reservation: Reservation, nano_usd: int | None, tokens: int | None, *, answered: bool = True
    ) -> None:
        """The call cost this. None: not known, which of a call that was `answered` whole says that none will be known."""
        reserved = reservation.amount
        if nano_usd is None or tokens is None:
            self._note_unknown(nano_usd, tokens, answered=answered)
        actual = Amount(
            reserved.nano_usd if nano_usd is None else nano_usd, reserved.tokens if tokens is None else tokens
        )
        for window, index in zip(self.spending.windows, reservation.indexes, strict=True):
            if window.index == index:
                window.settle(reserved, actual)
        largest = self.spending.largest
        if (nano_usd or 0) > largest.nano_usd or (tokens or 0) > largest.tokens:
            self.spending.largest = Amount(max(largest.nano_usd, nano_usd or 0), max(largest.tokens, tokens or 0))

    def left(self, unix_s: float) -> dict[str, int]:
        """What each limit has left, by `usd_hour` … `tokens_total`; money in 10⁻⁹ USD. Only limits that are set."""
        self._roll(unix_s)
        return {limit.name: max(0, limit.most - self._used(limit)) for limit in self._limits}

    def _used(self, limit: _Limit) -> int:
        window = self.spending.windows[limit.window]
        return window.spent[limit.part] + window.reserved[limit.part]

    def _note_unknown(self, nano_usd: int | None, tokens: int | None, *, answered: bool) -> None:
        self.unknown_costs += 1
        if answered:
            self.price_unknown = self.price_unknown or nano_usd is None
            self.usage_unknown = self.usage_unknown or tokens is None

    def _roll(self, unix_s: float) -> None:
        hour = max(0, int(unix_s)) // _HOUR_S
        if hour == self._hour:
            return
        self._hour = hour
        by_hour, by_day, _ = self.spending.windows
        by_hour.move(hour)
        by_day.move(hour // _HOURS_A_DAY)


class _Limit(NamedTuple):
    name: str
    window: int  # of `Spending.windows`
    part: int  # of `Amount`
    most: int


def _limits(policy: BudgetPolicy) -> Iterator[_Limit]:
    """Those that are set."""
    for at, (window, usd, tokens) in enumerate(zip(WINDOWS, policy.usd, policy.tokens, strict=True)):
        if usd is not None:
            yield _Limit(f"usd_{window}", at, 0, int(usd * NANO))
        if tokens is not None:
            yield _Limit(f"tokens_{window}", at, 1, tokens)
