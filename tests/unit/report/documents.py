"""A report made by hand, with everything in it that a report can have; renderers are tried on it.

A week of a support assistant. `again` is production once more; `small` may take over; `hot` may not: it errs, refuses and
breaks its JSON; of `young` there are too few pairs to say anything. Numbers fit together where a reader would add them up.
"""

from __future__ import annotations

from collections.abc import Mapping

from shadowbench.report.document.comparisons import (
    Comparison,
    Controlled,
    Corrected,
    Correction,
    Effect,
    Missing,
    Origin,
    Outcomes,
    Role,
    Scale,
    Subject,
)
from shadowbench.report.document.parts import Axis, Example, JudgeCard, SliceRow, SliceTable
from shadowbench.report.document.root import (
    Candidate,
    Counts,
    Document,
    Fault,
    MethodUsed,
    Source,
    Totals,
    Traffic,
)
from shadowbench.report.document.times import (
    CostCurve,
    Costs,
    Curve,
    Distribution,
    Drift,
    MarkShown,
    Point,
    QuantileRow,
    Series,
    SideSpend,
    Trend,
    TrendPoint,
)
from shadowbench.report.document.verdicts import (
    Blocker,
    Condition,
    Decision,
    Goal,
    Met,
    Note,
    Recommendation,
    Standpoint,
    Verdict,
)
from shadowbench.report.policy import Against, Anchor, Claim, Needs, Policy, Requirements, Statistic, Watching
from shadowbench.scores import Direction, Shape
from shadowbench.stats.agreement import Coefficient
from shadowbench.stats.estimates import Estimate, Evidence, Refused
from shadowbench.stats.margins import Standing
from shadowbench.stats.methods import Method
from shadowbench.stats.power import StillNeeded

MONDAY = 1_761_523_200.0  # 2025-10-27 00:00 UTC
DAY = 86_400.0
PAIRS, CLUSTERS = 2400, 1180

ERRORS = Subject(
    name="error_class", origin=Origin.LOG, direction=Direction.LOWER, shape=Shape.SIDES, low=0.0, high=1.0, version="1"
)
LATENCY = Subject(name="latency", origin=Origin.LOG, direction=Direction.LOWER, shape=Shape.SIDES, unit="s", low=0.0)
COST = Subject(name="cost", origin=Origin.LOG, direction=Direction.LOWER, shape=Shape.SIDES, unit="USD", low=0.0)
TOKENS = Subject(
    name="output_tokens", origin=Origin.LOG, direction=Direction.NEITHER, shape=Shape.SIDES, unit="tokens", low=0.0
)
SCHEMA_VALID = Subject(
    name="json_schema_valid",
    origin=Origin.METRIC,
    direction=Direction.HIGHER,
    shape=Shape.SIDES,
    low=0.0,
    high=1.0,
    version="2",
    config_hash="9c1f0a44",
)
REFUSAL_FLIP = Subject(
    name="refusal_flip",
    origin=Origin.METRIC,
    direction=Direction.LOWER,
    shape=Shape.PAIR,
    low=0.0,
    high=1.0,
    version="1",
)
LIKENESS = Subject(
    name="token_set_ratio",
    origin=Origin.METRIC,
    direction=Direction.HIGHER,
    shape=Shape.PAIR,
    low=0.0,
    high=1.0,
    version="1",
)
JUDGE = Subject(
    name="helpfulness",
    origin=Origin.JUDGE,
    direction=Direction.HIGHER,
    shape=Shape.PAIR,
    low=0.0,
    high=1.0,
    version="3",
    config_hash="51d0be27",
)

PRIMARY = Claim(measure="helpfulness", margin=0.05)
NO_ERRORS = Claim(measure="error_class", margin=0.01)
LATENCY_P95 = Claim(measure="latency", margin=0.1, relative=True, statistic=Statistic.P95)
FLIPS = Claim(measure="refusal_flip", margin=0.02, against=Against.AGAIN)
SCHEMA_BOUND = Claim(measure="json_schema_valid", against=Against.BOUND, bound=0.97)
CHEAPER = Claim(measure="cost", statistic=Statistic.TOTAL, relative=True, needs=Needs.BETTER)

POLICY = Policy(
    name="migration",
    about="May the support assistant move to a smaller model?",
    watching=Watching(clusters=1000),
    primary=(PRIMARY,),
    guardrails=(NO_ERRORS, LATENCY_P95, FLIPS, SCHEMA_BOUND, CHEAPER),
    requires=Requirements(pairs=500, clusters=200, labels=50, a_a_lane=True),
    correct="json_schema_valid",
    radar={
        "helpfulness": Anchor(begin=0.3, target=0.6),
        "json_schema_valid": Anchor(begin=0.8, target=1.0),
        "latency": Anchor(begin=6.0, target=0.5),
        "cost": Anchor(begin=0.01, target=0.0),
    },
)


def estimate(
    value: float | None,
    half: float | None = None,
    *,
    n: int = PAIRS,
    clusters: int = CLUSTERS,
    method: Method = Method.CLUSTER_T,
    reason: Refused | None = None,
    effective_n: float | None = None,
) -> Estimate:
    """value ± half; without `half` there is no interval, and `reason` says why."""
    if half is None or value is None:
        told = reason or Refused.TOO_FEW
        return Estimate(method=method, level=0.95, n=n, clusters=clusters, value=value, reason=told)
    return Estimate(
        method=method,
        level=0.95,
        n=n,
        clusters=clusters,
        value=value,
        low=round(value - half, 9),
        high=round(value + half, 9),
        se=round(half / 1.96, 9),
        effective_n=effective_n,
    )


def evidence(p: float | None, *, n: int = PAIRS, clusters: int = CLUSTERS, method: Method = Method.MSPRT) -> Evidence:
    """The p of no difference; without one, too few."""
    reason = Refused.TOO_FEW if p is None else None
    return Evidence(method=method, n=n, clusters=clusters, statistic=None if p is None else 2.5, p=p, reason=reason)


def effect(
    scale: Scale,
    value: float,
    half: float,
    *,
    p: float | None = 0.4,
    p_adjusted: float | None = None,
    n: int = PAIRS,
    clusters: int = CLUSTERS,
) -> Effect:
    """An effect whose interval for all looks is a third wider than the one for a single look."""
    return Effect(
        scale=scale,
        once=estimate(value, half, n=n, clusters=clusters),
        deciding=estimate(value, half * 4 / 3, n=n, clusters=clusters, method=Method.ASYMPTOTIC_SEQUENCE),
        strict=estimate(value, half * 5 / 3, n=n, clusters=clusters, method=Method.ASYMPTOTIC_SEQUENCE),
        evidence=evidence(p, n=n, clusters=clusters),
        p_adjusted=p_adjusted,
        correction=None if p_adjusted is None else Correction.BENJAMINI_HOCHBERG,
    )


def example() -> Document:
    """The whole report."""
    return Document(
        software="1.2.3",
        made_at=MONDAY + 7 * DAY + 3600,
        seed=0,
        redacted=False,
        source=Source(
            logs=("eu.db", "postgresql://pairs@db.internal/shadowbench"), first_at=MONDAY + 42, last_at=MONDAY + 7 * DAY
        ),
        policy=POLICY,
        totals=Totals(
            exchanges=2650,
            pairs=7410,
            clusters=1230,
            production=SideSpend(calls=2650, usd=11.2519, unknown={"no_usage": 12}),
            candidates=SideSpend(calls=7340, usd=18.0342, unknown={"unknown_model": 210}),
            judges=SideSpend(calls=4810, usd=3.21),
        ),
        traffic=Traffic(
            seen=26_840,
            not_handed_off={"backlog_full": 40},
            lost=3,
            ineligible={"method": 120, "too_large": 27},
            unsampled={"": 23_950},
            sampled=2700,
            recorded=2650,
            discarded={"no_answer": 50},
        ),
        production_models=("big-2025-08",),
        candidates=(again(), hot(), small(), young()),
        judges=(judge_card(),),
        findings=(
            note("better", "small", "cost", 0.31, 0.27, 0.35, scale=Scale.RATIO, statistic="total", n=2380, p=1e-30),
            note("non_inferior", "small", "helpfulness", 0.49, 0.463, 0.517, scale=Scale.PREFERENCE, margin=0.05),
            note("worse", "hot", "error_class", 0.0795, 0.0635, 0.0955, p=1e-12),
        ),
        warnings=(
            Note(
                code="simpson_reversed",
                candidate="small",
                measure="helpfulness",
                values={"by": "path", "scale": "preference"},
            ),
            Note(
                code="many_lost",
                candidate="young",
                values={"share": 0.7, "lost": 210, "pairs": 300, "reason": "budget"},
            ),
            Note(code="judge_alarm", measure="helpfulness", values={"judge": "helpfulness", "alarm": "position_bias"}),
            Note(
                code="model_changed",
                values={"endpoint": "production", "times": 1, "first_at": MONDAY + 3 * DAY},
            ),
            Note(code="drifted", values={"of": "prompt_length", "side": "requests", "p": 0.002}),
        ),
        recommendations=(
            Recommendation(
                goal=Goal.QUALITY,
                choose="small",
                because=(note("may_not_better", "small", "helpfulness", 0.49, 0.463, 0.517, scale=Scale.PREFERENCE),),
                would_change=(
                    Note(
                        code="needs_pairs",
                        candidate="hot",
                        measure="helpfulness",
                        values={"pairs": 9100, "more": 6700, "days": 19.5},
                    ),
                    Note(code="refuted_condition", candidate="hot", measure="error_class"),
                ),
            ),
            Recommendation(
                goal=Goal.LATENCY,
                choose="small",
                because=(
                    note("may_and_better", "small", "latency", 0.56, 0.47, 0.65, scale=Scale.RATIO, statistic="p95"),
                ),
            ),
            Recommendation(
                goal=Goal.COST,
                choose="small",
                because=(
                    note(
                        "may_and_better",
                        "small",
                        "cost",
                        0.31,
                        0.27,
                        0.35,
                        scale=Scale.RATIO,
                        statistic="total",
                        n=2380,
                    ),
                ),
                would_change=(
                    Note(
                        code="blocked",
                        candidate="young",
                        values={"blocker": "too_few_pairs", "needed": 500.0, "found": 90.0},
                    ),
                ),
            ),
        ),
        standpoints=(
            Standpoint(name="production", quality=0.5, latency_s=1.84, cost_usd=0.0042),
            Standpoint(name="small", quality=0.49, latency_s=0.92, cost_usd=0.0013),
            Standpoint(name="hot", quality=0.41, latency_s=2.1, cost_usd=0.0044, dominated_by=("production", "small")),
            Standpoint(name="young", quality=None, latency_s=0.7, cost_usd=None),
        ),
        marks=(
            MarkShown(
                at=MONDAY + 3 * DAY,
                kind="model_changed",
                endpoint="production",
                before="big-2025-06",
                after="big-2025-08",
            ),
            MarkShown(at=MONDAY + 5 * DAY, kind="policy_changed", endpoint="small", before="0.1", after="0.2"),
        ),
        drift=(
            Drift(
                of="prompt_length",
                side="requests",
                method="psi",
                statistic=0.21,
                p=0.0004,
                p_adjusted=0.002,
                drifted=True,
                n_before=1320,
                n_after=1330,
                explanation=(("length", 0.8), ("digits", -0.2)),
            ),
            Drift(
                of="candidate_length",
                side="small",
                method="kolmogorov_smirnov",
                statistic=0.02,
                p=0.61,
                p_adjusted=0.61,
                drifted=False,
                n_before=1190,
                n_after=1190,
                subsampled=True,
            ),
            Drift(
                of="prompts",
                side="requests",
                method="mmd",
                statistic=None,
                p=None,
                p_adjusted=None,
                drifted=False,
                n_before=0,
                n_after=0,
                reason="too_few",
            ),
        ),
        trend=(
            Trend(
                candidate="small",
                measure="helpfulness",
                statistic="mean",
                points=(
                    TrendPoint(
                        made_at=MONDAY - 7 * DAY,
                        last_at=MONDAY - 7 * DAY,
                        effect=estimate(0.42, 0.04, n=900, clusters=410),
                    ),
                    TrendPoint(made_at=MONDAY, last_at=MONDAY, effect=estimate(0.45, 0.03, n=1500, clusters=700)),
                ),
                change=estimate(0.04, 0.035),
                arrow="up",
                better=True,
            ),
            Trend(candidate="small", measure="error_class", statistic="mean", points=(), change=None),
        ),
        methods=(
            MethodUsed(method=Method.CLUSTER_T, times=61, least_n=90, most_n=2400),
            MethodUsed(method=Method.ASYMPTOTIC_SEQUENCE, times=40, least_n=90, most_n=2400, refused={"too_few": 9}),
            MethodUsed(method=Method.WOODRUFF, times=18, least_n=90, most_n=2400, refused={"censored": 1}),
            MethodUsed(method=Method.PREDICTION_POWERED, times=2, least_n=2400, most_n=2400),
        ),
    )


def note(
    code: str,
    candidate: str,
    measure: str,
    value: float,
    low: float,
    high: float,
    *,
    scale: Scale = Scale.DIFFERENCE,
    statistic: str = "mean",
    n: int = PAIRS,
    **others: float,
) -> Note:
    """A sentence about an effect."""
    of: dict[str, str | float | int] = {"value": value, "low": low, "high": high, "scale": scale.value, "unit": ""}
    of |= {"n": n, "clusters": CLUSTERS, "statistic": statistic, "against": "production", **others}
    return Note(code=code, candidate=candidate, measure=measure, values=of)


def counts(sent: int, candidate_ok: int, *, clusters: int, not_sent: Mapping[str, int] | None = None) -> Counts:
    """Production answered all but 20 of what was sent."""
    lacking = dict(not_sent or {})
    return Counts(
        pairs=sent + sum(lacking.values()),
        sent=sent,
        not_sent=lacking,
        answered=candidate_ok - 16,
        production_ok=sent - 20,
        candidate_ok=candidate_ok,
        clusters=clusters,
        effective_n=round(0.93 * sent, 1),
    )


def sides(
    subject: Subject,
    production: float,
    candidate: float,
    found: Effect,
    *,
    role: Role = Role.GUARDRAIL,
    statistic: Statistic = Statistic.MEAN,
    margin: float | None = None,
    relative: bool = False,
    standing: Standing | None = None,
    n: int = PAIRS,
    clusters: int = CLUSTERS,
    imputed: int = 0,
    against: Against = Against.PRODUCTION,
    **others: object,
) -> Comparison:
    """A measure that each side has."""
    return Comparison(
        subject=subject,
        statistic=statistic,
        against=against,
        role=role,
        n=n,
        clusters=clusters,
        imputed=imputed,
        missing=Missing(
            production={"fault_timeout": 12, "fault_http_error": 8},
            candidate={"fault_timeout": 24},
            differs=evidence(0.21, n=n, clusters=clusters, method=Method.MCNEMAR_MID_P),
        ),
        production=estimate(production, production / 40, n=n, clusters=clusters),
        candidate=estimate(candidate, candidate / 40, n=n, clusters=clusters),
        effect=found,
        margin=margin,
        relative=relative,
        standing=standing,
        **others,  # type: ignore[arg-type]
    )


def of_pair(
    subject: Subject,
    level: float,
    found: Effect,
    *,
    role: Role = Role.SECONDARY,
    against: Against = Against.PRODUCTION,
    n: int = PAIRS,
    clusters: int = CLUSTERS,
    **others: object,
) -> Comparison:
    """A measure of both sides together."""
    return Comparison(
        subject=subject,
        statistic=Statistic.MEAN,
        against=against,
        role=role,
        n=n,
        clusters=clusters,
        imputed=0,
        missing=Missing(pair={"fault_timeout": 36, "no_text": 5}),
        production=None,
        candidate=estimate(level, 0.02, n=n, clusters=clusters),
        effect=found,
        **others,  # type: ignore[arg-type]
    )


def again() -> Candidate:
    """Production against itself: what differs is noise."""
    return Candidate(
        name="again",
        again=True,
        requested_models=("big",),
        reported_models=("big-2025-08",),
        counts=counts(2410, 2392, clusters=1185),
        faults=(Fault(outcome="timeout", reason="first_byte", production=12, candidate=11),),
        verdict=Verdict(decision=Decision.UNDECLARED),
        comparisons=(
            sides(ERRORS, 0.008, 0.0075, effect(Scale.DIFFERENCE, -0.0005, 0.004), role=Role.SECONDARY),
            of_pair(LIKENESS, 0.81, effect(Scale.LEVEL, 0.81, 0.01, p=None)),
        ),
        distributions=(latencies(1.02, 1.01, candidate=(1.21, 4.31, 6.0)),),
    )


def hot() -> Candidate:
    """Errs, refuses and breaks its JSON."""
    return Candidate(
        name="hot",
        again=False,
        requested_models=("big",),
        reported_models=("big-2025-08", "big-2025-06"),
        counts=counts(PAIRS, 2190, clusters=CLUSTERS, not_sent={"rate_limited": 31, "breaker_open": 4}),
        faults=(
            Fault(outcome="http_error", reason="status_500", production=8, candidate=150),
            Fault(outcome="timeout", reason="first_byte", production=12, candidate=60),
        ),
        verdict=Verdict(
            decision=Decision.MAY_NOT,
            conditions=(
                Condition(
                    claim=PRIMARY,
                    role=Role.PRIMARY,
                    met=Met.OPEN,
                    reason="wide_interval",
                    still_needed=StillNeeded(pairs=9100, more=6700, days=19.5),
                ),
                Condition(claim=NO_ERRORS, role=Role.GUARDRAIL, met=Met.REFUTED),
                Condition(claim=LATENCY_P95, role=Role.GUARDRAIL, met=Met.OPEN, reason="wide_interval"),
                Condition(claim=FLIPS, role=Role.GUARDRAIL, met=Met.OPEN, reason="not_measured"),
                Condition(claim=SCHEMA_BOUND, role=Role.GUARDRAIL, met=Met.REFUTED),
                Condition(claim=CHEAPER, role=Role.GUARDRAIL, met=Met.REFUTED),
            ),
        ),
        comparisons=(
            judged(0.44, 0.06, p=0.04, standing=Standing.INCONCLUSIVE, reason="few_labels"),
            sides(
                ERRORS,
                0.008,
                0.0875,
                effect(Scale.DIFFERENCE, 0.0795, 0.012, p=1e-12),
                margin=0.01,
                standing=Standing.INFERIOR,
                answered_only=None,
            ),
            sides(
                SCHEMA_VALID,
                0.99,
                0.88,
                effect(Scale.LEVEL, 0.88, 0.014, p=None),
                against=Against.BOUND,
                standing=Standing.INFERIOR,
                imputed=210,
                bound=0.97,
                answered_only=effect(Scale.LEVEL, 0.95, 0.011, p=None, n=2174),
                noise=effect(Scale.LEVEL, 0.991, 0.004, p=None),
            ),
            sides(
                COST,
                0.0042,
                0.0044,
                effect(Scale.RATIO, 1.05, 0.03, p=0.004),
                statistic=Statistic.TOTAL,
                relative=True,
                margin=0.0,
                standing=Standing.INFERIOR,
            ),
            sides(
                TOKENS,
                212.0,
                340.5,
                effect(Scale.DIFFERENCE, 128.5, 20.0, p=1e-6, p_adjusted=2e-6),
                role=Role.SECONDARY,
            ),
        ),
        distributions=(latencies(1.2, 1.15, candidate=(1.4, 6.9, None)),),
        costs=costs(0.0044, 1.05),
        examples=(
            Example(
                why="worst",
                measure="helpfulness",
                value=-1.0,
                exchange=1733,
                log="eu.db",
                started_at=MONDAY + 2.5 * DAY,
                outcome_production="ok",
                outcome_candidate="http_error",
                prompt="Where is my parcel?",
                production="It left our house on Monday.",
                candidate=None,
            ),
        ),
    )


def small() -> Candidate:
    """May take over."""
    return Candidate(
        name="small",
        again=False,
        requested_models=("small",),
        reported_models=("small-3b",),
        counts=counts(PAIRS, 2381, clusters=CLUSTERS, not_sent={"rate_limited": 4}),
        faults=(
            Fault(outcome="timeout", reason="first_byte", production=12, candidate=19),
            Fault(outcome="http_error", reason=None, production=8, candidate=0),
        ),
        verdict=Verdict(
            decision=Decision.MAY,
            conditions=(
                Condition(claim=PRIMARY, role=Role.PRIMARY, met=Met.SHOWN),
                Condition(claim=NO_ERRORS, role=Role.GUARDRAIL, met=Met.SHOWN),
                Condition(claim=LATENCY_P95, role=Role.GUARDRAIL, met=Met.SHOWN),
                Condition(claim=FLIPS, role=Role.GUARDRAIL, met=Met.SHOWN),
                Condition(claim=SCHEMA_BOUND, role=Role.GUARDRAIL, met=Met.SHOWN),
                Condition(claim=CHEAPER, role=Role.GUARDRAIL, met=Met.SHOWN),
            ),
        ),
        comparisons=(
            judged(0.49, 0.02, p=0.41, standing=Standing.NON_INFERIOR),
            sides(
                ERRORS,
                0.008,
                0.0079,
                effect(Scale.DIFFERENCE, -0.0001, 0.004, p=0.9),
                margin=0.01,
                standing=Standing.NON_INFERIOR,
                noise=effect(Scale.DIFFERENCE, -0.0005, 0.004),
                detectable=0.006,
            ),
            sides(
                LATENCY,
                5.2,
                2.9,
                effect(Scale.RATIO, 0.56, 0.07, p=1e-9),
                statistic=Statistic.P95,
                relative=True,
                margin=0.1,
                standing=Standing.BETTER,
                imputed=19,
            ),
            of_pair(
                REFUSAL_FLIP,
                0.011,
                effect(Scale.DIFFERENCE, 0.003, 0.007),
                role=Role.GUARDRAIL,
                against=Against.AGAIN,
                margin=0.02,
                standing=Standing.NON_INFERIOR,
            ),
            sides(
                SCHEMA_VALID,
                0.99,
                0.985,
                effect(Scale.LEVEL, 0.985, 0.006, p=None),
                against=Against.BOUND,
                bound=0.97,
                standing=Standing.NON_INFERIOR,
            ),
            sides(
                COST,
                0.0042,
                0.0013,
                effect(Scale.RATIO, 0.31, 0.03, p=1e-30),
                statistic=Statistic.TOTAL,
                relative=True,
                margin=0.0,
                standing=Standing.BETTER,
                n=2380,
            ),
            sides(
                TOKENS,
                212.0,
                180.25,
                effect(Scale.DIFFERENCE, -31.75, 6.0, p=1e-5, p_adjusted=3e-5),
                role=Role.SECONDARY,
            ),
            of_pair(LIKENESS, 0.64, effect(Scale.LEVEL, 0.64, 0.01, p=None)),
            Comparison(
                subject=Subject(
                    name="sql | parses",
                    origin=Origin.METRIC,
                    direction=Direction.HIGHER,
                    shape=Shape.SIDES,
                    version="1",
                ),
                statistic=Statistic.MEAN,
                against=Against.PRODUCTION,
                role=Role.SECONDARY,
                n=0,
                clusters=0,
                imputed=0,
                missing=Missing(production={"not_applicable": PAIRS}, candidate={"not_applicable": PAIRS}),
                production=estimate(None, n=0, clusters=0),
                candidate=estimate(None, n=0, clusters=0),
                effect=Effect(
                    scale=Scale.DIFFERENCE,
                    once=estimate(None, n=0, clusters=0),
                    deciding=estimate(None, n=0, clusters=0),
                ),
                reason="no_values",
            ),
        ),
        distributions=(
            latencies(0.5, 0.47, candidate=(0.61, 2.9, None)),
            latencies(0.4, 0.4, measure="ttft", production=(0.31, 0.9, 1.4), candidate=(0.12, 0.4, 0.9)),
        ),
        costs=costs(0.0013, 0.31),
        slices=(by_path(), by_language()),
        series=(over_time(),),
        examples=examples(),
        radar=(
            Axis(
                measure="helpfulness",
                begin=0.3,
                target=0.6,
                unit="",
                production=None,
                candidate=estimate(0.49, 0.02),
            ),
            Axis(
                measure="json_schema_valid",
                begin=0.8,
                target=1.0,
                unit="",
                production=estimate(0.99, 0.004),
                candidate=estimate(0.985, 0.005),
            ),
            Axis(
                measure="latency",
                begin=6.0,
                target=0.5,
                unit="s",
                production=estimate(1.84, 0.06),
                candidate=estimate(0.92, 0.04),
            ),
            Axis(
                measure="cost",
                begin=0.01,
                target=0.0,
                unit="USD",
                production=estimate(0.0042, 0.0001),
                candidate=estimate(0.0013, 0.00005),
            ),
        ),
    )


def young() -> Candidate:
    """There is little of it, and nothing is decided by that."""
    few = {"n": 90, "clusters": 61}
    return Candidate(
        name="young",
        again=False,
        requested_models=("young",),
        reported_models=(),
        counts=counts(90, 88, clusters=61, not_sent={"budget": 210}),
        faults=(),
        verdict=Verdict(
            decision=Decision.INCONCLUSIVE,
            conditions=(
                Condition(claim=PRIMARY, role=Role.PRIMARY, met=Met.OPEN, reason="uncalibrated_judge"),
                Condition(
                    claim=NO_ERRORS,
                    role=Role.GUARDRAIL,
                    met=Met.OPEN,
                    reason="too_few",
                    still_needed=StillNeeded(pairs=2100, more=2010, days=None),
                ),
            ),
            blockers=(
                Blocker(code="too_few_pairs", needed=500, found=90),
                Blocker(code="too_few_clusters", needed=200, found=61),
                Blocker(code="too_many_lost", needed=0.1, found=0.7),
                Blocker(code="uncalibrated_judge", needed=50, found=0, measure="helpfulness"),
            ),
        ),
        comparisons=(
            sides(
                ERRORS,
                0.01,
                0.02,
                Effect(
                    scale=Scale.DIFFERENCE,
                    once=estimate(0.01, 0.03, **few),
                    deciding=estimate(0.01, method=Method.ASYMPTOTIC_SEQUENCE, **few),
                    evidence=evidence(None, **few),
                ),
                margin=0.01,
                standing=Standing.INCONCLUSIVE,
                **few,
            ),
        ),
        costs=Costs(
            n=0,
            clusters=0,
            unknown_production={},
            unknown_candidate={"unknown_model": 88},
            production_usd=estimate(None, n=0, clusters=0),
            candidate_usd=estimate(None, n=0, clusters=0),
            difference_usd=estimate(None, n=0, clusters=0),
            ratio=estimate(None, n=0, clusters=0, method=Method.RATIO_OF_MEANS),
            why_no_total="no_costs",
        ),
    )


def judged(rate: float, half: float, *, p: float, standing: Standing, reason: str | None = None) -> Comparison:
    """How often the judge prefers the candidate; `reason`: why people's labels do not correct it."""
    corrected = None if reason else Corrected(effect=estimate(rate - 0.01, half * 1.2), labels=160, saved=340.0)
    return of_pair(
        JUDGE,
        rate,
        effect(Scale.PREFERENCE, rate, half, p=p),
        role=Role.PRIMARY,
        margin=0.05,
        standing=standing,
        noise=effect(Scale.PREFERENCE, 0.503, 0.012),
        outcomes=Outcomes(wins=610, ties=1100, losses=649, sign_p=0.28),
        corrected=corrected,
        corrected_reason=reason,
        controlled=Controlled(
            rate=estimate(rate + 0.02, half, method=Method.CONTROLLED_WIN_RATE),
            length_coefficient=estimate(0.4, 0.15, method=Method.CONTROLLED_WIN_RATE),
            overlap=0.62,
            length_ratio=0.85,
        ),
        detectable=0.03,
    )


def latencies(
    ratio: float,
    middle: float,
    *,
    candidate: tuple[float | None, float | None, float | None],
    measure: str = "latency",
    production: tuple[float, float, float] = (1.2, 5.2, 7.4),
) -> Distribution:
    """Quantiles p50, p95 and p99; None is censored. `middle`: the candidate's curve, as a share of production's."""
    levels = (0.5, 0.95, 0.99)
    curve = tuple(round(0.2 * 1.7**step, 4) for step in range(8))
    return Distribution(
        measure=measure,
        n=2310,
        clusters=1150,
        censored_production=20,
        censored_candidate=19,
        left_out={"paused": 64, "late": 26},
        rows=tuple(_quantile(*each) for each in zip(levels, production, candidate, strict=True)),
        ratio=estimate(ratio, ratio / 20, n=2250, method=Method.GEOMETRIC_RATIO),
        production=Curve(levels=(0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99), seconds=curve),
        candidate=Curve(
            levels=(0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99),
            seconds=(*(round(middle * second, 4) for second in curve[:-1]), None),
        ),
    )


def _quantile(level: float, production: float, candidate: float | None) -> QuantileRow:
    censored = estimate(None, method=Method.WOODRUFF, reason=Refused.CENSORED)
    if candidate is None:
        own, difference = censored, censored
    else:
        own = estimate(candidate, candidate / 10, method=Method.WOODRUFF)
        difference = estimate(round(candidate - production, 6), 0.2, method=Method.WOODRUFF_CONTRAST)
    return QuantileRow(
        level=level,
        production=estimate(production, production / 10, method=Method.WOODRUFF),
        candidate=own,
        difference=difference,
    )


def costs(usd: float, ratio: float) -> Costs:
    """Of a candidate whose request costs `usd`, of all the traffic of a week."""
    requests = 26_840.0
    return Costs(
        n=2380,
        clusters=1170,
        unknown_production={"no_usage": 12},
        unknown_candidate={"no_usage": 8},
        production_usd=estimate(0.0042, 0.0002, n=2380),
        candidate_usd=estimate(usd, usd / 20, n=2380),
        difference_usd=estimate(round(usd - 0.0042, 6), 0.0002, n=2380),
        ratio=estimate(ratio, 0.03, n=2380, method=Method.RATIO_OF_MEANS),
        correct="json_schema_valid",
        production_per_correct=estimate(0.00424, 0.0002, n=2380, method=Method.RATIO_OF_MEANS),
        candidate_per_correct=estimate(round(usd / 0.98, 6), 0.0002, n=2380, method=Method.RATIO_OF_MEANS),
        requests=requests,
        period_s=7 * DAY,
        production_total=estimate(112.73, 5.4, n=2380),
        candidate_total=estimate(round(usd * requests, 2), 2.0, n=2380),
        saving_total=estimate(round(112.73 - usd * requests, 2), 5.5, n=2380),
        saving_month=estimate(round((112.73 - usd * requests) * 30 / 7, 2), 24.0, n=2380),
        requests_drawn=estimate(requests, 700.0, n=2400, method=Method.WEIGHTED_TOTAL),
        production_curve=_spread(0.0042),
        candidate_curve=_spread(usd),
    )


def _spread(usd: float) -> CostCurve:
    """Around a mean of so much."""
    levels = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
    return CostCurve(n=2380, levels=levels, usd=tuple(round(usd * 0.3 * 1.8**step, 6) for step in range(6)))


def by_path() -> SliceTable:
    """The whole does not say what its parts say."""
    return SliceTable(
        by="path",
        measure="helpfulness",
        scale=Scale.PREFERENCE,
        rows=(
            SliceRow(
                value="/v1/chat/completions",
                n=1500,
                clusters=800,
                share=0.625,
                effect=estimate(0.47, 0.025, n=1500, clusters=800),
                p_adjusted=0.03,
                against_the_whole=False,
            ),
            SliceRow(
                value="/v1/responses",
                n=700,
                clusters=350,
                share=0.29,
                effect=estimate(0.56, 0.035, n=700, clusters=350),
                p_adjusted=0.004,
                against_the_whole=True,
            ),
        ),
        others=200,
        differ=evidence(0.0003, method=Method.COCHRAN_Q),
        reversed=True,
    )


def by_language() -> SliceTable:
    """Nothing to see."""
    return SliceTable(
        by="language",
        measure="helpfulness",
        scale=Scale.PREFERENCE,
        rows=(
            SliceRow(
                value="en",
                n=1800,
                clusters=900,
                share=0.75,
                effect=estimate(0.49, 0.024, n=1800, clusters=900),
                p_adjusted=0.5,
                against_the_whole=False,
            ),
            SliceRow(
                value="de",
                n=600,
                clusters=280,
                share=0.25,
                effect=estimate(0.485, 0.04, n=600, clusters=280),
                p_adjusted=0.5,
                against_the_whole=False,
            ),
        ),
        others=0,
        differ=evidence(0.82, method=Method.COCHRAN_Q),
        reversed=False,
    )


def over_time() -> Series:
    """One point a day; on the first there are too few clusters for a band."""
    points = [
        Point(
            from_at=MONDAY + day * DAY,
            to_at=MONDAY + (day + 1) * DAY,
            n=340,
            clusters=170,
            window=estimate(round(0.47 + 0.005 * day, 4), 0.05, n=340, clusters=170),
            running=estimate(
                round(0.47 + 0.003 * day, 4),
                None if day == 0 else 0.06 / (day + 1) ** 0.5,
                n=340 * (day + 1),
                clusters=170 * (day + 1),
                method=Method.ASYMPTOTIC_SEQUENCE,
            ),
        )
        for day in range(7)
    ]
    return Series(measure="helpfulness", scale=Scale.PREFERENCE, points=tuple(points), changed=True)


def examples() -> tuple[Example, ...]:
    """With texts that have everything that a renderer must escape, and one that is hidden."""
    return (
        Example(
            why="worst",
            measure="helpfulness",
            value=-1.0,
            exchange=88,
            log="eu.db",
            started_at=MONDAY + 1.25 * DAY,
            outcome_production="ok",
            outcome_candidate="ok",
            prompt="Write | a table with <b>bold</b> & `code`.\nIn two lines.",
            production="| a | b |\n|---|---|\n| 1 | <script>alert(1)</script> |",
            candidate="No. \x1b[31mI\x1b[0m cannot ``` do that\u202e.",
        ),
        Example(
            why="most_different",
            measure="token_set_ratio",
            value=0.07,
            exchange=2012,
            log="postgresql://pairs@db.internal/shadowbench",
            started_at=MONDAY + 4.5 * DAY,
            outcome_production="ok",
            outcome_candidate="ok",
            prompt=None,
            production=None,
            candidate=None,
            hidden=True,
        ),
    )


def judge_card() -> JudgeCard:
    """A judge that people mostly agree with, and that likes the first answer it reads."""
    return JudgeCard(
        judge="helpfulness",
        model="judge-large",
        family="judge",
        version="3",
        config_hash="51d0be27",
        scored=6800,
        unscored=140,
        labels=160,
        agreement=0.78,
        constant=0.46,
        kappa=Coefficient(value=0.66, n=160, low=0.56, high=0.76),
        ac1=Coefficient(value=0.69, n=160, low=0.6, high=0.78),
        consistency=Coefficient(value=0.83, n=2400, low=0.81, high=0.85),
        position_p=0.0002,
        length=Coefficient(value=0.41, n=6800, low=0.3, high=0.52),
        self_preference=Coefficient(value=None, n=0, reason="family_unknown"),
        flips=Coefficient(value=0.06, n=300, low=0.04, high=0.09),
        people_kappa=Coefficient(value=0.71, n=40, low=0.5, high=0.88),
        calls=4810,
        usd=3.21,
        unpriced=0,
        calibrated=True,
        alarms=("position_bias", "length"),
    )
