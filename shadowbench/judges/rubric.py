"""Grades from 1 to 5 by criteria, each grade with its own text; a side's value is their weighted mean. Pure.

The form is Prometheus' (arXiv 2310.08491, 2405.01535): what to look at, what each grade means, the right answer where there is
one, and reasons before the grade.
"""

from __future__ import annotations

from collections.abc import Mapping

from shadowbench.judges.alone import Alone
from shadowbench.judges.forms import GradesForm
from shadowbench.judges.graded import grader, rubric_of
from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.rubric_files import GRADES
from shadowbench.judges.rubrics import Criterion, Rubric

VERSION = "1"


def build(options: JudgeOptions) -> Alone:
    """A judge by the rubric's file."""
    rubric = rubric_of(options, "rubric")
    weights = {criterion.id: criterion.weight for criterion in rubric.criteria}
    return grader(
        options,
        rubric,
        version=VERSION,
        form=GradesForm(mark="scores", names=tuple(weights), grades=GRADES),
        task=_task(rubric),
        bounds=(GRADES[0], GRADES[-1]),
        value=lambda grades: weighted_mean(grades, weights),
    )


def weighted_mean(grades: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Σ w·g / Σ w over the criteria. All are graded: a verdict that leaves one out is none."""
    return sum(weight * grades[name] for name, weight in weights.items()) / sum(weights.values())


KIND = JudgeKind(name="rubric", version=VERSION, build=build)


def _task(rubric: Rubric) -> str:
    return "Give each criterion the grade whose text fits best.\n\n" + "\n\n".join(map(_described, rubric.criteria))


def _described(criterion: Criterion) -> str:
    return "\n".join([f"{criterion.id}: {criterion.text}", *(f"  {grade}: {text}" for grade, text in criterion.scores)])
