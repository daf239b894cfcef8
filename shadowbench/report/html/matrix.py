"""The comparison matrix: every measure of one candidate against production, and what else is known of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shadowbench.report import words
from shadowbench.report.document.comparisons import Comparison, Effect, Role, Scale
from shadowbench.report.document.root import Candidate
from shadowbench.report.html.tables import Cell, Table, estimated, p_in_column, sized, table
from shadowbench.report.policy import Policy, Statistic
from shadowbench.report.words import remarks

_DECLARED = ("Measure", "Production", "Candidate", "Effect", "Allowed", "Stands", "p of no difference", "Pairs")
_OTHERS = ("Measure", "Production", "Candidate", "Effect", "p, adjusted", "Pairs")
_CORRECTIONS = {"holm": "Holm", "benjamini_hochberg": "Benjamini–Hochberg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """What else is known of one measure: pairs of a title and a text."""

    measure: str
    lines: tuple[tuple[str, str], ...]


def reading(policy: Policy) -> str:
    """How the numbers are to be read."""
    told = remarks.looks(policy)
    return (
        f"{told[:1].upper()}{told[1:]}. A failure counts as the worst score there is. What is independent of each other are "
        "clusters, not pairs."
    )


def matrices(candidate: Candidate) -> tuple[Table, ...]:
    """What was declared, and what was not: one table each, where there is any."""
    declared = [each for each in candidate.comparisons if each.role is not Role.SECONDARY]
    others = [each for each in candidate.comparisons if each.role is Role.SECONDARY]
    found = []
    if declared:
        title = f"{candidate.name}: what was declared"
        found.append(table(title, _DECLARED, map(_declared, declared), numeric=(1, 2, 3, 6, 7)))
    if others:
        title = f"{candidate.name}: everything else; it decides nothing, and p is adjusted for being one of many"
        found.append(table(title, _OTHERS, map(_other, others), numeric=(1, 2, 3, 4, 5)))
    return tuple(found)


def more(candidate: Candidate) -> tuple[More, ...]:
    """Noise, sensitivity, corrections and gaps, of each measure that has any."""
    every = ((measure(each), tuple(_lines(each))) for each in candidate.comparisons)
    return tuple(More(measure=name, lines=lines) for name, lines in every if lines)


def measure(comparison: Comparison) -> str:
    """The name of what was compared."""
    of = "" if comparison.statistic is Statistic.MEAN else f" ({words.statistic(comparison.statistic)})"
    return f"{words.measure_title(comparison.subject)}{of}"


def allowed(comparison: Comparison) -> str:
    """The margin or the bound."""
    unit, percent = comparison.subject.unit, comparison.in_percent
    if comparison.bound is not None:
        return f"bound {words.amount(comparison.bound, unit, percent=percent)}"
    if comparison.margin is None:
        return words.ABSENT
    if comparison.effect.scale is Scale.PREFERENCE:
        return f"more than {words.share(0.5 - comparison.margin)}"
    return words.amount(comparison.margin, unit, relative=comparison.relative, percent=percent)


def _declared(comparison: Comparison) -> tuple[Cell | str, ...]:
    name, *sides, size = _other(comparison)
    standing = "" if comparison.standing is None else comparison.standing.value
    return (
        replace(name, small=words.role(comparison.role)),
        *sides[:-1],
        allowed(comparison),
        Cell(text=words.standing(comparison.standing), tone=standing),
        Cell(text=_p(comparison.effect), small=_adjusted(comparison.effect)),
        size,
    )


def _other(comparison: Comparison) -> tuple[Cell, ...]:
    """Of p only the adjusted one; by itself it stands below."""
    unit, effect = comparison.subject.unit, comparison.effect
    alone, adjusted = _p(effect), p_in_column(effect.p_adjusted)
    return (
        Cell(text=measure(comparison)),
        Cell(text="" if comparison.production is None else words.number(comparison.production.value, unit)),
        Cell(text=words.number(comparison.candidate.value, unit)),
        _effect(comparison),
        Cell(text=adjusted, small="" if alone == adjusted else f"{alone} by itself"),
        sized(comparison.n, comparison.clusters),
    )


def _effect(comparison: Comparison) -> Cell:
    if comparison.reason is not None:
        return Cell(text=words.ABSENT, small=words.reason(comparison.reason).replace("_", " "))
    return estimated(words.effect(comparison.effect, comparison.subject.unit))


def _p(effect: Effect) -> str:
    return words.ABSENT if effect.evidence is None else p_in_column(effect.evidence.p)


def _adjusted(effect: Effect) -> str:
    if effect.p_adjusted is None or effect.correction is None:
        return ""
    return f"{_CORRECTIONS[effect.correction]}: {words.p_value(effect.p_adjusted)}"


def _lines(comparison: Comparison) -> Iterator[tuple[str, str]]:
    unit = comparison.subject.unit
    if comparison.effect.once != comparison.effect.deciding and comparison.reason is None:
        yield "For a single look", words.effect(comparison.effect, unit, once=True)
    if comparison.noise is not None:
        yield "Production against itself (A/A)", words.effect(comparison.noise, unit)
    if comparison.answered_only is not None:
        answered = comparison.answered_only
        pairs = words.count(answered.deciding.n, "pair")
        yield "Of pairs that both sides answered", f"{words.effect(answered, unit)}, {pairs}"
    if comparison.imputed:
        yield "Failures, counted as the worst score", words.count(comparison.imputed, "pair")
    yield from _judged(comparison)
    if comparison.detectable is not None:
        yield "Least effect that so many clusters would show", words.number(comparison.detectable, unit)
    if comparison.still_needed is not None:
        yield "Until the margin can be told", words.needed(comparison.still_needed, comparison.against)


def _judged(comparison: Comparison) -> Iterator[tuple[str, str]]:
    if comparison.outcomes is not None:
        found = comparison.outcomes
        sign = "" if found.sign_p is None else f" (sign test {words.p_value(found.sign_p)})"
        yield "Pair by pair", f"{words.outcomes(found)}{sign}"
    if comparison.corrected is not None:
        corrected = comparison.corrected
        told = words.scaled(corrected.effect, comparison.effect.scale, comparison.subject.unit)
        saved = "" if corrected.saved is None else f"; the judge saved {words.number(round(corrected.saved))} labels"
        yield "As people would have it", f"{told}, by {words.count(corrected.labels, 'label')}{saved}"
    if comparison.corrected_reason is not None:
        yield "As people would have it", f"not told: {words.reason(comparison.corrected_reason)}"
    if comparison.controlled_reason is not None:
        yield "At equal length and style", f"not told: {words.reason(comparison.controlled_reason)}"
    if comparison.controlled is not None:
        found_at = comparison.controlled
        rate = words.scaled(found_at.rate, comparison.effect.scale)
        yield (
            "At equal length and style",
            (
                f"{rate}; {words.share(found_at.overlap)} of pairs are alike in both, the candidate's answers are "
                f"{words.number(found_at.length_ratio)} × as long"
            ),
        )
