"""The configuration: every key, its meaning, its default and its bounds.

Keys come from `SHADOWBENCH_SECTION__KEY` environment variables and the YAML file (`configuration.py` reads both and words
the errors). Unknown keys are errors. What the keys do is the business of the options classes that `wiring.py` fills
from here.
"""

from __future__ import annotations

import json
import math
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from shadowbench.listening import ADDRESS_FORM, Address, parse_address
from shadowbench.recorder.edges import BucketOptions
from shadowbench.records import Dialect
from shadowbench.wire.own_names import objection_to

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Single underscores only, lower case: such a name can be reached as SHADOWBENCH_CANDIDATES__NAME__KEY.
_CANDIDATE_NAME = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)*")
# Of a rule or a stratum. It is a signal's label, and part of the names of keys.
_RULE_NAME = re.compile(r"(?=.{1,40}\Z)[A-Za-z0-9]+(?:[_.-]+[A-Za-z0-9]+)*")
# Set by the mirror or the client protocol; a configured value would contradict them.
_RESERVED_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect"}
)


def _check_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("must be a URL like http://127.0.0.1:4000 or https://api.example.com")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry credentials; name an environment variable in api_key_env instead")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or fragment: the client's path and query are appended to it")
    if not parts.path.isascii():
        raise ValueError("must have its path in percent-encoding")
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError("must not contain spaces or control characters")
    return text.rstrip("/")


def _check_form(value: object) -> object:
    """One sentence for everything that is no text, instead of one for each kind that it is not."""
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(ADDRESS_FORM)
    return value


def _check_address(text: str) -> str:
    parse_address(text)
    return text


def _check_addresses(value: str | list[str]) -> str | list[str]:
    addresses = as_list(value)
    if not addresses:
        raise ValueError("needs at least one address, as in 127.0.0.1:8080")
    for text in addresses:
        parse_address(text)
    if len(set(addresses)) != len(addresses):
        raise ValueError("names the same address twice")
    return value


def as_list(value: str | list[str]) -> list[str]:
    """Addresses written as one string, comma-separated, or as a list."""
    parts = value.split(",") if isinstance(value, str) else value
    return [part.strip() for part in parts if part.strip()]


def _check_header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError("is not a header name")
    return text.lower()


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a header name")
        if name.lower() in _RESERVED_HEADERS:
            raise ValueError(f"{name!r} is set by shadowbench itself")
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value) or not value.isascii():
            raise ValueError(f"the value of {name!r} must be printable ASCII")
    if len({name.lower() for name in headers}) != len(headers):
        raise ValueError("names a header twice")
    return headers


def _check_sample_key(text: str) -> str:
    kind, _, name = text.partition(":")
    if text in ("request", "conversation"):
        return text
    if kind == "header" and _HEADER_NAME.fullmatch(name):
        return f"header:{name.lower()}"
    raise ValueError("must be request, conversation, or header:NAME as in header:x-session-id")


def _check_member_path(text: str) -> str:
    parts = text.split(".")
    if not all(parts) or parts[0] == "*" or parts[-1] == "*":
        raise ValueError("must be names joined by dots, as in seed or tools.*.function.strict")
    return text


def _check_name_path(text: str) -> str:
    if not all(text.split(".")) or "*" in text.split("."):
        raise ValueError("must be names joined by dots, as in temperature or options.temperature")
    return text


def _check_json(value: object) -> object:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        # YAML knows dates, bytes, NaN, infinities and half characters; JSON, which the request is, does not.
        raise ValueError("has no form in JSON: put dates in quotes, and leave out .nan and .inf") from None
    return value


def _check_renames(renames: dict[str, str]) -> dict[str, str]:
    for old, new in renames.items():
        if f"{old}.".startswith(f"{new}.") or f"{new}.".startswith(f"{old}."):
            raise ValueError(f"cannot move {old} to {new}: one stands in the other")
    return renames


def _check_egress_proxy(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    if parts.scheme != "http" or not parts.hostname or port == 0 or parts.path.strip("/") or parts.query:
        raise ValueError("must be http://HOST:PORT")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry credentials; name an environment variable in egress_proxy_auth_env instead")
    return text.rstrip("/")


def _check_export_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in ("file", "s3", "gs", "az") or not rest.strip("/"):
        raise ValueError("must be file:///FOLDER, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX")
    if scheme != "file" and "@" in rest.partition("/")[0]:
        raise ValueError("must not carry credentials; they come from the environment (AWS_…, GOOGLE_…, AZURE_…)")
    if scheme != "file" and ("?" in rest or "#" in rest):
        raise ValueError("takes no query or fragment; credentials come from the environment (AWS_…, GOOGLE_…, AZURE_…)")
    return text.rstrip("/")


def _as_globs(value: object) -> object:
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError("must be a glob or a list of globs, as in 'gpt-4*' (numbers, yes and no in quotes)")
    return tuple(parts)


def _check_endpoint(text: str) -> str:
    if not re.fullmatch(r"[A-Z]+ /[^\s?#]+", text):
        raise ValueError("must be a method and the end of a path, as in POST /v1/chat/completions")
    return text


def _check_finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def _check_edges(edges: tuple[float, ...]) -> tuple[float, ...]:
    if not 1 <= len(edges) <= 40:
        raise ValueError("must be a list of 1 to 40 numbers")
    if not all(math.isfinite(edge) and edge > 0 for edge in edges) or sorted(set(edges)) != list(edges):
        raise ValueError("must ascend, and be above 0; what is above the last is counted in any case")
    return edges


def _check_store_url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    if scheme != "sqlite" or not rest.strip("/"):
        raise ValueError("must be sqlite:///FILE (relative) or sqlite:////FILE (absolute)")
    if "?" in rest or "#" in rest:
        raise ValueError("takes no query or fragment")
    return text


def _check_socket_mode(text: str | int) -> str:
    # YAML reads an unquoted 0660 as the number 432.
    digits = f"{text:04o}" if isinstance(text, int) else text
    if not re.fullmatch(r"0?[0-7]{3}", digits):
        raise ValueError("must be octal permissions in quotes, as in '0660'")
    return digits


def _check_candidate_name(name: str) -> str:
    if name == "production":
        raise ValueError("is the name of the other side; choose another")
    if len(name) > 40 or not _CANDIDATE_NAME.fullmatch(name):
        raise ValueError("must be at most 40 lower-case letters and digits, joined by single '_', '-' or '.'")
    return name


def _check_rule_name(name: str) -> str:
    if not _RULE_NAME.fullmatch(name):
        raise ValueError("must be a name of at most 40 letters and digits, joined by '_', '-' or '.'")
    return name


def _check_variable_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        # Not repeated in the message: people put the key itself here.
        raise ValueError("must be the name of an environment variable, not the key itself")
    return name


_BUCKETS = BucketOptions()
NamePath = Annotated[str, AfterValidator(_check_name_path)]
CandidateName = Annotated[str, AfterValidator(_check_candidate_name)]
RuleName = Annotated[str, AfterValidator(_check_rule_name)]
VariableName = Annotated[str, AfterValidator(_check_variable_name)]
Url = Annotated[str, AfterValidator(_check_url)]
ListenAddress = Annotated[str, BeforeValidator(_check_form), AfterValidator(_check_address)]
ListenAddresses = Annotated[str | list[str], BeforeValidator(_check_form), AfterValidator(_check_addresses)]
HeaderName = Annotated[str, AfterValidator(_check_header_name)]
Seconds = Annotated[float, AfterValidator(_check_finite), Field(gt=0, le=86_400)]
Globs = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], BeforeValidator(_as_globs)]
Usd = Annotated[float, AfterValidator(_check_finite), Field(ge=0)]
EndpointDialect = Literal[
    "openai.chat",
    "openai.responses",
    "openai.completions",
    "openai.embeddings",
    "anthropic.messages",
    "ollama.chat",
    "ollama.generate",
    "ollama.embed",
    "gemini.generate_content",
]
BucketEdges = Annotated[tuple[float, ...], AfterValidator(_check_edges)]
SecondsOrZero = Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=86_400)]


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


def _is_number(kind: Any) -> bool:
    return kind in (int, float) or any(_is_number(part) for part in typing.get_args(kind))


class Section(BaseModel):
    """A group of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_boolean_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        # YAML reads yes and on as booleans, which Python would take for 1.
        if isinstance(value, bool) and info.field_name and _is_number(cls.model_fields[info.field_name].annotation):
            raise ValueError("must be a number, not a boolean (in YAML yes, no, on and off are booleans)")
        return value


class ServerTlsSettings(Section):
    """TLS towards clients. Both files, or neither."""

    cert_file: Path | None = None
    """Certificate chain (PEM). Without it the proxy speaks plain HTTP."""
    key_file: Path | None = None
    """Its private key (PEM)."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> ServerTlsSettings:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("needs both cert_file and key_file")
        return self


class ClientTlsSettings(Section):
    """TLS towards an endpoint whose URL is https."""

    ca_file: Path | None = None
    """Certificates to trust (PEM) instead of the system's."""
    verify: bool = True
    """Whether the endpoint's certificate is checked. Turn it off only to try something out."""


class ProxySettings(Section):
    """Where clients connect, and the bounds on what they may send."""

    listen: ListenAddresses = "127.0.0.1:8080"
    """Where clients connect: HOST:PORT, [IPv6]:PORT, :PORT (all interfaces), unix:/PATH; several as a list."""
    socket_mode: Annotated[str | int, AfterValidator(_check_socket_mode)] = "0660"
    """Permissions of a unix socket in `listen`, octal."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Proxy processes. One serves thousands of requests per second; more than there are cores is no use."""
    tls: ServerTlsSettings = ServerTlsSettings()
    """TLS towards clients."""
    host_header: Literal["rewrite", "preserve"] = "rewrite"
    """What production sees as Host: its own name (rewrite), or what the client sent (preserve)."""
    max_head_bytes: Annotated[int, Field(ge=1024, le=1 << 20)] = 128 * 1024
    """Largest request head; a larger one gets 431."""
    max_headers: Annotated[int, Field(ge=8, le=10_000)] = 256
    """Most header lines in a request head."""
    head_timeout_s: Seconds = 30.0
    """How long a client may take to send a request head."""
    body_timeout_s: Seconds = 60.0
    """Longest silence of a client within a request body."""
    client_idle_s: Seconds = 300.0
    """How long a client connection may rest between requests."""
    drain_delay_s: SecondsOrZero = 0.0
    """At shutdown: how long new requests are still taken, with Connection: close, until load balancers noticed."""
    drain_timeout_s: Seconds = 25.0
    """At shutdown: how long running requests may take to finish, after the delay."""


class AdminSettings(Section):
    """Health and metrics of this parent process."""

    listen: ListenAddress | None = "127.0.0.1:9464"
    """Where /livez, /readyz and /metrics are served; null turns them off. A second role on the same host
    needs its own."""


class ControlSettings(Section):
    """Lanes, rates, pause and the kill switch, for operators."""

    listen: ListenAddress | None = "127.0.0.1:9465"
    """Where the control port listens; null turns it off. Without a token it must be loopback."""
    token_env: VariableName | None = None
    """Environment variable with the token that callers must send (Authorization: Bearer …). Required where the port
    is not loopback."""


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
    gpu_concurrency: Annotated[float, AfterValidator(_check_finite), Field(gt=0)] = 1.0
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
    """How long connecting, TLS included, may take before the client gets 502."""
    first_byte_timeout_s: Seconds | None = None
    """How long production may take to begin its answer before the client gets 504; null waits for ever."""
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

    min: Annotated[float, AfterValidator(_check_finite)] | None = None
    """Smaller values become this."""
    max: Annotated[float, AfterValidator(_check_finite)] | None = None
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
    sample_rate: Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=1)] = 0.0
    """Share of eligible requests that are copied, 0 to 1. Nothing is mirrored until asked."""
    max_per_second: Annotated[float, AfterValidator(_check_finite), Field(gt=0)] | None = None
    """Most copies per second: where more would be, the share of the next second is lowered, and known."""
    dialect: EndpointDialect | None = None
    """Wire format that the endpoint speaks; null: the client's. Requests are translated, or not sent with a reason."""
    default_max_tokens: Annotated[int, Field(ge=1, le=10_000_000)] = 4096
    """Where the endpoint's dialect must name a maximum of output tokens and the client's request does not."""
    leave_out: list[Annotated[str, AfterValidator(_check_member_path)]] = []
    """What to leave out of the client's requests before anything else, as dotted paths with * for each element of a list: where
    a candidate of another dialect has no word for it, e.g. [seed, options.num_ctx, tools.*.function.strict]."""
    parameters: dict[NamePath, Annotated[Any, AfterValidator(_check_json)]] = {}
    """Members of the request's JSON to set, named in the endpoint's dialect, nested ones by dotted paths: {temperature: 0},
    {options.temperature: 0}. null removes one. An object as a value replaces the whole member; dotted paths leave the rest."""
    rename: Annotated[dict[NamePath, NamePath], AfterValidator(_check_renames)] = {}
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
    rate_per_s: Annotated[float, AfterValidator(_check_finite), Field(gt=0)] | None = None
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
    egress_proxy: Annotated[str, AfterValidator(_check_egress_proxy)] | None = None
    """HTTP proxy to reach the endpoint through: http://HOST:PORT. Proxy variables of the environment are not used."""
    egress_proxy_auth_env: VariableName | None = None
    """Environment variable with USER:PASSWORD for the egress proxy."""
    headers: Annotated[dict[str, str], AfterValidator(_check_headers)] = {}
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


class RuleSettings(Section):
    """What a request looks like: every given part must match, each by any of its globs."""

    path: Globs = ()
    """Path of the request. An exclude rule matches it as sent or normalised (decoded, without // and dots), an include rule
    only in both forms."""
    model: Globs = ()
    """Model that the client asks for."""
    headers: dict[HeaderName, Globs] = {}
    """Client headers. A credential is compared as its placeholder."""
    fields: dict[str, Globs] = {}
    """Members of the request's JSON by dotted path, e.g. {metadata.team: search}; other than strings as JSON text."""

    @model_validator(mode="after")
    def _says_something(self) -> RuleSettings:
        if not (self.path or self.model or self.headers or self.fields):
            raise ValueError("needs path, model, headers or fields")
        return self


class StratumSettings(Section):
    """A part of the traffic with rates of its own, so that rare traffic is seen. Every given part must match."""

    path: Globs = ()
    """Path of the request (the route), normalised: decoded, without // and dots."""
    model: Globs = ()
    """Model that the client asks for."""
    tenant: Globs = ()
    """Value of mirror.tenant_header."""
    sample_rate: Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=1)] | None = None
    """Share that is copied to every candidate whose own sample_rate is above 0; null: the candidate's own."""
    rates: dict[CandidateName, Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=1)]] = {}
    """The same by candidate; goes before sample_rate."""

    @model_validator(mode="after")
    def _says_something(self) -> StratumSettings:
        if not (self.path or self.model or self.tenant):
            raise ValueError("needs path, model or tenant")
        if self.sample_rate is None and not self.rates:
            raise ValueError("needs sample_rate or rates")
        return self


class RepeatSettings(Section):
    """Requests that are sent once more to production and to every candidate that gets a copy: how much an endpoint agrees with
    itself is the measure for how much two of them agree."""

    rate: Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=1)] = 0.0
    """Share of the copied requests. Candidates pay for theirs out of their budgets."""
    production_api_key_env: VariableName | None = None
    """Environment variable with the key for production's repeats: the callers' credentials are never used for them."""
    production_usd_per_day: Usd | None = None
    """What production's repeats may cost in a UTC day; null is no limit."""


class MirrorSettings(Section):
    """Which exchanges are copied, and how they are grouped."""

    enabled: bool = True
    """false: nothing is copied. The control port and a reload change it while running."""
    include: dict[RuleName, RuleSettings] = {}
    """Rules by name: when there are any, a request is copied only if one matches."""
    exclude: dict[RuleName, RuleSettings] = {}
    """Rules by name: a request is not copied if any matches."""
    opt_out_header: HeaderName | None = None
    """Header by which a client keeps a request from being copied: any value but 0, false and no does, also an empty one. null:
    none."""
    skip_retries: bool = True
    """Whether requests that an SDK sends again (x-stainless-retry-count) are left out."""
    duplicates: Literal["after_failure", "always"] = "after_failure"
    """When the same body to the same path by the same caller counts as a retry: after_failure, if the one before it got 408,
    409, 429 or 5xx or was broken off (production not reached, too slow, cut short; the client left), or always. An error inside
    a stream, 400 and 404 are no reason to retry. Prompts are repeated for good reasons, and to leave those out would bias the
    sample. An Idempotency-Key that the same caller sent before is a retry in any case."""
    duplicate_window_s: SecondsOrZero = 10.0
    """For how long after the first; 0 copies all."""
    sample_key: Annotated[str, AfterValidator(_check_sample_key)] = "request"
    """What draws the lot: request (each by itself), header:NAME (all requests with one value together), or conversation
    (same credential and same first user message: the turns of a chat together, without any header)."""
    strata: dict[RuleName, StratumSettings] = {}
    """Parts of the traffic with rates of their own, by name; the first that matches counts."""
    tenant_header: HeaderName | None = None
    """Header that says whose traffic it is; null: the credential. Kept as a keyed hash, by which all of it can be erased."""
    user_header: HeaderName | None = None
    """Header that names the end user; null: what the request's JSON says. Kept as a keyed hash."""
    cluster_header: HeaderName | None = None
    """Header that groups dependent exchanges (session, user), for honest intervals; null: the one of sample_key, if any."""
    request_id_header: HeaderName | None = None
    """Client header whose value identifies an exchange in the log; null uses production's x-request-id."""
    endpoints: list[Annotated[str, AfterValidator(_check_endpoint)]] = [
        "POST /chat/completions",
        "POST /completions",
        "POST /embeddings",
        "POST /responses",
        "POST /v1/messages",
        "POST /api/chat",
        "POST /api/generate",
        "POST /api/embed",
    ]
    """Method and end of the path of requests that may be copied. Everything else is only forwarded."""
    repeats: RepeatSettings = RepeatSettings()
    """Requests that are asked once more."""
    stale_after_s: Seconds = 2.0
    """A copy that waited longer than this since its request came is not sent: it would meet another world."""
    max_request_bytes: Annotated[int, Field(ge=1024, le=1 << 28)] = 2 * 1024 * 1024
    """Largest request body that is copied."""
    max_held_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 36)] = 64 * 1024 * 1024
    """What all copies that wait or run may hold in the mirror's memory; more are counted and not sent."""
    secret_file: Path | None = None
    """File with the secret that keys sampling and the placeholders of credentials; made when absent. null: the pair
    log's name with .secret after it. The environment's SHADOWBENCH_SECRET (64 hexadecimal digits) goes before it."""


class RetentionSettings(Section):
    """How long exchanges stay in the pair log; null is no bound. The oldest go first, a little at a time."""

    max_age_days: Annotated[float, AfterValidator(_check_finite), Field(gt=0)] | None = None
    """Older ones go."""
    max_bytes: Annotated[int, Field(ge=1 << 20)] | None = None
    """Size of the file."""
    max_exchanges: Annotated[int, Field(ge=1)] | None = None
    """Number of exchanges."""


class ExportSettings(Section):
    """Copies of the log that leave the machine on a schedule."""

    url: Annotated[str, AfterValidator(_check_export_url)] | None = None
    """Where to: file:///FOLDER, s3://BUCKET/PREFIX, gs://… or az://…; null: nowhere. Credentials come from the environment."""
    format: Literal["jsonl", "csv", "parquet"] = "jsonl"
    """Of the files. Parquet needs `pip install 'shadowbench-sidecar[export]'`."""
    every_s: Annotated[float, AfterValidator(_check_finite), Field(ge=1)] = 3600.0
    """How often: each time, what is new since the last."""


class StoreSettings(Section):
    """The pair log."""

    retention: RetentionSettings = RetentionSettings()
    """How long exchanges stay."""
    export: ExportSettings = ExportSettings()
    """Copies that leave the machine."""

    url: Annotated[str, AfterValidator(_check_store_url)] = "sqlite:///shadowbench.db"
    """Where pairs are kept: sqlite:///FILE (relative to the working folder) or sqlite:////FILE (absolute)."""


class RedactionSettings(Section):
    """What is taken out of requests and answers before they are kept. Always: credentials of headers and of candidates, and
    whom a request names as its user."""

    enabled: bool = True
    """false keeps bodies as they are otherwise."""
    kinds: list[str] | None = None
    """What to look for; null: keys, tokens, e-mail addresses, payment cards and phone numbers. `shadowbench validate` lists
    all kinds when one is unknown."""
    patterns: dict[str, str] = {}
    """Regular expressions of your own by kind, e.g. {badge: "EMP-[0-9]{6}"}."""


class RuntimeSettings(Section):
    """What the processes of one sidecar share while they run."""

    folder: Path | None = None
    """Private folder (0700) of the sockets between the processes; null: $XDG_RUNTIME_DIR/shadowbench, or one in /tmp.
    Proxies and the mirror they feed name the same folder; two sidecars on one machine name different ones."""


class MetricSettings(Section):
    """A metric that takes options, or that is to have a name of its own."""

    metric: Annotated[str, Field(min_length=1, max_length=200)]
    """The metric's name, or module:attribute."""
    name: RuleName | None = None
    """What its scores are called; null: as the metric."""
    options: Annotated[dict[str, Any], AfterValidator(_check_json)] = {}
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
    headers: Annotated[dict[str, str], AfterValidator(_check_headers)] = {}
    """Headers to add."""
    temperature: Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=2)] | None = 0.0
    """null: not sent, for models that refuse it."""
    seed: int | None = 0
    """null: not sent."""
    max_output_tokens: Annotated[int, Field(ge=16, le=1_000_000)] = 1024
    """Most that a reply may have, analysis included."""
    parameters: Annotated[dict[str, Any], AfterValidator(_check_json)] = {}
    """Further members of the request."""
    structured: bool = True
    """Ask for JSON by schema; an endpoint that refuses is asked without from then on."""
    timeout_s: Seconds = 120.0
    """Of one attempt."""
    tries: Annotated[int, Field(ge=1, le=20)] = 4
    """Attempts for one question, the first included. Each counts towards the budget."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 8
    """Calls at a time at most; fewer while the endpoint says that it is too much."""
    requests_per_minute: Annotated[float, AfterValidator(_check_finite), Field(gt=0)] | None = None
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
    options: Annotated[dict[str, Any], AfterValidator(_check_json)] = {}
    """Of the kind."""
    sample_rate: Annotated[float, AfterValidator(_check_finite), Field(gt=0, le=1)] = 1.0
    """Share of the pairs that are judged."""
    repeat_share: Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=1)] = 0.05
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
    screen_low: Annotated[float, AfterValidator(_check_finite)] | None = None
    """Of a cascade: a score of the screen from here …"""
    screen_high: Annotated[float, AfterValidator(_check_finite)] | None = None
    """… to here is in doubt, and goes on to `strong`."""
    strong: RuleName | None = None
    """Of a cascade: the judge that is asked in doubt."""
    audit_share: Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=1)] = 0.05
    """Of a cascade: share of the pairs in no doubt that `strong` is asked about all the same."""


def _as_metric(value: object) -> object:
    return {"metric": value} if isinstance(value, str) else value


Metrics = list[Annotated[MetricSettings, BeforeValidator(_as_metric)]]


class ScoringSettings(Section):
    """Metrics and judges, run behind the traffic: under `serve`, and by `shadowbench score`."""

    enabled: bool = True
    """false: `serve` scores nothing; `shadowbench score` does."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that score. They run behind everything else on the machine."""
    metrics: Metrics = [MetricSettings(metric=name) for name in DEFAULT_METRICS]
    """Names, module:attribute, or {metric, name, options}."""
    metric_timeout_s: Annotated[float, AfterValidator(_check_finite), Field(ge=0.01, le=3600)] = 5.0
    """How long a metric may take for one pair. One that hangs again and again is left out for a while."""
    comparison_every_s: Annotated[float, AfterValidator(_check_finite), Field(ge=0)] = 300.0
    """How often the whole log is compared for /metrics (comparison_…), by what `report.policy` declares; 0: never. One worker
    of all that score a log does it, in a process of its own."""
    canaries_every_s: Annotated[float, AfterValidator(_check_finite), Field(ge=0)] = 86_400.0
    """How often judges are asked again about the frozen sets that they know (`shadowbench judges freeze`); 0: never."""
    judges: dict[RuleName, JudgeSettings] = {}
    """Judges by name; the name is what their scores are called, and what their budgets are kept by."""


def _check_policy(value: object) -> object:
    if value is not None and not isinstance(value, str | dict):
        raise ValueError("must be the name of a policy, a YAML file, or a mapping of a policy's keys")
    return value


class BucketSettings(Section):
    """Upper ends of the histograms' buckets, ascending: put one where an objective stands."""

    duration_s: BucketEdges = _BUCKETS.duration_s
    """Of request_duration_seconds."""
    first_token_s: BucketEdges = _BUCKETS.first_token_s
    """Of time_to_first_token_seconds."""
    gap_s: BucketEdges = _BUCKETS.gap_s
    """Of chunk_gap_seconds."""
    tokens: BucketEdges = _BUCKETS.tokens
    """Of request_input_tokens and request_output_tokens."""
    cost_usd: BucketEdges = _BUCKETS.cost_usd
    """Of request_cost_usd."""


class TelemetrySettings(Section):
    """What /metrics tells: docs/metrics.md."""

    buckets: BucketSettings = BucketSettings()
    """Of the histograms of answers."""


class ReportSettings(Section):
    """What `report` and `gate` go by."""

    policy: Annotated[str | dict[str, Any] | None, BeforeValidator(_check_policy)] = None
    """What must be shown before the traffic may move: the name of a policy that comes with shadowbench, a YAML file, or its
    keys themselves (docs/gate.md). null: nothing is declared, and nothing is decided."""


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        env_prefix="SHADOWBENCH_",
        env_nested_delimiter="__",
        env_parse_none_str="null",
    )

    proxy: ProxySettings = ProxySettings()
    """Where clients connect."""
    admin: AdminSettings = AdminSettings()
    """Health and metrics."""
    control: ControlSettings = ControlSettings()
    """Lanes, rates, pause and the kill switch."""
    production: ProductionSettings
    """The endpoint whose answer the client gets."""
    candidates: dict[CandidateName, CandidateSettings] = {}
    """Endpoints under test by name; the name is the signal label and the report column."""
    mirror: MirrorSettings = MirrorSettings()
    """Which exchanges are copied."""
    prices: dict[str, PriceSettings] = {}
    """Prices by model (a glob), before genai-prices'."""
    redaction: RedactionSettings = RedactionSettings()
    """What is taken out before requests and answers are kept."""
    store: StoreSettings = StoreSettings()
    """The pair log."""
    scoring: ScoringSettings = ScoringSettings()
    """What is measured on pairs, and who judges them."""
    telemetry: TelemetrySettings = TelemetrySettings()
    """What /metrics tells."""
    report: ReportSettings = ReportSettings()
    """What reports and gates go by."""
    runtime: RuntimeSettings = RuntimeSettings()
    """What the processes share while they run."""


def conflicts(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values that are sound alone and not together: the key to change, and what is wrong with it."""
    listens = [parse_address(text) for text in as_list(settings.proxy.listen)]
    urls: dict[tuple[str, ...], str] = {("production", "url"): settings.production.url}
    urls |= {("candidates", name, "url"): each.url for name, each in settings.candidates.items() if each.url}
    for keys, url in urls.items():
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        for address in listens:
            if address.is_reached_by(parts.hostname or "", port):
                yield keys, f"{url} is proxy.listen ({address}) itself: requests would go round in circles"
                break
    if settings.admin.listen is not None:
        admin = parse_address(settings.admin.listen)
        if any(admin.clashes(address) for address in listens):
            yield ("admin", "listen"), f"{admin} is one of proxy.listen ({settings.proxy.listen}): choose another port"
    yield from _control_conflicts(settings, listens)
    yield from _mirror_conflicts(settings)
    yield from _scoring_conflicts(settings)


def _scoring_conflicts(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    scoring = settings.scoring
    metrics = {each.name or each.metric for each in scoring.metrics}
    for name, judge in scoring.judges.items():
        here = ("scoring", "judges", name)
        if name in metrics:
            yield here, "is the name of a metric, too: choose another"
        for candidate in judge.candidates:
            if candidate not in settings.candidates:
                yield (*here, "candidates"), f"there is no candidate {candidate!r}"
        for member in (*judge.members, *((judge.strong,) if judge.strong else ())):
            if member not in scoring.judges or member == name:
                yield (*here, "members" if member in judge.members else "strong"), f"there is no other judge {member!r}"
        if judge.screen is not None and judge.screen not in metrics | scoring.judges.keys() - {name}:
            yield (*here, "screen"), f"there is no metric and no other judge {judge.screen!r} in scoring"


def _control_conflicts(settings: Settings, listens: list[Address]) -> Iterator[tuple[tuple[str, ...], str]]:
    if settings.control.listen is None:
        return
    control = parse_address(settings.control.listen)
    others = [*listens, *([parse_address(settings.admin.listen)] if settings.admin.listen else [])]
    if any(control.clashes(address) for address in others):
        yield ("control", "listen"), f"{control} is taken by proxy.listen or admin.listen: choose another port"
    if settings.control.token_env is None and not control.is_loopback:
        yield ("control", "token_env"), f"is required: {control} can be reached from other machines"


def _mirror_conflicts(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, stratum in settings.mirror.strata.items():
        if stratum.tenant and settings.mirror.tenant_header is None:
            yield ("mirror", "strata", name, "tenant"), "needs mirror.tenant_header, which says whose traffic it is"
        for candidate in stratum.rates.keys() - settings.candidates.keys():
            yield ("mirror", "strata", name, "rates", candidate), "there is no such candidate"
    for name, candidate_settings in settings.candidates.items():
        if candidate_settings.egress_proxy_auth_env and not candidate_settings.egress_proxy:
            yield ("candidates", name, "egress_proxy_auth_env"), "needs egress_proxy"
        yield from _member_conflicts(name, candidate_settings)


def _member_conflicts(name: str, candidate: CandidateSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    dialect = Dialect(candidate.dialect) if candidate.dialect is not None else None
    for key, paths in (("parameters", candidate.parameters), ("clamp", candidate.clamp)):
        for path in paths:
            if (objection := objection_to(path, dialect)) is not None:
                yield ("candidates", name, key, path), objection
    for old, new in candidate.rename.items():
        if (objection := objection_to(old, None)) is not None:
            yield ("candidates", name, "rename", old), objection
        if (objection := objection_to(new, dialect)) is not None:
            yield ("candidates", name, "rename", old), f"{new}: {objection}"
