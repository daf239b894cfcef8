"""What is measured on pairs, and who judges them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from shadowbench.settings.checking import as_metric, check_finite, check_headers, check_json
from shadowbench.settings.endpoints import PriceSettings
from shadowbench.settings.kinds import CandidateName, Finite, Positive, RuleName, Seconds, Share, Url, Usd, VariableName
from shadowbench.settings.section import Section

# Cheap ones that need nothing but the pair: together below a millisecond for answers of usual size.
DEFAULT_METRICS = (
    "exact_match",
    "token_set_ratio",
    "rouge_l",
    "tool_call_match",
    "refusal",
    "refusal_flip",
    "truncation",
    "empty",
    "language_agreement",
    "pii_leaked",
    "repetition",
    "length",
    "latency",
    "ttft",
    "output_tokens",
    "cost",
    "error_class",
)


class MetricSettings(Section):
    """A metric that takes options, or that is to have a name of its own."""

    metric: Annotated[str, Field(min_length=1, max_length=200)]
    """The metric's name, or module:attribute."""
    name: RuleName | None = None
    """What its scores are called; null: as the metric."""
    options: Annotated[dict[str, Any], AfterValidator(check_json)] = {}
    """Of the metric: see docs/scoring.md."""


class JudgeEndpointSettings(Section):
    """A model that is asked for verdicts or vectors."""

    url: Url
    """Base URL, as clients of its API have it, e.g. https://api.openai.com/v1."""
    model: Annotated[str, Field(min_length=1, max_length=300)]
    """Its name there."""
    dialect: Literal["openai.chat", "anthropic.messages", "openai.embeddings"] = "openai.chat"
    """What it speaks."""
    api_key_env: VariableName | None = None
    """Environment variable with the key."""
    headers: Annotated[dict[str, str], AfterValidator(check_headers)] = {}
    """Headers to add."""
    temperature: Annotated[float, AfterValidator(check_finite), Field(ge=0, le=2)] | None = 0.0
    """null: not sent, for models that refuse it."""
    seed: int | None = 0
    """null: not sent."""
    max_output_tokens: Annotated[int, Field(ge=16, le=1_000_000)] = 1024
    """Most that a reply may have, analysis included."""
    parameters: Annotated[dict[str, Any], AfterValidator(check_json)] = {}
    """Further members of the request."""
    structured: bool = True
    """Ask for JSON by schema; an endpoint that refuses is asked without from then on."""
    timeout_s: Seconds = 120.0
    """Of one attempt."""
    tries: Annotated[int, Field(ge=1, le=20)] = 4
    """Attempts for one question, the first included. Each counts towards the budget."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 8
    """Calls at a time at most; fewer while the endpoint says that it is too much."""
    requests_per_minute: Positive | None = None
    """null: no limit of ours."""
    cache: Literal["on", "read", "write", "off"] = "on"
    """Whether replies are kept, and asked for, in the log."""
    budget_usd: Usd | None = None
    """What it may cost in all; null: no limit."""
    budget_usd_per_day: Usd | None = None
    """What it may cost on one UTC day."""
    unpriced: Literal["refuse", "allow"] = "refuse"
    """What happens, where there is a budget, to calls whose price nobody knows."""
    provider: str | None = None
    """Who bills for it, by genai-prices' provider id; null: told by the URL."""
    price: PriceSettings | None = None
    """What it costs; null: by model, from `prices` and genai-prices."""
    ca_file: Path | None = None
    """Certificates to trust (PEM) instead of the system's."""


class JudgeSettings(Section):
    """A model, or several, that grade pairs. See docs/judges.md."""

    kind: Annotated[str, Field(min_length=1, max_length=200)] = "pairwise"
    """pairwise, rubric, checklist, factuality, custom, embedding, panel, cascade, a plugin's kind, or module:attribute."""
    endpoint: JudgeEndpointSettings | None = None
    """The model. Panels and cascades have none of their own."""
    rubric: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """What counts: the name of a rubric that comes with shadowbench, or a YAML file."""
    options: Annotated[dict[str, Any], AfterValidator(check_json)] = {}
    """Of the kind."""
    sample_rate: Annotated[float, AfterValidator(check_finite), Field(gt=0, le=1)] = 1.0
    """Share of the pairs that are judged."""
    repeat_share: Share = 0.05
    """Share of the judged pairs that are judged twice, for the judge's own noise."""
    own_family: Literal["exclude", "flag", "include"] = "flag"
    """What happens to pairs in which a contestant is of the judge's own family of models."""
    family: str | None = None
    """The judge's family; null: told by the model's name."""
    strip_markdown: bool = False
    """Show answers without their decoration."""
    redact_identity: bool = True
    """Show "As an assistant, I …" for "As GPT-4, I …"."""
    candidates: list[CandidateName] = []
    """Whose pairs; empty: all candidates'."""
    members: list[RuleName] = []
    """Of a panel: names of judges."""
    screen: RuleName | None = None
    """Of a cascade: the metric or judge that comes first."""
    screen_low: Finite | None = None
    """Of a cascade: a score of the screen from here …"""
    screen_high: Finite | None = None
    """… to here is in doubt, and goes on to `strong`."""
    strong: RuleName | None = None
    """Of a cascade: the judge that is asked in doubt."""
    audit_share: Share = 0.05
    """Of a cascade: share of the pairs in no doubt that `strong` is asked about all the same."""


Metrics = list[Annotated[MetricSettings, BeforeValidator(as_metric)]]


class ScoringSettings(Section):
    """Metrics and judges, run behind the traffic: under `serve`, and by `shadowbench score`."""

    enabled: bool = True
    """false: `serve` scores nothing; `shadowbench score` does."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that score. They run behind everything else on the machine."""
    metrics: Metrics = [MetricSettings(metric=name) for name in DEFAULT_METRICS]
    """Names, module:attribute, or {metric, name, options}."""
    metric_timeout_s: Annotated[float, AfterValidator(check_finite), Field(ge=0.01, le=3600)] = 5.0
    """How long a metric may take for one pair. One that hangs again and again is left out for a while."""
    comparison_every_s: Annotated[float, AfterValidator(check_finite), Field(ge=0)] = 300.0
    """How often the whole log is compared for /metrics (comparison_…), by what `report.policy` declares; 0: never. One worker
    of all that score a log does it, in a process of its own."""
    canaries_every_s: Annotated[float, AfterValidator(check_finite), Field(ge=0)] = 86_400.0
    """How often judges are asked again about the frozen sets that they know (`shadowbench judges freeze`); 0: never."""
    judges: dict[RuleName, JudgeSettings] = {}
    """Judges by name; the name is what their scores are called, and what their budgets are kept by."""
