"""A run as tables on the terminal, and what of its promises was kept."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.table import Table

from benchmarks.isolation.intervals import PROMISED, PROMISED_OF, Ratio, limit, paired
from benchmarks.isolation.rounds import MEASURES, QUANTILES, Arm, Course, ScenarioResult
from benchmarks.isolation.scenarios import REFERENCE
from benchmarks.machine import Machine
from benchmarks.quantiles import median

WORDS = {
    "whole": "whole answer",
    "first_byte": "stream, first byte",
    "last_byte": "stream, last byte",
    "at_once": "whole answer of a production that answers at once",
}
_NOISE = ", and begins below: too noisy to tell"
_DECISIONS = "handoff_exchanges_total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of one run."""

    at: datetime
    machine: Machine
    course: Course
    results: Sequence[ScenarioResult]
    minutes: float
    flags: str = ""  # of the command
    compiled: bool = False  # the proxy's hot path

    @property
    def reference(self) -> ScenarioResult | None:
        """Mirroring off against itself, when it was asked for."""
        return next((each for each in self.results if each.scenario == REFERENCE), None)


def ratio(result: ScenarioResult, measure: str, share: float) -> Ratio:
    """On ÷ off of one quantile."""
    return paired(result.off.quantiles(measure, share), result.on.quantiles(measure, share))


def broken(report: Report, result: ScenarioResult) -> list[str]:
    """The promises that this scenario did not keep, in words; none of them: it held."""
    found = [f"{count} × {what}" for what, count in sorted(_errors(result).items())]
    if result.scenario == REFERENCE:
        return found
    for measure in PROMISED_OF:
        for share, promised in PROMISED.items():
            itself = ratio(report.reference, measure, share) if report.reference else None
            came, most = ratio(result, measure, share), limit(promised, itself)
            if came.high >= most:
                words = f"{WORDS[measure]} p{share * 100:g}: {_interval(came)} does not end below {most:.3f}"
                found.append(words + (_NOISE if came.low < most else ""))
    return found


def _errors(result: ScenarioResult) -> dict[str, int]:
    errors = dict(result.off.errors + result.on.errors)
    return errors | {what: count for what, count in result.companion.items() if what.startswith("error")}


# ── tables, as rows of text ──


def latency_rows(report: Report, measure: str) -> Iterator[list[str]]:
    """One measure of all scenarios, header first."""
    yield ["", "p50 µs off → on", "× (95 %)", "p90 µs off → on", "× (95 %)", "p99 µs off → on", "× (95 %)"]
    for result in report.results:
        row = [f"({result.scenario.letter}) {result.scenario.title}"]
        for share in QUANTILES:
            off, on = (median(arm.quantiles(measure, share)) for arm in (result.off, result.on))
            row += [f"{off:,.0f} → {on:,.0f}", _interval(ratio(result, measure, share))]
        yield row


def verdict_rows(report: Report) -> Iterator[list[str]]:
    """What was kept, header first. "Not shown": no error, and intervals that lie on both sides of the promise."""
    what = ["requests off + on", "errors", "answers identical", "proxy CPU µs/request off → on", "proxy MiB", "kept"]
    yield ["", "rounds", *what]
    for result in report.results:
        asked, same = (getattr(result.off, name) + getattr(result.on, name) for name in ("asked", "identical"))
        yield [
            f"({result.scenario.letter}) {result.scenario.title}",
            str(result.off.rounds),
            f"{result.off.asked:,} + {result.on.asked:,}",
            str(sum(_errors(result).values())),
            "all" if asked == same else f"{same:,} of {asked:,}",
            f"{_cpu_us(result.off):.0f} → {_cpu_us(result.on):.0f}",
            f"{result.proxy_mib[0]:.0f} → {result.proxy_mib[1]:.0f}",
            _verdict(report, result),
        ]


def _verdict(report: Report, result: ScenarioResult) -> str:
    if found := broken(report, result):
        return "not shown" if all(line.endswith(_NOISE) for line in found) else "NO"
    return "reference" if result.scenario == REFERENCE else "yes"


def copy_rows(report: Report) -> Iterator[list[str]]:
    """What became of the copies, as evidence that the fault was one; header first."""
    yield ["", "offered", "handed off", "not, by reason", "recorded, and not", "candidate", "done, and seen beside"]
    for result in report.results:
        if result.scenario == REFERENCE:
            continue
        decisions = _by_label(result, _DECISIONS, "decision")
        handed_off, _ = decisions.pop("sampled", 0.0), decisions.pop("paused", 0.0)
        decisions.pop("endpoint", None)
        yield [
            f"({result.scenario.letter}) {result.scenario.title}",
            f"{handed_off + sum(decisions.values()):,.0f}",
            f"{handed_off:,.0f}",
            _counts(decisions),
            _counts(_fates(result)),
            _counts(result.candidate),
            _counts({**result.done, **result.companion, **_store_failures(result)}),
        ]


def _fates(result: ScenarioResult) -> dict[str, float]:
    found: dict[str, float] = {}
    for (name, labels), value in result.signals.items():
        words = dict(part.split("=", 1) for part in labels.replace('"', "").split(",") if "=" in part)
        ends = name == "mirror_exchanges_total" and words.get("stage") in ("recorded", "discarded", "unsampled")
        lane = name == "lane_calls_total" and words.get("stage") in ("not_sent", "fault", "cancelled", "answered")
        if ends or lane:
            key = " ".join(filter(None, (words["stage"], words.get("reason"))))
            found[key] = found.get(key, 0.0) + value
        if name == "handoff_lost_total":
            found["lost with mirror or recorder"] = found.get("lost with mirror or recorder", 0.0) + value
    return found


def _store_failures(result: ScenarioResult) -> dict[str, float]:
    failures = _by_label(result, "recorder_store_failures_total", "reason")
    return {f"store failed: {reason}": count for reason, count in failures.items()}


def _by_label(result: ScenarioResult, series: str, label: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for (name, labels), value in result.signals.items():
        if name == series:
            words = dict(part.split("=", 1) for part in labels.replace('"', "").split(",") if "=" in part)
            found[words.get(label, "")] = found.get(words.get(label, ""), 0.0) + value
    return found


def table(rows: Iterator[list[str]]) -> str:
    """The same as Markdown."""
    header = next(rows)
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# ── terminal ──


def print_report(report: Report, console: Console) -> None:
    """All tables, and what was not kept."""
    for measure in MEASURES:
        console.print(_rich(WORDS[measure], latency_rows(report, measure)))
    console.print(_rich("Copies", copy_rows(report)))
    console.print(_rich("Promises", verdict_rows(report)))
    for line in shortfalls(report):
        console.print(f"[red]NOT KEPT[/] {line}")
    console.print(f"instrument: {instrument(report)}")


def shortfalls(report: Report) -> list[str]:
    """Every promise that was not kept, one a line."""
    return [f"({each.scenario.letter}) {what}" for each in report.results for what in broken(report, each)]


def instrument(report: Report) -> str:
    """How far the measuring itself can be trusted."""
    late = median(x for each in report.results for arm in (each.off, each.on) for x in arm.own_delay_p99_us)
    first = all(each.goes_first for each in report.results)
    priority = "with priority over all else on its core" if first else "WITHOUT priority: run as root"
    return f"load and production ran {priority}; the load's own delay was {late:.0f} µs at p99"


def _rich(title: str, rows: Iterator[list[str]]) -> Table:
    made = Table(title=title, title_justify="left")
    for index, heading in enumerate(next(rows)):
        made.add_column(heading, justify="right" if index else "left", no_wrap=index == 0)
    for row in rows:
        made.add_row(*row)
    return made


# ── cells ──


def _interval(came: Ratio) -> str:
    return f"{came.middle:.3f} ({came.low:.3f}–{came.high:.3f})"


def _cpu_us(arm: Arm) -> float:
    return arm.proxy_cpu_s * 1e6 / arm.asked if arm.asked else math.nan


def _counts(counts: dict[str, float] | dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,.0f}" for name, count in counts.items() if count) or "–"
