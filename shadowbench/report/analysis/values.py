"""One measure over an arm's pairs, and what a failure counts as.

Intention to treat: who fails has the worst value there is, or else the candidate that fails at every hard question would be
judged by the easy ones. What that is:

    sides, bounded       the failed side has the measure's worst value
    sides, no bound      there is none: such pairs are missing from means; quantiles have them beyond all values
    preference           who failed lost; where both failed there is none: such pairs are missing (`neither_answered`)
    likeness, flips      the candidate's failure is the worst value; where production failed there is nothing to be like
    neither is better    there is no worst: such pairs are missing

A blank answer (`blanks`) is a failure in all of this, for measures of texts and where the other side said something. Two blank
answers are no pair. An answer that made its judge repeat it is one, too: who spoils the verdict gains nothing by it.

A failure counts where somebody looked, and where the measure has something to say: a pair that no scorer came by, that was not
drawn for a judge, or whose request is out of the measure's scope counts as neither. Where nothing tells whether a failure is
in scope, it weighs by the share that is (`scopes`). A value that a metric has although a side failed (whether it refused)
stays as it is; a judge's word on an answer that is not there is none, wherever it came from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm, clusters_from, counted
from shadowbench.report.analysis.blanks import Blank, blanks_of
from shadowbench.report.analysis.computable import bound_in_range, computable
from shadowbench.report.analysis.missingness import lacks_more, one_sided
from shadowbench.report.analysis.scopes import (
    NEITHER_ANSWERED,
    NOT_ITS_OWN,
    NOT_LOOKED_AT,
    NOT_MEANT,
    Scope,
    SharedScope,
    has_reason,
    scope_of,
)
from shadowbench.report.document.comparisons import Missing, Origin, Subject
from shadowbench.scores import Direction, Measure, Shape
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray
from shadowbench.store.columns import Coded


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One measure, shape (k,) each, in the arm's order. NaN: none; the reasons say why."""

    subject: Subject
    production: FloatArray | None  # None: of shape pair
    candidate: FloatArray  # of shape pair: the pair's
    production_reason: Coded | None
    candidate_reason: Coded
    weights: FloatArray  # 1/(π · probability of being given to the measure)
    blank: Blank | None = None  # answers that say nothing; None: there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What counts of one measure, shape (n,) each, failures at their worst value: ready for means."""

    subject: Subject
    places: IntArray  # in the arm
    production: FloatArray | None
    candidate: FloatArray
    weights: FloatArray
    clusters: Clusters
    imputed: BoolArray  # a failure counts as the worst value
    missing: Missing
    measured: bool = True  # some pair, counted or not, has a value of its own, if only of one side
    shared: SharedScope | None = None  # where some weigh by the share in scope

    @property
    def n(self) -> int:
        """How many pairs count."""
        return len(self.places)

    @property
    def difference(self) -> FloatArray:
        """Candidate − production; of shape pair the value itself."""
        return self.candidate if self.production is None else self.candidate - self.production

    def among(self, chosen: BoolArray) -> Paired:
        """Some of the pairs, shape (n,): what is missing stays that of the whole."""
        return Paired(
            subject=self.subject,
            places=self.places[chosen],
            production=None if self.production is None else self.production[chosen],
            candidate=self.candidate[chosen],
            weights=self.weights[chosen],
            clusters=clusters_from(self.clusters.codes[chosen]),
            imputed=self.imputed[chosen],
            missing=self.missing,
            measured=self.measured,
            shared=None if self.shared is None else self.shared.among(chosen, self.clusters.codes),
        )


_ECHO = ("echo_of_production", "echo_of_candidate")
"""Reasons of verdicts that are one side's own words (docs/judges.md, section 5)."""


def score_values(log: ReadLog, arm: Arm, measure: Measure) -> Values:
    """What metrics and judges gave. `log.scores.load()` beforehand reads all measures in the time of one."""
    scores = log.scores.of(measure)
    sides = measure.shape is Shape.SIDES
    probability = scores.probability[arm.rows]
    candidate, why = computable(scores.value[arm.rows], _of(scores.reason, arm.rows))
    production, why_not = None, None
    if sides:
        production, why_not = computable(scores.production_value[arm.rows], _of(scores.production_reason, arm.rows))
    if measure.kind == "judge":
        candidate, why = _of_answers(candidate, why, arm.candidate_failed if sides else ~arm.answered)
        if production is not None and why_not is not None:
            production, why_not = _of_answers(production, why_not, arm.production_failed)
    return Values(
        subject=subject_of(measure),
        production=production,
        candidate=candidate,
        production_reason=why_not,
        candidate_reason=why,
        weights=_also_drawn(arm.weights, probability),
        blank=blanks_of(log, arm, scores, measure.shape),
    )


_WITHOUT_ANSWER = "fault_no_answer"
"""Reason of a judge's word on an answer that is not there."""


def _of_answers(values: FloatArray, reason: Coded, failed: BoolArray) -> tuple[FloatArray, Coded]:
    """A judge's values, shape (n,), less those of sides that failed, with the reasons."""
    unfounded = failed & ~np.isnan(values)
    if not unfounded.any():
        return values, reason
    codes = np.where(unfounded, len(reason.texts), reason.codes).astype(np.int32)
    return np.where(unfounded, np.nan, values), Coded(codes=codes, texts=(*reason.texts, _WITHOUT_ANSWER))


def _also_drawn(weights: FloatArray, probability: FloatArray) -> FloatArray:
    """1/(π · probability of being given to the measure): the same array where all pairs are."""
    less = probability < 1  # not where nobody has measured: NaN
    return np.where(less & (probability > 0), weights / probability, weights) if less.any() else weights


def subject_of(measure: Measure) -> Subject:
    """What was measured, as the document names it."""
    return Subject(
        name=measure.name,
        origin=Origin.JUDGE if measure.kind == "judge" else Origin.METRIC,
        direction=measure.direction,
        shape=measure.shape,
        unit=measure.unit,
        low=bound_in_range(measure.low),
        high=bound_in_range(measure.high),
        version=measure.version,
        config_hash=measure.config_hash,
    )


def _of(column: Coded, rows: IntArray) -> Coded:
    return Coded(codes=column.codes[rows], texts=column.texts)


OF_THE_LOG = ("error_class", "latency", "ttft", "gap_p95", "cost", "output_tokens")
"""Measures that need no scorer; scores of the same names give way to them."""


def _of_log(name: str, unit: str = "", *, high: float | None = None, direction: Direction = Direction.LOWER) -> Subject:
    return Subject(name=name, origin=Origin.LOG, direction=direction, shape=Shape.SIDES, unit=unit, low=0.0, high=high)


_SUBJECTS: Mapping[str, Subject] = {
    subject.name: subject
    for subject in (
        _of_log("error_class", high=1.0),
        _of_log("latency", "s"),
        _of_log("ttft", "s"),
        _of_log("gap_p95", "s"),
        _of_log("cost", "USD"),
        _of_log("output_tokens", "tokens", direction=Direction.NEITHER),
    )
}
_COLUMNS = {
    "latency": "latency_s",
    "ttft": "ttft_s",
    "gap_p95": "gap_p95_s",
    "cost": "cost_usd",
    "output_tokens": "output_tokens",
}
_TIMES = ("latency", "ttft", "gap_p95")
_OF_STREAMS = ("ttft", "gap_p95")  # a whole answer's first byte is no first token


def log_values(log: ReadLog, arm: Arm, name: str) -> Values:
    """One of `OF_THE_LOG`. Times of failures are NaN (`fault_…`): quantiles take them as censored by the arm's own columns."""
    subject = _SUBJECTS[name]
    if name == "error_class":
        nothing = Coded(codes=np.full(arm.n, -1, np.int32), texts=())
        return Values(
            subject=subject,
            production=arm.production_failed.astype(np.float64),
            candidate=arm.candidate_failed.astype(np.float64),
            production_reason=nothing,
            candidate_reason=nothing,
            weights=arm.weights,
        )
    production, candidate = (computable(*_side(log, arm, name, side)) for side in ("production", "candidate"))
    return Values(
        subject=subject,
        production=production[0],
        candidate=candidate[0],
        production_reason=production[1],
        candidate_reason=candidate[1],
        weights=arm.weights,
    )


def _side(log: ReadLog, arm: Arm, name: str, side: str) -> tuple[FloatArray, Coded]:
    """One side's values and, where there is none, why."""
    values = log.pairs[f"{side}_{_COLUMNS[name]}"][arm.rows].astype(np.float64)
    failed = arm.production_failed if side == "production" else arm.candidate_failed
    texts = log.pairs.texts
    outcomes, outcome = texts[f"{side}_outcome"], log.pairs[f"{side}_outcome"][arm.rows]
    if name == "cost":
        known = texts[f"{side}_cost_reason"]
        why = log.pairs[f"{side}_cost_reason"][arm.rows]
        words = [*known, "not_priced", *(f"fault_{each}" for each in outcomes)]
        codes = np.where(failed, len(known) + 1 + outcome, np.where(why >= 0, why, len(known)))
        return values, Coded(codes=np.where(np.isnan(values), codes, -1).astype(np.int32), texts=words)
    disturbed = log.pairs[f"{side}_disturbed"][arm.rows] if name in _TIMES else np.full(arm.n, -1)
    values = np.where(failed | (disturbed >= 0), np.nan, values)
    if name in _OF_STREAMS:
        values = np.where(log.pairs[f"{side}_streamed"][arm.rows] == 1, values, np.nan)
    words = [
        *(f"fault_{each}" for each in outcomes),
        *(texts[f"{side}_disturbed"] if name in _TIMES else ()),
        "not_streamed" if name in _OF_STREAMS else "no_usage" if name == "output_tokens" else "no_timing",
    ]
    codes = np.where(failed, outcome, np.where(disturbed >= 0, len(outcomes) + disturbed, len(words) - 1))
    return values, Coded(codes=np.where(np.isnan(values), codes, -1).astype(np.int32), texts=words)


def intended(values: Values, arm: Arm, *, endless: bool = False) -> Paired:
    """The pairs that count, with failures at their worst value; what is missing is counted by side and reason. `endless`: where
    there is no worst value, failures are infinitely bad."""
    looked_at = ~has_reason(values.candidate_reason, NOT_LOOKED_AT)
    scope = _scope(values, arm, looked_at)
    untold = _untold(values, arm)
    counts = looked_at & scope.may_count(untold)
    worst = worst_of(values.subject, endless=endless)
    if values.production is None:
        production, candidate, imputed = None, *_of_pair(values, _failures(values, arm), counts, worst)
        there = ~np.isnan(candidate)
    else:
        theirs, ours = _failures(values, arm)
        production, failed_there = _at_worst(values.production, theirs & counts, worst)
        candidate, failed_here = _at_worst(values.candidate, ours & counts, worst)
        imputed = failed_there | failed_here
        there = ~(np.isnan(candidate) | np.isnan(production))
    weights = scope.weights(values.weights, untold)
    sample = arm.sample(there & looked_at)
    return Paired(
        subject=values.subject,
        places=sample.places,
        production=None if production is None else sample.of(production),
        candidate=sample.of(candidate),
        weights=sample.weights if weights is arm.weights else sample.of(weights),
        clusters=sample.clusters,
        imputed=sample.of_flags(imputed),
        missing=_missing(values, arm, looked_at, production, candidate),
        measured=_any_value(values),
        shared=scope.shared(values.weights, untold, sample.places, arm.clusters),
    )


def _failures(values: Values, arm: Arm) -> Blank:
    """Whose failure counts, production's and the candidate's: who brought no answer, a blank one beside one that is not, or one
    that speaks to its judge and had its own words come back as the verdict."""
    theirs, ours = _without_answer(values, arm)
    of_production = values.candidate_reason if values.production_reason is None else values.production_reason
    return theirs | has_reason(of_production, _ECHO[:1]), ours | has_reason(values.candidate_reason, _ECHO[1:])


def _without_answer(values: Values, arm: Arm) -> Blank:
    if values.blank is None:
        return arm.production_failed, arm.candidate_failed
    theirs, ours = values.blank
    if values.production is None:
        alone, said = theirs ^ ours, arm.answered
        return arm.production_failed | (theirs & alone & said), arm.candidate_failed | (ours & alone & said)
    beside_theirs, beside_ours = ~np.isnan(values.production), ~np.isnan(values.candidate)
    return arm.production_failed | (theirs & beside_ours), arm.candidate_failed | (ours & beside_theirs)


def _scope(values: Values, arm: Arm, looked_at: BoolArray) -> Scope:
    if values.production is None or values.production_reason is None:
        sides = [(values.candidate_reason, ~arm.answered)]
        return scope_of(sides, ~np.isnan(values.candidate), arm, looked_at, values.weights)
    sides = [(values.candidate_reason, arm.candidate_failed), (values.production_reason, arm.production_failed)]
    valued = ~(np.isnan(values.candidate) | np.isnan(values.production))
    return scope_of(sides, valued, arm, looked_at, values.weights)


def _untold(values: Values, arm: Arm) -> BoolArray:
    """Failures that nothing tells the scope of, but for a reason of their own."""
    if values.production is None:
        return np.isnan(values.candidate) & ~arm.answered
    both = arm.candidate_failed & arm.production_failed
    return both & np.isnan(values.candidate) & np.isnan(values.production)


def worst_of(subject: Subject, *, endless: bool = False) -> float | None:
    """The worst value there is; None: there is no worst. `endless`: then it is infinite, where one direction is better."""
    if subject.direction is Direction.NEITHER:
        return None
    is_higher = subject.direction is Direction.HIGHER
    worst = subject.low if is_higher else subject.high
    return worst if worst is not None or not endless else -math.inf if is_higher else math.inf


def is_preference(subject: Subject) -> bool:
    """Whether a value says which side is better: 0 production, 1 the candidate."""
    return subject.origin is Origin.JUDGE and subject.shape is Shape.PAIR and (subject.low, subject.high) == (0.0, 1.0)


def _at_worst(given: FloatArray, failed: BoolArray, worst: float | None) -> tuple[FloatArray, BoolArray]:
    imputed = failed & np.isnan(given)
    if worst is None:
        return given, np.zeros(len(given), np.bool_)
    return np.where(imputed, worst, given), imputed


def _of_pair(values: Values, failed: Blank, counts: BoolArray, worst: float | None) -> tuple[FloatArray, BoolArray]:
    absent = np.isnan(values.candidate) & counts
    theirs, ours = absent & failed[0], absent & failed[1]
    if is_preference(values.subject):
        imputed = theirs ^ ours
        return np.where(imputed, np.where(ours, 0.0, 1.0), values.candidate), imputed
    imputed = ours & ~theirs if worst is not None else np.zeros(len(absent), np.bool_)
    return np.where(imputed, worst if worst is not None else np.nan, values.candidate), imputed


def _missing(
    values: Values, arm: Arm, looked_at: BoolArray, production: FloatArray | None, candidate: FloatArray
) -> Missing:
    """Reasons of what is still absent, and whether one side lacks more."""
    without = np.isnan(candidate)
    if production is None or values.production_reason is None:
        return Missing(pair=_reasons(_pair_reason(values, arm), without))
    ours = _reasons(values.candidate_reason, without)
    theirs_without = np.isnan(production)
    return Missing(
        production=_reasons(values.production_reason, theirs_without),
        candidate=ours,
        differs=lacks_more(without, theirs_without, arm.sample(looked_at)),
        one_sided=one_sided(
            without, theirs_without, arm, looked_at & _should_have(values, values.production_reason, arm)
        ),
    )


def _should_have(values: Values, production_reason: Coded, arm: Arm) -> BoolArray:
    """Pairs that both sides answered, and of which nothing but an answer can lack a value, shape (n,)."""
    excused = NOT_ITS_OWN if values.subject.origin is Origin.LOG else NOT_MEANT
    return arm.answered & ~(has_reason(values.candidate_reason, excused) | has_reason(production_reason, excused))


def _any_value(values: Values) -> bool:
    """Whether some pair has a value of its own, if only of one side."""
    sides = (values.candidate, values.production)
    return any(side is not None and not bool(np.isnan(side).all()) for side in sides)


def _pair_reason(values: Values, arm: Arm) -> Coded:
    """Of a preference between two failures: that there is none, whichever of the two the scorer named."""
    column = values.candidate_reason
    neither = arm.production_failed & arm.candidate_failed
    if not (is_preference(values.subject) and neither.any()):
        return column
    neither &= ~has_reason(column, NOT_LOOKED_AT | NOT_MEANT)
    codes = np.where(neither, len(column.texts), column.codes).astype(np.int32)
    return Coded(codes=codes, texts=(*column.texts, NEITHER_ANSWERED))


def _reasons(column: Coded, where: BoolArray) -> Mapping[str, int]:
    return counted(column.codes[where], column.texts)
