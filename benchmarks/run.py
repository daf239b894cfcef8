"""`python -m benchmarks.run [--quick] [--markdown] [--only WORD…]`: our proxy beside its peers.

Needs two cores, nginx and wrk; takes about 40 minutes, --quick about 3. Exit code 1: a promise was not kept; 4: could not run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import machine, output
from benchmarks.peers import PEERS
from benchmarks.peers.base import Peer, Place
from benchmarks.processes import REPOSITORY
from benchmarks.promises import promises
from benchmarks.report import Absent, Report
from benchmarks.rounds import QUICK, Course, measure, measure_starts
from benchmarks.tools import MissingTools, find_tools
from benchmarks.verification import verify

_OUT = REPOSITORY / "benchmarks" / "out"
_NOT_KEPT, _COULD_NOT_RUN = 1, 4


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
    course = QUICK if wanted.quick else Course()
    if wanted.stream_seconds:
        course = replace(course, stream_seconds=wanted.stream_seconds)
    report = _run(course, _chosen(wanted.only), Place(core=cores[0], load_core=cores[1], folder=Path()), errors)
    report = replace(report, flags=" ".join(sys.argv[1:] if arguments is None else arguments))
    output.print_report(report, console)
    _keep(report, errors)
    if wanted.markdown:
        _write_page(report, errors)
    return _NOT_KEPT if any(promise.kept is False for promise in promises(report)) else 0


def _chosen(words: Sequence[str] | None) -> list[Peer]:
    return [peer for peer in PEERS if not words or any(word in peer.key for word in words)]


def _run(course: Course, peers: Sequence[Peer], place: Place, errors: Console) -> Report:
    began, at, about = time.monotonic(), datetime.now(UTC), machine.describe()
    absent = [Absent(name=peer.name, reason=reason) for peer in peers if (reason := peer.absent())]
    for missing in absent:
        errors.print(f"not measured: {missing.name}: {missing.reason}", markup=False)
    present = [peer for peer in peers if not peer.absent()]
    with tempfile.TemporaryDirectory(prefix="shadowbench-bench-") as name, errors.status("starting") as status:
        place = replace(place, folder=Path(name))
        starts = measure_starts(course, place, place.folder)
        verified = verify(present, [body.size for body in Course().bodies], place, status.update)
        results = measure(present, course, place, status.update)
    return Report(
        at=at,
        flags="",
        seconds=time.monotonic() - began,
        machine=about,
        course=course,
        peers=results,
        absent=[*absent, *(Absent(name=each.name, reason=each.failure) for each in results if each.failure)],
        starts=starts,
        verified=verified,
    )


def _keep(report: Report, errors: Console) -> None:
    _OUT.mkdir(exist_ok=True)
    path = _OUT / f"peers-{report.at:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(asdict(report), indent=1, default=str) + "\n")
    errors.print(f"all numbers: {path.relative_to(REPOSITORY)}")


def _write_page(report: Report, errors: Console) -> None:
    from benchmarks import page, plot  # the only users of matplotlib

    docs = REPOSITORY / "docs"
    (docs / "benchmarks.md").write_text(page.markdown(report))
    plot.draw(report, docs / "benchmarks.svg")
    errors.print("page: docs/benchmarks.md, docs/benchmarks.svg")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds, small bodies, about 3 minutes")
    parser.add_argument(
        "--stream-seconds", type=float, help="of each peer and number of streams (default 60; --quick 3)"
    )
    parser.add_argument("--markdown", action="store_true", help="write docs/benchmarks.md and .svg")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="only peers whose key has one of these words")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
