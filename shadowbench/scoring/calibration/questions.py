"""What people can be asked about: which is better, or how good by what a judge goes by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shadowbench.errors import ConfigurationError
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.rubric_files import read_rubric
from shadowbench.scoring.calibration.evidence import judges_of
from shadowbench.store.scoring import ScoreLog

_LOOKED_AT = 200  # exchanges, oldest first: judges give all their criteria in each verdict


def questions_of_judges(judges: Iterable[JudgeOptions]) -> Iterator[str]:
    """The names of configured judges, and the criteria of their rubrics. A wrong one is another command's matter."""
    for judge in judges:
        yield judge.name
        if judge.rubric is None or judge.kind == "custom":
            continue
        try:
            rubric = read_rubric(judge.rubric, f"judges.{judge.name}.rubric")
        except ConfigurationError:
            continue
        yield from (criterion.id for criterion in rubric.criteria)


def questions_in(scores: ScoreLog, newest: int) -> Iterator[str]:
    """The names of judges in the log, what they graded, and what somebody has rated already."""
    for known in judges_of(scores):
        yield known.measure.name
        for verdict in scores.verdicts(known.id, after=0, upto=min(newest, _LOOKED_AT)):
            yield from (name for name, _ in verdict.scores)
    yield from (label.question.partition("@")[0] for label in scores.labels())
