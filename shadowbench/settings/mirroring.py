"""Which exchanges are copied."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from shadowbench.settings.checking import check_endpoint, check_sample_key
from shadowbench.settings.kinds import (
    CandidateName,
    Globs,
    HeaderName,
    RuleName,
    Seconds,
    SecondsOrZero,
    Share,
    Usd,
    VariableName,
)
from shadowbench.settings.section import Section


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
    sample_rate: Share | None = None
    """Share that is copied to every candidate whose own sample_rate is above 0; null: the candidate's own."""
    rates: dict[CandidateName, Share] = {}
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

    rate: Share = 0.0
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
    sample_key: Annotated[str, AfterValidator(check_sample_key)] = "request"
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
    endpoints: list[Annotated[str, AfterValidator(check_endpoint)]] = [
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
