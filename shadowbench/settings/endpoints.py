"""Production, and the endpoints under test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from shadowbench.settings.checking import (
    check_egress_proxy,
    check_headers,
    check_json,
    check_member_path,
    check_renames,
)
from shadowbench.settings.kinds import (
    EndpointDialect,
    Finite,
    NamePath,
    Positive,
    Seconds,
    Share,
    Url,
    Usd,
    VariableName,
)
from shadowbench.settings.section import Section


class ClientTlsSettings(Section):
    """TLS towards an endpoint whose URL is https."""

    ca_file: Path | None = None
    """Certificates to trust (PEM) instead of the system's."""
    verify: bool = True
    """Whether the endpoint's certificate is checked. Turn it off only to try something out."""


class PriceSettings(Section):
    """A price that goes before genai-prices'. USD; mtok is a million tokens."""

    input_per_mtok: Usd | None = None
    """Per million input tokens."""
    output_per_mtok: Usd | None = None
    """Per million output tokens."""
    cached_input_per_mtok: Usd | None = None
    """Per million input tokens read from the provider's cache; null: as input."""
    cache_write_per_mtok: Usd | None = None
    """Per million input tokens written to the provider's cache; null: as input."""
    reasoning_per_mtok: Usd | None = None
    """Per million reasoning tokens; null: as output."""
    per_request: Usd | None = None
    """Per request, beside tokens."""
    gpu_hour_usd: Usd | None = None
    """Of a machine of your own: a request costs its duration's share."""
    gpu_concurrency: Positive = 1.0
    """Requests such a machine answers at a time."""

    @model_validator(mode="after")
    def _says_something(self) -> PriceSettings:
        rates = (self.input_per_mtok, self.output_per_mtok, self.per_request, self.gpu_hour_usd)
        if all(rate is None for rate in rates):
            raise ValueError("needs input_per_mtok and output_per_mtok, per_request, or gpu_hour_usd")
        return self


class ProductionSettings(Section):
    """The endpoint whose answer the client gets."""

    url: Url
    """Base URL of production. The client's path and query are appended to it."""
    connect_timeout_s: Seconds = 5.0
    """How long connecting, TLS included, may take before the client gets 504."""
    first_byte_timeout_s: Seconds | None = None
    """How long production may take to begin its answer, or read no more of a request, before the client gets 504; with null it
    may think for ever, and `idle_timeout_s` holds for the rest."""
    idle_timeout_s: Seconds | None = 300.0
    """Longest silence within an answer that has begun; null waits for ever."""
    pool_idle_s: Seconds | None = None
    """How long a connection to production rests before it is closed; null: 4 s for http, 55 s for https."""
    pool_max_age_s: Seconds = 300.0
    """How old a connection to production may become before it is replaced."""
    provider: str | None = None
    """Who bills for it, by genai-prices' provider id (openai, anthropic, azure…); null: told by the URL."""
    price: PriceSettings | None = None
    """What production costs, whatever the model; null: by model, from `prices` and genai-prices."""
    tls: ClientTlsSettings = ClientTlsSettings()
    """TLS towards production."""


class RetrySettings(Section):
    """When a call is tried again: only where the endpoint cannot have begun to generate."""

    attempts: Annotated[int, Field(ge=1, le=10)] = 2
    """Attempts in all; 1 never tries again."""
    max_wait_s: Seconds = 5.0
    """A Retry-After longer than this ends the matter."""


class BreakerSettings(Section):
    """When an endpoint that fails is left alone for a while."""

    failures: Annotated[int, Field(ge=0, le=1000)] = 10
    """So many failures among the last `window` calls open the breaker; 0 turns it off."""
    window: Annotated[int, Field(ge=1, le=1000)] = 20
    """Calls that are looked back on."""
    open_s: Seconds = 5.0
    """How long it stays open the first time; doubles each time."""
    max_open_s: Seconds = 300.0
    """The longest that it stays open."""
    successes: Annotated[int, Field(ge=1, le=100)] = 2
    """Probes that must succeed to close it."""

    @model_validator(mode="after")
    def _can_open(self) -> BreakerSettings:
        if self.failures > self.window:
            raise ValueError("failures is larger than window: it would never open")
        return self


class BudgetSettings(Section):
    """What a candidate may cost; null is no limit. Hours and days are those of the UTC clock."""

    usd_per_hour: Usd | None = None
    """USD in a clock hour."""
    usd_per_day: Usd | None = None
    """USD in a day."""
    usd_total: Usd | None = None
    """USD in all, over restarts, until the budget file is removed."""
    tokens_per_hour: Annotated[int, Field(ge=0)] | None = None
    """Tokens, in and out, in a clock hour."""
    tokens_per_day: Annotated[int, Field(ge=0)] | None = None
    """Tokens in a day."""
    tokens_total: Annotated[int, Field(ge=0)] | None = None
    """Tokens in all."""
    unknown_price: Literal["stop", "allow"] = "stop"
    """What a budget makes of costs that nobody knows: stop calling until `control resume`, or call on without counting them."""
    reserve_usd: Usd = 0.05
    """Reserved per call while neither a price nor earlier calls tell more."""
    reserve_output_tokens: Annotated[int, Field(ge=1, le=1_000_000)] = 1024
    """Output tokens assumed of a request that names no maximum."""


class RangeSettings(Section):
    """Bounds of a numeric parameter."""

    min: Finite | None = None
    """Smaller values become this."""
    max: Finite | None = None
    """Larger values become this."""

    @model_validator(mode="after")
    def _holds_something(self) -> RangeSettings:
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is larger than max")
        return self


class CandidateSettings(Section):
    """An endpoint under test."""

    url: Url | None = None
    """Base URL; null is production's. Without a path of its own the client's is used, prefixes like /u/NAME/ included; with one
    (http://host/v1) it stands for all before the endpoint."""
    model: Annotated[str, Field(min_length=1)] | None = None
    """Model name to ask for; null keeps the client's."""
    api_key_env: VariableName | None = None
    """Environment variable with the candidate's API key. The caller's credentials are never forwarded."""
    sample_rate: Share = 0.0
    """Share of eligible requests that are copied, 0 to 1. Nothing is mirrored until asked."""
    max_per_second: Positive | None = None
    """Most copies per second: where more would be, the share of the next second is lowered, and known."""
    dialect: EndpointDialect | None = None
    """Wire format that the endpoint speaks; null: the client's. Requests are translated, or not sent with a reason."""
    default_max_tokens: Annotated[int, Field(ge=1, le=10_000_000)] = 4096
    """Where the endpoint's dialect must name a maximum of output tokens and the client's request does not."""
    leave_out: list[Annotated[str, AfterValidator(check_member_path)]] = []
    """What to leave out of the client's requests before anything else, as dotted paths with * for each element of a list: where
    a candidate of another dialect has no word for it, e.g. [seed, options.num_ctx, tools.*.function.strict]."""
    parameters: dict[NamePath, Annotated[Any, AfterValidator(check_json)]] = {}
    """Members of the request's JSON to set, named in the endpoint's dialect, nested ones by dotted paths: {temperature: 0},
    {options.temperature: 0}. null removes one. An object as a value replaces the whole member; dotted paths leave the rest."""
    rename: Annotated[dict[NamePath, NamePath], AfterValidator(check_renames)] = {}
    """Members to rename or move before that, e.g. {max_tokens: max_completion_tokens}. With dialect null, `parameters`,
    `rename` and `clamp` apply to every dialect that clients speak."""
    clamp: dict[NamePath, RangeSettings] = {}
    """Bounds of numbers that a request names, after both, e.g. {temperature: {max: 1}} or {options.num_ctx: {max: 8192}}."""
    system_prompt: str | None = None
    """System prompt of the candidate's requests; null leaves the client's."""
    system_prompt_mode: Literal["replace", "prepend", "append"] = "replace"
    """Whether it stands instead of the client's, before it, or after it."""
    keep_identifiers: bool = False
    """Whether user, safety_identifier, metadata and the like are sent on. They name the client's users."""
    engine_fields: Literal["skip", "keep", "drop"] | None = None
    """Requests with members that only vLLM or SGLang know (chat_template_kwargs, structured_outputs, …): not copied, copied as
    they are, or copied without; null: kept where the URL is production's, else not copied."""
    server_tools: Literal["skip", "strip"] = "skip"
    """Tools that the provider runs itself would run, and cost, twice: do not copy such requests, or copy them without."""
    start: Literal["with_request", "after_response"] = "with_request"
    """Call with the request, or once production has answered: where both share a machine."""
    on_client_cancel: Literal["cancel", "finish"] = "cancel"
    """What becomes of the candidate's call when the client leaves production's."""
    rate_per_s: Positive | None = None
    """Most calls per second; more wait in the queue, and go stale there."""
    retries: RetrySettings = RetrySettings()
    """When a call is tried again."""
    breaker: BreakerSettings = BreakerSettings()
    """When an endpoint that fails is left alone."""
    budgets: BudgetSettings = BudgetSettings()
    """What the candidate may cost."""
    provider: str | None = None
    """Who bills for it, by genai-prices' provider id; null: told by the URL."""
    price: PriceSettings | None = None
    """What the candidate costs, whatever the model; null: by model, from `prices` and genai-prices."""
    egress_proxy: Annotated[str, AfterValidator(check_egress_proxy)] | None = None
    """HTTP proxy to reach the endpoint through: http://HOST:PORT. Proxy variables of the environment are not used."""
    egress_proxy_auth_env: VariableName | None = None
    """Environment variable with USER:PASSWORD for the egress proxy."""
    headers: Annotated[dict[str, str], AfterValidator(check_headers)] = {}
    """Headers to add to the candidate's requests."""
    queue: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Requests that may wait for the candidate; more are counted and not sent."""
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Requests at the candidate at one time."""
    connect_timeout_s: Seconds = 5.0
    """How long connecting, TLS included, may take."""
    first_byte_timeout_s: Seconds = 120.0
    """How long the candidate may take to begin its answer. One that is not streamed begins when it is done."""
    idle_timeout_s: Seconds = 60.0
    """Longest silence within an answer that has begun."""
    total_timeout_s: Seconds = 600.0
    """How long a call may take in all."""
    max_response_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 8 * 1024 * 1024
    """Largest answer that is read; a longer one is cut and recorded as a fault."""
    tls: ClientTlsSettings = ClientTlsSettings()
    """TLS towards the candidate."""
