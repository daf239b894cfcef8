"""What one endpoint and model cost: one set of rates, or several to choose from by input size and by time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shadowbench.pricing.rates import FlatRates


class Tariff(Protocol):
    """A price that was found."""

    def rates(self, input_tokens: int, at: float) -> FlatRates:
        """The rates of a call with so much input (cached included), made at Unix time `at`."""

    def all_rates(self) -> Sequence[FlatRates]:
        """Every set of rates it has."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same for every call."""

    flat: FlatRates

    def rates(self, input_tokens: int, at: float) -> FlatRates:
        """See `Tariff`."""
        return self.flat

    def all_rates(self) -> Sequence[FlatRates]:
        """See `Tariff`."""
        return (self.flat,)


@dataclass(frozen=True, slots=True)
class Step:
    """Rates of all tokens of a call whose input exceeds `above`."""

    above: int
    flat: FlatRates


@dataclass(frozen=True, slots=True)
class Tiered:
    """Other rates for long prompts. Providers charge the higher rate for all tokens of such a call, not for the excess."""

    base: FlatRates
    steps: tuple[Step, ...]  # highest first

    def rates(self, input_tokens: int, at: float) -> FlatRates:
        """See `Tariff`."""
        return next((step.flat for step in self.steps if input_tokens > step.above), self.base)

    def all_rates(self) -> Sequence[FlatRates]:
        """See `Tariff`."""
        return (self.base, *(step.flat for step in self.steps))


@dataclass(frozen=True, slots=True)
class Dated:
    """Other rates from a day on, or at some hours of the day. `choose` says which of the tariffs is in force at a time."""

    choose: Callable[[float], Hashable]
    tariffs: dict[Hashable, Tariff]

    def rates(self, input_tokens: int, at: float) -> FlatRates:
        """See `Tariff`."""
        return self.tariffs[self.choose(at)].rates(input_tokens, at)

    def all_rates(self) -> Sequence[FlatRates]:
        """See `Tariff`."""
        return [flat for tariff in self.tariffs.values() for flat in tariff.all_rates()]
