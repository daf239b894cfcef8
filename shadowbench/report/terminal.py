"""The summary as tables for a terminal: one per candidate, readable at 80 columns and without colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from shadowbench.report.summary import CandidateSummary, Comparison, Distribution, Share, Summary, Traffic

_Show = Callable[[float | None], str]

ABSENT = "–"
_LONGEST_NAME = 60
_TIMES_FROM = 100  # a change of so many times is no longer told in percent
_COMPACT_FROM = 1e7  # from here on three digits and an exponent: columns are narrow
LIMITS = (
    "What this cannot say yet: no difference above has been tested for significance, weighted by sampling probability, or "
    "judged for quality."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table. `n`: the pairs it rests on."""

    label: str
    production: str = ""
    candidate: str = ""
    difference: str = ""
    n: str = ""


def show(summary: Summary, console: Console) -> None:
    """Print all of it."""
    console.print(_heading(summary))
    if summary.traffic is not None:
        console.print(Text("\n".join(_traffic(summary.traffic)), style="dim"))
    noise = next((candidate for candidate in summary.candidates if candidate.is_production_again), None)
    for candidate in summary.candidates:
        console.print()
        console.print(_block(candidate, None if candidate.is_production_again else noise))
    console.print()
    console.print(Text(LIMITS, style="dim"))


def _heading(summary: Summary) -> Text:
    text = Text(f"{_plural(summary.exchanges, 'exchange')}, {_plural(summary.pairs, 'pair')}", style="bold")
    if summary.first_at is not None and summary.last_at is not None:
        text.append(f", {_minute(summary.first_at)} to {_minute(summary.last_at)} UTC", style="not bold")
    return text


def _traffic(traffic: Traffic) -> Iterator[str]:
    """What the pairs are a part of: nobody should take them for all that came."""
    seen = _plural(traffic.seen, "request")
    yield f"of {seen} seen, {traffic.sampled:,} drawn, {traffic.recorded:,} recorded (told once a second)"
    for label, reasons in (
        ("not offered", traffic.not_handed_off),
        ("may not be copied", traffic.ineligible),
        ("not drawn", traffic.unsampled),
        ("drawn and not recorded", traffic.discarded),
        ("lost with a mirror", {"": traffic.lost} if traffic.lost else {}),
    ):
        if reasons:
            told = ", ".join(
                f"{count:,} {reason or _UNNAMED.get(label, '')}".rstrip() for reason, count in reasons.items()
            )
            yield f"  {label}: {told}"


_UNNAMED = {"not drawn": "by the draw"}


def _block(candidate: CandidateSummary, noise: CandidateSummary | None) -> RenderableType:
    """`noise`: the A/A lane; its agreement is production's with itself, which no candidate can be expected to pass."""
    table = Table(box=box.SIMPLE_HEAD, expand=False, pad_edge=False, show_edge=False)
    table.add_column("", ratio=None, overflow="fold")
    for title in ("production", "again" if candidate.is_production_again else "candidate", "difference", "n"):
        table.add_column(title, justify="right", no_wrap=True)
    for section in (_outcomes(candidate), _times(candidate), _answers(candidate, noise)):
        for line in section:
            table.add_row(Text(_printable(line.label)), line.production, line.candidate, line.difference, line.n)
        table.add_section()
    return Group(_title(candidate), table, *(Text(note, style="dim") for note in _notes(candidate, noise)))


def _title(candidate: CandidateSummary) -> Text:
    title = Text(_printable(candidate.name), style="bold cyan")
    if candidate.is_production_again:
        title.append("  A/A: production against itself. What differs here is noise.", style="bold yellow")
    elif candidate.candidate_models:
        title.append(f"  {_printable(_first_few(candidate.candidate_models))}", style="not bold")
    return title


def _first_few(models: tuple[str, ...]) -> str:
    shown = ", ".join(_cut(model) for model in models[:3])
    return shown if len(models) <= 3 else f"{shown} and {len(models) - 3} more"


def _cut(name: str) -> str:
    """Names that nobody reads to their end leave room for those after them."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _printable(text: str) -> str:
    """Providers choose these words: no escape sequence of theirs reaches the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _outcomes(candidate: CandidateSummary) -> Iterator[Line]:
    sent = candidate.sent
    ok = candidate.production_ok, candidate.candidate_ok
    shares = (ok[0] / sent, ok[1] / sent) if sent else (None, None)
    yield Line("answered", _percent(shares[0]), _percent(shares[1]), _points(*shares), str(sent))
    for fault in candidate.faults:
        label = fault.outcome.replace("_", " ") + (f": {fault.reason}" if fault.reason else "")
        yield Line(f"  {label}", _count(fault.production), _count(fault.candidate))
    for reason, count in candidate.not_sent.items():
        yield Line(f"  not sent: {reason}", "", str(count))


def _times(candidate: CandidateSummary) -> Iterator[Line]:
    for label, measure in (("latency", candidate.latency_s), ("TTFT", candidate.ttft_s)):
        yield from (_compared(f"{label} {q}", measure, q, _seconds) for q in ("p50", "p95"))


def _answers(candidate: CandidateSummary, noise: CandidateSummary | None) -> Iterator[Line]:
    tokens = candidate.output_tokens
    yield _compared("output tokens, mean", tokens, "mean", _tokens)
    yield _compared("output tokens, median", tokens, "p50", _tokens)
    yield from _costs(candidate)
    yield _shared("same answer", candidate.equal_answers, noise.equal_answers if noise else None)
    alike = candidate.similarity
    itself = _score(noise.similarity.mean) if noise else ""
    yield Line("word similarity, 0 to 1", itself, _score(alike.mean), "", str(alike.n))
    yield _shared("same finish reason", candidate.equal_finish_reasons, noise.equal_finish_reasons if noise else None)


def _costs(candidate: CandidateSummary) -> Iterator[Line]:
    production, own = candidate.production_spend, candidate.candidate_spend
    if production.n or own.n:
        yield _compared("cost per 1,000 answers", candidate.cost_usd, "mean", _usd_per_1000)
        both = candidate.common_spend
        change = _change(both.production_usd, both.candidate_usd)
        yield Line("spent, same pairs", _usd(both.production_usd), _usd(both.candidate_usd), change, str(both.n))


def _compared(label: str, measure: Comparison, which: str, show_value: _Show) -> Line:
    production, candidate = (_of(side, which) for side in (measure.production, measure.candidate))
    change = _change(production, candidate)
    return Line(label, show_value(production), show_value(candidate), change, str(measure.n))


def _of(side: Distribution, which: str) -> float | None:
    value: float | None = getattr(side, which)
    return value


def _shared(label: str, share: Share, noise: Share | None) -> Line:
    itself = noise.share if noise else None
    change = _points(itself, share.share)
    return Line(label, _percent(itself) if noise else "", _percent(share.share), change, str(share.n))


def _notes(candidate: CandidateSummary, noise: CandidateSummary | None) -> Iterator[str]:
    if noise:
        yield f"Agreement in the column production is production's with itself, from {_printable(noise.name)}."
    left_out = candidate.untimed
    if left_out:
        yield f"Left out of latency and TTFT: {_listed(left_out, _WHY_UNTIMED)}."
    if candidate.output_tokens.absent:
        yield f"Token counts missing on one side or both: {_plural(candidate.output_tokens.absent, 'pair')}."
    spends = (("production's", candidate.production_spend), ("the candidate's", candidate.candidate_spend))
    for side, spend in spends:
        if spend.n != candidate.common_spend.n and spend.usd is not None:
            yield f"All known costs of {side} calls: {_usd(spend.usd)} in {_plural(spend.n, 'pair')}."
        if spend.unknown:
            yield f"Cost not known of {side} {_listed(spend.unknown, _WHY_UNPRICED)}."
    if candidate.latency_s.n < 20 and candidate.both_ok:
        yield f"{ABSENT} : too few pairs for that number (a p95 takes 20)."


_WHY_UNTIMED = {"paused": "read slowly for a slow client", "late": "with our event loop late"}


_WHY_UNPRICED = {
    "unknown_model": "of a model without a known price",
    "no_usage": "without reported usage",
    "partial_usage": "with incomplete usage",
    "not_priced": "recorded before prices were",
}


def _listed(counts: Mapping[str, int], words: Mapping[str, str]) -> str:
    return ", ".join(f"{_plural(count, 'pair')} {words.get(reason, reason)}" for reason, count in counts.items())


def _change(production: float | None, candidate: float | None) -> str:
    if not production or candidate is None:
        return ""
    ratio = candidate / production
    if ratio >= _TIMES_FROM:
        return f"× {ratio:,.0f}" if ratio < _COMPACT_FROM else f"× {ratio:.2e}"
    return f"{100 * (ratio - 1):+.0f} %".replace("-", "−")


def _points(production: float | None, candidate: float | None) -> str:
    if production is None or candidate is None:
        return ""
    return f"{100 * (candidate - production):+.1f} points".replace("-", "−")


def _percent(share: float | None) -> str:
    return ABSENT if share is None else f"{100 * share:.1f} %"


def _seconds(value: float | None) -> str:
    if value is None:
        return ABSENT
    return f"{1000 * value:.1f} ms" if value < 0.0995 else f"{1000 * value:.0f} ms" if value < 1 else f"{value:.2f} s"


def _score(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.2f}"


def _tokens(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.1f}" if value < _COMPACT_FROM else f"{value:.2e}"


def _usd(value: float | None) -> str:
    if value is None:
        return ABSENT
    if value >= _COMPACT_FROM:
        return f"{value:.2e} USD"
    return f"{value:.4f} USD" if value < 0.995 else f"{value:,.2f} USD"


def _usd_per_1000(value: float | None) -> str:
    return _usd(None if value is None else 1000 * value)


def _count(count: int) -> str:
    return str(count) if count else ABSENT


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _minute(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
