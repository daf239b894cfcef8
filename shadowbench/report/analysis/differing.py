"""Whether a measure's stretches of time differ by more than chance. Pure.

Cochran's Q over the stretches' means, each with the error that it would have if nothing changed: its own would be zero where no
failure came, and the test blind to a bad day among good ones. What a stretch of W = Σw, cell by cell, has then is

    D = σ² Σ((1 − ρ)Σw² + ρ(Σw)²)        over its cells, a cluster's pairs in the stretch; error = √D / W

with σ² the variance of a pair, and ρ how alike a cluster's pairs of one stretch are, both of the whole: Σ(cells' sums apart
from the mean)² is what that formula gives to all cells. So a user with one pair in a quiet hour and fifteen in a busy one
counts in each by what those pairs tell. That users come back makes stretches more alike, and the test the more careful.

Values with long tails, and rare failures, make Q vary more than χ² does. It is held against a gamma distribution (Pearson's
type III) with Q's own mean, variance and third moment (as Box & Andersen 1955 do with F): with κ the excess kurtosis of a
stretch's mean they grow by Σκ and Σ(22κ + κ²), as counts of rare events have them. Without excess that is χ² itself.
Shapes: m cells, k stretches.
"""

from __future__ import annotations

import math

import numpy as np

from shadowbench.report.analysis.stretches import Cells, Layout
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.distributions import pearson3_tail


def chance(cells: Cells) -> float | None:
    """p: how often stretches would differ so much if nothing had changed. None: there is one, or nothing varies."""
    laid = cells.laid
    if len(laid.n) < 2 or not cells.variance > 0:
        return None
    weight, rho = laid.weighs, alike(cells)
    varies = (1 - rho) * laid.of_pairs + rho * laid.of_cells  # D, in units of σ²
    precision = weight**2 / varies
    means = laid.by_stretch(cells.apart) / weight
    q = float(precision @ (means - np.average(means, weights=precision)) ** 2) / cells.variance
    freed = 1 - precision / precision.sum()
    return _tail(q, freed, cells.excess * _fourths(laid, rho) / varies**2)


def alike(cells: Cells) -> float:
    """ρ, from 0 to 1: how alike a cluster's pairs of one stretch are."""
    alone, together = float(cells.laid.of_pairs.sum()), float(cells.laid.of_cells.sum())
    if together <= alone * (1 + 1e-9):  # no cluster has two pairs in a stretch
        return 0.0
    apart = cells.apart
    strayed = float(apart @ apart) * cells.correction / cells.variance
    return min(1.0, max(0.0, (strayed - alone) / (together - alone)))


def _fourths(laid: Layout, rho: float) -> FloatArray:
    """Σd³f over each stretch's cells, (k,): a cell's pairs count as d = 1 − ρ + ρg times fewer (`Layout.fourths`), and what
    the fourth power of their sum has in excess is as much greater by d³."""
    shares = np.array([math.comb(3, j) * rho**j * (1 - rho) ** (3 - j) for j in range(4)])
    return np.asarray(shares @ laid.fourths)


def _tail(q: float, freed: FloatArray, excess: FloatArray) -> float:
    """`freed`: the share of each stretch's spread that the common mean does not take up, (k,); k − 1 in all."""
    mean = float(freed.sum())
    variance = 2 * mean + float(freed**2 @ excess)
    third = 8 * mean + float(freed**3 @ (22 * excess + excess**2))
    return pearson3_tail(q, mean, variance, third)
