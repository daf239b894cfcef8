"""`python -m benchmarks.scraping`: show that scrapes stall no stream. Exit code 1 when the promise is not kept."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.isolation.sidecar import WORLD_CORE
from benchmarks.machine import describe
from benchmarks.output import wide_console
from benchmarks.processes import REPOSITORY
from benchmarks.scraping.output import Report, markdown, print_report
from benchmarks.scraping.stage import Course, Stage

_NOT_KEPT, _COULD_NOT_RUN = 1, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, keep."""
    wanted = _parse(arguments)
    console, errors = wide_console(), Console(stderr=True)
    if len(os.sched_getaffinity(0)) < 2:
        errors.print("The benchmark needs two cores: one for the proxy, one for its load.")
        return _COULD_NOT_RUN
    course = Course(
        rounds=wanted.rounds,
        seconds=wanted.seconds,
        streams=wanted.streams,
        sample_rate=wanted.sample_rate,
        apart=wanted.apart,
        shield=wanted.shield,
    )
    report = _run(course, " ".join(sys.argv[1:] if arguments is None else arguments), errors)
    print_report(report, console)
    _keep(report)
    if wanted.markdown:
        (REPOSITORY / "docs" / "benchmarks-scraping.md").write_text(markdown(report))
    return _NOT_KEPT if report.shortfalls else 0


def _run(course: Course, flags: str, errors: Console) -> Report:
    machine, at, began = describe(), datetime.now(UTC), time.monotonic()
    os.sched_setaffinity(0, {WORLD_CORE})  # who scrapes is not beside the proxy
    with (
        tempfile.TemporaryDirectory(prefix="shadowbench-scraping-") as folder,
        ExitStack() as stack,
        errors.status("starting") as status,
    ):
        stage = Stage(course, Path(folder), stack)
        result = stage.run(lambda number: status.update(f"round {number + 1} of {course.rounds}"))
    minutes = (time.monotonic() - began) / 60
    return Report(at=at, flags=flags, minutes=minutes, machine=machine, course=course, result=result)


def _keep(report: Report) -> None:
    out = REPOSITORY / "benchmarks" / "out"
    out.mkdir(exist_ok=True)
    fields = asdict(report)
    fields["result"]["counted"] = {f"{n}{{{labels}}}": v for (n, labels), v in report.result.counted.items() if v}
    fields["not_kept"] = report.shortfalls
    path = out / f"scraping-{report.at:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(fields, indent=1, default=str) + "\n")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scraping", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="of off on on off (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="per arm and round (default %(default)s)")
    parser.add_argument("--streams", type=int, default=500, help="at a time (default %(default)s)")
    parser.add_argument(
        "--sample-rate", type=float, default=0.1, help="share of the streams that is copied (default %(default)s)"
    )
    parser.add_argument("--apart", action="store_true", help="the parent beside the load instead of beside the proxy")
    parser.add_argument(
        "--shield", action="store_true", help="on a busy machine: the proxy goes before all others on its core"
    )
    parser.add_argument("--markdown", action="store_true", help="write docs/benchmarks-scraping.md")
    wanted = parser.parse_args(arguments)
    if wanted.rounds < 2:
        parser.error("--rounds: an interval needs two or more")
    return wanted


if __name__ == "__main__":
    sys.exit(main())
