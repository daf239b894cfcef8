"""One sitting of one labeller: what is asked, what a key means, where one goes from there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shadowbench.scores import Label, PairRef, Position, Preferred
from shadowbench.scoring.calibration.card import PRODUCTION
from shadowbench.scoring.calibration.label_queue import Queue, Task, shown_first
from shadowbench.scoring.calibration.people import PREFERENCE

GRADES = "12345"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One thing to ask: which of two is better, or how good one of them is."""

    task: Task
    position: Position
    place: int | None  # 1 or 2: the answer to be rated; None: which is better

    @property
    def keys(self) -> str:
        """What may be answered."""
        return "12t" if self.place is None else GRADES

    @property
    def asks_production(self) -> bool:
        """Whether the answer to be rated is production's."""
        return self.place == (1 if self.position is Position.PRODUCTION_FIRST else 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What follows from a key: a label to keep, and the number of the prompt to go on with; None: the end."""

    label: Label | None
    goes_to: int | None
    is_understood: bool = True


def questions_of(question: str) -> Sequence[str]:
    """What the labels of a queue are called: a rating is of each side."""
    return [question] if question == PREFERENCE else [question, question + PRODUCTION]


def prompts_for(queue: Queue, tasks: Sequence[Task], labeller: str) -> Sequence[Prompt]:
    """What to ask, in order."""
    places = (None,) if queue.question == PREFERENCE else (1, 2)
    return [
        Prompt(task=task, position=shown_first(queue.seed, task.pair, labeller, task.round), place=place)
        for task in tasks
        for place in places
    ]


def step(prompts: Sequence[Prompt], at: int, key: str | None, *, queue: Queue, labeller: str, now: float) -> Step:
    """What a key means at a prompt: an answer, s skip, u back to the one before, q the end (as is no key at all)."""
    if key is None or key == "q":
        return Step(label=None, goes_to=None)
    if key == "u" and at > 0:
        return Step(label=None, goes_to=at - 1)
    prompt = prompts[at]
    if key == "s":
        return Step(label=None, goes_to=_behind(prompts, at, prompt.task.pair))
    if not key or key not in prompt.keys:
        return Step(label=None, goes_to=at, is_understood=False)
    return Step(label=_label(prompt, key, queue, labeller, now), goes_to=_next(prompts, at + 1))


def _label(prompt: Prompt, key: str, queue: Queue, labeller: str, now: float) -> Label:
    of_production = PRODUCTION if prompt.place is not None and prompt.asks_production else ""
    return Label(
        pair=prompt.task.pair,
        question=queue.question + of_production,
        labeller=labeller,
        labelled_at=now,
        round=prompt.task.round,
        preferred=_preferred(prompt.position, key) if prompt.place is None else None,
        value=None if prompt.place is None else float(key),
        position=prompt.position,
        probability=prompt.task.probability,
    )


def _preferred(position: Position, key: str) -> Preferred:
    if key == "t":
        return Preferred.TIE
    return Preferred.PRODUCTION if (key == "1") is (position is Position.PRODUCTION_FIRST) else Preferred.CANDIDATE


def _behind(prompts: Sequence[Prompt], at: int, pair: PairRef) -> int | None:
    """The first prompt of another pair: who skips one answer skips the pair."""
    while at < len(prompts) and prompts[at].task.pair == pair:
        at += 1
    return _next(prompts, at)


def _next(prompts: Sequence[Prompt], at: int) -> int | None:
    return at if at < len(prompts) else None
