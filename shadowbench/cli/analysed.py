"""From pair logs to the document of a report: what `report` and `gate` have in common.

Callers set the number of threads before they import this: numpy comes with it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import shadowbench
from shadowbench import configuration, wiring
from shadowbench.cli.judged import judges_in
from shadowbench.cli.output import own_files
from shadowbench.cli.progress import Bar
from shadowbench.cli.source import log_source
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.policies.reading import read_policy
from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.analysing import AnalysisOptions, analyse
from shadowbench.report.as_json import load
from shadowbench.report.document.root import Document
from shadowbench.report.policy import Policy
from shadowbench.store.exporting.objects import get_object, is_object


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which pairs a report is to be, and what was declared. `progress`: None shows a bar when stderr is a terminal."""

    logs: tuple[str, ...]  # files or URLs
    policy: Policy = field(default_factory=Policy)
    again: frozenset[str] = frozenset()  # names of candidates that are production itself (A/A)
    since: float | None = None  # Unix seconds
    until: float | None = None
    candidates: tuple[str, ...] = ()  # nothing: all; A/A lanes are there in any case, for what they measure
    slice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    earlier: tuple[Document, ...] = ()
    redact: bool = False
    seed: int = 0
    examples: int = 10  # of each kind, for each candidate
    progress: bool | None = None


def asked(
    config: Path | None,
    logs: Sequence[str],
    *,
    log: str | None = None,
    policy: str | None = None,
    again: Sequence[str] = (),
    slices: Sequence[str] = (),
    earlier: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    **others: object,
) -> Asked:
    """What somebody typed, with the configuration where there is one: its log, its A/A lanes, its policy. Raises
    ConfigurationError for what cannot be meant."""
    settings = configuration.load(config, environ=environ) if config or configuration.is_there(environ) else None
    lanes = wiring.production_again(settings) if settings else frozenset()
    declared, where = (
        (policy, "--policy") if policy else (settings.report.policy if settings else None, "report.policy")
    )
    named = [*logs, *([log] if log else [])]
    return Asked(
        logs=tuple(dict.fromkeys(named)) or (log_source(config, None).url,),
        policy=Policy() if declared is None else read_policy(declared, where),
        again=lanes | frozenset(again),
        slice=slices_of(slices),
        earlier=earlier_reports(earlier),
        **others,  # type: ignore[arg-type]  # of Asked's own names
    )


def slices_of(told: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """COLUMN=VALUE, each: several values of a column are any of them. Raises ConfigurationError."""
    found: dict[str, tuple[str, ...]] = {}
    for each in told:
        column, sign, value = each.partition("=")
        if not sign or not column.strip():
            raise ConfigurationError(f"--slice {each}: write COLUMN=VALUE, such as stratum=long")
        found[column.strip()] = (*found.get(column.strip(), ()), value.strip())
    return found


def files_of(wanted: Asked, config: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The files that must not be written over: logs, and what the configuration names."""
    urls = (log if "://" in log else f"sqlite:///{quote(log)}" for log in wanted.logs)
    return tuple(dict.fromkeys(file for url in urls for file in own_files(config, url, environ)))


def earlier_reports(names: Sequence[str]) -> tuple[Document, ...]:
    """Reports that were kept as JSON, oldest first. Raises ConfigurationError, and UnavailableError for one that cannot be
    read."""
    return tuple(sorted((load(_content(name), name=name) for name in names), key=lambda found: found.made_at))


def analysed(wanted: Asked, *, now: float) -> Document:
    """Read the logs and analyse them. Raises as `shadowbench.read` does, and ConfigurationError for a candidate that no log
    has."""
    with Bar(wanted=wanted.progress) as bar:
        bar("reading", 0.0)
        with shadowbench.read(
            wanted.logs,
            since=wanted.since,
            until=wanted.until,
            candidate=[*wanted.candidates, *sorted(wanted.again)] if wanted.candidates else None,
            slice=wanted.slice or None,
        ) as log:
            _check_candidates(log, wanted.candidates)
            bar("judges", 0.0)
            judges = judges_in(log, wanted.seed) if log.pairs.n else None
            options = AnalysisOptions(
                made_at=now,
                software=shadowbench.__version__,
                again=wanted.again,
                seed=wanted.seed,
                redact=wanted.redact,
                since=wanted.since,
                until=wanted.until,
                candidates=wanted.candidates,
                slice=wanted.slice,
                earlier=wanted.earlier,
                judges=judges.cards if judges else (),
                judge_spend=judges.spend if judges else None,
                examples=wanted.examples,
            )
            return analyse(log, wanted.policy, options, bar)


def _check_candidates(log: ReadLog, candidates: Sequence[str]) -> None:
    there = sorted(filter(None, log.pairs.texts["candidate"]))
    if unknown := sorted(set(candidates) - set(there)):
        raise ConfigurationError(
            f"no pairs of {', '.join(unknown)} in these logs; they have: {', '.join(there) or 'none'}"
        )


def _content(name: str) -> bytes:
    if is_object(name):
        with tempfile.TemporaryFile() as file:
            get_object(name, file)
            return file.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UnavailableError(f"cannot read {name}: {error.strerror or error}") from error
