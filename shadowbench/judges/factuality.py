"""How an answer's facts stand to those of the right answer: one of several classes, each worth a value. Pure.

The classes that OpenAI's evals made usual (`fact.yaml`): a subset of the reference, a superset, the same, a contradiction, a
difference that does not matter. What each is worth stands in the rubric's file.
"""

from __future__ import annotations

from shadowbench.judges.alone import Alone, Grades
from shadowbench.judges.forms import Stated, WordForm
from shadowbench.judges.graded import grader, rubric_of
from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.rubrics import Rubric

VERSION = "1"


def build(options: JudgeOptions) -> Alone:
    """A judge by the file of classes. In the log a verdict's grade is named by its class."""
    rubric = rubric_of(options, "factuality")
    values = {one.id: one.value for one in rubric.classes}

    def grades(stated: Stated) -> Grades:
        return ((stated.word, values[stated.word]),) if stated.word is not None else ()

    return grader(
        options,
        rubric,
        version=VERSION,
        form=WordForm(mark="fact_class", words=tuple(values)),
        task=_task(rubric),
        bounds=(min(values.values()), max(values.values())),
        value=lambda graded: next(iter(graded.values())),
        grades=grades,
    )


KIND = JudgeKind(name="factuality", version=VERSION, build=build)


def _task(rubric: Rubric) -> str:
    classes = "\n".join(f"{one.id}: {one.text}" for one in rubric.classes)
    return (
        "Compare the facts that the response states with those of the reference. Style, grammar, order and choice of words do "
        f"not matter. Say which class the response falls into:\n\n{classes}"
    )
