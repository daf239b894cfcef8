"""What scores pairs: metrics, judges and rubrics are there, and judges' keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shadowbench import environment, wiring
from shadowbench.cli.checks import Finding, fail, ok
from shadowbench.cli.quantities import counted
from shadowbench.errors import ConfigurationError
from shadowbench.scoring.checking import check as check_options
from shadowbench.settings import Settings

_SUBJECT = "scoring"


def check(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about scoring; none where nothing is scored."""
    scoring = settings.scoring
    if not scoring.enabled or not (scoring.metrics or scoring.judges):
        return
    try:
        check_options(wiring.scoring_options(settings))
    except ConfigurationError as error:
        yield fail(_SUBJECT, str(error), "traffic is served and recorded all the same, but no pair gets a score")
        return
    problems = environment.judge_problems(settings, environ)
    yield from (fail(_SUBJECT, problem, "export it where shadowbench runs") for problem in problems)
    if not problems:
        yield ok(
            _SUBJECT, f"{counted(len(scoring.metrics), 'metric')} and {counted(len(scoring.judges), 'judge')} are there"
        )
