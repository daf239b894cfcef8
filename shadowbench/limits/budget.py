"""What a candidate may cost: every call is reserved before it is made and settled when its cost is known. Pure.

Spent and reserved together never exceed a limit when a call is admitted, so that calls under way cannot overrun it together;
what can be too much is the part of a call's cost above its own reservation. A call that is over and not priced yet holds
what it has probably cost (`Ledger.revise`), so that this part is that of the calls under way alone.

Windows are UTC clock hours and days. A call counts in those it was admitted in. Money is whole nano-dollars: sums of floats
depend on their order, and a ledger should not. A cost that stays unknown is settled as what was reserved for it, for it may
have been billed; who allows unknown costs does not have them counted at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from shadowbench.making import maker_of

NANO = 1_000_000_000
_NONE = 2**63  # of limits: more than anything that is counted
_HOUR_S = 3600
_HOURS_A_DAY = 24
# Whole answers in a row whose usage nobody reported. One proves nothing: a proxy's error page with status 200 has none either.
UNKNOWN_IN_A_ROW = 5


class Why(IntEnum):
    """Why a part of a call's cost is not known. Values are the wire's (COST) and never reused."""

    KNOWN = 0  # it is
    NO_PRICE = 1  # nobody knows what the model costs
    NO_USAGE = 2  # a whole, readable answer did not say what was used
    UNREADABLE = 3  # nothing follows for other calls: it broke, or could not be read


class Amount(NamedTuple):
    """Money in 10⁻⁹ USD, and tokens in and out."""

    nano_usd: int = 0
    tokens: int = 0

    def plus(self, other: Amount) -> Amount:
        """The sum."""
        return _amount(self.nano_usd + other.nano_usd, self.tokens + other.tokens)

    def largest(self, other: Amount) -> Amount:
        """The larger of both, each part for itself."""
        return Amount(max(self.nano_usd, other.nano_usd), max(self.tokens, other.tokens))

    def minus(self, other: Amount) -> Amount:
        """The difference, never below zero: what is kept over a restart may not know a reservation."""
        return Amount(max(0, self.nano_usd - other.nano_usd), max(0, self.tokens - other.tokens))


_amount = maker_of(Amount)  # each call adds to three windows
NOTHING = Amount()


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPolicy:
    """Limits; None is none.

    `unknown` is what becomes of a limit that cannot be kept (stop | allow): one on money once the price of a whole answer was
    unknown, either once the usage of `UNKNOWN_IN_A_ROW` whole answers was.
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

    def revise(self, reserved: Amount, amount: Amount) -> None:
        """What is reserved for a call changes."""
        self.reserved = self.reserved.minus(reserved).plus(amount)

    def settle(self, reserved: Amount, actual: Amount) -> None:
        """A call less, and its cost."""
        spent = self.spent
        self.spent = _amount(spent.nano_usd + actual.nano_usd, spent.tokens + actual.tokens)
        if reserved is not NOTHING:
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

    __slots__ = (
        "_free",
        "_hour",
        "_limits",
        "_most",
        "_policy",
        "_price_seen",
        "_uncounted_row",
        "_unpriced_row",
        "is_limited",
        "price_unknown",
        "spending",
        "unknown_costs",
    )

    def __init__(
        self, policy: BudgetPolicy, spending: Spending | None = None, *, price_known: bool | None = None
    ) -> None:
        self._policy = policy
        self.spending = spending or Spending()
        # Not kept over restarts: who changes a price table starts again.
        self.price_unknown = price_known is False
        self._price_seen = price_known is True
        self._unpriced_row = 0  # whole answers in a row without a cost in money, for want of usage
        self._uncounted_row = 0  # and without one in tokens
        self.unknown_costs = 0
        self._hour = -1
        self._free: Reservation | None = None
        self._limits = tuple(_limits(policy))
        self.is_limited = bool(self._limits)  # whether a call could be refused
        self._most = Amount(
            *[min((each.most for each in self._limits if each.part == part), default=_NONE) for part in (0, 1)]
        )

    @property
    def knows_money(self) -> bool:
        """Whether anything was ever priced: without it, what is spent is no more than what was set aside."""
        return self._price_seen or self.spending.largest.nano_usd > 0

    @property
    def usage_unknown(self) -> bool:
        """Whether whole answers do not say what they used, again and again."""
        return max(self._unpriced_row, self._uncounted_row) >= UNKNOWN_IN_A_ROW

    @property
    def dearest(self) -> Amount:
        """The dearest call so far, as reservations may use it: no more than what the smallest limit holds.

        Else one call that is dearer than a whole window would end all of them for ever.
        """
        seen, most = self.spending.largest, self._most
        return Amount(min(seen.nano_usd, most.nano_usd), min(seen.tokens, most.tokens))

    def trust(self) -> None:
        """An operator says that prices and usage will be known from now on."""
        self.price_unknown = False
        self._unpriced_row = self._uncounted_row = 0

    def refusal(self, unix_s: float, estimate: Amount) -> str | None:
        """Why a call that may cost `estimate` cannot be admitted now."""
        if self._policy.unknown == "stop" and (reason := self._unkeepable()) is not None:
            return reason
        self._roll(unix_s)
        for limit in self._limits:
            if self._used(limit) + estimate[limit.part] > limit.most:
                return f"budget_{limit.name}"
        return None

    def _unkeepable(self) -> str | None:
        """Why a limit cannot be kept."""
        if self._policy.limits_usd:
            if self.price_unknown:
                return "price_unknown"
            if self._unpriced_row >= UNKNOWN_IN_A_ROW:
                return "usage_unknown"
        if self._policy.limits_tokens and self._uncounted_row >= UNKNOWN_IN_A_ROW:
            return "usage_unknown"
        return None

    def reserve(self, unix_s: float, estimate: Amount) -> Reservation | Refusal:
        """Admit a call that may cost `estimate`, or say why not."""
        if self._policy.unknown == "allow" and self.price_unknown and not self.knows_money:
            estimate = Amount(0, estimate.tokens)  # what is not going to be counted needs no room
        reason = self.refusal(unix_s, estimate)
        if reason is not None:
            return Refusal(reason)
        windows = self.spending.windows
        for window in windows:
            window.reserve(estimate)
        return Reservation(estimate, tuple([window.index for window in windows]))

    def admit(self, unix_s: float) -> Reservation:
        """Where nothing is limited: a call whose cost will be counted, with nothing set aside for it."""
        self._roll(unix_s)
        if self._free is None:
            self._free = Reservation(NOTHING, tuple([window.index for window in self.spending.windows]))
        return self._free

    def revise(self, reservation: Reservation, amount: Amount) -> Reservation:
        """The call's cost is better known now: hold `amount` for it. Never refused, for it has been made."""
        if amount == reservation.amount:
            return reservation
        for window, index in zip(self.spending.windows, reservation.indexes, strict=True):
            if window.index == index:  # else it is over
                window.revise(reservation.amount, amount)
        return Reservation(amount, reservation.indexes)

    def settle(
        self,
        reservation: Reservation,
        nano_usd: int | None,
        tokens: int | None,
        *,
        answered: bool = True,
        why: Why | None = None,
    ) -> None:
        """The call cost this. None: not known, and `why` says what follows if it was `answered` whole."""
        if nano_usd is None or tokens is None:
            self.unknown_costs += 1
        if answered:
            self._learn(nano_usd, tokens, why)
        unknown = NOTHING if self._policy.unknown == "allow" else reservation.amount
        actual = Amount(
            unknown.nano_usd if nano_usd is None else nano_usd, unknown.tokens if tokens is None else tokens
        )
        if actual != NOTHING or reservation.amount != NOTHING:
            for window, index in zip(self.spending.windows, reservation.indexes, strict=True):
                if window.index == index:
                    window.settle(reservation.amount, actual)
        largest = self.spending.largest
        if (nano_usd or 0) > largest.nano_usd or (tokens or 0) > largest.tokens:
            self.spending.largest = Amount(max(largest.nano_usd, nano_usd or 0), max(largest.tokens, tokens or 0))

    def _learn(self, nano_usd: int | None, tokens: int | None, why: Why | None) -> None:
        """What a whole answer says about others."""
        if why is None:  # a recorder that gives no reasons: usage without money has no price
            why = Why.NO_PRICE if nano_usd is None and tokens is not None else Why.NO_USAGE
        if nano_usd is not None:
            self._price_seen, self._unpriced_row = True, 0
        elif why is Why.NO_PRICE:
            self.price_unknown = True
        elif why is Why.NO_USAGE:
            self._unpriced_row += 1
        if tokens is not None:
            self._uncounted_row = 0
        elif why in (Why.NO_PRICE, Why.NO_USAGE):
            self._uncounted_row += 1

    def left(self, unix_s: float) -> dict[str, int]:
        """What each limit has left, by `usd_hour` … `tokens_total`; money in 10⁻⁹ USD. Only limits that are set."""
        self._roll(unix_s)
        return {limit.name: max(0, limit.most - self._used(limit)) for limit in self._limits}

    def _used(self, limit: _Limit) -> int:
        window = self.spending.windows[limit.window]
        return window.spent[limit.part] + window.reserved[limit.part]

    def _roll(self, unix_s: float) -> None:
        hour = max(0, int(unix_s)) // _HOUR_S
        if hour == self._hour:
            return
        self._hour = hour
        self._free = None
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
