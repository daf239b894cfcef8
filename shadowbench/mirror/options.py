"""What can be set about the mirror and its candidates.

Values are plain and JSON-able. Secrets do not stand here: an API key is named by its environment variable, which the worker
reads when it starts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

MIB = 1024 * 1024

# Full suffixes, not "/messages": POST /v1/threads/{id}/messages changes the state of a conversation and must never be copied.
DEFAULT_ENDPOINTS = (
    ("POST", "/chat/completions"),
    ("POST", "/completions"),
    ("POST", "/embeddings"),
    ("POST", "/responses"),
    ("POST", "/v1/messages"),
    ("POST", "/api/chat"),
    ("POST", "/api/generate"),
    ("POST", "/api/embed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryOptions:
    """When a call is tried again: only where the endpoint cannot have begun to generate."""

    attempts: int = 2  # in all: 1 never tries again
    max_wait_s: float = 5.0  # a Retry-After above it ends the matter


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerOptions:
    """When an endpoint is left alone for a while. `failures` of the last `window` calls open the breaker; 0 turns it off."""

    failures: int = 10
    window: int = 20
    open_s: float = 5.0  # first time, then doubling
    max_open_s: float = 300.0
    successes: int = 2  # probes that close it again


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetOptions:
    """What a candidate may cost. None is no limit. Windows are UTC clock hours and days."""

    usd_per_hour: float | None = None
    usd_per_day: float | None = None
    usd_total: float | None = None
    tokens_per_hour: int | None = None
    tokens_per_day: int | None = None
    tokens_total: int | None = None
    unknown_price: str = "stop"  # or "allow": what a USD budget makes of a cost that nobody knows
    reserve_usd: float = 0.05  # per call, while neither price nor experience tells more
    reserve_output_tokens: int = 1024  # of a request that names no maximum

    @property
    def limits_usd(self) -> bool:
        """Whether any limit is on money."""
        return any(limit is not None for limit in (self.usd_per_hour, self.usd_per_day, self.usd_total))

    @property
    def limits_tokens(self) -> bool:
        """Whether any limit is on tokens."""
        return any(limit is not None for limit in (self.tokens_per_hour, self.tokens_per_day, self.tokens_total))


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Bounds of a numeric parameter; None is open."""

    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOptions:
    """What a request must look like for a rule to match: every given part, each by any of its patterns.

    Patterns are globs (`*`, `?`, `[…]`), letter case counts in values. `fields` are dotted paths into the request's JSON; a
    value that is no string is compared as its JSON text.
    """

    name: str
    paths: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumOptions:
    """A part of the traffic with rates of its own. The first stratum that matches is an exchange's."""

    name: str
    paths: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()  # values of the tenant header
    sample_rate: float | None = None  # for every candidate; None: the candidate's own
    rates: Mapping[str, float] = field(default_factory=dict)  # by candidate; before sample_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateOptions:
    """One endpoint under test.

    `parameters` sets members of the request's JSON; values are raw JSON text, None removes the member. Its names, and those of
    `rename` and `clamp`, are dotted paths.
    """

    name: str
    url: str
    model: str | None = None  # None: the client's model is kept
    api_key_env: str | None = None  # the name of the variable, never the key
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with every call
    dialect: str | None = None  # a `records.Dialect` value; None: the one the client spoke
    default_max_tokens: int = 4096  # where a translated request must name a maximum and the client's does not

    leave_out: tuple[
        str, ...
    ] = ()  # dotted paths into the client's request, `*` for each element; before anything else
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    rename: Mapping[str, str] = field(
        default_factory=dict
    )  # before `parameters` and `clamp`; a member that is there is moved
    clamp: Mapping[str, Range] = field(default_factory=dict)  # of numbers that the request names
    system_prompt: str | None = None
    system_prompt_mode: str = "replace"  # or "prepend", "append"
    keep_identifiers: bool = False  # user, safety_identifier, metadata, prompt_cache_key
    engine_fields: str = "skip"  # or "keep", "drop": words of the request that only one engine knows
    server_tools: str = "skip"  # or "strip": what becomes of tools that the provider would run itself

    repeats: str = ""  # the endpoint that this one asks once more; its budget is that one's
    sample_rate: float = 0.0
    max_per_second: float | None = None  # by a lower threshold in the next second
    start: str = "with_request"  # or "after_response": once production has answered
    on_client_cancel: str = "cancel"  # or "finish"
    rate_per_s: float | None = None  # of calls; those above it wait
    retries: RetryOptions = RetryOptions()
    breaker: BreakerOptions = BreakerOptions()
    budgets: BudgetOptions = BudgetOptions()
    price_known: bool | None = None  # whether the parent found a price; None: it depends on the client's model
    input_usd_per_token: float | None = None  # what the parent knew for reservations
    output_usd_per_token: float | None = None
    usd_per_second: float | None = None
    usd_per_request: float | None = None
    egress_proxy: str | None = None  # http://HOST:PORT
    egress_proxy_auth_env: str | None = None  # the name of the variable with USER:PASSWORD

    queue: int = 1000  # half a second of 2,000 requests/s: bursts wait, and staleness bounds how long
    concurrency: int = 16
    connect_timeout_s: float = 5.0
    first_byte_timeout_s: float = 120.0  # a long answer that is not streamed sends nothing until it is done
    idle_timeout_s: float = 60.0
    total_timeout_s: float = 600.0  # the vendors' SDKs give up then
    max_response_bytes: int = 8 * MIB
    ca_file: str | None = None
    verify: bool = True

    @property
    def config_hash(self) -> str:
        """Names the configuration an answer was made under. Rates, queue and concurrency do not change answers."""
        return _hash(
            {
                "url": self.url,
                "model": self.model,
                "headers": sorted(self.headers.items()),
                "dialect": self.dialect,
                "default_max_tokens": self.default_max_tokens,
                "leave_out": self.leave_out,
                "parameters": sorted(self.parameters.items()),
                "rename": sorted(self.rename.items()),
                "clamp": sorted((name, r.least, r.most) for name, r in self.clamp.items()),
                "system_prompt": [self.system_prompt, self.system_prompt_mode],
                "keep_identifiers": self.keep_identifiers,
                "engine_fields": self.engine_fields,
                "server_tools": self.server_tools,
                "start": self.start,
                "timeouts": [
                    self.connect_timeout_s,
                    self.first_byte_timeout_s,
                    self.idle_timeout_s,
                    self.total_timeout_s,
                ],
                "max_response_bytes": self.max_response_bytes,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorOptions:
    """Options of the mirror process."""

    runtime_folder: str  # holds mirror.sock and recorder.sock; made 0700
    secret_file: str  # 32 random bytes, 0600, created when absent
    budget_file: str = ""  # what candidates have cost so far, kept over restarts; "": in memory only
    candidates: tuple[CandidateOptions, ...] = ()
    endpoints: tuple[tuple[str, str], ...] = DEFAULT_ENDPOINTS  # (method, path suffix): everything else is not mirrored

    enabled: bool = True  # False: nothing is copied until somebody resumes
    version_above: int = 0  # the last version of the policy that a mirror before this one is known to have told
    include: tuple[RuleOptions, ...] = ()  # when there are any, one must match
    exclude: tuple[RuleOptions, ...] = ()
    opt_out_header: str | None = None  # a client that sends it (any value but 0, false, no) is not copied
    skip_retries: bool = True  # x-stainless-retry-count above 0
    duplicates: str = "after_failure"  # or "always": when the same body by the same caller counts as a retry
    duplicate_window_s: float = 10.0  # for so long; 0 turns it off

    sample_key: str = "request"  # or "header:<name>": equal values are sampled together; or "conversation"
    strata: tuple[StratumOptions, ...] = ()
    tenant_header: str | None = None  # whose traffic it is; None: the credential
    user_header: str | None = None  # the end user; None: the request's own field
    cluster_header: str | None = None  # names what groups dependent exchanges; default: the sampling header, else none
    request_id_header: str | None = None

    stale_after_s: float = 2.0  # later, a candidate would be asked under another load than production was
    max_request_bytes: int = 2 * MIB  # per request, as received and decoded
    max_held_bytes: int = 64 * MIB  # over all requests that wait for their end, a plan or a call

    drain_s: float = 20.0  # after SIGTERM: how long proxies may take to say goodbye
    finish_s: float = 10.0  # after that: how long running calls may take
    settle_s: float = 5.0  # after that: how long the recorder may take

    @property
    def mirror_socket(self) -> str:
        """Where proxies connect."""
        return f"{self.runtime_folder}/mirror.sock"

    @property
    def recorder_socket(self) -> str:
        """Where the recorder listens."""
        return f"{self.runtime_folder}/recorder.sock"

    @property
    def config_hash(self) -> str:
        """Names the configuration exchanges were chosen under."""
        return _hash(
            {
                "candidates": [[candidate.name, candidate.config_hash] for candidate in self.candidates],
                "endpoints": self.endpoints,
                "include": [_rule(rule) for rule in self.include],
                "exclude": [_rule(rule) for rule in self.exclude],
                "opt_out_header": self.opt_out_header,
                "skip_retries": self.skip_retries,
                "duplicates": [self.duplicates, self.duplicate_window_s],
                "sample_key": self.sample_key,
                "tenant_header": self.tenant_header,
                "user_header": self.user_header,
                "cluster_header": self.cluster_header,
                "request_id_header": self.request_id_header,
                "stale_after_s": self.stale_after_s,
                "max_request_bytes": self.max_request_bytes,
            }
        )


def _rule(rule: RuleOptions) -> list[object]:
    return [rule.name, rule.paths, rule.models, sorted(rule.headers.items()), sorted(rule.fields.items())]


def _hash(fields: Mapping[str, object]) -> str:
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:16]
