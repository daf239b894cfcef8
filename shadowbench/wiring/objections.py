"""What no key alone shows to be wrong: a sentence for each."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

from shadowbench.errors import ConfigurationError
from shadowbench.http1.origin import parse_url
from shadowbench.pricing.known import near_providers
from shadowbench.settings import Settings
from shadowbench.wiring.mirroring import tls_of
from shadowbench.wiring.roles import Role


def bad_urls(settings: Settings) -> Iterator[str]:
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


def bad_authorities(settings: Settings, role: Role) -> Iterator[str]:
    """A sentence for each ca_file that `role` would trust and cannot load."""
    https = {}
    if role in ("serve", "proxy") and settings.production.url.startswith("https"):
        https["production.tls"] = settings.production.tls.ca_file
    if role in ("serve", "mirror"):
        for name, candidate in settings.candidates.items():
            if (candidate.url or settings.production.url).startswith("https"):
                inherits = tls_of(settings, candidate) is not candidate.tls
                key = "production.tls" if inherits else f"candidates.{name}.tls"
                https[key] = tls_of(settings, candidate).ca_file
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


def unknown_providers(settings: Settings) -> Iterator[str]:
    """A sentence for each provider that genai-prices does not know."""
    named: dict[str, str | None] = {"production": settings.production.provider}
    named |= {f"candidates.{name}": each.provider for name, each in settings.candidates.items()}
    for name, judge in settings.scoring.judges.items():
        named[f"scoring.judges.{name}.endpoint"] = None if judge.endpoint is None else judge.endpoint.provider
    for key, provider in named.items():
        if provider is not None and (near := near_providers(provider)) is not None:
            hint = f"did you mean {' or '.join(near)}?" if near else "leave it out to have it told by the URL"
            yield f"{key}.provider: genai-prices knows no provider {provider!r}; {hint}"
