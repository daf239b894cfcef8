"""Single pairs side by side, with the words that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.parts import Example
from shadowbench.report.document.root import Candidate
from shadowbench.report.html.differences import Piece, compare, plain

_AT_ONCE = 3  # examples of a kind
_WHY = {"worst": "Worst", "most_different": "Most different"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One side. No pieces: there is no text, and `absent` says why."""

    title: str
    outcome: str
    pieces: tuple[Piece, ...]
    cut: int
    absent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One pair."""

    value: str
    where: str
    prompt: str
    prompt_cut: int
    prompt_absent: str
    production: Answer
    candidate: Answer
    unlike: bool  # the answers share so little that nothing is marked
    hidden: bool  # prompts and answers were left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Examples of one kind: some at once, the others for who wants more."""

    title: str
    first: tuple[Shown, ...]
    more: tuple[Shown, ...]


def examples(candidate: Candidate) -> tuple[Group, ...]:
    """By kind and measure, in the order of the document."""
    kinds: dict[tuple[str, str], list[Example]] = {}
    for each in candidate.examples:
        kinds.setdefault((each.why, each.measure), []).append(each)
    return tuple(_group(why, measure, found) for (why, measure), found in kinds.items())


def _group(why: str, measure: str, found: Sequence[Example]) -> Group:
    told = tuple(map(_shown, found))
    title = f"{_WHY.get(why, why.replace('_', ' '))} by {words.measure_title(measure)}"
    return Group(title=title, first=told[:_AT_ONCE], more=told[_AT_ONCE:])


def _shown(example: Example) -> Shown:
    prompt, cut = plain(example.prompt or "")
    (ours, theirs), unlike = _answers(example)
    return Shown(
        value=words.number(example.value),
        where=f"exchange {example.exchange:,} of {example.log}, {words.moment(example.started_at)}",
        prompt=prompt,
        prompt_cut=cut,
        prompt_absent="" if example.prompt is not None else _absent(example),
        production=ours,
        candidate=theirs,
        unlike=unlike,
        hidden=example.hidden,
    )


def _answers(example: Example) -> tuple[tuple[Answer, Answer], bool]:
    """Where both sides have a text their differences are marked, unless they are all differences."""
    production, candidate, unlike = example.production, example.candidate, False
    if production is not None and candidate is not None:
        sides = compare(production, candidate)
        unlike = sides.unlike
        pieces = (sides.production, sides.production_cut), (sides.candidate, sides.candidate_cut)
    else:
        pieces = _alone(production), _alone(candidate)
    absent = _absent(example)
    ours = _answer("Production", example.outcome_production, production, pieces[0], absent)
    theirs = _answer("Candidate", example.outcome_candidate, candidate, pieces[1], absent)
    return (ours, theirs), unlike


def _alone(text: str | None) -> tuple[tuple[Piece, ...], int]:
    shown, cut = plain(text or "")
    return ((Piece(text=shown),) if shown else ()), cut


def _answer(title: str, outcome: str, text: str | None, pieces: tuple[tuple[Piece, ...], int], absent: str) -> Answer:
    if text is None:
        return Answer(title=title, outcome=outcome.replace("_", " "), pieces=(), cut=0, absent=absent)
    empty = "" if text else "An empty text."
    return Answer(title=title, outcome=outcome.replace("_", " "), pieces=pieces[0], cut=pieces[1], absent=empty)


def _absent(example: Example) -> str:
    return "Hidden." if example.hidden else "No text."
