"""A judge's card for a terminal: one line for each number, with its interval and n, or why it is absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shadowbench.scoring.calibration.card import Card
from shadowbench.stats.agreement import Agreement, Coefficient

ABSENT = "–"
ALARMS = {
    "position_bias": "position bias: it favours a place by more than chance explains",
    "length": "length: it goes by how long an answer is",
    "self_preference": "own family: it favours it, by the word of the other judges",
    "drift": "drift: on the frozen set it no longer says what it said",
    "worse_than_constant": "worse than a constant: one who always says the same agrees with people as often",
    "mixed_designs": "labels of two designs: drawn ones stand for many pairs, imported ones only for themselves; "
    "import those with their `probability`",
    "not_calibrated": "not calibrated: too few labels to say how far it may be trusted",
}
_WHY = {
    "no_units": "nothing to tell it from",
    "one_category": "everybody says the same",
    "no_unit_rated_twice": "nothing was labelled by two",
    "too_few": "too few",
    "no_variation": "no difference to tell it from",
    "needs_three_judges": "needs three judges of the same pairs",
    "no_pairs_in_common": "no pairs that two other judges judged",
    "no_pair_of_its_family": "no contestant is of its family",
    "family_unknown": "its family is not known",
}


class Line(NamedTuple):
    """One line of a card."""

    label: str
    value: str
    n: str = ""


def show(card: Card, console: Console) -> None:
    """Print the card, its alarms first."""
    model = f"   {card.model}" if card.model else ""
    console.print(Text.assemble((card.judge, "bold"), f"{model}   version {card.version}, {card.config_hash}"))
    for alarm in card.alarms:
        console.print(Text(f"! {alarm_text(card, alarm)}", style="bold red"))
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("", overflow="fold")
    table.add_column("value (95 %)", overflow="fold")
    table.add_column("n", justify="right", no_wrap=True)
    for line in lines(card):
        table.add_row(*(Text(cell) for cell in line))
    console.print(table)
    console.print()


def alarm_text(card: Card, alarm: str) -> str:
    """What an alarm says of this card."""
    leans = card.length.coefficient.value
    if alarm != "length" or leans is None:
        return ALARMS[alarm]
    return f"{ALARMS[alarm]}, and prefers the {'longer' if leans > 0 else 'shorter'}"


def lines(card: Card) -> Iterator[Line]:
    """All that is on a card."""
    yield from _volume(card)
    for candidate, rate in card.win_rates.items():
        yield _line(f"win rate of {candidate}", rate)
    yield from _people(card)
    yield from _places(card)
    yield _line("length: coefficient", card.length.coefficient)
    yield _line("  beyond what people say", card.length.beyond_people)
    yield Line("  rank correlation", _number(card.length.correlation))
    yield _line("noise: verdicts that flip when asked again", card.noise.flips)
    yield _line("  intraclass correlation", card.noise.icc)
    yield _line("own family: index", card.family_bias.index)
    if card.members is not None:
        yield _line("members among each other: alpha", card.members)
    yield from _drift(card)


def _volume(card: Card) -> Iterator[Line]:
    volume = card.volume
    yield Line("pairs scored", f"{volume.scored:,}")
    yield Line("  absent, by reason", _counts(volume.unscored))
    yield Line("verdicts", f"{volume.verdicts:,}")
    yield Line("  unread, by reason", _counts(volume.unread))
    if volume.flags:
        yield Line("  flags", _counts(volume.flags))
    unpriced = f", and {volume.unpriced:,} calls of unknown price" if volume.unpriced else ""
    yield Line("spent, by all of this name", f"${volume.usd:,.4f}{unpriced}", f"{volume.calls:,} calls")
    each = ABSENT if volume.usd_per_verdict is None else f"${volume.usd_per_verdict:.6f}"
    yield Line("  per verdict", each)
    yield Line("  from the cache, at least", ABSENT if volume.cached is None else f"{volume.cached:.0%}")


def _people(card: Card) -> Iterator[Line]:
    people = card.people
    yield from _agreement("people", people.all)
    if people.decided is not None:
        yield _line("  agreement where neither says tie", people.decided.observed)
    if people.forecast is not None:
        forecast = people.forecast
        scores = f"Brier {forecast.brier:.3f}, calibration error {forecast.ece:.3f}"
        yield Line("  as a forecast of what people prefer", scores, f"{forecast.n:,}")
    yield _line("people among each other: alpha", people.people.alpha)
    if people.people.with_themselves is not None:
        yield _line("  with themselves: kappa", people.people.with_themselves.kappa)
    for question, found in people.ratings.items():
        yield from _agreement(question, found)
        yield _line("  raters among each other: alpha", people.raters[question])


def _agreement(name: str, found: Agreement | None) -> Iterator[Line]:
    if found is None:
        yield Line(f"agreement with {name}", f"{ABSENT} (no labels)", "0")
        return
    yield _line(f"agreement with {name}", found.observed)
    if found.effective_n < 0.99 * found.n:
        yield Line("  labels, as they weigh", f"worth {found.effective_n:,.1f} of equal weight")
    yield Line("  one who always says the same", _number(found.constant))
    rates = ", ".join(f"{category} {rate:.0%}" for category, rate in found.base_rates.items() if rate)
    yield Line("  what people say", rates)
    yield _line("  Cohen's kappa", found.kappa)
    yield _line("  Gwet's AC1", found.ac1)


def _places(card: Card) -> Iterator[Line]:
    position = card.position
    yield _line("position: consistent in both orders", position.consistency)
    if not position.pairs:
        return
    p = "" if position.p is None else f", p {position.p:.3g}"
    yield Line("  first twice : second twice", f"{position.first_first} : {position.second_second}{p}")
    yield Line("  a tie in one order only", f"{position.half:,}")
    yield Line("  picks the first", _number(position.first_picks))


def _drift(card: Card) -> Iterator[Line]:
    run = card.last_run
    if run is None:
        yield Line("frozen set", f"{ABSENT} (never asked)")
        return
    found = Coefficient(value=run.kappa, n=run.answered, low=run.low, high=run.high, reason="one_category")
    yield _line(f"frozen set {run.name}: kappa", found)


def _line(label: str, found: Coefficient) -> Line:
    if found.value is None:
        return Line(label, f"{ABSENT} ({_WHY.get(found.reason or '', found.reason)})", f"{found.n:,}")
    interval = "" if found.low is None or found.high is None else f"  ({found.low:.3f} to {found.high:.3f})"
    return Line(label, f"{found.value:.3f}{interval}", f"{found.n:,}")


def _number(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.3f}"


def _counts(counts: Mapping[str, int]) -> str:
    many = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in many) or "none"
