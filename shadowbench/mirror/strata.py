"""Parts of the traffic with sampling rates of their own. Pure.

The first stratum that matches is an exchange's. Path and tenant are known when it opens, the model only with the body: until
then several strata remain possible, and the highest of their rates bounds what can be chosen. Of the spellings of a path the
normalised one counts (`paths.normalised`): they are one route.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from shadowbench.mirror.options import CandidateOptions, StratumOptions
from shadowbench.mirror.paths import normalised
from shadowbench.mirror.rules import fits, globs


class Stratum(NamedTuple):
    """One of them, compiled. What no stratum matches falls into the last one, which has no name."""

    name: str | None
    path: re.Pattern[str] | None
    tenant: re.Pattern[str] | None
    model: re.Pattern[str] | None
    rates: tuple[float, ...]  # in the order of the candidates


class Possible(NamedTuple):
    """The strata that an exchange may belong to. The last one is for any model."""

    strata: tuple[Stratum, ...]
    ceiling: float  # the highest rate of any candidate in any of them

    def settle(self, model: str | None) -> Stratum:
        """The one that it belongs to."""
        if len(self.strata) == 1:
            return self.strata[0]
        return next(stratum for stratum in self.strata if fits(stratum.model, model))


class Strata:
    """All strata."""

    def __init__(self, strata: Sequence[Stratum], rest: Stratum) -> None:
        self._strata = tuple(strata)
        self._everything = _possible((rest,))
        self._rest = rest
        self.ceiling = max((_possible((each,)).ceiling for each in (*strata, rest)), default=0.0)

    @staticmethod
    def of(strata: Sequence[StratumOptions], candidates: Sequence[CandidateOptions]) -> Strata:
        """As configured. A candidate's rate: by its name, else the stratum's if it samples at all, else its own."""
        compiled = [
            Stratum(
                each.name,
                globs(each.paths),
                globs(each.tenants),
                globs(each.models),
                tuple(rate_in(each, candidate) for candidate in candidates),
            )
            for each in strata
        ]
        own = tuple(candidate.sample_rate for candidate in candidates)
        return Strata(compiled, Stratum(None, None, None, None, own))

    def at_open(self, path: str, tenant: str | None) -> Possible:
        """What remains possible for an exchange with this path and tenant."""
        if not self._strata:
            return self._everything
        path = normalised(path)
        possible: list[Stratum] = []
        for stratum in self._strata:
            if fits(stratum.path, path) and fits(stratum.tenant, tenant):
                possible.append(stratum)
                if stratum.model is None:
                    return _possible(tuple(possible))
        return _possible((*possible, self._rest))


def _possible(strata: tuple[Stratum, ...]) -> Possible:
    return Possible(strata, max((rate for stratum in strata for rate in stratum.rates), default=0.0))


def rate_in(stratum: StratumOptions, candidate: CandidateOptions) -> float:
    """A candidate's rate in a stratum."""
    if candidate.name in stratum.rates:
        return stratum.rates[candidate.name]
    if stratum.sample_rate is not None and candidate.sample_rate > 0:
        return stratum.sample_rate
    return candidate.sample_rate
