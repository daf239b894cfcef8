"""Invented pairs in numbers, with effects that are known: what a report says about them can be checked against the truth.

Two candidates: `small`, drawn with its stratum's probability, is cheaper, faster, faultier and worse by `EFFECTS`; `twin`,
drawn with half of it, is production again: whatever is found about it is noise. Requests come in clusters that are hard or easy
together, at hours of a day, in strata that are sampled unequally and in which the effects differ: who forgets clusters or
weights is wrong here. Pure: the same seed gives the same pairs.

Scores are means of yes-or-no answers whose chances add up exactly: cluster and stratum, less the effect. Nothing is clipped, so
the true mean difference over all traffic is the effects' mean by the strata's share of traffic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CHUNK = 25_000
"""Exchanges that are made at once: tens of megabytes."""

STRATA = ("short", "long", "tools")
SHARES = np.array([0.6, 0.3, 0.1])
"""Of all traffic."""
PROBABILITIES = np.array([0.1, 0.5, 1.0])
"""That `small` is given a request. `twin`: half of it."""
TWIN_GIVEN_SMALL = 0.5

CHANCES = np.array([0.8, 0.7, 0.5])
"""That production's answer holds, by stratum; a cluster is up to 0.15 above or below."""
EFFECTS = np.array([0.02, 0.05, 0.2])
"""How much lower `small`'s is, by stratum."""

LATENCY_RATIO = 0.6
"""Of `small`'s latency to production's, as geometric mean; of `twin`'s it is 1."""

JUDGED = 0.5
"""Share of pairs that are drawn for the judges."""

CANDIDATES = ("small", "twin")
PRODUCTION = 2  # place of production in `_FAULT_RATES` and `_PRICES`
_FAULT_RATES = (0.03, 0.01, 0.01)
FAULT_KINDS = 4  # the last one: a copy that was never sent, which production has not
_PRICES = ((0.4e-6, 1.6e-6), (2.5e-6, 10e-6), (2.5e-6, 10e-6))  # USD of an input and an output token

FIRST_SECOND = 1_760_000_000.0
DAYS = 14
PAIRS_OF_A_CLUSTER = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSide:
    """One endpoint's side of some exchanges, shape (n,) each; seconds, tokens, USD. NaN: absent, as after a fault."""

    is_there: Bools  # whether the endpoint was given the request
    fault: Ints  # 0: none; else its place in `made_log.FAULTS`, from 1
    streamed: Bools
    latency_s: Floats
    ttft_s: Floats
    lag_s: Floats
    input_tokens: Floats
    output_tokens: Floats
    cost_usd: Floats
    holds: Bools  # shape (n, 6): yes-or-no answers behind the scores
    words: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeChunk:
    """Some exchanges, shape (n,) each, and their sides: `small`, `twin`, production."""

    first: int  # number of the first one
    started_at: Floats
    cluster: Ints
    stratum: Ints
    likeness: Floats  # of the answers of `small` and `twin` to production's, shape (n, 2)
    drawn: Bools  # for the judge, shape (n, 2)
    sides: tuple[MadeSide, ...]

    def __len__(self) -> int:
        return len(self.started_at)


def true_effects() -> dict[str, dict[str, float]]:
    """Of pairs where both sides answered, by candidate and measure: the candidate's mean less production's over all traffic
    (pairwise: less ½). Faults have nothing to do with scores here, so they change nothing of these."""
    lower = float(-(SHARES * EFFECTS).sum())
    small = {"contains": lower, "rubric": lower, "pairwise": lower / 2, "json_valid": float(-EFFECTS[2])}
    twin = dict.fromkeys(small, 0.0)
    return {"small": {**small, "latency_ratio": LATENCY_RATIO}, "twin": {**twin, "latency_ratio": 1.0}}


def intended_effects() -> dict[str, dict[str, float]]:
    """The same with failures at the worst score, of copies that were sent: what a report calls intention to treat. But for
    clusters' lean, which is none on average."""
    answered, production = true_effects(), _FAULT_RATES[PRODUCTION]
    level = {"contains": float((SHARES * CHANCES).sum()), "json_valid": float(CHANCES[2])}
    found: dict[str, dict[str, float]] = {}
    for place, name in enumerate(CANDIDATES):
        ours = sent_fault_rate(place)
        found[name] = {
            measure: (1 - ours) * (level.get(measure, level["contains"]) + effect) - (1 - production) * level[measure]
            for measure, effect in answered[name].items()
            if measure in level
        }
        found[name]["rubric"] = found[name]["contains"]
        both = (1 - ours) * (1 - production) * answered[name]["pairwise"]
        one_failed = ((1 - ours) * production - ours * (1 - production)) / 2
        found[name]["pairwise"] = (both + one_failed) / (
            1 - ours * production
        )  # where neither answered nobody is preferred
        found[name]["error_class"] = ours - production
    return found


def sent_fault_rate(place: int) -> float:
    """Of a candidate's copies that were sent: one fault in `FAULT_KINDS` is that it was not."""
    failed = _FAULT_RATES[place]
    return failed * (1 - 1 / FAULT_KINDS) / (1 - failed / FAULT_KINDS)


def made_chunks(pairs: int, seed: int) -> Iterator[MadeChunk]:
    """Exchanges with so many pairs together, in the order of their time."""
    sampled = SHARES * PROBABILITIES
    clusters = max(1, pairs // PAIRS_OF_A_CLUSTER)
    lean = np.random.default_rng([seed, 0]).uniform(-0.15, 0.15, clusters)
    left, first, chunk = pairs, 1, 0
    while left > 0:
        chunk += 1
        chance = np.random.default_rng([seed, chunk])
        twins = chance.random(CHUNK) < TWIN_GIVEN_SMALL
        ends = np.cumsum(1 + twins)
        n = min(CHUNK, int(np.searchsorted(ends, left)) + 1)
        twins = twins[:n]
        if ends[n - 1] > left:
            twins[-1] = False
        done = 1 - left / pairs, 1 - max(0, left - int(ends[n - 1])) / pairs
        stratum = chance.choice(len(STRATA), n, p=sampled / sampled.sum())
        cluster = chance.integers(0, clusters, n)
        yield _chunk(chance, first, _times(chance, n, done), cluster, stratum, lean[cluster], twins)
        left, first = left - (n + int(twins.sum())), first + n


def _times(chance: np.random.Generator, n: int, between: tuple[float, float]) -> Floats:
    """Traffic of a stretch of the period: three times as much at noon as at midnight."""
    days = np.sort(chance.uniform(between[0] * DAYS, between[1] * DAYS, n))
    return FIRST_SECOND + 86_400 * (days - np.sin(2 * np.pi * days) / (4 * np.pi))


def _chunk(
    chance: np.random.Generator, first: int, times: Floats, cluster: Ints, stratum: Ints, lean: Floats, twins: Bools
) -> MadeChunk:
    n = len(times)
    common = chance.random((n, 6))
    size = chance.lognormal(np.array([5.0, 7.0, 6.0])[stratum], 0.5)
    pace = chance.lognormal(0.2 * (stratum == 1), 0.4)
    streamed = chance.random(n) < 0.7
    chances = CHANCES[stratum] + lean
    everything = np.ones(n, np.bool_)
    sides = (
        _side(chance, 0, everything, chances - EFFECTS[stratum], common, size, LATENCY_RATIO * pace, streamed),
        _side(chance, 1, twins, chances, common, size, pace, streamed),
        _side(chance, PRODUCTION, everything, chances, common, size, pace, streamed),
    )
    return MadeChunk(
        first=first,
        started_at=times,
        cluster=cluster,
        stratum=stratum,
        likeness=np.round(np.stack([chance.beta(7, 3, n), chance.beta(18, 2, n)], axis=1), 6),
        drawn=chance.random((n, 2)) < JUDGED,
        sides=sides,
    )


def _side(
    chance: np.random.Generator,
    place: int,
    is_there: Bools,
    chances: Floats,
    common: Floats,
    size: Floats,
    pace: Floats,
    streamed: Bools,
) -> MadeSide:
    n = len(size)
    failed = chance.random(n) < _FAULT_RATES[place]
    # Half of the luck is the request's: the sides of a pair agree more often than by chance, as real ones do.
    luck = np.where(chance.random((n, 6)) < 0.5, common, chance.random((n, 6)))
    latency = pace * chance.lognormal(0.2, 0.3, n)
    input_tokens, output_tokens = np.round(size), np.ceil(chance.lognormal(4.5, 0.6, n))
    cost = input_tokens * _PRICES[place][0] + output_tokens * _PRICES[place][1]
    absent = np.where(failed, np.nan, 0.0)
    return MadeSide(
        is_there=is_there,
        fault=np.where(failed, chance.integers(1, FAULT_KINDS + (place != PRODUCTION), n), 0),
        streamed=streamed,
        latency_s=latency + absent,
        ttft_s=np.where(streamed, latency * chance.uniform(0.1, 0.3, n), np.nan) + absent,
        lag_s=np.where(chance.random(n) < 0.005, 0.2, 0.0004),
        input_tokens=input_tokens + absent,
        output_tokens=output_tokens + absent,
        cost_usd=cost + absent,
        holds=luck < chances[:, None],
        words=np.ceil(output_tokens * 0.75),
    )
