"""The card of a judge: all that is known about how far it may be trusted, with the n of each number. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from shadowbench.scores import (
    KnownMeasure,
    Label,
    PairRef,
    Position,
    Preferred,
    Score,
    Shape,
    Spending,
    Verdict,
    VerdictSpending,
)
from shadowbench.scoring.calibration.facts import PairFacts
from shadowbench.scoring.calibration.people import PREFERENCE, Ceiling, Word, ceiling, stands_for, words
from shadowbench.scoring.calibration.sayings import Saying, both_orders, sayings
from shadowbench.scoring.calibration.self_preference import self_preference_of
from shadowbench.scoring.calibration.standing import is_labelled, is_worse_than_constant, mixes_designs
from shadowbench.stats.agreement import Agreement, Coefficient, agreement
from shadowbench.stats.agreement_alpha import krippendorff_alpha
from shadowbench.stats.clusters import Clusters, mean
from shadowbench.stats.judging import PositionBias, position_bias
from shadowbench.stats.judging_family import SelfPreference
from shadowbench.stats.judging_length import length_coefficient, rank_correlation, relative_difference
from shadowbench.stats.judging_noise import flip_rate, icc
from shadowbench.stats.judging_probability import Reliability, reliability
from shadowbench.store.scoring import CanaryRun

CATEGORIES = tuple(Preferred)
ENOUGH_LABELS = 50
"""Below, kappa's interval is wider than ±.25, and says little."""
PRODUCTION = "@production"
"""After a rubric's question: the label is of production's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the log knows about one judge."""

    known: KnownMeasure
    scores: Sequence[Score]
    verdicts: Sequence[Verdict]
    labels: Sequence[Label]
    facts: Mapping[PairRef, PairFacts]
    spending: Spending
    runs: Sequence[CanaryRun] = ()
    is_only: bool = True  # of its name: money is kept by names, verdicts by configurations
    on_verdicts: VerdictSpending | None = None  # None: nobody looked
    others: Mapping[str, Mapping[PairRef, Saying]] = field(default_factory=dict)  # the other judges, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How much it was asked, what came of it, and what that cost."""

    scored: int
    unscored: Mapping[str, int]  # reason → pairs
    verdicts: int
    unread: Mapping[str, int]  # reason → verdicts
    flags: Mapping[str, int]  # flag → verdicts
    calls: int
    usd: float
    unpriced: int
    usd_per_verdict: (
        float | None
    )  # None: there is none, not all calls are priced, or the name has several configurations
    cached: float | None  # at least this share of verdicts cost no call


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthBias:
    """Whether it goes by length."""

    coefficient: Coefficient
    beyond_people: Coefficient  # on labelled pairs: what is left when the people's word is known
    correlation: float | None  # Spearman's, of lean and relative length


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How far it agrees with itself."""

    flips: Coefficient
    icc: Coefficient


@dataclass(frozen=True, slots=True, kw_only=True)
class WithPeople:
    """How far it agrees with people."""

    all: Agreement | None  # ties included
    decided: Agreement | None  # pairs where neither says tie
    people: Ceiling
    ratings: Mapping[str, Agreement]  # question → whole grades; kappa has quadratic weights
    raters: Mapping[str, Coefficient]  # question → alpha of those who rated it: ordinal
    forecast: Reliability | None  # of judges that tell shares: as forecasts of what people decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Of one judge in one configuration."""

    judge: str
    measure: int
    version: str
    config_hash: str
    model: str | None
    family: str | None
    volume: Volume
    win_rates: Mapping[str, Coefficient]  # candidate → mean share of the win
    people: WithPeople
    position: PositionBias
    length: LengthBias
    noise: Noise
    family_bias: SelfPreference
    members: Coefficient | None  # of panels: Krippendorff's alpha among their members
    last_run: CanaryRun | None
    alarms: tuple[str, ...]


def card_of(evidence: Evidence, chance: np.random.Generator, *, enough: int = ENOUGH_LABELS) -> Card:
    """The card. `enough`: labels of equal weight, below which the judge is not calibrated."""
    measure = evidence.known.measure
    said, about = sayings(measure, evidence.scores), json.loads(measure.about)
    people = words(evidence.labels)
    position = position_bias(list(both_orders(evidence.verdicts).values()))
    length = _length(said, people, evidence.facts)
    with_people = _with_people(evidence, said, people, chance)
    family = about.get("family")
    family_bias = self_preference_of(family, said, evidence.others, evidence.facts, chance)
    last_run = max(evidence.runs, key=lambda run: run.ran_at, default=None)
    alarms = {
        "position_bias": position.leans(),
        "length": length.coefficient.value is not None and not length.coefficient.holds(0.0),
        "self_preference": family_bias.index.low is not None and family_bias.index.low > 0,
        "drift": last_run is not None and last_run.drifted,
        "worse_than_constant": is_worse_than_constant(with_people.all, with_people.ratings, enough),
        "not_calibrated": not is_labelled(with_people.all, with_people.ratings, enough),
        "mixed_designs": mixes_designs(evidence.labels),
    }
    return Card(
        judge=measure.name,
        measure=evidence.known.id,
        version=measure.version,
        config_hash=measure.config_hash,
        model=(about.get("endpoint") or {}).get("model"),
        family=family,
        volume=_volume(evidence),
        win_rates=_win_rates(said, evidence),
        people=with_people,
        position=position,
        length=length,
        noise=_noise(evidence.verdicts),
        family_bias=family_bias,
        members=_members(about.get("members"), evidence.others, chance),
        last_run=last_run,
        alarms=tuple(name for name, is_raised in alarms.items() if is_raised),
    )


def _volume(evidence: Evidence) -> Volume:
    verdicts, spending = evidence.verdicts, evidence.spending
    readable = sum(verdict.reason is None for verdict in verdicts)
    theirs = evidence.on_verdicts if evidence.is_only else None
    return Volume(
        scored=sum(score.value is not None for score in evidence.scores),
        unscored=Counter(score.reason or "unknown" for score in evidence.scores if score.value is None),
        verdicts=readable,
        unread=Counter(verdict.reason for verdict in verdicts if verdict.reason is not None),
        flags=Counter(flag for verdict in verdicts for flag in verdict.flags),
        calls=spending.calls,
        usd=spending.usd,
        unpriced=spending.unpriced,
        usd_per_verdict=theirs.usd / readable if readable and theirs and not theirs.unpriced else None,
        cached=max(0, len(verdicts) - theirs.asked) / len(verdicts) if verdicts and theirs else None,
    )


def _win_rates(said: Mapping[PairRef, Saying], evidence: Evidence) -> Mapping[str, Coefficient]:
    """Each candidate's, over all pairs of the log: one that was judged by chance stands for others."""
    facts, weights = evidence.facts, {PairRef(s.number, s.side): stands_for(s.probability) for s in evidence.scores}
    by_candidate: dict[str, list[PairRef]] = {}
    for pair in said:
        if pair in facts:
            by_candidate.setdefault(facts[pair].candidate, []).append(pair)
    found: dict[str, Coefficient] = {}
    for candidate, pairs in sorted(by_candidate.items()):
        clusters = Clusters.of([facts[pair].cluster for pair in pairs])
        leans, standing = [said[pair].lean for pair in pairs], [weights[pair] for pair in pairs]
        rate = mean(leans, clusters=clusters, weights=standing, bounds=(0.0, 1.0))
        found[candidate] = Coefficient(value=rate.value, n=rate.n, low=rate.low, high=rate.high, reason=rate.reason)
    return found


def _with_people(
    evidence: Evidence, said: Mapping[PairRef, Saying], people: Mapping[PairRef, Word], chance: np.random.Generator
) -> WithPeople:
    told = [
        (said[pair].preferred, word.preferred, word.weight)
        for pair, word in people.items()
        if pair in said and word.preferred is not None
    ]
    decided = [each for each in told if Preferred.TIE not in each[:2]]
    questions = sorted({label.question for label in evidence.labels} - {PREFERENCE})
    ratings = ((name, _rating(evidence, words(evidence.labels, name), name)) for name in questions)
    return WithPeople(
        all=_agreed(told, CATEGORIES),
        decided=_agreed(decided, (Preferred.PRODUCTION, Preferred.CANDIDATE)),
        people=ceiling(evidence.labels, chance),
        ratings={name: found for name, found in ratings if found is not None},
        raters={name: ceiling(evidence.labels, chance, name).alpha for name in questions},
        forecast=_forecast(evidence, said, people),
    )


def _forecast(evidence: Evidence, said: Mapping[PairRef, Saying], people: Mapping[PairRef, Word]) -> Reliability | None:
    """The share of the win that it gives the candidate, against whom people preferred where they did."""
    if evidence.known.measure.shape is not Shape.PAIR:
        return None
    decided = [
        (said[pair].lean, float(word.preferred is Preferred.CANDIDATE))
        for pair, word in people.items()
        if pair in said and word.preferred in (Preferred.PRODUCTION, Preferred.CANDIDATE)
    ]
    return reliability([min(1.0, max(0.0, lean)) for lean, _ in decided], [came for _, came in decided])


def _rating(evidence: Evidence, people: Mapping[PairRef, Word], question: str) -> Agreement | None:
    """How whole grades agree: of the criterion that the question names, or of a judge of its name, its verdict's mean."""
    name = question.removesuffix(PRODUCTION)
    wanted = Position.PRODUCTION_ALONE if question.endswith(PRODUCTION) else Position.ALONE
    told: list[tuple[int, int, float]] = []
    for verdict in evidence.verdicts:
        word, grades = people.get(verdict.pair), dict(verdict.scores)
        if word is None or word.value is None or not grades or (verdict.position, verdict.repetition) != (wanted, 0):
            continue
        grade = sum(grades.values()) / len(grades) if name == evidence.known.measure.name else grades.get(name)
        if grade is not None:
            told.append((round(grade), round(word.value), word.weight))
    if not told:
        return None
    seen = [grade for each in told for grade in each[:2]]
    return _agreed(told, range(min(1, *seen), max(5, *seen) + 1), ordered=True)


def _agreed(
    told: Sequence[tuple[object, object, float]], categories: Sequence[object], *, ordered: bool = False
) -> Agreement | None:
    one, other, weights = zip(*told, strict=True) if told else ((), (), ())
    return agreement(one, other, categories, weights=weights, weighting="quadratic" if ordered else "plain")  # fmt: skip


def _length(
    said: Mapping[PairRef, Saying], people: Mapping[PairRef, Word], facts: Mapping[PairRef, PairFacts]
) -> LengthBias:
    pairs = [pair for pair in said if pair in facts and facts[pair].both_answered]
    labelled = [pair for pair in pairs if pair in people and people[pair].preferred is not None]
    differences = [relative_difference(facts[p].candidate_length, facts[p].production_length) for p in pairs]
    by_people = [{"production": 0.0, "tie": 0.5, "candidate": 1.0}[people[p].preferred or "tie"] for p in labelled]
    return LengthBias(
        coefficient=_coefficient(pairs, said, facts),
        beyond_people=_coefficient(labelled, said, facts, by_people),
        correlation=rank_correlation([said[pair].lean for pair in pairs], differences),
    )


def _coefficient(
    pairs: Sequence[PairRef],
    said: Mapping[PairRef, Saying],
    facts: Mapping[PairRef, PairFacts],
    controls: Sequence[float] | None = None,
) -> Coefficient:
    if not pairs:
        return Coefficient(value=None, n=0, reason="no_units")
    differences = [relative_difference(facts[p].candidate_length, facts[p].production_length) for p in pairs]
    clusters = Clusters.of([facts[pair].cluster for pair in pairs])
    return length_coefficient([said[pair].lean for pair in pairs], differences, clusters, controls=controls)


def _noise(verdicts: Sequence[Verdict]) -> Noise:
    answers: dict[tuple[PairRef, Position], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.reason is None:
            answers.setdefault((verdict.pair, verdict.position), []).append(verdict)
    said = [[each.preferred or each.scores for each in given] for given in answers.values()]
    return Noise(flips=flip_rate(said), icc=icc([[_number(each) for each in given] for given in answers.values()]))


def _number(verdict: Verdict) -> float:
    if verdict.preferred is not None:
        return {"production": 0.0, "tie": 0.5, "candidate": 1.0}[verdict.preferred]
    return sum(number for _, number in verdict.scores) / max(1, len(verdict.scores))


def _members(
    members: Mapping[str, object] | None, others: Mapping[str, Mapping[PairRef, Saying]], chance: np.random.Generator
) -> Coefficient | None:
    if not members:
        return None
    told = [others.get(name, {}) for name in members]
    pairs = sorted({pair for said in told for pair in said})
    ratings = [[said[pair].points if pair in said else None for pair in pairs] for said in told]
    return krippendorff_alpha(ratings, "nominal", chance, count=max(200, min(2000, 5_000_000 // (len(pairs) + 1))))
