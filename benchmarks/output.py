"""A run as a table on the terminal and as a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.load import RequestResult
from benchmarks.machine import Machine
from benchmarks.peers import AIOHTTP
from benchmarks.quantiles import median
from benchmarks.rounds import Course, PeerResult, StartResult

_READY_S = 1.0
_REST_MIB = 45 * 1e6 / 1024**2
_TIMES_AIOHTTP = 3.5
_ACCEPTED = 0.99
_FILE_WIDTH = 150
_NOISY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of one run."""

    at: datetime
    machine: Machine
    course: Course
    peers: Sequence[PeerResult]
    starts: Sequence[StartResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Something we said, and what came out."""

    text: str
    found: str
    kept: bool


# ── tables, as rows of text ──


def request_rows(report: Report) -> Iterator[list[str]]:
    """The table of small requests, header first."""
    yield [
        "",
        f"requests/s, {report.course.connections} connections",
        "× aiohttp",
        "CPU µs/request",
        "× less than aiohttp",
        "median µs, 1 connection",
        "p99 µs",
        "RSS MiB rest → after",
        "errors",
    ]
    for peer in report.peers:
        many, one = peer.throughput, peer.latency
        # "≥": the load generator's core was full before the peer's was.
        limited = "" if all(window.saturated for window in many) else "≥ "
        yield [
            peer.name,
            f"{limited}{median(window.per_second for window in many):,.0f}",
            _number(times_aiohttp(report, peer), 2) if _has_process(peer) else "–",
            _number(median(window.cpu_us for window in many), 1) if _has_process(peer) else "–",
            _number(cpu_below_aiohttp(report, peer), 2) if _has_process(peer) else "–",
            _number(median(window.p50_us for window in one), 0),
            _number(median(window.p99_us for window in one), 0),
            f"{peer.resident_rest_mib:.0f} → {peer.resident_after_mib:.0f}" if _has_process(peer) else "–",
            str(sum(window.errors for window in [*many, *one])),
        ]


def stream_rows(report: Report) -> Iterator[list[str]]:
    """The table of token streams, header first."""
    header = [""]
    for count in report.course.streams:
        header += [f"{count} streams: CPU µs/chunk", "delay p50 µs", "p99 µs"]
    yield [*header, "RSS MiB after", "broken"]
    for peer in report.peers:
        row, broken = [peer.name], 0
        for count in report.course.streams:
            windows = peer.streams.get(count, [])
            broken += sum(window.broken for window in windows)
            row += [
                _number(median(window.cpu_us_per_chunk for window in windows), 1) if _has_process(peer) else "–",
                _number(median(window.delay_p50_us for window in windows), 0),
                _number(median(window.delay_p99_us for window in windows), 0),
            ]
        yield [*row, f"{peer.resident_streams_mib:.0f}" if _has_process(peer) else "–", str(broken)]


def handoff_rows(report: Report) -> Iterator[list[str]]:
    """What became of the copies, header first."""
    yield ["", "answered", "opened at the drain", "ended", "aborted", "accepted", "not taken, by reason"]
    for peer in report.peers:
        for workload, told in peer.told.items():
            if "drain" in told:
                drain = told["drain"]
                yield [
                    f"{peer.name}: {workload}",
                    f"{told['requests']:,.0f}",
                    f"{drain['opened']:,}",
                    f"{drain['ended']:,}",
                    _reasons(drain["aborted"]),
                    _percent(told["accepted_share"]),
                    _reasons(_not_taken(told["counters"])),
                ]


def promises(report: Report) -> Iterator[Promise]:
    """What DESIGN and README promise of a proxy worker, held against this run."""
    ready = median(start.ready_s for start in report.starts)
    rest = median(start.resident_mib for start in report.starts)
    yield Promise(text=f"a proxy worker is ready in < {_READY_S:g} s", found=f"{ready:.2f} s", kept=ready < _READY_S)
    found = f"{rest * 1024**2 / 1e6:.1f} MB"
    yield Promise(text="a proxy worker at rest takes ≤ 45 MB", found=found, kept=rest <= _REST_MIB)
    for peer in report.peers:
        told = peer.told.get("requests", {})
        if "drain" not in told:
            continue
        times = times_aiohttp(report, peer)
        text = f"handed off 100 %, ≥ {_TIMES_AIOHTTP:g} × the requests/s of an aiohttp proxy"
        if not math.isnan(times):
            yield Promise(text=text, found=f"{times:.2f} ×", kept=times >= _TIMES_AIOHTTP)
        for workload, each in peer.told.items():
            share = each["accepted_share"]
            text = f"≥ 99 % of exchanges accepted by the drain ({workload})"
            yield Promise(text=text, found=_percent(share), kept=share is not None and share >= _ACCEPTED)


def times_aiohttp(report: Report, peer: PeerResult) -> float:
    """How many times the requests/s of the aiohttp proxy: the median over rounds of the ratio within a round."""
    return median(ours.per_second / theirs.per_second for ours, theirs in _beside_aiohttp(report, peer))


def cpu_below_aiohttp(report: Report, peer: PeerResult) -> float:
    """How many times less CPU per request than the aiohttp proxy, likewise: on a busy machine the better ratio."""
    return median(theirs.cpu_us / ours.cpu_us for ours, theirs in _beside_aiohttp(report, peer) if ours.cpu_us)


def _beside_aiohttp(report: Report, peer: PeerResult) -> Iterator[tuple[RequestResult, RequestResult]]:
    for other in report.peers:
        if other.name == AIOHTTP.name:
            yield from zip(peer.throughput, other.throughput, strict=True)


def noise(report: Report) -> float:
    """The share of the measured core that processes outside the benchmark took, worst window."""
    peers = [peer for peer in report.peers if _has_process(peer)]
    shares = [window.others_share for peer in peers for window in peer.throughput]
    shares += [window.others_share for peer in peers for windows in peer.streams.values() for window in windows]
    return max(shares)


# ── terminal ──


def wide_console() -> Console:
    """Standard output; in a file or a pipe, wide enough for the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=_FILE_WIDTH)


def print_report(report: Report, console: Console) -> None:
    """Tables and promises."""
    console.print(_table("Small requests", request_rows(report)))
    console.print(_table("Token streams, 50 chunks/s each", stream_rows(report)))
    console.print(_table("Handed off", handoff_rows(report)))
    for promise in promises(report):
        mark = "[green]kept[/]" if promise.kept else "[red]NOT KEPT[/]"
        console.print(f"{mark}  {promise.text}: {promise.found}")
    console.print(
        f"others took up to {noise(report):.0%} of the measured core; load average before: "
        f"{report.machine.load_average:.1f}. {_verdict_on_noise(report)}"
    )


def _verdict_on_noise(report: Report) -> str:
    if noise(report) < _NOISY:
        return "The machine was quiet."
    return "The machine was busy: trust CPU µs per request and the ratios, neither requests/s nor delays."


def _table(title: str, rows: Iterator[list[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for index, heading in enumerate(next(rows)):
        table.add_column(heading, justify="right" if index else "left", no_wrap=index == 0)
    for row in rows:
        table.add_row(*row)
    return table


# ── page ──

_PAGE = """# Benchmarks

One proxy worker of shadowbench beside other proxies, each on one core, on this machine and in one run. Run it yourself:
`make bench` (two cores, nginx, wrk; about {minutes} minutes). This page was written by
`python -m benchmarks.run --markdown` on {at}.

## Method

- The proxy under test is pinned to one core; load generator, origin and the reader of copies share another one.
- Rounds are interleaved (A B C A B C …): {rounds} of {seconds:g} s each for requests, {stream_rounds} of
  {stream_seconds:g} s for streams. A cell is the median over rounds; "× aiohttp" is the median of the ratio within each
  round.
- *Small requests*: wrk, a {request} byte POST, answered by nginx with a {answer} byte chat completion.
  CPU is user and system time of the proxy's processes (`/proc/PID/stat`), divided by requests: it hardly depends on what else
  the machine does. "× less than aiohttp" compares it. "≥" before requests/s: the load generator's core was full, not the
  proxy's.
- *Token streams*: 50 chunks per second and stream. Each chunk carries the CLOCK_MONOTONIC time of its `write`; the reader
  takes the time when it has it. The row "direct" is the floor: origin and reader alone, on their one core.
- *Handed off*: every exchange is written, request and response, with a time stamp per chunk, to a unix socket that a draining
  reader empties as fast as it can, from the load's core.

{peers}

## Machine

{machine}

## Small requests

{requests}

## Token streams

{streams}

## Copies handed off

{handoff}

## Promises

{promises}

## To keep in mind

- Loopback, no TLS, small bodies. A network adds its own latency to all rows alike.
- With two cores the load generator competes with origin and drain for the other one: at high rates latencies are partly its.
- Others took up to {noise:.0%} of the measured core meanwhile; the load average before was {load:.1f}.
  {verdict}
{shortfalls}"""


def markdown(report: Report) -> str:
    """docs/benchmarks.md."""
    from benchmarks.nginx import COMPLETION

    course = report.course
    kept = list(promises(report))
    return _PAGE.format(
        minutes=6,
        at=f"{report.at:%Y-%m-%d}",
        rounds=course.rounds,
        seconds=course.seconds,
        stream_rounds=course.stream_rounds,
        stream_seconds=course.stream_seconds,
        request=134,
        answer=len(COMPLETION),
        peers="\n".join(f"- **{peer.name}**: {peer.note}. {_sentence(peer.version)}" for peer in report.peers),
        machine=_machine(report.machine),
        requests=_markdown_table(request_rows(report)),
        streams=_markdown_table(stream_rows(report)),
        handoff=_markdown_table(handoff_rows(report)),
        promises=_markdown_table(_promise_rows(kept)),
        noise=noise(report),
        verdict=_verdict_on_noise(report),
        load=report.machine.load_average,
        shortfalls="".join(
            f"- Not reached in this run: {each.text}; found {each.found}.\n" for each in kept if not each.kept
        ),
    )


def _promise_rows(kept: Sequence[Promise]) -> Iterator[list[str]]:
    yield ["promised", "found", "kept"]
    for promise in kept:
        yield [promise.text, promise.found, "yes" if promise.kept else "**no**"]


def _markdown_table(rows: Iterator[list[str]]) -> str:
    header = next(rows)
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _machine(machine: Machine) -> str:
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, Linux {machine.kernel}; "
        f"Python {machine.python}, uvloop {machine.uvloop}, httptools {machine.httptools}; {machine.nginx}; {machine.wrk}."
    )


# ── cells ──


def _has_process(peer: PeerResult) -> bool:
    return peer.resident_rest_mib > 0


def _sentence(version: str) -> str:
    return "" if version == "–" else f"{version}."


def _number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:,.{digits}f}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"


def _reasons(counts: dict[str, Any]) -> str:
    return ", ".join(f"{reason} {count:,.0f}" for reason, count in counts.items()) or "none"


def _not_taken(counters: dict[str, float]) -> dict[str, float]:
    """Our own counters of exchanges that were not handed off, by reason."""
    found = {}
    for name, value in counters.items():
        series, _, label = name.partition("{")
        reason = label.rstrip("}")
        if series.startswith("handoff_") and reason and reason != "sampled":
            found[reason] = value
    return found
