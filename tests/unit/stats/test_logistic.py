from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.logistic import fit_logistic


def data(n: int = 400) -> tuple[FloatArray, FloatArray, Clusters]:
    rng = np.random.default_rng(1)
    design = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    chance = 1 / (1 + np.exp(-(design @ np.array([0.3, 1.0, -0.5]))))
    return design, (rng.random(n) < chance).astype(float), Clusters.of(np.arange(n) // 4)


def test_statsmodels_fits_the_same_with_the_same_clustered_errors() -> None:
    design, targets, clusters = data()
    ours = fit_logistic(design, targets)
    theirs = sm.Logit(targets, design).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": clusters.codes, "use_correction": False}
    )
    assert ours.coefficients == pytest.approx(theirs.params, abs=1e-6)
    errors = np.sqrt(np.diag(ours.covariance(design, clusters)))
    assert errors == pytest.approx(theirs.bse * math.sqrt(100 / 99), rel=1e-5)


def test_scikit_learn_fits_the_same_with_weights_and_a_ridge() -> None:
    design, targets, _ = data()
    weights = np.linspace(0.5, 2, len(targets))
    theirs = LogisticRegression(C=1 / 3, fit_intercept=False, tol=1e-10, max_iter=1000)
    theirs.fit(design, targets, sample_weight=weights)
    assert fit_logistic(design, targets, weights=weights, ridge=3.0).coefficients == pytest.approx(
        theirs.coef_[0], abs=1e-5
    )


def test_a_share_is_as_good_as_its_wins_and_losses() -> None:
    design, _, _ = data(50)
    shares = np.linspace(0, 1, 50)
    twice = np.concatenate([design, design])
    split = fit_logistic(twice, np.repeat([1.0, 0.0], 50), weights=np.concatenate([shares, 1 - shares]))
    assert fit_logistic(design, shares).coefficients == pytest.approx(split.coefficients, abs=1e-8)


def test_a_ridge_holds_what_is_separated() -> None:
    design = np.column_stack([np.ones(20), np.linspace(-1, 1, 20) * 1000])
    fit = fit_logistic(design, (design[:, 1] > 0).astype(float), ridge=np.array([0.0, 1.0]))
    assert np.isfinite(fit.coefficients).all()
    assert fit.coefficients[1] > 0
