"""Many questions at once: p-values that allow for how many were asked. None stands for a test that was refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from shadowbench.stats.columns import BoolArray, FloatArray, column


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p for the chance of a single false alarm among all: step-down p₍ᵢ₎(m − i + 1) (Holm 1979). For the few claims
    that were declared beforehand."""
    return _adjusted(p_values, _step_down)


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p for the share of false ones among the findings: step-up p₍ᵢ₎m/i (Benjamini & Hochberg 1995). For the many
    others."""
    return _adjusted(p_values, _step_up)


def e_benjamini_hochberg(e_values: Sequence[float], *, rate: float = 0.05) -> list[bool]:
    """Which e-values are findings, at this rate of false ones, whatever their dependence and whenever one looks: the k
    largest are, for the greatest k whose k-th largest is at least m/(k·rate) (Wang & Ramdas 2022)."""
    e = column(e_values, name="e_values")
    order = np.argsort(-e, kind="stable")
    enough = e[order] * np.arange(1, len(e) + 1) * rate >= len(e)
    found: BoolArray = np.zeros(len(e), dtype=bool)
    found[order[: int(np.flatnonzero(enough).max(initial=-1)) + 1]] = True
    return [bool(x) for x in found]


def _step_down(p: FloatArray) -> FloatArray:
    return np.asarray(np.maximum.accumulate(p * np.arange(len(p), 0, -1)))


def _step_up(p: FloatArray) -> FloatArray:
    return np.asarray(np.minimum.accumulate((p * (len(p) / np.arange(1, len(p) + 1)))[::-1])[::-1])


def _adjusted(p_values: Sequence[float | None], rule: Callable[[FloatArray], FloatArray]) -> list[float | None]:
    """The rule sees the p-values in ascending order; a refused test is no member of the family."""
    there = [i for i, p in enumerate(p_values) if p is not None]
    p = column([p for p in p_values if p is not None], name="p_values")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p-values lie between 0 and 1")
    order = np.argsort(p, kind="stable")
    adjusted: list[float | None] = [None] * len(p_values)
    for place, value in zip(order, np.minimum(rule(p[order]), 1.0), strict=True):
        adjusted[there[place]] = float(value)
    return adjusted
