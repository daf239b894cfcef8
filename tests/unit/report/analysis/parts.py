"""Parts of a report in few words, for tests of what is concluded from them: comparisons, candidates, documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shadowbench.report.document.comparisons import Comparison, Effect, Missing, Origin, Role, Scale, Subject
from shadowbench.report.document.parts import JudgeCard
from shadowbench.report.document.root import Candidate, Counts, Document, Source, Totals
from shadowbench.report.document.times import SideSpend
from shadowbench.report.document.verdicts import Decision, Verdict
from shadowbench.report.policy import Against, Policy, Statistic
from shadowbench.scores import Direction, Shape
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method

N, CLUSTERS = 1000, 400
Interval = tuple[float, float]


def estimate(
    interval: Interval | None, *, value: float | None = None, n: int = N, clusters: int = CLUSTERS
) -> Estimate:
    """With its middle as the value; None: there is no interval, since there was too little."""
    if interval is None:
        reason = Refused.TOO_FEW
        return Estimate(method=Method.CLUSTER_T, level=0.95, n=n, clusters=clusters, value=value, reason=reason)
    low, high = interval
    middle = (low + high) / 2 if value is None else value
    return Estimate(
        method=Method.CLUSTER_T,
        level=0.95,
        n=n,
        clusters=clusters,
        value=middle,
        low=low,
        high=high,
        se=(high - low) / 4,
    )


def effect(
    interval: Interval | None,
    *,
    strict: Interval | None = None,
    scale: Scale = Scale.DIFFERENCE,
    p_adjusted: float | None = None,
) -> Effect:
    """The strict interval is the deciding one where it is not told: nothing to correct for."""
    deciding = estimate(interval)
    return Effect(
        scale=scale,
        once=deciding,
        deciding=deciding,
        strict=deciding if strict is None else estimate(strict),
        p_adjusted=p_adjusted,
    )


def compared(
    name: str = "rubric",
    interval: Interval | None = (-0.01, 0.01),
    *,
    strict: Interval | None = None,
    scale: Scale = Scale.DIFFERENCE,
    p_adjusted: float | None = None,
    role: Role = Role.SECONDARY,
    direction: Direction = Direction.HIGHER,
    origin: Origin = Origin.METRIC,
    unit: str = "",
    statistic: Statistic = Statistic.MEAN,
    against: Against = Against.PRODUCTION,
    **others: Any,
) -> Comparison:
    """A comparison of which only the effect matters, unless something else is told."""
    told: dict[str, Any] = {
        "n": N,
        "clusters": CLUSTERS,
        "imputed": 0,
        "missing": Missing(),
        "production": estimate((0.4, 0.6)),
        "candidate": estimate((0.4, 0.6)),
    }
    return Comparison(
        subject=Subject(
            name=name, origin=origin, direction=direction, shape=Shape.SIDES, unit=unit, low=0.0, version="1"
        ),
        statistic=statistic,
        against=against,
        role=role,
        effect=effect(interval, strict=strict, scale=scale, p_adjusted=p_adjusted),
        **(told | others),
    )


def counts(sent: int = N, **others: Any) -> Counts:
    """Everything that was sent was answered."""
    told: dict[str, Any] = {
        "pairs": sent + sum(others.get("not_sent", {}).values()),
        "sent": sent,
        "not_sent": {},
        "answered": sent,
        "production_ok": sent,
        "candidate_ok": sent,
        "clusters": CLUSTERS,
        "effective_n": float(sent),
    }
    return Counts(**(told | others))


UNDECIDED = Verdict(decision=Decision.UNDECLARED)


def candidate(
    name: str = "small", comparisons: Sequence[Comparison] = (), *, verdict: Verdict = UNDECIDED, **others: Any
) -> Candidate:
    """A candidate with these comparisons."""
    told: dict[str, Any] = {"again": False, "counts": counts()}
    return Candidate(
        name=name,
        requested_models=(),
        reported_models=(),
        faults=(),
        verdict=verdict,
        comparisons=tuple(comparisons),
        **(told | others),
    )


def document(candidates: Sequence[Candidate] = (), *, policy: Policy | None = None, **others: Any) -> Document:
    """A report about these candidates."""
    nothing = SideSpend(calls=0, usd=None)
    told: dict[str, Any] = {
        "made_at": 1000.0,
        "source": Source(logs=("pairs.db",), first_at=0.0, last_at=900.0),
        "traffic": None,
    }
    return Document(
        software="0",
        seed=0,
        redacted=False,
        policy=policy or Policy(),
        totals=Totals(exchanges=N, pairs=N, clusters=CLUSTERS, production=nothing, candidates=nothing, judges=nothing),
        production_models=(),
        candidates=tuple(candidates),
        **(told | others),
    )


def card(judge: str = "helpfulness", *, calibrated: bool = True, **others: Any) -> JudgeCard:
    """A judge that goes with `compared(judge, origin=Origin.JUDGE)`."""
    absent = dict.fromkeys(
        ("model", "family", "agreement", "constant", "kappa", "ac1", "consistency", "position_p", "length",
         "self_preference", "flips", "people_kappa", "usd")
    )  # fmt: skip
    told: dict[str, Any] = {"scored": N, "unscored": 0, "labels": 100, "calls": N, "unpriced": 0, "alarms": ()}
    return JudgeCard(judge=judge, version="1", config_hash="", calibrated=calibrated, **(absent | told | others))
