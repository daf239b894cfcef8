"""A prompt of one's own, from a file: about one answer at a time, or about both. Pure.

Material is put between marks and the rules about it are told, whatever the template says. A template that shows both answers is
asked in both orders, with the two exchanged: so it says "Response 1", not whose it is. Its value is the candidate's, who stands
where the template says `{candidate}`; exchanged, a value v counts as low + high − v, and the pair's is the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shadowbench.errors import ConfigurationError
from shadowbench.judges.alone import Alone, Grades, Grading
from shadowbench.judges.base import Judge, Judgement, Question, Reply
from shadowbench.judges.conduct import Conduct, conduct_of
from shadowbench.judges.forms import Stated
from shadowbench.judges.identity import Scale, measure_of
from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.ladder import Unreadable
from shadowbench.judges.marks import RULES, Marks, nonce
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.orders import ORDERS, in_order, missing, objection_to_both
from shadowbench.judges.prompt_files import Prompt, read_prompt
from shadowbench.judges.reading import read, repair, scored, unscored
from shadowbench.judges.rubrics import ReferenceUse
from shadowbench.metrics.view import PairView, Side
from shadowbench.scores import Measure, PairRef, Position, Shape, Verdict

VERSION = "1"


def build(options: JudgeOptions) -> Judge:
    """A judge by the prompt's file."""
    if options.rubric is None:
        raise ConfigurationError(f"judges.{options.name}.rubric is missing: a custom judge needs a prompt's file")
    prompt = read_prompt(options.rubric, f"judges.{options.name}.rubric")
    reference: ReferenceUse = "required" if "reference" in prompt.placeholders else "none"
    conduct = conduct_of(options, reference=reference, mark=prompt.key)
    measure = measure_of(
        options,
        version=VERSION,
        scale=Scale(shape=Shape.PAIR if prompt.shows_both else Shape.SIDES, low=prompt.low, high=prompt.high),
        rubric={"name": prompt.name, "version": prompt.version, "hash": prompt.hash},
    )
    return CustomPair(measure, conduct, prompt) if prompt.shows_both else _alone(measure, conduct, prompt)


KIND = JudgeKind(name="custom", version=VERSION, build=build)


class CustomPair:
    """A judge that sees both answers, by a prompt of one's own."""

    def __init__(self, measure: Measure, conduct: Conduct, prompt: Prompt) -> None:
        self._measure = measure
        self._conduct = conduct
        self._prompt = prompt

    @property
    def measure(self) -> Measure:
        """Of shape `pair`."""
        return self._measure

    def objection(self, pair: PairView) -> str | None:
        """Both sides have to be there."""
        return objection_to_both(self._conduct, pair)

    def questions(self, pair: PairView, chance: Random) -> Sequence[Question]:
        """Both orders; for some pairs twice."""
        flags = self._conduct.flags(pair, pair.production, pair.candidate)
        return [
            self._question(pair, position, repetition, flags, Marks(nonce(chance)))
            for repetition in self._conduct.repetitions(pair)
            for position in ORDERS
        ]

    def read(self, question: Question, reply: Reply, pair: PairRef, measure: int, now: float) -> Verdict:
        """The candidate's value, in whichever place it stood."""
        found = read(question, reply, self._prompt.form)
        if isinstance(found, Unreadable):
            return unscored(question, pair, measure, now, found.reason)
        value = self._prompt.value(found.stated)
        if question.position is Position.CANDIDATE_FIRST:
            value = self._prompt.low + self._prompt.high - value
        return scored(question, pair, measure, now, found, scores=((self._prompt.key, value),))

    def repair(self, question: Question, reply: Reply) -> Question | None:
        """Once more, for a reply that could not be read."""
        return repair(question, reply, self._prompt.form)

    def conclude(self, pair: PairView, verdicts: Sequence[Verdict]) -> Judgement:
        """The mean of both orders; repeats do not enter."""
        counting = {verdict.position: verdict for verdict in verdicts if verdict.repetition == 0}
        if reasons := missing(counting):
            return Judgement(value=None, reason=next(iter(reasons.values())), detail={"unscored": reasons})
        values = {str(order): dict(counting[order].scores)[self._prompt.key] for order in ORDERS}
        flags = sorted({flag for order in ORDERS for flag in counting[order].flags})
        return Judgement(value=sum(values.values()) / 2, reason=None, detail={**values, "flags": flags})

    def _question(
        self, pair: PairView, position: Position, repetition: int, flags: tuple[str, ...], marks: Marks
    ) -> Question:
        first, second = in_order(pair, position)
        shown = {
            "production": marks.around("response_1", self._conduct.show(first).text),
            "candidate": marks.around("response_2", self._conduct.show(second).text),
        }
        return Question(
            system=_system(self._prompt),
            user=_user(self._prompt, self._conduct, pair, marks, shown),
            schema=self._prompt.form.schema,
            position=position,
            repetition=repetition,
            nonce=marks.code,
            flags=flags,
        )


def _alone(measure: Measure, conduct: Conduct, prompt: Prompt) -> Alone:
    def user(pair: PairView, side: Side, marks: Marks) -> str:
        shown = {"answer": marks.around("response", conduct.show(side).text)}
        return _user(prompt, conduct, pair, marks, shown)

    def grades(stated: Stated) -> Grades:
        return ((prompt.key, prompt.value(stated)),)

    grading = Grading(
        form=prompt.form,
        system=_system(prompt),
        user=user,
        grades=grades,
        value=lambda graded: graded[prompt.key],
    )
    return Alone(measure, conduct, grading)


def _user(prompt: Prompt, conduct: Conduct, pair: PairView, marks: Marks, shown: dict[str, str]) -> str:
    setting = {"request": conduct.conversation(pair, marks), "reference": conduct.known_answer(pair, marks)}
    return f"{marks.notice}\n\n{prompt.fill({**setting, **shown})}"


def _system(prompt: Prompt) -> str:
    form = (
        "Reply with one JSON object and nothing else. First the analysis, a few sentences; then "
        f"{prompt.key}:\n{prompt.form.example}"
    )
    return "\n\n".join(filter(None, (prompt.system, RULES, form)))
