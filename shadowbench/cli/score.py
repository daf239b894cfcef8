"""`shadowbench score`: scores the pairs of a log, as long as it is let, or once until all is scored that can be now."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shadowbench import configuration, environment, wiring
from shadowbench.cli.output import standard_output
from shadowbench.cli.quantities import counted
from shadowbench.cli.scoring_crew import STOPPED, Crew, Progressing
from shadowbench.errors import ConfigurationError
from shadowbench.explaining import suggestion
from shadowbench.scoring.checking import check
from shadowbench.settings import JudgeSettings, MetricSettings, ProductionSettings, ScoringSettings, Settings
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import JudgeBook

INCOMPLETE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOptions:
    """`only`: names of metrics and judges; empty: all that are configured."""

    config: Path | None
    once: bool = False
    workers: int | None = None
    only: tuple[str, ...] = ()
    log: str | None = None
    progress: bool | None = None  # None: when stderr is a terminal


def run_score(options: ScoreOptions, environ: Mapping[str, str] = os.environ) -> int:
    """The exit code: 0, or 3 when pairs are left that could not be scored now. Raises ConfigurationError, UnavailableError."""
    configured = _settings(options, environ)
    settings = chosen(configured, options)
    if problems := environment.judge_problems(settings, environ):
        raise ConfigurationError("\n".join(problems))
    try:
        check(wiring.scoring_options(settings))
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}{_no_judge(str(error), options.only, configured.scoring)}") from error
    return _once(settings, options, environ) if options.once else _on_and_on(settings)


def _no_judge(error: str, only: Sequence[str], scoring: ScoringSettings) -> str:
    """What is added where a name of the command line was taken for a metric's that there is not: it may have meant a judge."""
    unknown = next((name for name in only if f"there is no metric {name!r}" in error), None)
    if unknown is None or not scoring.judges:
        return ""
    return f"\nno judge of the configuration is called {unknown!r}, either{suggestion(unknown, list(scoring.judges))}"


def _settings(options: ScoreOptions, environ: Mapping[str, str]) -> Settings:
    """The configuration. A log that is named is scored without one, by the default metrics: nobody is asked for answers."""
    if options.config is None and options.log is not None and not configuration.is_there(environ):
        return Settings(production=ProductionSettings(url="http://production.invalid"))
    return configuration.load(options.config)


def chosen(settings: Settings, options: ScoreOptions) -> Settings:
    """The settings with what the command line asks for. A metric that is not configured is taken with its defaults."""
    scoring = settings.scoring
    if options.only:
        configured = {each.name or each.metric: each for each in scoring.metrics}
        judges = {name: judge for name, judge in scoring.judges.items() if name in options.only}
        judges = _with_needed(judges, scoring)
        screens = [judge.screen for judge in judges.values() if judge.screen in configured]
        names = [name for name in (*options.only, *screens) if name is not None and name not in judges]
        metrics = [configured.get(name) or MetricSettings(metric=name) for name in dict.fromkeys(names)]
        scoring = scoring.model_copy(update={"metrics": metrics, "judges": judges})
    if options.workers is not None:
        scoring = scoring.model_copy(update={"workers": options.workers})
    changes: dict[str, object] = {"scoring": scoring}
    if options.log is not None:
        url = options.log if "://" in options.log else f"sqlite:///{options.log}"
        changes["store"] = settings.store.model_copy(update={"url": url})
    if not scoring.metrics and not scoring.judges:
        raise ConfigurationError("scoring: there are neither metrics nor judges to score with")
    return settings.model_copy(update=changes)


def _with_needed(judges: dict[str, JudgeSettings], scoring: ScoringSettings) -> dict[str, JudgeSettings]:
    """A panel needs its members, a cascade the judge it goes on to, and the one it begins with."""
    needed = dict(judges)
    for name in judges:
        judge = scoring.judges[name]
        needed |= {
            each: scoring.judges[each]
            for each in (*judge.members, judge.strong, judge.screen)
            if each in scoring.judges
        }
    return needed if needed.keys() == judges.keys() else _with_needed(needed, scoring)


def _on_and_on(settings: Settings) -> int:
    from shadowbench.supervisor import Supervisor
    from shadowbench.telemetry import logs

    return asyncio.run(Supervisor(wiring.plan(settings, "score"), logs.configure()).run())


def _once(settings: Settings, options: ScoreOptions, environ: Mapping[str, str]) -> int:
    url = wiring.scoring_options(settings).store_url
    open_log(url, "read").close()  # said here rather than by each worker
    specs = wiring.scoring_specs(settings, once=True, environ=environ)
    with Progressing(options.progress) as progressing:
        crew = Crew(specs, progressing)
        code = asyncio.run(crew.run())
    with standard_output():
        _summarise(url)
    waiting = crew.waiting if code == STOPPED else {lane: crew.waiting.get(lane, 0) for lane in crew.left}
    for line in still_to_do(crew.left, waiting):
        sys.stderr.write(f"shadowbench: {line}\n")
    return code or (INCOMPLETE if crew.left else 0)


def still_to_do(left: Mapping[str, str], waiting: Mapping[str, int]) -> list[str]:
    """What is said of lanes that ended before everything was scored, or that were ended. `left`: why, by lane."""
    lines = []
    for lane in sorted({*left, *(lane for lane, pairs in waiting.items() if pairs)}):
        pairs = waiting.get(lane, 0)
        many = f" (up to {counted(pairs, 'pair')} left)" if pairs else ""
        why = left.get(lane)
        told = _STOPPED if why is None else _WHY.get(why, _OUT_OF_ORDER.format(why))
        lines.append(f"{lane}: not all is scored{many}: {told}")
    return lines


_WHY = {
    "budget": "its budget is used up; it goes on when there is room again, on the next UTC day or with a higher budget",
    "unpriced": "nobody knows what its calls cost, and there is a budget: give endpoint.price, or set unpriced: allow",
    "suspended": "a metric hung or crashed again and again; its pairs wait, and it is tried with one of them the next time",
    "waiting": "other judges or metrics that it builds on have not scored everything",
}
_STOPPED = "it was stopped; the same command goes on where it ended"
_OUT_OF_ORDER = (
    "its endpoint is out of order ({}): docs/judge-calls.md, section 2; `shadowbench doctor --judges` asks it once"
)


def _summarise(url: str) -> None:
    from rich.console import Console

    from shadowbench.report.scores import summarise_scores
    from shadowbench.report.scores_terminal import show_scores

    log, scores = open_log(url, "read"), open_score_log(url, "read")
    try:
        console = Console(highlight=False)
        console.print("The scores of the whole log:")
        show_scores(summarise_scores(log, scores), console)
        judges = [each.measure.name for each in scores.measures() if each.measure.kind == "judge"]
        for line in _spent(list(dict.fromkeys(judges)), scores):
            console.print(line)
    finally:
        log.close()
        scores.close()


def _spent(judges: Sequence[str], book: JudgeBook) -> list[str]:
    lines = []
    for judge in judges:
        spent = book.spending(judge)
        if spent.calls or spent.open_calls:
            unpriced = f", {spent.unpriced:,} of unknown cost" if spent.unpriced else ""
            still = (
                f", {spent.open_calls:,} never settled ({spent.open_usd:.4f} USD reserved)" if spent.open_calls else ""
            )
            lines.append(f"{judge}: {spent.calls:,} calls, {spent.usd:.4f} USD in all{unpriced}{still}")
    return lines
