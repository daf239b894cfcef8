"""A run as docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.bodies import size_name
from benchmarks.machine import Machine
from benchmarks.nginx import COMPLETION
from benchmarks.output import (
    Rows,
    absent_rows,
    copy_rows,
    memory_rows,
    noise,
    not_all_handed_off,
    promise_rows,
    recorded_rows,
    request_rows,
    stream_counts,
    stream_rows,
    verdict_on_noise,
    verified_rows,
)
from benchmarks.promises import Promise, promises
from benchmarks.report import Report

_TEMPLATE = Path(__file__).with_name("page.md")


def markdown(report: Report) -> str:
    """All of it."""
    course = report.course
    return _TEMPLATE.read_text().format(
        minutes=report.seconds / 60,
        at=f"{report.at:%Y-%m-%d}",
        flags=report.flags,
        verdict=verdict(list(promises(report))),
        promises=table(promise_rows(report)),
        sizes=", ".join(size_name(body.size) for body in course.bodies),
        answer=len(COMPLETION),
        connections=course.connections,
        seconds=course.seconds,
        rounds=", ".join(f"{body.rounds} at {size_name(body.size)}" for body in course.bodies),
        stream_seconds=course.stream_seconds,
        peers="\n".join(f"- **{peer.name}**: {peer.note}. {_sentence(peer.version)}" for peer in report.peers),
        machine=_machine(report.machine),
        requests="\n\n".join(
            "\n\n".join(
                [
                    f"## Requests with bodies of {size_name(body.size)}",
                    table(request_rows(report, body.size)),
                    *not_all_handed_off(report, body.size),
                ]
            )
            for body in course.bodies
        ),
        streams="\n\n".join(
            f"## {count:,} token streams\n\n{table(stream_rows(report, count))}" for count in stream_counts(report)
        ),
        memory=table(memory_rows(report)),
        copies=table(copy_rows(report)),
        verified=table(verified_rows(report)),
        recorded=table(recorded_rows(report)),
        absent=table(absent_rows(report)) if report.absent else "All peers were.",
        noise=noise(report),
        noise_verdict=verdict_on_noise(report),
        load=report.machine.load_average,
    )


def verdict(kept: Sequence[Promise]) -> str:
    """Whether the promises were kept, plainly, before anything else."""
    broken = [promise for promise in kept if promise.kept is False]
    measured = sum(promise.kept is not None for promise in kept)
    if not broken:
        return f"**All {measured} promises below were kept in this run.**"
    lines = "\n".join(f"- {promise.text}; found {promise.found}" for promise in broken)
    return f"**{len(broken)} of {measured} promises were NOT kept in this run:**\n\n{lines}"


def table(rows: Rows) -> str:
    """Rows as Markdown."""
    header = next(rows)
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _machine(machine: Machine) -> str:
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, Linux {machine.kernel}. Our proxy and "
        f"aiohttp's run on the same {machine.python}, with uvloop {machine.uvloop}, httptools {machine.httptools}. "
        f"{machine.nginx}; {machine.wrk}."
    )


def _sentence(version: str) -> str:
    return "" if version == "–" else f"{version}."
