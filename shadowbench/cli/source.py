"""Which pair log a command reads: the one it is given, or the configuration's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from shadowbench import configuration
from shadowbench.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """A log, and what the configuration knows about the candidates in it."""

    url: str
    production_again: frozenset[str] = frozenset()


def log_source(config: Path | None, log: str | None) -> LogSource:
    """The log `log` (a file or a URL), else the configuration's. Raises ConfigurationError when there is neither."""
    if log is not None:
        check_named(log)
    if config is None and not configuration.is_there(os.environ):
        if log is None:
            raise ConfigurationError("which pair log? Name it with --log FILE, or its configuration with -c FILE")
        return LogSource(url=_as_url(log))
    from shadowbench import wiring  # knows of every worker: only where there is a configuration

    settings = configuration.load(config)
    return LogSource(
        url=_as_url(log) if log is not None else settings.store.url,
        production_again=wiring.production_again(settings),
    )


def check_named(log: str) -> None:
    """Raises ConfigurationError for the name of no log, such as an empty variable of a script leaves."""
    if not log.strip():
        raise ConfigurationError(f"{log!r} is no log: name a file or a URL")


def configured_questions(config: Path | None) -> frozenset[str]:
    """What the judges of the configuration go by; nothing without one."""
    from shadowbench import wiring
    from shadowbench.scoring.calibration.questions import questions_of_judges

    if config is None and not configuration.is_there(os.environ):
        return frozenset()
    return frozenset(questions_of_judges(wiring.scoring_options(configuration.load(config)).judges))


def _as_url(log: str) -> str:
    return log if "://" in log else f"sqlite:///{log}"
