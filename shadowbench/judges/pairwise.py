"""Which of two answers is better: asked in both orders, one score per pair. Pure.

The score is the mean of the candidate's points (1 won, ½ tie, 0 lost) in both orders: 0, ¼, ½, ¾ or 1; with s_BA for
production's points when it comes second, (s_AB + 1 − s_BA) / 2. A judge that names the first whatever it is gives ½: when the
orders disagree it is a tie, and `pattern` in the detail tells it from a tie that was said:

    consistent     the same in both orders
    first_first    whoever was first; second_second: whoever was second
    half           a tie in one order only
    identical      both answers read the same: nobody was asked, as any judge's two verdicts would give ½

One verdict without the other is no score.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shadowbench.judges.base import Judgement, Question, Reply
from shadowbench.judges.conduct import Conduct, conduct_of
from shadowbench.judges.forms import WordForm
from shadowbench.judges.graded import rubric_of
from shadowbench.judges.identity import Scale, measure_of
from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.ladder import Unreadable
from shadowbench.judges.marks import RULES, Marks, nonce
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.orders import ORDERS, in_order, missing, objection_to_both
from shadowbench.judges.reading import read, repair, scored, unscored
from shadowbench.judges.rubrics import Criterion, Rubric
from shadowbench.metrics.view import PairView
from shadowbench.scores import Measure, PairRef, Position, Preferred, Shape, Verdict

VERSION = "1"
FORM = WordForm(mark="verdict", words=("A", "B", "tie"), with_strength=True)
POINTS = {Preferred.CANDIDATE: 1.0, Preferred.TIE: 0.5, Preferred.PRODUCTION: 0.0}
DEFAULT = Rubric(
    name="default",
    version="1",
    kind="pairwise",
    criteria=(
        Criterion(
            id="task", text="does what the last message of the conversation asks for, all of it and nothing else"
        ),
        Criterion(id="truth", text="what it says is right, and what it leaves open is said to be open"),
        Criterion(id="use", text="the one who asked can act on it as it stands"),
    ),
)
"""What counts where no rubric is configured."""


class Pairwise:
    """A judge of which side is better."""

    def __init__(self, options: JudgeOptions, rubric: Rubric) -> None:
        self._conduct: Conduct = conduct_of(options, reference=rubric.reference, mark=FORM.mark)
        self._system = _system(rubric)
        self._measure = measure_of(
            options,
            version=VERSION,
            scale=Scale(shape=Shape.PAIR, low=0.0, high=1.0),
            rubric={"name": rubric.name, "version": rubric.version, "hash": rubric.hash},
        )

    @property
    def measure(self) -> Measure:
        """Share of the win: 1, the candidate is better."""
        return self._measure

    def objection(self, pair: PairView) -> str | None:
        """Both sides have to be there."""
        return objection_to_both(self._conduct, pair)

    def questions(self, pair: PairView, chance: Random) -> Sequence[Question]:
        """Both orders; for some pairs twice. None for answers that read the same."""
        if self._is_identical(pair):
            return ()
        flags = self._conduct.flags(pair, pair.production, pair.candidate)
        return [
            self._question(pair, position, repetition, flags, Marks(nonce(chance)))
            for repetition in self._conduct.repetitions(pair)
            for position in ORDERS
        ]

    def read(self, question: Question, reply: Reply, pair: PairRef, measure: int, now: float) -> Verdict:
        """Whom the reply prefers."""
        found = read(question, reply, FORM)
        if isinstance(found, Unreadable):
            return unscored(question, pair, measure, now, found.reason)
        preferred = _preferred(found.stated.word, question.position)
        return scored(question, pair, measure, now, found, preferred=preferred)

    def repair(self, question: Question, reply: Reply) -> Question | None:
        """Once more, for a reply that could not be read."""
        return repair(question, reply, FORM)

    def conclude(self, pair: PairView, verdicts: Sequence[Verdict]) -> Judgement:
        """The mean of both orders; repeats do not enter."""
        if not verdicts and self._is_identical(pair):
            return Judgement(value=0.5, reason=None, detail={"pattern": "identical"})
        return conclude(verdicts)

    def _is_identical(self, pair: PairView) -> bool:
        return self._conduct.show(pair.production).text == self._conduct.show(pair.candidate).text

    def _question(
        self, pair: PairView, position: Position, repetition: int, flags: tuple[str, ...], marks: Marks
    ) -> Question:
        first, second = in_order(pair, position)
        parts = (
            self._conduct.setting(pair, marks),
            marks.around("response_1", self._conduct.show(first).text),
            marks.around("response_2", self._conduct.show(second).text),
            "Which response is better? Reply in the form described.",
        )
        return Question(
            system=self._system,
            user="\n\n".join(parts),
            schema=FORM.schema,
            position=position,
            repetition=repetition,
            nonce=marks.code,
            flags=flags,
        )


def conclude(verdicts: Sequence[Verdict]) -> Judgement:
    """One score out of the two orders' verdicts, or why there is none."""
    counting = {verdict.position: verdict for verdict in verdicts if verdict.repetition == 0}
    if reasons := missing(counting):
        return Judgement(value=None, reason=next(iter(reasons.values())), detail={"unscored": reasons})
    first, second = (counting[order] for order in ORDERS)
    points = [POINTS[verdict.preferred] for verdict in (first, second) if verdict.preferred is not None]
    detail = {"pattern": pattern(first, second), "flags": sorted({*first.flags, *second.flags})}
    return Judgement(value=sum(points) / 2, reason=None, detail=detail)


def pattern(production_first: Verdict, candidate_first: Verdict) -> str:
    """How two scored verdicts go together."""
    if production_first.preferred is candidate_first.preferred:
        return "consistent"
    if Preferred.TIE in (production_first.preferred, candidate_first.preferred):
        return "half"
    return "first_first" if production_first.preferred is Preferred.PRODUCTION else "second_second"


def build(options: JudgeOptions) -> Pairwise:
    """A judge by its rubric's file, or by what counts anywhere."""
    return Pairwise(options, DEFAULT if options.rubric is None else rubric_of(options, "pairwise"))


KIND = JudgeKind(name="pairwise", version=VERSION, build=build)


def _preferred(word: str | None, position: Position) -> Preferred:
    if word == "tie":
        return Preferred.TIE
    is_first = word == "A"
    return Preferred.PRODUCTION if is_first is (position is Position.PRODUCTION_FIRST) else Preferred.CANDIDATE


def _system(rubric: Rubric) -> str:
    criteria = "\n".join(f"- {criterion.text}" for criterion in rubric.criteria)
    instructions = f"\n{rubric.instructions}\n" if rubric.instructions else ""
    return f"""\
You compare two responses to the same conversation, Response 1 (material response_1) and Response 2 (material response_2), and \
decide which of them is better. You do not know who wrote them, and their order says nothing.

{RULES}

What counts:
{criteria}
{instructions}
What does not count: length as such, headings, lists and other decoration, tone of confidence, names of models or makers. \
A longer response is better only by what it adds. Grade "tie" when neither is better by what counts.

Reply with one JSON object and nothing else. First the analysis: weigh both responses in a few sentences. Then the verdict: \
"A" when Response 1 is better, "B" when Response 2 is better, "tie" otherwise; strength 1 for slightly, 2 for clearly.
{FORM.example}"""
