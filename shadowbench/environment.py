"""What the environment gives: which secrets are missing from it, and which of them each process must not see. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shadowbench.errors import ConfigurationError
from shadowbench.secret import SECRET_ENV, read_secret
from shadowbench.settings import Settings

# What the clouds' own tools read their credentials, regions and endpoints from. Of our processes only the exporter asks them.
_CLOUD_PREFIXES = ("AWS_", "GOOGLE_", "AZURE_")
# What an HTTP header can carry, as the mirror sends it: Latin-1 without control characters.
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]+")


def problems(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """A sentence for each secret that a mirror or a recorder would miss at its start. None repeats a value."""
    found = [problem for name in settings.candidates for problem in _of_candidate(settings, name, environ)]
    if (key := settings.mirror.repeats.production_api_key_env) is not None:
        found += _of_key("mirror.repeats.production_api_key_env", key, environ)
    if settings.scoring.enabled:
        found += judge_problems(settings, environ)
    if settings.telemetry.otlp.endpoint is not None:
        for header, variable in settings.telemetry.otlp.headers_env.items():
            found += _of_key(f"telemetry.otlp.headers_env.{header}", variable, environ)
    return [*found, *secret_problems(environ)]


def judge_problems(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """A sentence for each key that a scorer would miss."""
    asked = {name: judge.endpoint for name, judge in settings.scoring.judges.items() if judge.endpoint is not None}
    keys = {name: endpoint.api_key_env for name, endpoint in asked.items() if endpoint.api_key_env is not None}
    return [
        problem
        for name, key in keys.items()
        for problem in _of_key(f"scoring.judges.{name}.endpoint.api_key_env", key, environ)
    ]


def secret_problems(environ: Mapping[str, str]) -> list[str]:
    """What is wrong with the secret that the environment gives, if it gives one."""
    given = environ.get(SECRET_ENV)
    try:
        if given:
            read_secret(given)
    except ConfigurationError as error:
        return [f"environment variable {error}"]
    return []


def _of_candidate(settings: Settings, name: str, environ: Mapping[str, str]) -> Iterator[str]:
    candidate = settings.candidates[name]
    if (key := candidate.api_key_env) is not None:
        yield from _of_key(f"candidates.{name}.api_key_env", key, environ)
    if (variable := candidate.egress_proxy_auth_env) is not None and (problem := egress_problem(variable, environ)):
        yield f"candidates.{name}.egress_proxy_auth_env: {problem}"


def _of_key(setting: str, variable: str, environ: Mapping[str, str]) -> Iterator[str]:
    where = f"{setting}: the environment variable {variable}"
    if not environ.get(variable):
        yield f"{where} is not set"
    elif not _HEADER_VALUE.fullmatch(environ[variable].strip()):
        yield f"{where} holds no key: it has characters that no header can carry"


def egress_problem(variable: str, environ: Mapping[str, str]) -> str:
    """What is wrong with the credentials for an egress proxy; empty when nothing is."""
    given = environ.get(variable)
    if not given:
        return f"the environment variable {variable} is not set: put USER:PASSWORD in it"
    return "" if ":" in given else f"the environment variable {variable} must hold USER:PASSWORD"


def withheld(settings: Settings, job: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that a worker of this job starts without: what a process cannot see it cannot give away.

    The control port's token is for the parent alone, candidates' credentials for the mirror, judges' for the scorers, the
    clouds' for the exporter, an OTLP receiver's for the recorder. A candidate's key may be named like a cloud's
    (AZURE_OPENAI_API_KEY): the mirror sees it.
    """
    cloud = {name for name in environ if name.startswith(_CLOUD_PREFIXES)}
    own: dict[str, set[str]] = {
        "mirror": set(_credentials_of(settings)),
        "scoring": set(_credentials_of_judges(settings)),
        "recorder": {*settings.telemetry.otlp.headers_env.values(), *_otlp_variables(environ)},
        "exporter": cloud,
    }
    token = settings.control.token_env
    hidden = cloud.union(*own.values()) - own.get(job, set())
    return tuple(sorted(hidden | ({token} if token else set())))


def _otlp_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """OpenTelemetry's own variables, which may hold a receiver's credentials."""
    return (name for name in environ if name.startswith("OTEL_EXPORTER_OTLP_"))


def _credentials_of(settings: Settings) -> Iterator[str]:
    if settings.mirror.repeats.production_api_key_env is not None:
        yield settings.mirror.repeats.production_api_key_env
    for candidate in settings.candidates.values():
        yield from (name for name in (candidate.api_key_env, candidate.egress_proxy_auth_env) if name is not None)


def _credentials_of_judges(settings: Settings) -> Iterator[str]:
    for judge in settings.scoring.judges.values():
        if judge.endpoint is not None and judge.endpoint.api_key_env is not None:
            yield judge.endpoint.api_key_env
