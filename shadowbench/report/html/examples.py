"""Single pairs side by side, with the words that differ."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.parts import Example
from shadowbench.report.document.root import Candidate
from shadowbench.report.html.differences import Piece, compare, plain

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

    why: str
    measure: str
    value: str
    where: str
    prompt: str
    prompt_cut: int
    prompt_absent: str
    production: Answer
    candidate: Answer


def examples(candidate: Candidate) -> tuple[Shown, ...]:
    """In the order of the document."""
    return tuple(_shown(each) for each in candidate.examples)


def _shown(example: Example) -> Shown:
    prompt, cut = plain(example.prompt or "")
    ours, theirs = _answers(example)
    return Shown(
        why=_WHY.get(example.why, example.why.replace("_", " ")),
        measure=words.measure_title(example.measure),
        value=words.number(example.value),
        where=f"exchange {example.exchange:,} of {example.log}, {words.moment(example.started_at)}",
        prompt=prompt,
        prompt_cut=cut,
        prompt_absent="" if example.prompt is not None else _absent(example),
        production=ours,
        candidate=theirs,
    )


def _answers(example: Example) -> tuple[Answer, Answer]:
    """Where both sides have a text their differences are marked."""
    production, candidate = example.production, example.candidate
    if production is not None and candidate is not None:
        sides = compare(production, candidate)
        pieces = (sides.production, sides.production_cut), (sides.candidate, sides.candidate_cut)
    else:
        pieces = _alone(production), _alone(candidate)
    absent = _absent(example)
    return (
        _answer("Production", example.outcome_production, production, pieces[0], absent),
        _answer("Candidate", example.outcome_candidate, candidate, pieces[1], absent),
    )


def _alone(text: str | None) -> tuple[tuple[Piece, ...], int]:
    shown, cut = plain(text or "")
    return ((Piece(text=shown),) if shown else ()), cut


def _answer(title: str, outcome: str, text: str | None, pieces: tuple[tuple[Piece, ...], int], absent: str) -> Answer:
    if text is None:
        return Answer(title=title, outcome=outcome.replace("_", " "), pieces=(), cut=0, absent=absent)
    empty = "" if text else "an empty text"
    return Answer(title=title, outcome=outcome.replace("_", " "), pieces=pieces[0], cut=pieces[1], absent=empty)


def _absent(example: Example) -> str:
    return "hidden" if example.hidden else "no text"
