"""A scoring worker's options."""

from __future__ import annotations

from shadowbench.configuration import read_rubric_file
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.metrics.binding import MetricOptions
from shadowbench.policies.reading import read_policy
from shadowbench.scoring.options import ComparisonOptions, ScoringOptions
from shadowbench.settings import JudgeEndpointSettings, JudgeSettings, Settings
from shadowbench.store.opening import path_of
from shadowbench.wiring.places import path_text
from shadowbench.wiring.prices import judges_pricing
from shadowbench.worker import to_json


def scoring_options(settings: Settings, number: int = 0) -> ScoringOptions:
    """Options of one scoring worker. Raises ConfigurationError for a rubric that cannot be read."""
    scoring = settings.scoring
    return ScoringOptions(
        store_url=f"sqlite:///{path_of(settings.store.url).absolute()}",
        name=f"scoring-{number}",
        metrics=tuple(MetricOptions(metric=m.metric, name=m.name, options=m.options) for m in scoring.metrics),
        metric_timeout_s=scoring.metric_timeout_s,
        judges=tuple(_judge(name, judge, scoring.workers) for name, judge in scoring.judges.items()),
        # One worker is enough to notice a judge that drifts.
        canaries_every_s=scoring.canaries_every_s if number == 0 else 0.0,
        comparison=_comparison(settings),
        pricing=judges_pricing(settings),
    )


def _comparison(settings: Settings) -> ComparisonOptions | None:
    """What is watched: what was declared to matter, of the candidates that there are."""
    if settings.report.policy is None or settings.scoring.comparison_every_s <= 0 or not settings.candidates:
        return None
    policy = read_policy(settings.report.policy, "report.policy")
    if not policy.claims:
        return None
    return ComparisonOptions(
        every_s=settings.scoring.comparison_every_s,
        policy=to_json(policy),
        candidates=tuple(settings.candidates),
        again=tuple(sorted(production_again(settings))),
    )


def _judge(name: str, judge: JudgeSettings, workers: int) -> JudgeOptions:
    told = judge.model_dump(exclude={"endpoint", "rubric", "candidates", "members"})
    rubric = None if judge.rubric is None else read_rubric_file(judge.rubric, f"scoring.judges.{name}.rubric")
    return JudgeOptions(
        name=name,
        endpoint=None if judge.endpoint is None else _judge_endpoint(judge.endpoint, workers),
        rubric=rubric,
        candidates=tuple(judge.candidates),
        members=tuple(judge.members),
        **told,
    )


def _judge_endpoint(endpoint: JudgeEndpointSettings, workers: int) -> EndpointOptions:
    """As one of several workers has it: what is configured holds for all of them together."""
    told = endpoint.model_dump(exclude={"provider", "price", "ca_file", "concurrency", "requests_per_minute"})
    a_minute = endpoint.requests_per_minute
    return EndpointOptions(
        **told,
        concurrency=max(1, endpoint.concurrency // workers),
        requests_per_minute=None if a_minute is None else a_minute / workers,
        ca_file=path_text(endpoint.ca_file),
    )


def production_again(settings: Settings) -> frozenset[str]:
    """The candidates that are production itself (A/A): same place, nothing changed in the request."""
    return frozenset(
        name
        for name, candidate in settings.candidates.items()
        if candidate.url in (None, settings.production.url)
        and candidate.model is None
        and not candidate.parameters
        and not candidate.headers
        and not candidate.leave_out
        and not candidate.rename
        and not candidate.clamp
        and candidate.dialect is None
        and candidate.system_prompt is None
    )
