"""What a judge is made of: plain data, as a worker gets it from its parent. Secrets are not in it, but their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """A model that is asked for verdicts or vectors, and how hard."""

    url: str
    model: str
    dialect: Literal["openai.chat", "anthropic.messages", "openai.embeddings"] = "openai.chat"
    api_key_env: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    temperature: float | None = 0.0  # None: not sent; some models refuse it
    seed: int | None = 0
    max_output_tokens: int = 1024
    parameters: Mapping[str, Any] = field(default_factory=dict)  # further members of the request
    structured: bool = True  # ask for JSON by schema; one that refuses is asked without from then on
    timeout_s: float = 120.0
    tries: int = 4  # of one call, the first included
    concurrency: int = 8  # at most; fewer while the endpoint says that it is too much
    requests_per_minute: float | None = None
    cache: Literal["on", "read", "write", "off"] = "on"
    budget_usd: float | None = None
    budget_usd_per_day: float | None = None
    unpriced: Literal["refuse", "allow"] = "refuse"  # a call of unknown price, where there is a budget
    ca_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeOptions:
    """A judge as configured. Which of the members mean something depends on the kind; `config_hash` is over all that do."""

    name: str
    kind: str  # pairwise | rubric | checklist | factuality | custom | panel | cascade, a plugin's name, or module:attribute
    endpoint: EndpointOptions | None = None  # None for panels and cascades
    rubric: Mapping[str, Any] | None = None  # the rubric's or prompt's file, read: see docs/judges.md
    rubric_hash: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)  # of the kind
    sample_rate: float = 1.0  # share of pairs that are judged
    repeat_share: float = 0.05  # of judged pairs that are judged twice, for the judge's own noise
    own_family: Literal["exclude", "flag", "include"] = "flag"  # a judge of a contestant's family
    family: str | None = None  # None: told by the model's name
    strip_markdown: bool = False
    redact_identity: bool = True  # "As GPT-4, I …" becomes "As an assistant, I …"
    candidates: tuple[str, ...] = ()  # whose pairs; (): all
    members: tuple[str, ...] = ()  # of a panel: names of judges
    screen: str | None = None  # of a cascade: the metric or judge that comes first
    screen_low: float | None = None  # …: its score from here
    screen_high: float | None = None  # … to here is in doubt, and goes on to `strong`
    strong: str | None = None  # of a cascade: the judge that is asked in doubt
    audit_share: float = 0.05  # of the pairs that are in no doubt: asked all the same, with this probability
