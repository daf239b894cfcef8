"""`shadowbench validate`: what holds, file and environment together."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from shadowbench import configuration, environment, wiring
from shadowbench.cli.quantities import counted
from shadowbench.errors import ConfigurationError
from shadowbench.policies.reading import read_policy
from shadowbench.redaction.known import SHORTEST, too_short
from shadowbench.scoring.checking import check
from shadowbench.settings import Settings

HIDDEN = "(hidden)"


def validate_configuration(config: Path | None, environ: Mapping[str, str]) -> None:
    """Print the configuration to stdout. Raises ConfigurationError."""
    settings = configuration.load(config)
    wiring.plan(settings, "serve", environ)  # finds what no key alone shows: paths too long, store URLs
    check(wiring.scoring_options(settings))  # metrics, judges, rubrics, options
    if settings.report.policy is not None:
        read_policy(settings.report.policy, "report.policy")
    sys.stdout.write(yaml.safe_dump(resolved(settings), sort_keys=False, allow_unicode=True))
    if problems := environment.problems(settings, environ):
        raise ConfigurationError("\n".join(problems))
    if short := too_short(wiring.known_secrets(settings, environ)):
        sys.stderr.write(
            f"Warning: {counted(short, 'credential')} of candidates {'is' if short == 1 else 'are'} shorter than {SHORTEST} "
            "characters. What repeats so short a one is kept as it is: choose a longer one.\n"
        )
    sys.stderr.write("The configuration is valid.\n")


def resolved(settings: Settings) -> dict[str, Any]:
    """All keys with their values; header values, which may be secrets, hidden."""
    fields = settings.model_dump(mode="json")
    for candidate in fields["candidates"].values():
        candidate["headers"] = dict.fromkeys(candidate["headers"], HIDDEN)
    for judge in fields["scoring"]["judges"].values():
        if judge["endpoint"] is not None:
            judge["endpoint"]["headers"] = dict.fromkeys(judge["endpoint"]["headers"], HIDDEN)
    otlp = fields["telemetry"]["otlp"]
    otlp["headers"] = dict.fromkeys(otlp["headers"], HIDDEN)
    return fields
