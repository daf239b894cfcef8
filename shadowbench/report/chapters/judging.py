"""How far the judges may be trusted."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table, Tone, under
from shadowbench.report.document.parts import JudgeCard
from shadowbench.report.document.root import Document
from shadowbench.report.words import remarks
from shadowbench.stats.agreement import Coefficient

_COLUMNS = (Column(), Column(title="value", numbers=True), Column(title="n", numbers=True))


def judging(document: Document) -> Chapter:
    """A card for each judge, its alarms first."""
    blocks = (block for card in document.judges for block in _card(card))
    return Chapter(title="Judges", blocks=under(remarks.for_a_look(document.policy), blocks))


def _card(card: JudgeCard) -> Iterator[Table | Line]:
    calibrated = "compared with people" if card.calibrated else "not compared with people enough to decide anything"
    model = f" ({card.model})" if card.model else ""
    yield Line(text=f"{card.judge}{model}, version {card.version} {card.config_hash}: {calibrated}.")
    yield from (Line(text=f"{words.alarm(alarm)}", item=True, tone=Tone.BAD) for alarm in card.alarms)
    yield Table(columns=_COLUMNS, rows=tuple(_rows(card)))


def _rows(card: JudgeCard) -> Iterator[Row]:
    yield Row(("pairs scored", f"{card.scored:,}", f"{card.scored + card.unscored:,}"))
    agrees = words.ABSENT if card.agreement is None else words.share(card.agreement)
    yield Row(("agrees with people", agrees, f"{card.labels:,}"))
    if card.constant is not None:
        yield Row(("one who always says the same", words.share(card.constant), f"{card.labels:,}"), depth=1)
    for label, depth, found in (
        ("Cohen's kappa", 1, card.kappa),
        ("Gwet's AC1", 1, card.ac1),
        ("people among each other", 1, card.people_kappa),
        ("same verdict in both orders", 0, card.consistency),
        ("goes by length, coefficient", 0, card.length),
        ("favours its own family", 0, card.self_preference),
        ("verdicts that flip when asked again", 0, card.flips),
    ):
        if found is not None:
            yield _row(label, depth, found)
    if card.calls:
        yield Row(("spent", words.number(card.usd, "USD"), f"{card.calls:,}"))


def _row(label: str, depth: int, found: Coefficient) -> Row:
    if found.value is None:
        told = f"{words.ABSENT} ({words.reason(found.reason or 'unknown')})"
    else:
        told = words.between(found.value, found.low, found.high)
    return Row((label, told, f"{found.n:,}"), depth=depth)
