"""From pair logs to the document of a report: what `report` and `gate` have in common.

Callers set the number of threads before they import this: numpy comes with it.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import shadowbench
from shadowbench import configuration
from shadowbench.cli.choosing import check_candidates, check_slices, slices_of
from shadowbench.cli.judged import judges_in
from shadowbench.cli.memory import keep_freed_memory
from shadowbench.cli.output import own_files
from shadowbench.cli.pair_arguments import Typed
from shadowbench.cli.progress import Bar
from shadowbench.cli.quantities import span_of
from shadowbench.cli.source import check_named, log_source
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.policies.reading import read_policy
from shadowbench.reading.log import ReadLog
from shadowbench.reading.names import FOR_REPORTS
from shadowbench.report.analysis.analysing import AnalysisOptions, analyse
from shadowbench.report.as_json import load
from shadowbench.report.document.root import Document
from shadowbench.report.misspelt import unmeasured
from shadowbench.report.moments import END, FIRST
from shadowbench.report.policy import Policy
from shadowbench.report.words.numbers import moment
from shadowbench.store.exporting.objects import get_object, is_object

if TYPE_CHECKING:
    from shadowbench.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which pairs a report is to be, and what was declared. `progress`: None shows a bar when stderr is a terminal."""

    logs: tuple[str, ...]  # files or URLs
    policy: Policy = field(default_factory=Policy)
    declared_by: str = ""  # who named the policy: `--policy FILE`, or the configuration's key; empty: nobody
    again: frozenset[str] = frozenset()  # names of candidates that are production itself (A/A)
    named: tuple[str, ...] = ()  # of these, those that somebody typed: the logs must have them
    since: float | None = None  # Unix seconds
    until: float | None = None
    candidates: tuple[str, ...] = ()  # nothing: all; A/A lanes are there in any case, for what they measure
    slice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    earlier: tuple[Document, ...] = ()
    redact: bool = False
    seed: int = 0
    examples: int = 10  # of each kind, for each candidate
    progress: bool | None = None
    verdicts_only: bool = False  # nothing but what verdicts need: a gate tells no more


def asked(
    typed: Typed,
    *,
    now: float,
    earlier: Sequence[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    **others: object,
) -> Asked:
    """What somebody typed, with the configuration where there is one: its log, its A/A lanes, its policy. Raises
    ConfigurationError for what cannot be meant."""
    is_there = typed.config or configuration.is_there(environ)
    settings = configuration.load(typed.config, environ=environ) if is_there else None
    lanes = _lanes(settings) if settings else frozenset()
    since, until = span_of(typed.since, typed.until, now)
    return Asked(
        logs=_named(typed) or (log_source(typed.config, None).url,),
        policy=_declared(typed.policy, settings),
        declared_by=_declared_by(typed.policy, settings),
        again=lanes | frozenset(typed.again or ()),
        named=tuple(typed.again or ()),
        since=since,
        until=until,
        slice=slices_of(typed.slices or ()),
        earlier=earlier_reports(earlier or ()),
        progress=False if typed.quiet else None,
        **others,  # type: ignore[arg-type]  # of Asked's own names
    )


def declared(typed: Typed, environ: Mapping[str, str] = os.environ) -> Policy:
    """The policy alone, where no log is read. Raises ConfigurationError."""
    is_asked = typed.policy is None and (typed.config or configuration.is_there(environ))
    return _declared(typed.policy, configuration.load(typed.config, environ=environ) if is_asked else None)


def _named(typed: Typed) -> tuple[str, ...]:
    """The logs that somebody named, each once."""
    logs = [*(typed.logs or ()), *([] if typed.log is None else [typed.log])]
    for log in logs:
        check_named(log)
    return tuple(dict.fromkeys(logs))


def _lanes(settings: Settings) -> frozenset[str]:
    from shadowbench import wiring  # knows of every worker: only where there is a configuration

    return wiring.production_again(settings)


def _declared(policy: str | None, settings: Settings | None) -> Policy:
    """By the option, else by the configuration, else nothing."""
    if policy is not None:
        return read_policy(policy, "--policy")
    configured = settings.report.policy if settings else None
    return Policy() if configured is None else read_policy(configured, "report.policy")


def _declared_by(policy: str | None, settings: Settings | None) -> str:
    if policy is not None:
        return f"--policy {policy}"
    configured = settings.report.policy if settings else None
    if isinstance(configured, str):
        return f"report.policy: {configured}"
    return "" if configured is None else "report.policy"


def files_of(wanted: Asked, config: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The files that must not be written over: logs, and what the configuration names."""
    urls = (log if "://" in log else f"sqlite:///{quote(log)}" for log in wanted.logs)
    return tuple(dict.fromkeys(file for url in urls for file in own_files(config, url, environ)))


def earlier_reports(names: Sequence[str]) -> tuple[Document, ...]:
    """Reports that were kept as JSON, by the end of their traffic, whenever they were made; those without any first. Raises
    ConfigurationError, and UnavailableError for one that cannot be read."""
    return tuple(sorted((load(_content(name), name=name) for name in names), key=_how_late))


def _how_late(report: Document) -> tuple[float, float]:
    last_at = report.source.last_at
    return -math.inf if last_at is None else last_at, report.made_at


def analysed(wanted: Asked, *, now: float) -> Document:
    """Read the logs and analyse them. Raises as `shadowbench.read` does, and ConfigurationError for a candidate that no log
    has."""
    keep_freed_memory()
    with Bar(wanted=wanted.progress) as bar:
        bar("reading", 0.0)
        with shadowbench.read(
            wanted.logs,
            since=wanted.since,
            until=wanted.until,
            candidate=[*wanted.candidates, *sorted(wanted.again)] if wanted.candidates else None,
            slice=wanted.slice or None,
            columns=FOR_REPORTS,
        ) as log:
            check_candidates(log, wanted.candidates, wanted.named)
            check_slices(log, wanted.slice)
            _check_times(log, wanted.earlier)
            bar("judges", 0.0)
            judges = judges_in(log, wanted.seed) if log.pairs.n and _needs_judges(log, wanted) else None
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
                verdicts_only=wanted.verdicts_only,
            )
            document = analyse(log, wanted.policy, options, bar)
            absent = unmeasured(wanted.policy, list(log.scores)) if log.pairs.n else ()
            return replace(document, warnings=(*absent, *document.warnings))


def _check_times(log: ReadLog, earlier: Sequence[Document]) -> None:
    """Raises ConfigurationError where times cannot be meant: of pairs, or of reports that are not earlier."""
    at = log.pairs["started_at"]
    if not at.size:
        return
    odd = at[(at < FIRST) | (at >= END)]
    if odd.size:
        raise ConfigurationError(
            f"{odd.size} of {at.size} pairs have a time that is no date: {odd[0]:.17g} Unix seconds, as of milliseconds that "
            "were taken for seconds. Leave them out with --since 1970-01-01 --until 2100-01-01, or import them rightly into "
            "a new log"
        )
    last = float(at.max())
    for report in earlier:
        if report.source.last_at is not None and report.source.last_at > last:
            raise ConfigurationError(
                f"--earlier: not an earlier report: its traffic goes on until {moment(report.source.last_at)}, that of the "
                f"logs until {moment(last)}"
            )


def _needs_judges(log: ReadLog, wanted: Asked) -> bool:
    """Whether anybody asks how far judges may be trusted. Verdicts do where a claim rests on one and the policy wants it
    compared with people."""
    claims = wanted.policy.claims
    rests = any(each.measure in log.scores and log.scores.measure(each.measure).kind == "judge" for each in claims)
    return not wanted.verdicts_only or (rests and not wanted.policy.requires.uncalibrated_judges)


def _content(name: str) -> bytes:
    if is_object(name):
        with tempfile.TemporaryFile() as file:
            get_object(name, file)
            return file.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UnavailableError(f"cannot read {name}: {error.strerror or error}") from error
