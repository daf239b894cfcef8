"""A run on the terminal, and as docs/benchmarks-scraping.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.table import Table

from benchmarks.machine import Machine
from benchmarks.quantiles import median, percentile
from benchmarks.scraping.stage import Course, Result
from benchmarks.scraping.verdict import (
    PROMISED_MS,
    Window,
    made_by_nothing,
    made_by_scrapes,
    shortfalls,
    windows_of,
)

_QUANTILES = ("p50_us", "p99_us", "max_us")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of one run."""

    at: datetime
    flags: str
    minutes: float
    machine: Machine
    course: Course
    result: Result

    @property
    def recorded(self) -> float:
        """Exchanges that reached the log while it was measured."""
        counted = self.result.counted.items()
        return sum(v for (name, labels), v in counted if name == "mirror_exchanges_total" and '"recorded"' in labels)

    @property
    def shortfalls(self) -> list[str]:
        """What did not come."""
        return shortfalls(self.result.rounds, self.result.scrapes, self.recorded)


def delay_rows(report: Report) -> Iterator[list[str]]:
    """Header first; medians over rounds, and differences."""
    yield ["", "without scrapes", "with", "difference (95 %)", "of nothing (95 %)"]
    rounds = report.result.rounds
    for quantile in _QUANTILES:
        off, on = (
            median(getattr(window, quantile) for each in rounds for window in getattr(each, arm)) / 1000
            for arm in ("off", "on")
        )
        made, nothing = made_by_scrapes(rounds, quantile), made_by_nothing(rounds, quantile)
        yield [quantile.removesuffix("_us"), f"{off:.3f} ms", f"{on:.3f} ms", str(made), str(nothing)]


def fact_rows(report: Report) -> Iterator[list[str]]:
    """What else was seen, header first."""
    yield ["", "found"]
    result, windows = report.result, windows_of(report.result.rounds)
    took = sorted(each.seconds * 1000 for each in result.scrapes)
    parent = {arm: result.parent_cpu_s[arm] / result.seconds[arm] for arm in ("off", "on")}
    yield ["chunks measured", f"{sum(each.chunks for each in windows):,}"]
    yield ["streams that ended meanwhile; broke", f"{_sum(windows, 'ended'):,}; {windows[-1].broken}"]
    yield ["exchanges recorded meanwhile", f"{report.recorded:,.0f}"]
    yield [
        "scrapes; each took (median, p99)",
        f"{len(took)}; {percentile(took, 0.5):.1f} ms, {percentile(took, 0.99):.1f} ms",
    ]
    yield ["bytes of a scrape", f"{median(float(each.size) for each in result.scrapes):,.0f}"]
    yield ["CPU of the parent, without and with", f"{parent['off']:.1%} and {parent['on']:.1%} of a core"]
    yield ["of its core that the load used, at most", f"{max(each.own_share for each in windows):.0%}"]
    yield ["the load's own timer was late by (p99)", f"{median(each.own_late_p99_us for each in windows):.0f} µs"]


def _sum(windows: list[Window], name: str) -> int:
    return sum(getattr(each, name) for each in windows)


def print_report(report: Report, console: Console) -> None:
    """Both tables, and what was not kept."""
    console.print(_rich("One-way delay of chunks", delay_rows(report)))
    console.print(_rich("Beside it", fact_rows(report)))
    for line in report.shortfalls:
        console.print(f"NOT KEPT: {line}", markup=False)


def _rich(title: str, rows: Iterator[list[str]]) -> Table:
    made = Table(title=title, title_justify="left")
    for index, heading in enumerate(next(rows)):
        made.add_column(heading, justify="right" if index else "left", no_wrap=index == 0)
    for row in rows:
        made.add_row(*row)
    return made


_PAGE = """# Scrapes beside streams

What those who read token streams notice of somebody who reads `/metrics` every second. Run it yourself:
`python -m benchmarks.scraping` (Linux, two cores, root for the load's priority; exit code 1 when the promise is not kept).
`python -m benchmarks.scraping {flags}` wrote this page on {at}; it took {minutes:.0f} minutes.

**Promised**: with {streams} streams in flight and a scrape every second, the 95 % interval of the difference in p99 chunk
delay, against no scrapes, ends below {promised} ms.

{verdict}

{delays}

"Of nothing" is the same between the two windows without scrapes of each round: what this machine does by itself.

{facts}

## Method

- **All of `shadowbench serve`**: parent, one proxy worker, mirror, recorder, scorer, SQLite. {streams} clients read streams of
  50 chunks a second; a stream ends after three seconds, and its client asks for the next. {share} of them are copied to a
  candidate that streams, too, recorded and scored. It goes on for the whole run: arms differ in nothing but the scrapes.
- **Rounds**: without, with, with, without, {half:g} s each; {rounds} rounds. What drifts evenly within a round falls on both
  alike.
- **Delay**: each chunk carries the CLOCK_MONOTONIC time of its `write`; the reader takes the time when it has it. The p99 of a
  window; the mean of both windows of an arm; their difference by round; Student's t over rounds.
- **Scrapes**: a thread that asks for OpenMetrics over a new connection, as Prometheus does at `scrape_interval: 1s`.
- **Cores**: the proxy worker has core 0{parent}. Everything else is on core 1, where the load {first}.

## Machine

{processor}, {cores} cores, {memory:g} GiB, Linux {kernel}; {python}, uvloop {uvloop}. Load average before: {load:.1f}.
{cores_note}
"""


def markdown(report: Report) -> str:
    """The page."""
    machine, course = report.machine, report.course
    return _PAGE.format(
        flags=report.flags,
        at=f"{report.at:%Y-%m-%d}",
        minutes=report.minutes,
        streams=course.streams,
        promised=PROMISED_MS,
        verdict=_verdict(report),
        delays=_table(delay_rows(report)),
        facts=_table(fact_rows(report)),
        share=f"{course.sample_rate * 100:g} %",
        half=course.seconds / 2,
        rounds=course.rounds,
        parent=_place(course),
        first="runs before all others (SCHED_FIFO)" if report.result.goes_first else "had NO priority: run as root",
        processor=machine.processor,
        cores=machine.cores,
        memory=machine.memory_gib,
        kernel=machine.kernel,
        python=machine.python,
        uvloop=machine.uvloop,
        load=machine.load_average,
        cores_note=_cores_note(machine.cores),
    )


def _place(course: Course) -> str:
    place = " to itself" if course.apart else ", and shares it with the parent, which answers the scrapes"
    first = " (`--shield`: also before the parent, as on a machine with a core for it)" if not course.apart else ""
    return place + (f", and goes before all others there{first}" if course.shield else "")


def _verdict(report: Report) -> str:
    found = made_by_scrapes(report.result.rounds)
    if not report.shortfalls:
        return f"**Kept in this run**: {found}."
    return "**Not kept in this run:**\n\n" + "\n".join(f"- {line}" for line in report.shortfalls)


def _cores_note(cores: int) -> str:
    if cores > 2:
        return ""
    return (
        "Two cores are few for this: load, both origins, mirror, recorder and scorer share one of them. Their noise is in\n"
        "both arms, and makes the interval wider than on a machine with a core for each."
    )


def _table(rows: Iterator[list[str]]) -> str:
    header = next(rows)
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
