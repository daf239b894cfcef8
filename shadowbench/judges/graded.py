"""How judges that go by a rubric's file are put together: the file, its kind, the common words of their prompts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shadowbench.errors import ConfigurationError
from shadowbench.judges.alone import Alone, Grades, Grading, ask
from shadowbench.judges.conduct import conduct_of
from shadowbench.judges.forms import Form, Stated
from shadowbench.judges.identity import Scale, measure_of
from shadowbench.judges.marks import RULES
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.rubric_files import read_rubric
from shadowbench.judges.rubrics import Rubric, RubricKind
from shadowbench.scores import Shape

_CLOSING = "Grade the response. Reply in the form described."
_UNMOVED = """\
What does not count: length as such, headings, lists and other decoration, tone of confidence, names of models or makers."""


def rubric_of(options: JudgeOptions, kind: RubricKind) -> Rubric:
    """The rubric that a judge goes by. Raises ConfigurationError when there is none, or one of another kind."""
    if options.rubric is None:
        raise ConfigurationError(
            f"judges.{options.name}.rubric is missing: a judge of kind {kind} needs a rubric's file"
        )
    rubric = read_rubric(options.rubric, f"judges.{options.name}.rubric")
    if rubric.kind != kind:
        raise ConfigurationError(f"judges.{options.name}.rubric: {rubric.name} is of kind {rubric.kind}, not {kind}")
    return rubric


def grader(
    options: JudgeOptions,
    rubric: Rubric,
    *,
    version: str,
    form: Form,
    task: str,
    bounds: tuple[float, float],
    value: Callable[[Mapping[str, float]], float],
    grades: Callable[[Stated], Grades] = lambda stated: stated.numbers,
) -> Alone:
    """A judge of single answers. `task`: what to do and what counts; `bounds`: the least and the greatest value."""
    conduct = conduct_of(options, reference=rubric.reference, mark=form.mark)
    measure = measure_of(
        options,
        version=version,
        scale=Scale(shape=Shape.SIDES, low=bounds[0], high=bounds[1]),
        rubric={"name": rubric.name, "version": rubric.version, "hash": rubric.hash},
    )
    system = _system(task, rubric, form)
    return Alone(
        measure, conduct, Grading(form=form, system=system, user=ask(conduct, _CLOSING), grades=grades, value=value)
    )


def _system(task: str, rubric: Rubric, form: Form) -> str:
    known = "The material reference is a right answer, checked by people." if rubric.reference != "none" else ""
    parts = (
        "You grade one response (material response) to a conversation (material conversation).",
        RULES,
        known,
        task,
        rubric.instructions,
        _UNMOVED,
        "Reply with one JSON object and nothing else. First the analysis, a few sentences; then the grading:\n"
        + form.example,
    )
    return "\n\n".join(filter(None, parts))
