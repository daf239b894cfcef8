"""Whether texts moved between two samples, by their features or embeddings: many numbers each, shape (n, d).

Two ways to ask: are vectors nearer to those of their own sample than to the other's (MMD), and can a classifier tell which
sample a vector is from. The second one also says by what. Both exchange whole clusters between the samples for p, and look at
a seeded part of large samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.clusters import Clusters, clusters_of
from shadowbench.stats.columns import FloatArray, IntArray
from shadowbench.stats.drift import LEAST_N, OfBoth, exchanges, p_of_exchanges
from shadowbench.stats.estimates import Evidence, Refused, Tail
from shadowbench.stats.logistic import fit_logistic
from shadowbench.stats.methods import Method
from shadowbench.stats.ranks import midranks

MOST_MMD = 1000  # vectors of each sample that are looked at: all pairs of them are compared
MOST_CLASSIFIER = 500  # it is fitted anew for each exchange
LEAST_CLUSTERS = 10  # of each sample
_FOLDS = 3
_RIDGE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """How well a classifier tells the samples apart, and by what."""

    evidence: Evidence  # statistic: area under the ROC curve, out of fold; 0.5 is guessing
    features: tuple[tuple[int, float], ...]  # column, coefficient for one standard deviation; the strongest first


def mmd(
    reference: ArrayLike, now: ArrayLike, rng: np.random.Generator, *, clusters: OfBoth | None = None,
    most: int = MOST_MMD, resamples: int = 499,
) -> Evidence:  # fmt: skip
    """Maximum mean discrepancy, squared and unbiased, with a Gaussian kernel as wide as the median distance (Gretton et al.
    2012). Zero on average where nothing moved. Refused below LEAST_N vectors or LEAST_CLUSTERS clusters in a sample."""
    sides = _Both.of(reference, now, clusters, most, rng)
    if refusal := sides.refusal():
        return _evidence(Method.MMD, sides, reason=refusal)
    kernel = _gaussian(sides.vectors)

    def discrepancy(chosen: FloatArray) -> FloatArray:
        return _mmd_of(kernel, chosen[:, sides.groups.codes])

    value = float(discrepancy(sides.original[None, :])[0])
    blocks = exchanges(rng, sides.first_clusters, sides.groups.count, resamples, width=len(kernel))
    return _evidence(Method.MMD, sides, statistic=value, p=p_of_exchanges(value, discrepancy, blocks, resamples))


def classifier(
    reference: ArrayLike, now: ArrayLike, rng: np.random.Generator, *, clusters: OfBoth | None = None,
    most: int = MOST_CLASSIFIER, resamples: int = 99, features: int = 5,
) -> Classified:  # fmt: skip
    """The classifier two-sample test (Lopez-Paz & Oquab 2017): a ridge logistic regression that is asked only about clusters
    it was not fitted to. Refused as `mmd` is."""
    sides = _Both.of(reference, now, clusters, most, rng)
    if refusal := sides.refusal():
        return Classified(evidence=_evidence(Method.CLASSIFIER, sides, reason=refusal), features=())
    design = _standardised(sides.vectors)
    fold = _folds(sides, rng)[sides.groups.codes]

    def areas(chosen: FloatArray) -> FloatArray:
        return np.array([_area_out_of_fold(design, row[sides.groups.codes], fold) for row in chosen])

    value = float(areas(sides.original[None, :])[0])
    blocks = exchanges(rng, sides.first_clusters, sides.groups.count, resamples, width=len(design))
    evidence = _evidence(Method.CLASSIFIER, sides, statistic=value, p=p_of_exchanges(value, areas, blocks, resamples))
    is_now = 1 - sides.original[sides.groups.codes]
    weights = fit_logistic(design, is_now, ridge=_ridge(design)).coefficients[1:]
    strongest = np.argsort(-np.abs(weights), kind="stable")[:features]
    return Classified(evidence=evidence, features=tuple((int(k), float(weights[k])) for k in strongest))


def area(scores: FloatArray, positive: FloatArray) -> float:
    """Area under the ROC curve: how often a positive scores above a negative, ties counting half (Mann & Whitney 1947)."""
    count = float(positive.sum())
    others = len(positive) - count
    return (float(midranks(scores) @ positive) - count * (count + 1) / 2) / (count * others)


@dataclass(frozen=True, slots=True)
class _Both:
    """Both samples, the reference first, with clusters that belong to one of them each."""

    vectors: FloatArray
    groups: Clusters
    first_clusters: int
    n: int

    @classmethod
    def of(
        cls, reference: ArrayLike, now: ArrayLike, clusters: OfBoth | None, most: int, rng: np.random.Generator
    ) -> _Both:
        kept: list[FloatArray] = []
        groups: list[Clusters] = []
        for given, own in zip((reference, now), clusters or (None, None), strict=True):
            vectors = _matrix(given)
            mine = clusters_of(own, len(vectors))
            part = _part(len(vectors), most, rng)
            kept.append(vectors[part])
            groups.append(mine.among(part))
        if kept[0].shape[1] != kept[1].shape[1]:
            raise ValueError(f"both samples need the same features, not {kept[0].shape[1]} and {kept[1].shape[1]}")
        codes = np.concatenate([groups[0].codes, groups[1].codes + groups[0].count])
        together = Clusters(codes, groups[0].count + groups[1].count)
        return cls(np.concatenate(kept), together, groups[0].count, len(kept[0]))

    @property
    def original(self) -> FloatArray:
        """Which clusters are the reference's, as they were."""
        return (np.arange(self.groups.count) < self.first_clusters).astype(np.float64)

    def refusal(self) -> Refused | None:
        few = min(self.n, len(self.vectors) - self.n) < LEAST_N
        if few or min(self.first_clusters, self.groups.count - self.first_clusters) < LEAST_CLUSTERS:
            return Refused.TOO_FEW
        return Refused.NO_VARIATION if not np.ptp(self.vectors, axis=0).any() else None


def _matrix(given: ArrayLike) -> FloatArray:
    vectors = np.asarray(given, dtype=np.float64)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError(f"vectors must be finite, shape (n, features); got shape {vectors.shape}")
    return vectors


def _part(n: int, most: int, rng: np.random.Generator) -> IntArray:
    return np.arange(n) if n <= most else np.sort(rng.choice(n, size=most, replace=False))


def _gaussian(vectors: FloatArray) -> FloatArray:
    norms = (vectors**2).sum(axis=1)
    distances = np.maximum(norms[:, None] + norms - 2 * vectors @ vectors.T, 0.0)
    between = distances[np.triu_indices(len(distances), 1)]
    width = float(np.median(between)) or float(between.mean())
    return np.asarray(np.exp(-distances / width))


def _mmd_of(kernel: FloatArray, mine: FloatArray) -> FloatArray:
    """For rows of zeros and ones that say who is the reference's; the kernel's diagonal is 1 and left out."""
    n = mine.sum(axis=1)
    m = len(kernel) - n
    towards = mine @ kernel
    within = (towards * mine).sum(axis=1)
    across = (towards * (1 - mine)).sum(axis=1)
    others = kernel.sum() - within - 2 * across
    return np.asarray((within - n) / (n * (n - 1)) + (others - m) / (m * (m - 1)) - 2 * across / (n * m))


def _standardised(vectors: FloatArray) -> FloatArray:
    spread = vectors.std(axis=0)
    scaled = (vectors - vectors.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.column_stack([np.ones(len(vectors)), scaled])


def _folds(sides: _Both, rng: np.random.Generator) -> IntArray:
    """A fold for each cluster, evenly within both samples."""
    counts = (sides.first_clusters, sides.groups.count - sides.first_clusters)
    return np.concatenate([rng.permutation(np.arange(count) % _FOLDS) for count in counts])


def _ridge(design: FloatArray) -> FloatArray:
    return np.array([1e-6] + [_RIDGE] * (design.shape[1] - 1))


def _area_out_of_fold(design: FloatArray, is_reference: FloatArray, fold: IntArray) -> float:
    is_now = 1 - is_reference
    scores = np.zeros(len(design))
    for held_out in range(_FOLDS):
        asked = fold == held_out
        fit = fit_logistic(design[~asked], is_now[~asked], ridge=_ridge(design))
        scores[asked] = midranks(design[asked] @ fit.coefficients) / asked.sum()  # folds differ in their intercepts
    return area(scores, is_now)


def _evidence(
    method: Method,
    sides: _Both,
    *,
    statistic: float | None = None,
    p: float | None = None,
    reason: Refused | None = None,
) -> Evidence:
    return Evidence(
        method=method, n=len(sides.vectors), clusters=sides.groups.count, tail=Tail.GREATER, statistic=statistic, p=p,
        reason=reason,
    )  # fmt: skip
