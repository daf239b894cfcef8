"""`shadowbench judges freeze` and `check`: sets of pairs that stay as they are, and judges that are asked about them again."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shadowbench import configuration, wiring
from shadowbench.cli.quantities import counted
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.judges.calls.desk import Desk, Surroundings
from shadowbench.judges.options import JudgeOptions
from shadowbench.pricing import PricingOptions
from shadowbench.scores import KnownMeasure, Label
from shadowbench.scoring.built import judge_of
from shadowbench.scoring.calibration.canary import frozen_scores, frozen_words, is_first_and_no_measure, sample
from shadowbench.scoring.calibration.canary_run import check_and_keep
from shadowbench.scoring.calibration.evidence import judges_of, scores_in
from shadowbench.scoring.calibration.people import PREFERENCE, words
from shadowbench.scoring.checking import check
from shadowbench.scoring.ledger import Ledger
from shadowbench.signals import Counters
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import Canary, CanaryRun, ScoreLog

DRIFTED = 1
NO_MEASURE = UnavailableError.exit_code
_ASKS_NOBODY = ("panel", "cascade", "embedding")


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeOptions:
    """`judge`: whose word it is, or in whose range people's ratings are put."""

    log_url: str
    name: str
    judge: str | None = None
    source: Literal["labels", "judge"] = "labels"
    question: str = PREFERENCE
    size: int = 200


def run_freeze(options: FreezeOptions) -> int:
    """Freeze the set. Raises ConfigurationError when there is nothing to freeze, or a set of that name."""
    open_log(options.log_url, "change").close()  # a log of an older version is migrated
    with (
        closing(open_log(options.log_url, "read")) as log,
        closing(open_score_log(options.log_url, "change")) as scores,
    ):
        canaries = sample(options.name, _frozen(options, scores, log.newest()), options.size)
        if not canaries:
            raise ConfigurationError(f"{options.judge or 'the judge'} has judged no pair yet; run `shadowbench score`")
        scores.put_canaries(options.name, canaries)
    sys.stderr.write(
        f"{options.name}: {counted(len(canaries), 'pair')} frozen; ask with `judges check {options.name}`\n"
    )
    return 0


def run_check(config: Path | None, log_url: str, name: str, judge: str | None, environ: Mapping[str, str]) -> int:
    """Ask the configured judges, or one, about the set; the exit code: 0, 1 when one has drifted, or 4 when a
    first run has too few answers to measure later ones by."""
    settings = configuration.load(config, environ=environ)
    options = wiring.scoring_options(settings)
    chosen = [each for each in options.judges if judge in (None, each.name) and each.kind not in _ASKS_NOBODY]
    if not chosen:
        raise ConfigurationError(f"scoring.judges: there is no judge {judge or 'at all'} that asks a model by itself")
    check(options)
    open_log(log_url, "change").close()
    with closing(open_score_log(log_url, "change")) as scores:
        runs = asyncio.run(_check_all(log_url, scores, name, chosen, options.pricing, environ))
    for each, run in runs.items():
        sys.stdout.write(told(each, run) + "\n")
    if any(run.drifted for run in runs.values()):
        return DRIFTED
    return NO_MEASURE if any(is_first_and_no_measure(run) for run in runs.values()) else 0


def told(judge: str, run: CanaryRun) -> str:
    """A run in one line."""
    kappa = "not defined" if run.kappa is None else f"{run.kappa:.3f}"
    interval = "" if run.low is None or run.high is None else f" ({run.low:.3f} to {run.high:.3f})"
    share = "" if run.agreement is None else f", agreement {run.agreement:.1%}"
    return f"{judge}: {run.answered} of {run.items} answered, kappa {kappa}{interval}{share}: {_verdict(run)}"


def _verdict(run: CanaryRun) -> str:
    detail = json.loads(run.detail)
    why = "; ".join(f"{count} × {reason}" for reason, count in sorted(detail["reasons"].items()))
    without = f"; without an answer: {why}" if why else ""
    if is_first_and_no_measure(run):
        return f"NO MEASURE: too few answers to measure later runs by{without}; see to that, and check again"
    if not run.drifted:
        return f"no drift{without}"
    if "answers" in detail["drifted"]:
        return f"DRIFTED: fewer answers than in its first run ({detail['first_run_answered']}){without}"
    return f"DRIFTED: outside of its first run's interval{without}"


async def _check_all(
    log_url: str,
    scores: ScoreLog,
    name: str,
    judges: Sequence[JudgeOptions],
    pricing: PricingOptions,
    environ: Mapping[str, str],
) -> Mapping[str, CanaryRun]:
    canaries = scores.canaries(name)
    if not canaries:
        there = ", ".join(scores.canary_names()) or "none; freeze one with `judges freeze NAME`"
        raise ConfigurationError(f"there is no frozen set {name!r}; there are: {there}")
    ledger = Ledger(scores)
    surroundings = Surroundings(
        book=ledger, pricing=pricing, environ=environ, counters=Counters(), owner="check", unix=_unix_now, chance=random.random,
    )  # fmt: skip
    runs: dict[str, CanaryRun] = {}
    async with Desk(surroundings) as desk:
        for each in judges:
            if each.endpoint is not None:
                asker = desk.asker(each.name, each.endpoint)
                runs[each.name] = await check_and_keep(
                    name, judge_of(each), asker, ledger, log_url, canaries, now=_unix_now
                )
    return runs


def _frozen(options: FreezeOptions, scores: ScoreLog, newest: int) -> Sequence[Canary]:
    if options.source == "judge":
        known = _judge(scores, options.judge)
        return frozen_scores(known.measure, scores_in(scores, known.id, newest))
    labels = scores.labels()
    people = words(labels, options.question)
    if not people:
        raise ConfigurationError(_nobody(options.question, labels))
    measure = None if options.question == PREFERENCE else _judge(scores, options.judge).measure
    frozen = frozen_words(people, measure)
    if not frozen and measure is not None:
        raise ConfigurationError(f"{measure.name} has no range to put ratings into; name another judge with --judge")
    return frozen


def _judge(scores: ScoreLog, name: str | None) -> KnownMeasure:
    """The newest configuration of a judge; the only judge where none is named."""
    found = judges_of(scores, name)
    if len({known.measure.name for known in found}) == 1:
        return found[-1]
    there = ", ".join(sorted({known.measure.name for known in judges_of(scores)}))
    if not there:
        raise ConfigurationError("which judge? There are none in this log yet; run `shadowbench score`")
    if name is None:
        raise ConfigurationError(f"which judge? Name it with --judge; there are: {there}")
    raise ConfigurationError(f"there is no judge {name!r} in this log; there are: {there}")


def _nobody(question: str, labels: Sequence[Label]) -> str:
    there = ", ".join(sorted({label.question for label in labels}))
    others = f" (there are labels of: {there})" if there else ""
    return (
        f"nobody has labelled a pair with {question}{others}; use `shadowbench label`, import labels, or --from judge"
    )


def _unix_now() -> float:
    return time.time_ns() / 1e9
