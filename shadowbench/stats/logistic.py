"""Logistic regression of shares: Newton's method, a ridge, and errors that allow for clusters.

Behind length-controlled win rates, Bradley–Terry and the classifier that looks for drift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.distributions import sigmoid

_STEPS = 60
_CLOSE = 1e-10


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients, shape (k,), and what their errors are computed from."""

    coefficients: FloatArray
    curvature: FloatArray  # (k, k): second derivative of the penalised loss
    residuals: FloatArray  # (n,): weight · (target − fitted)

    def covariance(self, design: FloatArray, clusters: Clusters) -> FloatArray:
        """The sandwich, shape (k, k), with the factor C/(C − 1) (Liang & Zeger 1986)."""
        scores = clusters.totals(design * self.residuals[:, None])
        scores = scores - scores.mean(axis=0)  # their sum is the pull of the ridge
        bread = np.linalg.pinv(self.curvature)
        meat = scores.T @ scores * clusters.count / (clusters.count - 1)
        return np.asarray(bread @ meat @ bread)


def fit_logistic(
    design: FloatArray, targets: FloatArray, *, weights: FloatArray | None = None, ridge: FloatArray | float = 0.0
) -> Fit:
    """Of targets in [0, 1] on the design, shape (n, k); `ridge` λ adds λβ²/2 to the loss, by column where it is an array. The
    loss must have a minimum: whoever calls sees to a ridge, or to targets that no column separates."""
    n, k = design.shape
    w = np.ones(n) if weights is None else weights
    penalty = np.broadcast_to(np.asarray(ridge, dtype=np.float64), (k,))
    beta = np.zeros(k)
    loss = _loss(design, targets, w, penalty, beta)
    for _ in range(_STEPS):
        fitted = sigmoid(design @ beta)
        gradient = design.T @ (w * (targets - fitted)) - penalty * beta
        step = np.linalg.solve(_curvature(design, w, fitted, penalty), gradient)
        size = 1.0
        while (moved := _loss(design, targets, w, penalty, beta + size * step)) > loss + 1e-12 and size > 1e-6:
            size /= 2
        beta, loss = beta + size * step, min(loss, moved)
        if np.abs(size * step).max(initial=0.0) < _CLOSE:
            break
    fitted = sigmoid(design @ beta)
    return Fit(beta, _curvature(design, w, fitted, penalty), w * (targets - fitted))


def _curvature(design: FloatArray, w: FloatArray, fitted: FloatArray, penalty: FloatArray) -> FloatArray:
    return np.asarray((design * (w * fitted * (1 - fitted))[:, None]).T @ design + np.diag(penalty))


def _loss(design: FloatArray, targets: FloatArray, w: FloatArray, penalty: FloatArray, beta: FloatArray) -> float:
    linear = design @ beta
    return float(w @ (np.logaddexp(0.0, linear) - targets * linear) + penalty @ beta**2 / 2)
