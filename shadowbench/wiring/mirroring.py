"""The mirror's options."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from shadowbench.mirror.options import (
    BreakerOptions,
    BudgetOptions,
    CandidateOptions,
    MirrorOptions,
    Range,
    RetryOptions,
    RuleOptions,
    StratumOptions,
)
from shadowbench.mirror.repeats import PRODUCTION, with_repeats
from shadowbench.pricing import FlatRates, rates_for
from shadowbench.settings import (
    BudgetSettings,
    CandidateSettings,
    ClientTlsSettings,
    RuleSettings,
    Settings,
    StratumSettings,
)
from shadowbench.wiring.places import path_text, runtime_folder, secret_file
from shadowbench.wiring.prices import pricing_options
from shadowbench.wiring.roles import GOODBYE_S, GRACE_S


def mirror_options(settings: Settings, environ: Mapping[str, str] = os.environ) -> MirrorOptions:
    """Options of the mirror."""
    options = _mirror_options(settings, environ)
    repeats = settings.mirror.repeats
    budgets = BudgetSettings(usd_per_day=repeats.production_usd_per_day)
    production = CandidateSettings(api_key_env=repeats.production_api_key_env, budgets=budgets)
    return with_repeats(options, repeats.rate, _candidate_options(settings, PRODUCTION, production))


def _mirror_options(settings: Settings, environ: Mapping[str, str]) -> MirrorOptions:
    mirror = settings.mirror
    secret = secret_file(settings)
    return MirrorOptions(
        runtime_folder=str(runtime_folder(settings, environ)),
        secret_file=str(secret),
        budget_file=str(secret.with_name(f"{secret.name.removesuffix('.secret')}.budget")),
        candidates=tuple(_candidate_options(settings, name, each) for name, each in settings.candidates.items()),
        endpoints=tuple(_endpoint(text) for text in mirror.endpoints),
        enabled=mirror.enabled,
        include=tuple(_rule(name, rule) for name, rule in mirror.include.items()),
        exclude=tuple(_rule(name, rule) for name, rule in mirror.exclude.items()),
        opt_out_header=mirror.opt_out_header,
        skip_retries=mirror.skip_retries,
        duplicates=mirror.duplicates,
        duplicate_window_s=mirror.duplicate_window_s,
        sample_key=mirror.sample_key,
        strata=tuple(_stratum(name, stratum) for name, stratum in mirror.strata.items()),
        tenant_header=mirror.tenant_header,
        user_header=mirror.user_header,
        cluster_header=mirror.cluster_header,
        request_id_header=mirror.request_id_header,
        stale_after_s=mirror.stale_after_s,
        max_request_bytes=mirror.max_request_bytes,
        max_held_bytes=mirror.max_held_bytes,
        # Run apart, all roles are told to go at once: the mirror serves as long as its proxies may take.
        drain_s=settings.proxy.drain_delay_s + settings.proxy.drain_timeout_s + GOODBYE_S + GRACE_S,
    )


def _candidate_options(settings: Settings, name: str, candidate: CandidateSettings) -> CandidateOptions:
    tls = tls_of(settings, candidate)
    budgets = BudgetOptions(**candidate.budgets.model_dump())
    # Looking prices up takes a quarter of a second the first time; only a budget in money needs them beforehand.
    rates = rates_for(pricing_options(settings), name, candidate.model) if budgets.limits_usd else None
    return CandidateOptions(
        name=name,
        url=candidate.url or settings.production.url,
        model=candidate.model,
        api_key_env=candidate.api_key_env,
        headers=candidate.headers,
        parameters={
            member: None if value is None else json.dumps(value, ensure_ascii=False)
            for member, value in candidate.parameters.items()
        },
        dialect=candidate.dialect,
        default_max_tokens=candidate.default_max_tokens,
        leave_out=tuple(candidate.leave_out),
        rename=candidate.rename,
        clamp={member: Range(least=bounds.min, most=bounds.max) for member, bounds in candidate.clamp.items()},
        system_prompt=candidate.system_prompt,
        system_prompt_mode=candidate.system_prompt_mode,
        keep_identifiers=candidate.keep_identifiers,
        engine_fields=candidate.engine_fields or ("keep" if candidate.url is None else "skip"),
        server_tools=candidate.server_tools,
        sample_rate=candidate.sample_rate,
        max_per_second=candidate.max_per_second,
        start=candidate.start,
        on_client_cancel=candidate.on_client_cancel,
        rate_per_s=candidate.rate_per_s,
        retries=RetryOptions(**candidate.retries.model_dump()),
        breaker=BreakerOptions(**candidate.breaker.model_dump()),
        budgets=budgets,
        price_known=_is_price_known(budgets, candidate.model, rates),
        input_usd_per_token=rates.input_usd if rates is not None else None,
        output_usd_per_token=rates.output_usd if rates is not None else None,
        usd_per_second=rates.per_second_usd if rates is not None else None,
        usd_per_request=rates.per_request_usd if rates is not None else None,
        egress_proxy=candidate.egress_proxy,
        egress_proxy_auth_env=candidate.egress_proxy_auth_env,
        queue=candidate.queue,
        concurrency=candidate.concurrency,
        connect_timeout_s=candidate.connect_timeout_s,
        first_byte_timeout_s=candidate.first_byte_timeout_s,
        idle_timeout_s=candidate.idle_timeout_s,
        total_timeout_s=candidate.total_timeout_s,
        max_response_bytes=candidate.max_response_bytes,
        ca_file=path_text(tls.ca_file),
        verify=tls.verify,
    )


def tls_of(settings: Settings, candidate: CandidateSettings) -> ClientTlsSettings:
    """A candidate that says nothing of its own about TLS, at production's URL, trusts what production does."""
    own = candidate.url is not None or candidate.tls != ClientTlsSettings()
    return candidate.tls if own else settings.production.tls


def _is_price_known(budgets: BudgetOptions, model: str | None, rates: FlatRates | None) -> bool | None:
    """None: nobody asked, or it depends on the model that the client names."""
    if rates is not None:
        return True
    return False if budgets.limits_usd and model is not None else None


def _rule(name: str, rule: RuleSettings) -> RuleOptions:
    return RuleOptions(name=name, paths=rule.path, models=rule.model, headers=rule.headers, fields=rule.fields)


def _stratum(name: str, stratum: StratumSettings) -> StratumOptions:
    return StratumOptions(
        name=name,
        paths=stratum.path,
        models=stratum.model,
        tenants=stratum.tenant,
        sample_rate=stratum.sample_rate,
        rates=stratum.rates,
    )


def _endpoint(text: str) -> tuple[str, str]:
    method, _, path = text.partition(" ")
    return method, path
