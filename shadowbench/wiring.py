"""From settings to what runs: the options of each worker, and the plan of a parent."""

from __future__ import annotations

import json
import os
import ssl
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from shadowbench.child import WorkerSpec
from shadowbench.configuration import read_rubric_file
from shadowbench.environment import withheld
from shadowbench.errors import ConfigurationError
from shadowbench.exporter.options import ExporterOptions
from shadowbench.http1.origin import OriginOptions, parse_url
from shadowbench.http1.requests import ServerOptions
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.keyed import is_credential
from shadowbench.listening import MAX_UNIX_PATH_BYTES, Address, parse_address
from shadowbench.metrics.binding import MetricOptions
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
from shadowbench.otlp.options import Destination, OtlpOptions, check_extra
from shadowbench.policies.reading import read_policy
from shadowbench.pricing import FlatRates, PriceEntry, PricingOptions, rates_for
from shadowbench.pricing.known import near_providers, provider_id
from shadowbench.proxy.lines import Naming
from shadowbench.proxy.options import AccessLogOptions, ProxyOptions
from shadowbench.recorder.edges import BucketOptions
from shadowbench.recorder.options import RecorderOptions, TargetOptions
from shadowbench.records import again
from shadowbench.redaction.kinds import DEFAULT_KINDS, RedactionOptions, chosen_kinds, own_kinds
from shadowbench.redaction.known import header_secrets, login_secrets
from shadowbench.scoring.options import ComparisonOptions, ScoringOptions
from shadowbench.settings import (
    BudgetSettings,
    CandidateSettings,
    ClientTlsSettings,
    JudgeEndpointSettings,
    JudgeSettings,
    PriceSettings,
    ProductionSettings,
    RuleSettings,
    Settings,
    StratumSettings,
    as_list,
)
from shadowbench.store.exporting.places import check_installed
from shadowbench.store.opening import path_of
from shadowbench.store.retention import RetentionOptions
from shadowbench.supervisor import Plan
from shadowbench.worker import to_json

Role = Literal["serve", "proxy", "mirror", "score"]

# The longest name in the runtime folder: the recorder's socket while it is being replaced.
_LONGEST_SOCKET_NAME = "recorder.sock.4194304"
# After a worker's own deadlines ran out it has this long to end by itself before it is killed.
_GRACE_S = 3.0
# Below this a token can be guessed by asking.
_LEAST_TOKEN_CHARS = 16
# A proxy's goodbye to the mirror, after its last stream.
_GOODBYE_S = 5.0


def plan(settings: Settings, role: Role, environ: Mapping[str, str] = os.environ) -> Plan:
    """What a parent of `role` runs. Raises ConfigurationError for what no key alone shows."""
    if problems := [*_bad_urls(settings), *_bad_authorities(settings, role), *_unknown_providers(settings)]:
        raise ConfigurationError("\n".join(problems))
    workers: list[WorkerSpec] = []
    if role in ("serve", "proxy"):
        workers += [_proxy_spec(settings, number, environ) for number in range(settings.proxy.workers)]
    if role in ("serve", "mirror"):
        workers += [_mirror_spec(settings, environ), _recorder_spec(settings, environ)]
    if role == "score" or (role == "serve" and settings.scoring.enabled):
        workers += scoring_specs(settings, environ)
    if role in ("serve", "mirror"):
        workers += _exporter_specs(settings)
    return Plan(
        workers=tuple(replace(spec, withheld=withheld(settings, spec.role, environ)) for spec in workers),
        listen=listen_addresses(settings) if role in ("serve", "proxy") else (),
        socket_mode=int(str(settings.proxy.socket_mode), 8),
        admin=parse_address(settings.admin.listen) if settings.admin.listen else None,
        # What is steered is traffic, and scorers have none.
        control=parse_address(settings.control.listen) if settings.control.listen and role != "score" else None,
        control_token=_control_token(settings, environ),
        exclusive_folder=runtime_folder(settings, environ) if role in ("serve", "mirror") else None,
    )


def _control_token(settings: Settings, environ: Mapping[str, str]) -> str | None:
    if settings.control.listen is None or settings.control.token_env is None:
        return None
    token = environ.get(settings.control.token_env, "").strip()
    if not token:
        raise ConfigurationError(
            f"control.token_env: the environment variable {settings.control.token_env} is not set: "
            "put the token of the control port in it"
        )
    if len(token) < _LEAST_TOKEN_CHARS and not parse_address(settings.control.listen).is_loopback:
        raise ConfigurationError(
            f"control.token_env: the token in {settings.control.token_env} is too short for a port that other machines reach: "
            f"take {_LEAST_TOKEN_CHARS} characters or more, as `openssl rand -hex 32` prints them"
        )
    return token


def listen_addresses(settings: Settings) -> tuple[Address, ...]:
    """Where the proxy listens."""
    return tuple(parse_address(text) for text in as_list(settings.proxy.listen))


def runtime_folder(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the sockets between the processes, absolute. Raises ConfigurationError when its path is too long."""
    folder = settings.runtime.folder
    if folder is None:
        session = environ.get("XDG_RUNTIME_DIR")
        folder = Path(session, "shadowbench") if session else Path(f"/tmp/shadowbench-{os.geteuid()}")
    folder = folder.absolute()
    length = len(os.fsencode(folder / _LONGEST_SOCKET_NAME))
    if length > MAX_UNIX_PATH_BYTES:
        raise ConfigurationError(
            f"runtime.folder: {folder} is {length - MAX_UNIX_PATH_BYTES} bytes too long for the sockets in it; "
            "choose a shorter one, e.g. /run/shadowbench"
        )
    return folder


def proxy_options(settings: Settings, number: int, environ: Mapping[str, str] = os.environ) -> ProxyOptions:
    """Options of one proxy worker, before the parent adds its sockets."""
    proxy, production = settings.proxy, settings.production
    return ProxyOptions(
        name=f"proxy-{number}",
        production=OriginOptions(
            url=production.url,
            connect_timeout_s=production.connect_timeout_s,
            idle_s=production.pool_idle_s,
            max_age_s=production.pool_max_age_s,
            ca_file=_path(production.tls.ca_file),
            verify=production.tls.verify,
        ),
        server=ServerOptions(
            max_head_bytes=proxy.max_head_bytes,
            max_headers=proxy.max_headers,
            head_timeout_s=proxy.head_timeout_s,
            body_timeout_s=proxy.body_timeout_s,
            idle_s=proxy.client_idle_s,
        ),
        first_byte_timeout_s=production.first_byte_timeout_s,
        idle_timeout_s=production.idle_timeout_s,
        preserve_host=proxy.host_header == "preserve",
        drain_delay_s=proxy.drain_delay_s,
        drain_timeout_s=proxy.drain_timeout_s,
        tls_cert=_path(proxy.tls.cert_file),
        tls_key=_path(proxy.tls.key_file),
        naming=Naming(
            request_id_header=settings.mirror.request_id_header,
            routes=tuple(_endpoint(text)[1] for text in settings.mirror.endpoints),
        ),
        access_log=access_log_options(settings),
        mirror_socket=str(runtime_folder(settings, environ) / "mirror.sock"),
    )


def access_log_options(settings: Settings) -> AccessLogOptions:
    """Which requests get a line in a proxy's log. What an operator may change while it runs."""
    return AccessLogOptions(**settings.proxy.access_log.model_dump())


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
        drain_s=settings.proxy.drain_delay_s + settings.proxy.drain_timeout_s + _GOODBYE_S + _GRACE_S,
    )


def recorder_options(settings: Settings, environ: Mapping[str, str] = os.environ) -> RecorderOptions:
    """Options of the recorder."""
    defaults = RecorderOptions(runtime_folder="", store_url="")
    retention = settings.store.retention
    largest = max((each.max_response_bytes for each in settings.candidates.values()), default=0)
    return RecorderOptions(
        runtime_folder=str(runtime_folder(settings, environ)),
        store_url=f"sqlite:///{path_of(settings.store.url).absolute()}",
        request_id_header=settings.mirror.request_id_header,
        redaction=redaction_options(settings),
        known_secrets=known_secrets(settings, environ),
        user_header=settings.mirror.user_header,
        tenant_header=settings.mirror.tenant_header,
        secret_file=str(secret_file(settings)),
        pricing=pricing_options(settings),
        targets=targets(settings),
        buckets=BucketOptions(**settings.telemetry.buckets.model_dump()),
        otlp=otlp_options(settings),
        retention=RetentionOptions(
            max_age_s=None if retention.max_age_days is None else retention.max_age_days * 86_400,
            max_bytes=retention.max_bytes,
            max_exchanges=retention.max_exchanges,
        ),
        max_body_bytes=max(defaults.max_body_bytes, largest),
    )


def otlp_options(settings: Settings) -> OtlpOptions | None:
    """Options of exports to an OpenTelemetry receiver; None without one. Raises ConfigurationError without the extra."""
    otlp = settings.telemetry.otlp
    if otlp.endpoint is None:
        return None
    check_extra()
    told = otlp.model_dump(exclude={"endpoint", "ca_file"})
    return OtlpOptions(
        **told, endpoint=otlp.endpoint, ca_file=_path(otlp.ca_file), destinations=_destinations(settings)
    )


def _destinations(settings: Settings) -> tuple[Destination, ...]:
    """What stands behind the names of targets, in OpenTelemetry's words."""
    pricing = pricing_options(settings)
    found = []
    for name, url in pricing.urls.items():
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        provider = provider_id(pricing.providers.get(name), url) or ""
        found.append(Destination(target=name, address=parts.hostname or "", port=port, provider=provider))
    return tuple(found)


def targets(settings: Settings) -> tuple[TargetOptions, ...]:
    """Whose answers are counted by name: production's, the candidates', and the repeats' of both."""
    found = [TargetOptions(name=PRODUCTION, host=urlsplit(settings.production.url).netloc)]
    for name, each in settings.candidates.items():
        host = urlsplit(each.url or settings.production.url).netloc
        found.append(TargetOptions(name=name, host=host, model=each.model or "", dialect=each.dialect or ""))
    repeats = [replace(each, name=again(each.name)) for each in found] if settings.mirror.repeats.rate > 0 else []
    return (*found, *repeats)


def exporter_options(settings: Settings) -> ExporterOptions | None:
    """Options of the exporter; None without a place to export to."""
    export = settings.store.export
    if export.url is None:
        return None
    return ExporterOptions(
        store_url=f"sqlite:///{path_of(settings.store.url).absolute()}",
        url=export.url,
        format=export.format,
        every_s=export.every_s,
    )


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
        pricing=_judges_pricing(settings),
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
        ca_file=_path(endpoint.ca_file),
    )


def _judges_pricing(settings: Settings) -> PricingOptions:
    """Judges' own prices go before those by model."""
    asked = {name: judge.endpoint for name, judge in settings.scoring.judges.items() if judge.endpoint is not None}
    own = tuple(_price(("*",), name, each.price) for name, each in asked.items() if each.price is not None)
    return PricingOptions(
        entries=(*own, *(_price((glob,), None, price) for glob, price in settings.prices.items())),
        urls={name: each.url for name, each in asked.items()},
        providers={name: each.provider for name, each in asked.items() if each.provider is not None},
    )


def pricing_options(settings: Settings) -> PricingOptions:
    """Where prices come from: an endpoint's own, then those by model, in the order of the configuration."""
    endpoints: dict[str, ProductionSettings | CandidateSettings] = {
        "production": settings.production,
        **settings.candidates,
    }
    if settings.mirror.repeats.rate > 0:
        endpoints |= {again(name): each for name, each in endpoints.items()}
    own = [_price(("*",), name, each.price) for name, each in endpoints.items() if each.price is not None]
    return PricingOptions(
        entries=(*own, *(_price((glob,), None, price) for glob, price in settings.prices.items())),
        urls={name: each.url or settings.production.url for name, each in endpoints.items()},
        providers={name: each.provider for name, each in endpoints.items() if each.provider is not None},
    )


def redaction_options(settings: Settings) -> RedactionOptions:
    """What is taken out before it is kept. Raises ConfigurationError for a kind or a pattern that cannot be used."""
    redaction = settings.redaction
    kinds = DEFAULT_KINDS if redaction.kinds is None else tuple(redaction.kinds)
    chosen_kinds(kinds)
    own_kinds(redaction.patterns)
    return RedactionOptions(enabled=redaction.enabled, kinds=kinds, patterns=redaction.patterns)


def known_secrets(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The credentials that candidates, judges and egress proxies are given, word for word: never to be kept."""
    found: list[str] = []
    if settings.mirror.repeats.production_api_key_env is not None:
        found.append(environ.get(settings.mirror.repeats.production_api_key_env, "").strip())
    for judge in settings.scoring.judges.values():
        if judge.endpoint is not None:
            found.append(environ.get(judge.endpoint.api_key_env or "", "").strip())
            for name, value in judge.endpoint.headers.items():
                found += header_secrets(is_credential(name.lower().encode()), value)
    for each in settings.candidates.values():
        if each.api_key_env is not None:
            found.append(environ.get(each.api_key_env, "").strip())
        if each.egress_proxy_auth_env is not None:
            found += login_secrets(environ.get(each.egress_proxy_auth_env, ""))
        for name, value in each.headers.items():
            found += header_secrets(is_credential(name.lower().encode()), value)
    otlp = settings.telemetry.otlp
    told = otlp.headers | {name: environ.get(variable, "").strip() for name, variable in otlp.headers_env.items()}
    for name, value in told.items():
        found += header_secrets(name in otlp.headers_env or is_credential(name.lower().encode()), value)
    return tuple(sorted({secret for secret in found if secret}))


def secret_file(settings: Settings) -> Path:
    """Where the secret is that keys sampling and placeholders: absolute."""
    store = path_of(settings.store.url)
    return (settings.mirror.secret_file or store.with_name(f"{store.name}.secret")).absolute()


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


def _bad_urls(settings: Settings) -> Iterator[str]:
    """A sentence for each endpoint whose URL no connection can be made of."""
    urls = {"production.url": settings.production.url}
    for name, candidate in settings.candidates.items():
        urls |= {f"candidates.{name}.url": candidate.url} if candidate.url else {}
        urls |= {f"candidates.{name}.egress_proxy": candidate.egress_proxy} if candidate.egress_proxy else {}
    for key, url in urls.items():
        try:
            parse_url(url)
        except ConfigurationError as error:
            yield f"{key}: {error}"


def _bad_authorities(settings: Settings, role: Role) -> Iterator[str]:
    """A sentence for each ca_file that `role` would trust and cannot load."""
    https = {}
    if role in ("serve", "proxy") and settings.production.url.startswith("https"):
        https["production.tls"] = settings.production.tls.ca_file
    if role in ("serve", "mirror"):
        for name, candidate in settings.candidates.items():
            if (candidate.url or settings.production.url).startswith("https"):
                inherits = _tls_of(settings, candidate) is not candidate.tls
                key = "production.tls" if inherits else f"candidates.{name}.tls"
                https[key] = _tls_of(settings, candidate).ca_file
        https["telemetry.otlp"] = settings.telemetry.otlp.ca_file
    for key, file in https.items():
        if file is not None and (problem := _authority_problem(file)):
            yield f"{key}.ca_file: {file}: {problem}"


def _authority_problem(file: Path) -> str:
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=file)
    except ssl.SSLError:
        return "holds no certificate in PEM form"
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _unknown_providers(settings: Settings) -> Iterator[str]:
    """A sentence for each provider that genai-prices does not know."""
    named: dict[str, str | None] = {"production": settings.production.provider}
    named |= {f"candidates.{name}": each.provider for name, each in settings.candidates.items()}
    for name, judge in settings.scoring.judges.items():
        named[f"scoring.judges.{name}.endpoint"] = None if judge.endpoint is None else judge.endpoint.provider
    for key, provider in named.items():
        if provider is not None and (near := near_providers(provider)) is not None:
            hint = f"did you mean {' or '.join(near)}?" if near else "leave it out to have it told by the URL"
            yield f"{key}.provider: genai-prices knows no provider {provider!r}; {hint}"


def _tls_of(settings: Settings, candidate: CandidateSettings) -> ClientTlsSettings:
    """A candidate that says nothing of its own about TLS, at production's URL, trusts what production does."""
    own = candidate.url is not None or candidate.tls != ClientTlsSettings()
    return candidate.tls if own else settings.production.tls


def _candidate_options(settings: Settings, name: str, candidate: CandidateSettings) -> CandidateOptions:
    tls = _tls_of(settings, candidate)
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
        ca_file=_path(tls.ca_file),
        verify=tls.verify,
    )


def _is_price_known(budgets: BudgetOptions, model: str | None, rates: FlatRates | None) -> bool | None:
    """None: nobody asked, or it depends on the model that the client names."""
    if rates is not None:
        return True
    return False if budgets.limits_usd and model is not None else None


def _proxy_spec(settings: Settings, number: int, environ: Mapping[str, str]) -> WorkerSpec:
    options = proxy_options(settings, number, environ)
    return WorkerSpec(
        role="proxy",
        number=number,
        command=_command("proxy"),
        options=to_json(options),
        listens=True,
        drain_s=options.drain_delay_s + options.drain_timeout_s + _GOODBYE_S + _GRACE_S,
    )


def _mirror_spec(settings: Settings, environ: Mapping[str, str]) -> WorkerSpec:
    options = mirror_options(settings, environ)
    return WorkerSpec(
        role="mirror",
        number=0,
        command=_command("mirror"),
        options=to_json(options),
        drain_s=options.drain_s + options.finish_s + options.settle_s + _GRACE_S,
    )


def _recorder_spec(settings: Settings, environ: Mapping[str, str]) -> WorkerSpec:
    options = recorder_options(settings, environ)
    return WorkerSpec(
        role="recorder",
        number=0,
        command=_command("recorder"),
        options=to_json(options),
        drain_s=options.drain_s + options.flush_s + (options.otlp.flush_s if options.otlp else 0) + _GRACE_S,
    )


def scoring_specs(settings: Settings, environ: Mapping[str, str], *, once: bool = False) -> list[WorkerSpec]:
    """Scoring workers, `once` such as end when all is scored; nobody when there is nothing to measure."""
    if not settings.scoring.metrics and not settings.scoring.judges:
        return []
    found: list[WorkerSpec] = []
    for number in range(settings.scoring.workers):
        options = replace(scoring_options(settings, number), once=once)
        spec = WorkerSpec(
            role="scoring",
            number=number,
            command=_command("scoring"),
            options=to_json(options),
            drain_s=options.drain_s + _GRACE_S,
            withheld=withheld(settings, "scoring", environ),
        )
        found.append(spec)
    return found


def _exporter_specs(settings: Settings) -> list[WorkerSpec]:
    """Last of all, so that what the others wrote while they left is exported too; nobody when nothing is to be."""
    options = exporter_options(settings)
    if options is None:
        return []
    check_installed(options.url, options.format)
    return [
        WorkerSpec(
            role="exporter",
            number=0,
            command=_command("exporter"),
            options=to_json(options),
            drain_s=options.drain_s + _GRACE_S,
        )
    ]


def _command(job: str) -> tuple[str, ...]:
    # -P: a file named like a library, in the folder one happens to stand in, is not imported.
    return (sys.executable, "-P", "-m", f"shadowbench.{job}")


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


def _price(models: tuple[str, ...], endpoint: str | None, price: PriceSettings) -> PriceEntry:
    return PriceEntry(models=models, endpoint=endpoint, **price.model_dump())


def _endpoint(text: str) -> tuple[str, str]:
    method, _, path = text.partition(" ")
    return method, path


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())
