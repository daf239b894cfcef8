"""A run as rows of text: for the terminal and for the page alike."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.bodies import size_name
from benchmarks.console import wide_console as wide_console  # where other benchmarks look for it
from benchmarks.promises import promises
from benchmarks.quantiles import median
from benchmarks.report import Report
from benchmarks.rounds import PeerResult

_NOISY = 0.1
_WHOLE = 0.99  # of what was offered; below it a row is of another thing than its name says

Rows = Iterator[list[str]]


def request_rows(report: Report, size: int) -> Rows:
    """The table of requests of one size, header first."""
    body = next(body for body in report.course.bodies if body.size == size)
    yield [
        "",
        f"requests/s, {report.course.connections} connections",
        "× aiohttp",
        "CPU µs/request",
        "1 connection: median µs",
        "p99 µs",
        f"{body.rate:,}/s: median µs",
        "p99 µs",
        "errors",
    ]
    for peer in report.peers:
        many, one, paced = (found.get(size, []) for found in (peer.throughput, peer.latency, peer.paced))
        # "≥": the load generator's core was full before the peer's was.
        limited = "" if all(window.saturated for window in many) else "≥ "
        ratio = report.throughput(peer.key, "aiohttp", size, lambda window: window.per_second)
        wrong = sum(found.bad_status + found.broken + found.unanswered for found in paced)
        yield [
            peer.name,
            f"{limited}{number(median(window.per_second for window in many))}",
            number(ratio.middle, 2) if has_process(peer) and not peer.slow else "–",
            number(median(window.cpu_us for window in many), 1) if has_process(peer) else "–",
            number(median(window.p50_us for window in one)),
            number(median(window.p99_us for window in one)),
            number(median(found.p50_us for found in paced)) + (f" at {report.course.slow_rate}/s" if peer.slow else ""),
            number(median(found.p99_us for found in paced)),
            str(wrong + sum(window.errors for window in [*many, *one])),
        ]


def not_all_handed_off(report: Report, size: int) -> list[str]:
    """What a table of requests must say beside it: of which peers a share only was handed off at this size."""
    found = []
    for peer in report.peers:
        copied = peer.copied.get(f"requests, {size_name(size)}")
        share = None if copied is None else copied.share
        if share is not None and share < _WHOLE:
            found.append(
                f"Of these requests of *{peer.name}* only {percent(share)} were handed off (see Copies): the row is of a proxy "
                "that thins, and not to be compared with those that copy all."
            )
    return found


def stream_rows(report: Report, count: int) -> Rows:
    """The table of so many token streams, header first."""
    delays = ["delay p50 µs", "p99 µs, middle second", "p99 µs", "max µs"]
    yield ["", "CPU µs/chunk", *delays, "chunks in time", "load's core", "RSS MiB", "broken"]
    for peer in report.peers:
        windows = peer.streams.get(count, [])
        if not windows:
            continue
        yield [
            peer.name,
            number(median(window.cpu_us_per_chunk for window in windows), 1) if has_process(peer) else "–",
            number(median(window.delay_p50_us for window in windows)),
            number(median(window.delay_typical_p99_us for window in windows)),
            number(median(window.delay_p99_us for window in windows)),
            number(max(window.delay_max_us for window in windows)),
            percent(median(window.chunks_share for window in windows)),
            f"{median(window.load_share for window in windows):.0%}"
            + (" load limited" if any(window.load_limited for window in windows) else ""),
            number(peer.resident_streams_mib[count]) if has_process(peer) else "–",
            str(sum(window.broken for window in windows)),
        ]


def memory_rows(report: Report) -> Rows:
    """Resident memory, header first."""
    counts = sorted({count for peer in report.peers for count in peer.resident_streams_mib})
    yield ["RSS MiB", "at rest", "after requests", *(f"after {count:,} streams" for count in counts)]
    for peer in filter(has_process, report.peers):
        after = [number(peer.resident_streams_mib.get(count, math.nan)) for count in counts]
        yield [peer.name, number(peer.resident_rest_mib), number(peer.resident_after_mib), *after]


def copy_rows(report: Report) -> Rows:
    """What became of the copies, header first."""
    yield ["", "requests", "copies received", "share", "not whole", "not taken, by reason"]
    for peer in report.peers:
        for workload, told in peer.told.items():
            if "drain" in told:
                yield [f"{peer.name}: {workload}", *_drained(told)]
            if "target" in told and answered(peer, workload):
                yield [f"{peer.name}: {workload}", *_targeted(peer, workload, told["target"])]
        for workload, copied in peer.copied.items():
            if not copied.offered:
                continue  # nothing is mirrored: its copies have no shares
            taken = [f"{copied.offered:,}", f"{copied.accepted:,}", percent(copied.share), "", ""]
            yield [f"{peer.name}: of these, {workload}", *taken]


def _drained(told: dict[str, Any]) -> list[str]:
    drain = told["drain"]
    aborted = reasons(drain["aborted"])
    return [
        f"{told['requests']:,.0f}",
        f"{drain['ended']:,}",
        percent(told["accepted_share"]),
        aborted,
        reasons(not_taken(told["counters"])),
    ]


def _targeted(peer: PeerResult, workload: str, target: dict[str, int]) -> list[str]:
    received = sum(count for line, count in target.items() if line.startswith("POST "))
    whole = sum(count for line, count in target.items() if is_whole(line))
    sent = answered(peer, workload)
    share = percent(received / sent if sent else None)
    return [f"{sent:,}", f"{received:,}", share, f"{received - whole:,}", "told by none"]


def answered(peer: PeerResult, workload: str) -> int:
    """How many requests the loads saw answered."""
    if workload == "streams":
        return sum(window.streams for windows in peer.streams.values() for window in windows)
    windows = [
        window.requests for found in (peer.throughput, peer.latency) for each in found.values() for window in each
    ]
    return peer.warm_up_requests + sum(windows) + sum(found.answered for each in peer.paced.values() for found in each)


def is_whole(line: str) -> bool:
    """Whether a line of the target's log speaks of a POST that was read to its announced end.

    nginx counts what it read of a body only where it waits for it; below 1,000 bytes it came with its head.
    """
    method, content_length, request_length, status = line.split()
    if method != "POST" or status not in ("200", "204") or not content_length.isdigit():
        return False
    return int(content_length) < 1000 or int(request_length) > int(content_length)


def verified_rows(report: Report) -> Rows:
    """The verification, header first."""
    yield ["", "body", "sent", "copies received", "identical in method and body"]
    for found in report.verified.copies:
        yield [found.name, size_name(found.size), f"{found.sent:,}", f"{found.received:,}", f"{found.identical:,}"]


def recorded_rows(report: Report) -> Rows:
    """What our sidecar says of the verification, header first."""
    yield ["", "offered", "handed off", "recorded", "pairs in the log", "dropped, by reason"]
    if ours := report.verified.ours:
        counts = (ours.offered, ours.handed_off, ours.recorded, ours.pairs)
        yield ["shadowbench serve", *(f"{count:,}" for count in counts), reasons(dict(ours.dropped))]


def promise_rows(report: Report) -> Rows:
    """The promises, header first."""
    yield ["promised of shadowbench, 100 % handed off", "found (range over rounds)", "kept"]
    for promise in promises(report):
        yield [promise.text, promise.found, {True: "yes", False: "**no**", None: "–"}[promise.kept]]


def absent_rows(report: Report) -> Rows:
    """Who is missing, header first."""
    yield ["not measured", "why"]
    for absent in report.absent:
        yield [absent.name, absent.reason]


def tables(report: Report) -> Iterator[tuple[str, Rows]]:
    """All of them, with their titles."""
    for body in report.course.bodies:
        yield f"Requests with bodies of {size_name(body.size)}", request_rows(report, body.size)
    for count in stream_counts(report):
        yield f"{count:,} token streams, 50 chunks/s each", stream_rows(report, count)
    yield "Memory", memory_rows(report)
    yield "Copies", copy_rows(report)
    yield "Copies, verified one by one", verified_rows(report)
    yield "What shadowbench serve recorded of them", recorded_rows(report)
    yield "Promises", promise_rows(report)


def stream_counts(report: Report) -> list[int]:
    """The numbers of streams that somebody had."""
    return sorted({count for peer in report.peers for count in peer.streams})


def noise(report: Report) -> float:
    """The share of the measured core that processes outside the benchmark took, worst window."""
    peers = [peer for peer in report.peers if has_process(peer)]
    shares = [window.others_share for peer in peers for windows in peer.throughput.values() for window in windows]
    shares += [window.others_share for peer in peers for windows in peer.streams.values() for window in windows]
    return max(shares, default=math.nan)


def verdict_on_noise(report: Report) -> str:
    """What to think of it."""
    if noise(report) < _NOISY:
        return "The machine was quiet."
    return "The machine was busy: trust CPU times and ratios, neither requests/s nor delays."


# ── terminal ──


def print_report(report: Report, console: Console) -> None:
    """Tables, promises, who was missing."""
    for title, rows in tables(report):
        console.print(_table(title, rows))
    for body in report.course.bodies:
        for note in not_all_handed_off(report, body.size):
            console.print(f"{size_name(body.size)}: {note}", markup=False)
    for absent in report.absent:
        console.print(f"not measured: {absent.name}: {absent.reason}", markup=False)
    console.print(
        f"others took up to {noise(report):.0%} of the measured core; load average before: "
        f"{report.machine.load_average:.1f}. {verdict_on_noise(report)}"
    )


def _table(title: str, rows: Rows) -> Table:
    table = Table(title=title, title_justify="left")
    for index, heading in enumerate(next(rows)):
        table.add_column(heading, justify="right" if index else "left", no_wrap=index == 0)
    for row in rows:
        table.add_row(*row)
    return table


# ── cells ──


def has_process(peer: PeerResult) -> bool:
    """Whether it is more than the way without a proxy."""
    return peer.resident_rest_mib > 0


def number(value: float, digits: int = 0) -> str:
    """1,234; – for what was not measured."""
    return "–" if math.isnan(value) else f"{value:,.{digits}f}"


def percent(share: float | None) -> str:
    """12.34%; – for none."""
    return "–" if share is None or math.isnan(share) else f"{share:.2%}"


def reasons(counts: dict[str, Any]) -> str:
    """reason 12, another 3."""
    return ", ".join(f"{reason} {count:,.0f}" for reason, count in counts.items()) or "none"


def not_taken(counters: dict[str, float]) -> dict[str, float]:
    """Our own counters of exchanges that were not handed off, by reason."""
    found = {}
    for name, value in counters.items():
        series, _, label = name.partition("{")
        reason = label.rstrip("}")
        if series.startswith("handoff_") and reason and reason != "sampled":
            found[reason] = value
    return found
