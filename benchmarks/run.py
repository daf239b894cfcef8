"""`python -m benchmarks.run [--quick] [--markdown] [--only WORD…]`: our proxy beside its peers.

Needs two cores, nginx and wrk; takes about six minutes."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import machine, output
from benchmarks.peers import PEERS, Place
from benchmarks.processes import REPOSITORY
from benchmarks.rounds import Course, measure, measure_starts
from benchmarks.tools import MissingTools, find_tools

_OUT = REPOSITORY / "benchmarks" / "out"
_QUICK = Course(rounds=2, latency_seconds=1.0, streams=(100,), stream_rounds=1, stream_seconds=2.0, starts=2)
_COULD_NOT_RUN = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, keep. The exit code."""
    wanted = _parse(arguments)
    console, errors = output.wide_console(), Console(stderr=True)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        errors.print("The benchmark needs two cores: one for the proxy, one for its load.")
        return _COULD_NOT_RUN
    try:
        find_tools(errors.print)
    except MissingTools as missing:
        errors.print(str(missing))
        return _COULD_NOT_RUN
    course = _QUICK if wanted.quick else Course(rounds=wanted.rounds)
    peers = [peer for peer in PEERS if not wanted.only or any(word in peer.name for word in wanted.only)]
    with tempfile.TemporaryDirectory(prefix="shadowbench-bench-") as name, errors.status("starting") as status:
        place = Place(core=cores[0], load_core=cores[1], folder=Path(name))
        starts = measure_starts(course, place, place.folder)
        results = measure(peers, course, place, status.update)
    report = output.Report(
        at=datetime.now(UTC), machine=machine.describe(), course=course, peers=results, starts=starts
    )
    output.print_report(report, console)
    _OUT.mkdir(exist_ok=True)
    path = _OUT / f"peers-{report.at:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(asdict(report), indent=1, default=str) + "\n")
    errors.print(f"all numbers: {path.relative_to(REPOSITORY)}")
    if wanted.markdown:
        page = REPOSITORY / "docs" / "benchmarks.md"
        page.write_text(output.markdown(report))
        errors.print(f"page: {page.relative_to(REPOSITORY)}")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two short rounds, a minute in all")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of requests (default %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="only peers whose name has one of these words")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
