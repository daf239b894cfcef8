"""Logs, candidates and values made of arrays: what analysis is tried on, with whatever truth a test needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from shadowbench.funnel import Funnel
from shadowbench.reading.log import LabelOf
from shadowbench.reading.pairs import Pairs
from shadowbench.records import Mark
from shadowbench.report.analysis.arms import Arm, clusters_from
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.comparisons import Missing, Origin, Subject
from shadowbench.scores import Direction, Label, Measure, PairRef, Preferred, Shape
from shadowbench.store.columns import Coded, ScoreColumns
from shadowbench.store.testing import a_measure

OUTCOMES = ("ok", "timed_out", "http_error")


def coded(words: Sequence[str | None]) -> Coded:
    """A column of words."""
    texts = tuple(dict.fromkeys(word for word in words if word is not None))
    return Coded(codes=np.array([-1 if word is None else texts.index(word) for word in words], np.int32), texts=texts)


class InventedScores(Mapping[str, ScoreColumns]):
    """What `ReadLog.scores` does."""

    def __init__(self, columns: Mapping[Measure, ScoreColumns], told: Mapping[str, Coded]) -> None:
        self._columns, self._told = columns, told

    def __getitem__(self, name: str) -> ScoreColumns:
        return self._columns[self.measure(name)]

    def __iter__(self) -> Any:
        return (measure.name for measure in self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def measure(self, name: str) -> Measure:
        for measure in self._columns:
            if measure.name == name:
                return measure
        raise KeyError(name)

    def of(self, measure: Measure) -> ScoreColumns:
        return self._columns[measure]

    def elsewhere(self, measure: Measure) -> Mapping[Measure, Any]:
        return {}

    def told(self, measure: Measure, paths: Sequence[str]) -> Coded:
        n = len(self._columns[measure].value)
        return self._told.get(measure.name, Coded(codes=np.full(n, -1, np.int32), texts=()))


@dataclass
class InventedLog:
    """What analysis asks of a `ReadLog`, but for texts."""

    pairs: Pairs
    scores: InventedScores
    labels: Sequence[LabelOf] = field(default=())
    marks: Sequence[Mark] = ()
    funnel: Funnel = field(default_factory=lambda: Funnel(()))

    @property
    def measures(self) -> Sequence[Measure]:
        return [self.scores.measure(name) for name in self.scores]


def a_log(
    n: int,
    *,
    scores: Mapping[Measure, ScoreColumns] | None = None,
    told: Mapping[str, Coded] | None = None,
    **columns: Any,
) -> Any:
    """n pairs; columns are arrays, or lists of words."""
    some = {
        "exchange_number": np.arange(1, n + 1),
        "log": coded(["sqlite:///folder/some.db"] * n),
        "production_outcome": coded(["ok"] * n),
        "candidate_outcome": coded(["ok"] * n),
        "cluster_key": coded([None] * n),
    }
    given = {name: coded(values) if isinstance(values, list) else values for name, values in columns.items()}
    return InventedLog(Pairs(some | given, n), InventedScores(scores or {}, told or {}))


def an_arm(n: int, **changes: Any) -> Arm:
    """n pairs of one candidate, each by itself and of the same weight; `clusters` and `failed` are arrays."""
    clusters = np.asarray(changes.pop("clusters", np.arange(n)), np.int64)
    failed = np.asarray(changes.pop("failed", np.zeros(n)), bool)
    arm = Arm(
        name="small", again=False, pairs=n, not_sent={}, withdrawn=0, rows=np.arange(n), exchange=np.arange(1, n + 1),
        started_at=np.arange(n) * 60.0, weights=np.ones(n), clusters=clusters_from(clusters),
        production_failed=np.zeros(n, bool), candidate_failed=failed,
    )  # fmt: skip
    return replace(arm, **changes)


def a_subject(name: str = "quality", **changes: Any) -> Subject:
    """Of both sides, from 0 to 1, the more the better."""
    subject = Subject(name=name, origin=Origin.METRIC, direction=Direction.HIGHER, shape=Shape.SIDES, low=0.0, high=1.0)
    return replace(subject, **changes)


PREFERENCE = a_subject("judge", origin=Origin.JUDGE, shape=Shape.PAIR)
JUDGE = a_subject("judge", origin=Origin.JUDGE)
LIKENESS = a_subject("alike", shape=Shape.PAIR)
ERROR = a_subject("error_class", origin=Origin.LOG, direction=Direction.LOWER)


def values_of(
    arm: Arm, subject: Subject, candidate: Any, production: Any = None, *, places: Any = None, **changes: Any
) -> Paired:
    """Of all of an arm's pairs, or of those in `places`."""
    at = np.arange(arm.n) if places is None else np.asarray(places, np.int64)
    of_sides = subject.shape is Shape.SIDES
    paired = Paired(
        subject=subject, places=at, candidate=np.asarray(candidate, float),
        production=(np.zeros(len(at)) if production is None else np.asarray(production, float)) if of_sides else None,
        weights=arm.weights[at], clusters=clusters_from(arm.clusters.codes[at]),
        imputed=arm.candidate_failed[at] | arm.production_failed[at], missing=Missing(),
    )  # fmt: skip
    return replace(paired, **changes)


def scored(
    candidate: Any,
    production: Any = None,
    *,
    why: Sequence[str | None] | None = None,
    why_production: Sequence[str | None] | None = None,
) -> ScoreColumns:
    """One measure's scores of all pairs."""
    value = np.asarray(candidate, float)
    n = len(value)
    return ScoreColumns(
        value=value, production_value=np.full(n, np.nan) if production is None else np.asarray(production, float),
        reason=coded(why or [None] * n), production_reason=coded(why_production or [None] * n), probability=np.ones(n),
    )  # fmt: skip


def of_sides(name: str, **changes: Any) -> Measure:
    """A metric of both sides."""
    return a_measure(name, shape=Shape.SIDES, **changes)


def said(
    row: int,
    preferred: Preferred | None = None,
    *,
    value: float | None = None,
    question: str = "preference",
    labeller: str = "ann",
    round: int = 1,
    probability: float = 1.0,
) -> LabelOf:
    """What a person said about the pair in a row."""
    label = Label(
        pair=PairRef(row + 1, 1), question=question, labeller=labeller, labelled_at=1.0, round=round, value=value,
        preferred=preferred, probability=probability,
    )  # fmt: skip
    return LabelOf(row=row, label=label)
