"""What a parent runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace

from shadowbench.child import WorkerSpec
from shadowbench.environment import withheld
from shadowbench.errors import ConfigurationError
from shadowbench.listening import Address, parse_address
from shadowbench.settings import Settings, as_list
from shadowbench.store.exporting.places import check_installed
from shadowbench.supervisor import Plan
from shadowbench.wiring.mirroring import mirror_options
from shadowbench.wiring.objections import bad_authorities, bad_urls, unknown_providers
from shadowbench.wiring.places import runtime_folder
from shadowbench.wiring.proxying import proxy_options
from shadowbench.wiring.recording import exporter_options, recorder_options
from shadowbench.wiring.roles import GOODBYE_S, GRACE_S, Role
from shadowbench.wiring.scoring import scoring_options
from shadowbench.worker import to_json

# Below this a token can be guessed by asking.
LEAST_TOKEN_CHARS = 16


def plan(settings: Settings, role: Role, environ: Mapping[str, str] = os.environ) -> Plan:
    """What a parent of `role` runs. Raises ConfigurationError for what no key alone shows."""
    if problems := [*bad_urls(settings), *bad_authorities(settings, role), *unknown_providers(settings)]:
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
    if len(token) < LEAST_TOKEN_CHARS and not parse_address(settings.control.listen).is_loopback:
        raise ConfigurationError(
            f"control.token_env: the token in {settings.control.token_env} is too short for a port that other machines reach: "
            f"take {LEAST_TOKEN_CHARS} characters or more, as `openssl rand -hex 32` prints them"
        )
    return token


def listen_addresses(settings: Settings) -> tuple[Address, ...]:
    """Where the proxy listens."""
    return tuple(parse_address(text) for text in as_list(settings.proxy.listen))


def _proxy_spec(settings: Settings, number: int, environ: Mapping[str, str]) -> WorkerSpec:
    options = proxy_options(settings, number, environ)
    return WorkerSpec(
        role="proxy",
        number=number,
        command=_command("proxy"),
        options=to_json(options),
        listens=True,
        drain_s=options.drain_delay_s + options.drain_timeout_s + GOODBYE_S + GRACE_S,
    )


def _mirror_spec(settings: Settings, environ: Mapping[str, str]) -> WorkerSpec:
    options = mirror_options(settings, environ)
    return WorkerSpec(
        role="mirror",
        number=0,
        command=_command("mirror"),
        options=to_json(options),
        drain_s=options.drain_s + options.finish_s + options.settle_s + GRACE_S,
    )


def _recorder_spec(settings: Settings, environ: Mapping[str, str]) -> WorkerSpec:
    options = recorder_options(settings, environ)
    return WorkerSpec(
        role="recorder",
        number=0,
        command=_command("recorder"),
        options=to_json(options),
        drain_s=options.drain_s + options.flush_s + (options.otlp.flush_s if options.otlp else 0) + GRACE_S,
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
            drain_s=options.drain_s + GRACE_S,
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
            drain_s=options.drain_s + GRACE_S,
        )
    ]


def _command(job: str) -> tuple[str, ...]:
    # -P: a file named like a library, in the folder one happens to stand in, is not imported.
    return (sys.executable, "-P", "-m", f"shadowbench.{job}")
