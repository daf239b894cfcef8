"""What a candidate may cost: every call is reserved before it is made and settled when its cost is known. Pure.

Spent and reserved together never exceed a limit when a call is admitted, so that calls under way cannot overrun it together;
what can be too much is the part of a call's cost above its own reservation.

Windows are UTC clock hours and days. A call counts in those it was admitted in. Money is whole nano-dollars: sums of floats
depend on their order, and a ledger should not. A cost that stays unknown is settled as what was reserved for it, for it may
have been billed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

NANO = 1_000_000_000
_HOUR_S, _DAY_S = 3600, 86_400


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
    """Limits; None is none. `unknown` is what becomes of a limit that cannot be kept: stop | allow."""

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


WINDOWS = ("hour", "day", "total")
_LENGTHS_S = (_HOUR_S, _DAY_S, None)


@dataclass(frozen=True, slots=True)
class Window:
    """What was admitted in one window. `index` counts windows since 1970."""

    index: int = 0
    spent: Amount = NOTHING
    reserved: Amount = NOTHING

    def at(self, index: int) -> Window:
        """As of the window `index`: a new one begins empty.

        A clock that goes back a little, over the edge it has just passed, begins no new window; one that is corrected by
        more takes what was spent along.
        """
        if index > self.index:
            return Window(index)
        return Window(index, self.spent, self.reserved) if index < self.index - 1 else self

    def reserving(self, amount: Amount) -> Window:
        """With a call more under way."""
        return Window(self.index, self.spent, self.reserved.plus(amount))

    def settling(self, reserved: Amount, actual: Amount) -> Window:
        """With a call less under way, and its cost."""
        return Window(self.index, self.spent.plus(actual), self.reserved.minus(reserved))

    def restarted(self) -> Window:
        """Calls that were under way when the process ended may have been billed: what was reserved counts as spent."""
        return Window(self.index, self.spent.plus(self.reserved))

    @property
    def used(self) -> Amount:
        """What no further call may use."""
        return self.spent.plus(self.reserved)


@dataclass(frozen=True, slots=True)
class Spending:
    """All that has to outlive the process."""

    windows: tuple[Window, ...] = (Window(),) * len(WINDOWS)  # hour, day, total
    largest: Amount = NOTHING  # of the settled costs of one call: experience, for reservations

    def restarted(self) -> Spending:
        """As a new process finds it."""
        return Spending(tuple(window.restarted() for window in self.windows), self.largest)


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
    """One candidate's. `price_known` False: its price is known to be unknown."""

    __slots__ = ("_policy", "price_unknown", "spending", "unknown_costs", "usage_unknown")

    def __init__(self, policy: BudgetPolicy, spending: Spending | None = None, *, price_known: bool = True) -> None:
        self._policy = policy
        self.spending = spending or Spending()
        # Not kept over restarts: who changes a price table starts again.
        self.price_unknown = not price_known
        self.usage_unknown = False
        self.unknown_costs = 0

    def refusal(self, unix_s: float, estimate: Amount) -> str | None:
        """Why a call that may cost `estimate` cannot be admitted now."""
        policy = self._policy
        if policy.unknown == "stop":
            if self.price_unknown and any(limit is not None for limit in policy.usd):
                return "price_unknown"
            if self.usage_unknown and any(limit is not None for limit in policy.tokens):
                return "usage_unknown"
        self._roll(unix_s)
        return next(self._exceeded(estimate), None)

    def reserve(self, unix_s: float, estimate: Amount) -> Reservation | Refusal:
        """Admit a call that may cost `estimate`, or say why not."""
        reason = self.refusal(unix_s, estimate)
        if reason is not None:
            return Refusal(reason)
        windows = tuple(window.reserving(estimate) for window in self.spending.windows)
        self.spending = Spending(windows, self.spending.largest)
        return Reservation(estimate, tuple(window.index for window in windows))

    def settle(
        self, reservation: Reservation, nano_usd: int | None, tokens: int | None, *, answered: bool = True
    ) -> None:
        """The call cost this. None: not known, which of a call that was `answered` whole says that none will be known."""
        reserved = reservation.amount
        if nano_usd is None or tokens is None:
            self.unknown_costs += 1
        if answered:
            self.price_unknown = self.price_unknown or nano_usd is None
            self.usage_unknown = self.usage_unknown or tokens is None
        actual = Amount(
            reserved.nano_usd if nano_usd is None else nano_usd, reserved.tokens if tokens is None else tokens
        )
        windows = tuple(
            window.settling(reserved, actual) if window.index == index else window
            for window, index in zip(self.spending.windows, reservation.indexes, strict=True)
        )
        largest = self.spending.largest
        known = Amount(max(largest.nano_usd, nano_usd or 0), max(largest.tokens, tokens or 0))
        self.spending = Spending(windows, known)

    def left(self, unix_s: float) -> dict[str, int]:
        """What each limit has left, by `usd_hour` … `tokens_total`; money in 10⁻⁹ USD. Only limits that are set."""
        self._roll(unix_s)
        return {name: max(0, limit - used) for name, limit, used, _ in self._limits(NOTHING)}

    def _roll(self, unix_s: float) -> None:
        seconds = max(0, int(unix_s))
        windows = tuple(
            window.at(seconds // length if length is not None else 0)
            for window, length in zip(self.spending.windows, _LENGTHS_S, strict=True)
        )
        if windows != self.spending.windows:
            self.spending = Spending(windows, self.spending.largest)

    def _exceeded(self, estimate: Amount) -> Iterator[str]:
        return (f"budget_{name}" for name, limit, used, more in self._limits(estimate) if used + more > limit)

    def _limits(self, estimate: Amount) -> Iterator[tuple[str, int, int, int]]:
        """(name, limit, used, wanted) of each limit that is set."""
        policy = self._policy
        for name, window, usd, tokens in zip(WINDOWS, self.spending.windows, policy.usd, policy.tokens, strict=True):
            used = window.used
            if usd is not None:
                yield f"usd_{name}", int(usd * NANO), used.nano_usd, estimate.nano_usd
            if tokens is not None:
                yield f"tokens_{name}", tokens, used.tokens, estimate.tokens


# ── what a call may cost ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is known before a call, in USD per token; None: nothing."""

    input_usd: float | None = None
    output_usd: float | None = None
    default_usd: float = 0.05  # of a call, while neither price nor experience says more
    default_output_tokens: int = 1024  # of a request that names no maximum


# English text has about four bytes a token, other scripts and JSON less.
_BYTES_PER_TOKEN = 3
# A stranger chooses the maximum in a request. No call writes more than this, and sums have to stay numbers that can be kept.
_MOST_OUTPUT_TOKENS = 100_000_000


def estimate(prices: Prices, body_bytes: int, max_output_tokens: int | None, n: int, largest: Amount) -> Amount:
    """What a request may cost. `n` answers are asked for; `largest` is the dearest call so far.

    With prices it is an upper bound as long as the maximum holds and the input is what its length suggests. Without, it is
    experience, and before there is any, the default.
    """
    inputs = body_bytes // _BYTES_PER_TOKEN + 1
    outputs = (prices.default_output_tokens if max_output_tokens is None else max_output_tokens) * n
    outputs = min(outputs, _MOST_OUTPUT_TOKENS)
    if prices.input_usd is not None and prices.output_usd is not None:
        nano_usd = int((inputs * prices.input_usd + outputs * prices.output_usd) * NANO) + 1
    else:
        nano_usd = largest.nano_usd or int(prices.default_usd * NANO)
    return Amount(nano_usd, inputs + outputs)
