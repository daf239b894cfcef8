"""Asking once more: how much an endpoint agrees with itself is the measure for how much two of them agree. Pure.

A share of the copied requests goes a second time to every candidate that gets the copy, and to production. Each endpoint has a
lane of its own for that, `NAME~again`. Its rate is a part of its candidate's, and both compare the same point: what is repeated
is a subset of what is copied, and the same requests on all sides. A candidate's repeats are paid out of its own purse.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from shadowbench.mirror.options import CandidateOptions, MirrorOptions, StratumOptions
from shadowbench.mirror.strata import rate_in
from shadowbench.records import again

PRODUCTION = "production"


def with_repeats(options: MirrorOptions, share: float, production: CandidateOptions) -> MirrorOptions:
    """These options with lanes that repeat `share` of what is copied. `production`: how it is called, its rate apart.

    Rates that change while the mirror runs change those of repeats, for they are made from them anew.
    """
    if share <= 0 or not options.candidates:
        return options
    own = {each.name: each.sample_rate for each in options.candidates}
    strata = tuple(_stratum(each, options.candidates, share) for each in options.strata)
    asked = (replace(production, name=PRODUCTION), *options.candidates)
    rates = _shares(own, share)
    lanes = tuple(_lane(each, rates[again(each.name)], share) for each in asked)
    return replace(options, candidates=(*options.candidates, *lanes), strata=strata)


def _lane(endpoint: CandidateOptions, rate: float, share: float) -> CandidateOptions:
    return replace(
        endpoint,
        name=again(endpoint.name),
        repeats=endpoint.name,
        sample_rate=rate,
        max_per_second=None if endpoint.max_per_second is None else endpoint.max_per_second * share,
        concurrency=1 + math.ceil(endpoint.concurrency * share),
    )


def _stratum(stratum: StratumOptions, candidates: tuple[CandidateOptions, ...], share: float) -> StratumOptions:
    rates = {each.name: rate_in(stratum, each) for each in candidates}
    return replace(stratum, rates={**stratum.rates, **_shares(rates, share)})


def _shares(rates: Mapping[str, float], share: float) -> dict[str, float]:
    """Of repeats, by name. Whatever is repeated by a candidate is repeated by production: it is the highest of the rates."""
    repeated = {again(name): rate * share for name, rate in rates.items()}
    return {**repeated, again(PRODUCTION): max(repeated.values())}
