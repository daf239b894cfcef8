"""Wins against losses, looked at after every one: exact evidence from the pairs whose sides differ, and from nothing else.

If the candidate is as good as production, each pair that differs is a fair coin. The e-process is what a gambler has made
of one unit by betting against that: it exceeds 1/α with chance at most α, however long one watches.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.columns import FloatArray
from shadowbench.stats.distributions import beta_tail, log_beta
from shadowbench.stats.estimates import Evidence, Tail
from shadowbench.stats.methods import Method

_PRIOR = 0.5  # Jeffreys': both shape parameters of the mixture over the chance of a win


def log_e_value(wins: ArrayLike, losses: ArrayLike, *, tail: Tail = Tail.BOTH, null: float = 0.5) -> FloatArray:
    """ln E after so many wins and losses (arrays go together): the likelihood, averaged over all chances of a win that the
    tail allows, against that of the null chance. `greater` tests that the chance is at most null, `less` that it is at least
    that; so a margin is a null other than ½."""
    if tail is Tail.LESS:
        return log_e_value(losses, wins, tail=Tail.GREATER, null=1 - null)
    w, l = np.asarray(wins, dtype=np.float64), np.asarray(losses, dtype=np.float64)  # noqa: E741 – the formula's letters
    prior = np.asarray(_PRIOR)
    log_e = log_beta(prior + w, prior + l) - log_beta(prior, prior) - w * math.log(null) - l * math.log1p(-null)
    if tail is Tail.GREATER:
        with np.errstate(divide="ignore"):
            log_e = log_e + np.log(beta_tail(null, prior + w, prior + l)) - np.log(beta_tail(null, prior, prior))
    return np.asarray(log_e)


def discordant(wins: int, losses: int, *, n: int, tail: Tail = Tail.BOTH, null: float = 0.5) -> Evidence:
    """What the pairs so far say, `wins` of them for the candidate alone and `losses` for production alone, of n in all.
    `statistic` is E, p = min(1, 1/E) holds at any look."""
    log_e = float(log_e_value(wins, losses, tail=tail, null=null))
    return Evidence(
        method=Method.DISCORDANT_E_PROCESS, n=n, clusters=n, tail=tail,
        statistic=math.exp(min(log_e, 700.0)), p=math.exp(min(0.0, -log_e)),
    )  # fmt: skip
