"""Yes or no for each of several criteria with weights; a side's value is the share of the points that it gets. Pure.

As in HealthBench (arXiv 2505.08775): the weights of what is met are added up, those of bad things are below zero, and the sum
is divided by all weights above zero. It is not clipped at 0: a difference of two sides would lose what is below.
"""

from __future__ import annotations

from collections.abc import Mapping

from shadowbench.judges.alone import Alone
from shadowbench.judges.forms import GradesForm
from shadowbench.judges.graded import grader, rubric_of
from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.rubrics import Rubric

VERSION = "1"


def build(options: JudgeOptions) -> Alone:
    """A judge by the checklist's file."""
    rubric = rubric_of(options, "checklist")
    weights = {criterion.id: criterion.weight for criterion in rubric.criteria}
    return grader(
        options,
        rubric,
        version=VERSION,
        form=GradesForm(mark="met", names=tuple(weights), grades=None),
        task=_task(rubric),
        bounds=(share(dict.fromkeys(weights, 1.0), {n: w for n, w in weights.items() if w < 0}, weights), 1.0),
        value=lambda met: share(met, weights, weights),
    )


def share(met: Mapping[str, float], counted: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Points of the criteria `counted` that are met (1) or not (0), over all points that there are to get."""
    return sum(weight * met[name] for name, weight in counted.items()) / sum(w for w in weights.values() if w > 0)


KIND = JudgeKind(name="checklist", version=VERSION, build=build)


def _task(rubric: Rubric) -> str:
    listed = "\n".join(f"{criterion.id}: {criterion.text}" for criterion in rubric.criteria)
    return (
        "Say of each criterion whether the response meets it: true or false, by what its text says alone. Some describe "
        f"faults: true means that the response has the fault.\n\n{listed}"
    )
