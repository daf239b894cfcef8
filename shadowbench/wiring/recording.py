"""The recorder's and the exporter's options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from shadowbench.exporter.options import ExporterOptions
from shadowbench.keyed import is_credential
from shadowbench.mirror.repeats import PRODUCTION
from shadowbench.otlp.options import Destination, OtlpOptions, check_extra
from shadowbench.pricing.known import provider_id
from shadowbench.recorder.edges import BucketOptions
from shadowbench.recorder.options import RecorderOptions, TargetOptions
from shadowbench.records import again
from shadowbench.redaction.kinds import DEFAULT_KINDS, RedactionOptions, chosen_kinds, own_kinds
from shadowbench.redaction.known import header_secrets, login_secrets
from shadowbench.settings import Settings
from shadowbench.store.opening import path_of
from shadowbench.store.retention import RetentionOptions
from shadowbench.wiring.places import path_text, runtime_folder, secret_file
from shadowbench.wiring.prices import pricing_options


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
        **told, endpoint=otlp.endpoint, ca_file=path_text(otlp.ca_file), destinations=_destinations(settings)
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
