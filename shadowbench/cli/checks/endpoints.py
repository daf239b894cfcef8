"""Production and candidates: reachable, TLS sound, keys there and taken."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import httpx

from shadowbench import environment, wiring
from shadowbench.cli.checks import Finding, fail, ok, warn
from shadowbench.limits.budget import NANO, NOTHING
from shadowbench.limits.estimate import Asked, estimate
from shadowbench.mirror.options import CandidateOptions
from shadowbench.mirror.purse import max_output_tokens, prices_of
from shadowbench.settings import Settings

# A request without side effects that OpenAI- and Anthropic-like servers know. Any answer at all shows that they are there.
_PATH = "/v1/models"
_REFUSED = (401, 403)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    subject: str
    url: str
    timeout_s: float
    ca_file: str | None
    verify: bool
    key: str | None = None
    proxy: httpx.Proxy | None = None


def check(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about every endpoint."""
    tls = settings.production.tls
    yield _reach(
        _Target(
            subject="production",
            url=settings.production.url,
            timeout_s=settings.production.connect_timeout_s,
            ca_file=str(tls.ca_file) if tls.ca_file else None,
            verify=tls.verify,
        ),
        essential=True,
    )
    mirror = wiring.mirror_options(settings, environ)
    candidates = mirror.candidates
    strata = [rate for stratum in mirror.strata for rate in stratum.rates.values()]
    if not any(rate for rate in (*(candidate.sample_rate for candidate in candidates), *strata)):
        yield warn(
            "candidates",
            "nothing will be mirrored: every sample_rate is 0",
            "set candidates.NAME.sample_rate, e.g. 0.1",
        )
    for candidate in candidates:
        yield _candidate(candidate, environ)
        if candidate.budgets.limits_usd and candidate.price_known is False:
            yield warn(
                f"candidate {candidate.name}",
                f"has a budget in USD, and nobody knows what {candidate.model} costs: no call will be made",
                f"set candidates.{candidate.name}.price, or budgets.unknown_price: allow",
            )
        yield from _too_small_budgets(candidate)


def _too_small_budgets(candidate: CandidateOptions) -> Iterator[Finding]:
    """A warning for each limit that has no room for even the smallest request that names no maximum."""
    prices = prices_of(candidate)
    least = estimate(prices, Asked(0, max_output_tokens(candidate, None)), NOTHING)
    budgets = {key: value for key, value in asdict(candidate.budgets).items() if value is not None}
    for key, limit in budgets.items():
        if key.startswith("tokens_") and limit < least.tokens:
            yield _too_small(candidate.name, key, limit, f"{least.tokens} tokens", "reserve_output_tokens")
        elif key.startswith("usd_") and limit * NANO < least.nano_usd and candidate.price_known is not False:
            cause = "reserve_output_tokens" if prices.bounds_requests else "reserve_usd"
            yield _too_small(candidate.name, key, limit, f"{least.nano_usd / NANO:.6g} USD", cause)


def _too_small(name: str, key: str, limit: float, least: str, cause: str) -> Finding:
    return warn(
        f"candidate {name}",
        f"budgets.{key} is {limit:g}, and {least} are reserved for a request that names no maximum: none will be sent",
        f"raise candidates.{name}.budgets.{key}, or lower budgets.{cause}",
    )


def _candidate(candidate: CandidateOptions, environ: Mapping[str, str]) -> Finding:
    subject = f"candidate {candidate.name}"
    key = environ.get(candidate.api_key_env) if candidate.api_key_env else None
    if candidate.api_key_env and not key:
        return fail(
            subject, f"the environment variable {candidate.api_key_env} is not set", "export it where shadowbench runs"
        )
    variable = candidate.egress_proxy_auth_env
    if variable is not None and (problem := environment.egress_problem(variable, environ)):
        return fail(subject, f"egress_proxy_auth_env: {problem}", "export it where shadowbench runs, as USER:PASSWORD")
    return _reach(
        _Target(
            subject=subject,
            url=candidate.url,
            timeout_s=candidate.connect_timeout_s,
            ca_file=candidate.ca_file,
            verify=candidate.verify,
            key=key,
            proxy=_egress_proxy(candidate, environ),
        ),
        essential=False,
    )


def _egress_proxy(candidate: CandidateOptions, environ: Mapping[str, str]) -> httpx.Proxy | None:
    if candidate.egress_proxy is None:
        return None
    user, colon, password = environ.get(candidate.egress_proxy_auth_env or "", "").partition(":")
    return httpx.Proxy(candidate.egress_proxy, auth=(user, password) if colon else None)


def _reach(target: _Target, *, essential: bool) -> Finding:
    """Ask the endpoint. A candidate that is away does not keep the sidecar from running; production does."""
    bad = fail if essential else warn
    names = ("x-api-key", "x-goog-api-key")  # each dialect's own place; servers pass over those of others
    headers = {"authorization": f"Bearer {target.key}", **dict.fromkeys(names, target.key)} if target.key else {}
    started = time.monotonic()
    try:
        # No proxies from the environment and no redirects: shadowbench itself uses neither.
        context = _context(target)
        with httpx.Client(verify=context, trust_env=False, timeout=target.timeout_s, proxy=target.proxy) as client:
            status = client.get(target.url + _PATH, headers=headers).status_code
    except (httpx.HTTPError, OSError, ValueError) as error:
        if target.proxy is not None and is_the_proxys(error):
            url = str(target.proxy.url).rstrip("/")
            return bad(
                target.subject, f"its egress proxy {url}: {reason(error)}", "check egress_proxy, and that it runs"
            )
        return bad(target.subject, f"{target.url}: {reason(error)}", remedy(error))
    took_ms = (time.monotonic() - started) * 1000
    if target.key and status in _REFUSED:
        return warn(
            target.subject,
            f"{target.url} answered {status} to GET {_PATH} with the key",
            "check the key; some servers refuse this path to everybody",
        )
    if not target.verify and target.url.startswith("https"):
        return warn(
            target.subject,
            f"{target.url} answers, its certificate is not checked",
            "set tls.ca_file, not tls.verify: false",
        )
    return ok(target.subject, f"{target.url} answered {status} in {took_ms:.0f} ms")


def _context(target: _Target) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=target.ca_file)
    if not target.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def is_the_proxys(error: Exception) -> bool:
    """Whether what went wrong on the way through a proxy happened there: connecting to it, or by its own word."""
    is_tls = "certificate" in str(error).lower() or "ssl" in str(error).lower()
    return isinstance(error, httpx.ProxyError | httpx.ConnectError | httpx.ConnectTimeout) and not is_tls


def reason(error: Exception) -> str:
    """What went wrong, without the library's names."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if _is_for_another_name(error):
        detail = re.search(r"certificate is not valid for '[^']*'", str(error))
        return f"its certificate is for another name{f' ({detail[0]})' if detail else ''}"
    return str(error) or type(error).__name__


def _is_for_another_name(error: Exception) -> bool:
    # OpenSSL: "Hostname mismatch, certificate is not valid for 'x'", and the like for an IP address.
    return "mismatch, certificate" in str(error)


def _speaks_no_tls(text: str) -> bool:
    # OpenSSL, of what answers with other bytes, hangs up, or waits for more (as whoever waits for a request's end does).
    said = ("wrong version number", "wrong_version_number", "record layer failure", "unexpected_eof", "eof occurred")
    return "handshake operation timed out" in text or any(each in text for each in said)


def remedy(error: Exception) -> str:
    """What to do about it."""
    if _is_for_another_name(error):
        return "use a name in the URL that the certificate holds, or have one issued for this name"
    text = str(error).lower()
    if _speaks_no_tls(text):
        return "that port does not speak TLS, or nothing answers there: is http:// meant?"
    if "certificate has expired" in text:
        return "renew its certificate; if it is not expired, this machine's clock is wrong"
    if "certificate" in text or "ssl" in text:
        return "set tls.ca_file to the authority that signed its certificate"
    if "name or service" in text or "name resolution" in text or "nodename" in text:
        return "the host name does not resolve: check the URL and DNS"
    if "refused" in text:
        return "nothing listens there: start it, or correct the URL"
    return "check the URL, firewalls and that it runs"
