"""Shares drawn by hash: the same pair gets the same lot in every process and after every crash. Pure.

Exchange ids are made by the mirror, so no client chooses to be drawn.

Whether a pair is put to a judge at all is one lot for all judges: one that is asked with probability p has the pairs whose lot
is below p, whatever p is made of (a rate, a share of audits behind a screen). So of nested and of joint draws the smallest p
is the probability of all together, and a panel's members judge the same pairs.
"""

from __future__ import annotations

from hashlib import blake2b

from shadowbench.metrics.view import PairView


def is_drawn(share: float, purpose: str, judge: str, pair: PairView) -> bool:
    """Whether a pair is among the `share` (0 to 1) drawn for a purpose; of two shares the larger holds the smaller.

    `judge` keeps the draws of judges independent; "" is one lot for all of them.
    """
    return point(purpose, judge, pair) < share


def is_put(probability: float, pair: PairView) -> bool:
    """Whether a pair is put to a judge that is asked with this probability: by the one lot of all judges."""
    return is_drawn(probability, "sample", "", pair)


def point(purpose: str, judge: str, pair: PairView) -> float:
    """Where a pair falls on [0, 1)."""
    key = "\0".join((purpose, judge, pair.exchange.id, str(pair.ref.side)))
    return int.from_bytes(blake2b(key.encode(), digest_size=7).digest(), "big") / 2**56
