"""`python -m benchmarks.isolation`: prove that mirroring is not noticed. Exit code 1 when a promise is not kept."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.isolation.intervals import LEAST_ROUNDS
from benchmarks.isolation.output import Report, print_report, ratio, shortfalls
from benchmarks.isolation.rounds import MEASURES, QUANTILES, Arm, Course, ScenarioResult, Stage
from benchmarks.isolation.scenarios import SCENARIOS, Scenario
from benchmarks.isolation.script import STREAMED_SHARE
from benchmarks.machine import describe
from benchmarks.output import wide_console
from benchmarks.processes import REPOSITORY
from shadowbench.compiling import IS_COMPILED

_MOST_S = 3600
_MOST_RATE = 10_000
_FEWEST_STREAMS = 10  # a window in which none came would have nothing to compare


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, keep."""
    wanted = _parse(arguments)
    console, errors = wide_console(), Console(stderr=True)
    course = Course(
        rounds=wanted.rounds,
        most_rounds=max(wanted.rounds, wanted.most_rounds),
        seconds=wanted.seconds,
        rate=wanted.rate,
        apart=not wanted.together,
        shield=wanted.shield,
        awake=not wanted.asleep,
    )
    machine, began = describe(), time.monotonic()
    results = [_run(scenario, course, errors) for scenario in wanted.only]
    minutes = (time.monotonic() - began) / 60
    report = Report(
        at=datetime.now(UTC),
        machine=machine,
        course=course,
        results=results,
        minutes=minutes,
        flags=" ".join(sys.argv[1:] if arguments is None else arguments),
        compiled=IS_COMPILED,
    )
    print_report(report, console)
    _keep(report)
    if wanted.markdown:
        from benchmarks.isolation.page import markdown

        (REPOSITORY / "docs" / "isolation.md").write_text(markdown(report))
    return 1 if shortfalls(report) else 0


def _run(scenario: Scenario, course: Course, errors: Console) -> ScenarioResult:
    title = f"({scenario.letter}) {scenario.title}"
    with (
        tempfile.TemporaryDirectory(prefix="shadowbench-isolation-") as folder,
        ExitStack() as stack,
        errors.status(title) as status,
    ):
        stage = Stage(scenario, course, Path(folder), stack)
        return stage.run(lambda number: status.update(f"{title}: round {number + 1}, {course.rounds} or more"))


def _keep(report: Report) -> None:
    out = REPOSITORY / "benchmarks" / "out"
    out.mkdir(exist_ok=True)
    fields = {
        "at": report.at.isoformat(),
        "machine": asdict(report.machine),
        "course": asdict(report.course),
        "minutes": report.minutes,
        "compiled": report.compiled,
        "scenarios": {each.scenario.letter: _fields(each) for each in report.results},
        "not_kept": shortfalls(report),
    }
    (out / f"isolation-{report.at:%Y%m%d-%H%M%S}.json").write_text(json.dumps(fields, indent=1) + "\n")


def _fields(result: ScenarioResult) -> dict[str, Any]:
    return {
        "title": result.scenario.title,
        "off": _arm(result.off),
        "on": _arm(result.on),
        "ratios": {m: {f"p{q * 100:g}": asdict(ratio(result, m, q)) for q in QUANTILES} for m in MEASURES},
        "proxy_mib": result.proxy_mib,
        "signals": {f"{name}{{{labels}}}": value for (name, labels), value in result.signals.items() if value},
        "candidate": result.candidate,
        "companion": result.companion,
        "done": result.done,
        "goes_first": result.goes_first,
    }


def _arm(arm: Arm) -> dict[str, Any]:
    """Quantiles of each round in µs; single times would make a file of megabytes."""
    rounds = {m: {f"p{q * 100:g}": arm.quantiles(m, q) for q in QUANTILES} for m in MEASURES}
    fields = {name: getattr(arm, name) for name in ("asked", "identical", "errors", "proxy_cpu_s", "own_delay_p99_us")}
    return {**fields, "us": rounds}


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.isolation", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="rounds of off on on off (default %(default)s)")
    parser.add_argument(
        "--most-rounds", type=int, default=30, help="so many where noise asks for more (default %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="per arm and round (default %(default)s)")
    parser.add_argument("--rate", type=float, default=300.0, help="requests a second (default %(default)s)")
    parser.add_argument(
        "--only", type=_scenarios, default=SCENARIOS, help="letters, e.g. a,b,f; a is what sets the noise"
    )
    parser.add_argument("--together", action="store_true", help="mirror and recorder on the proxy's core")
    parser.add_argument(
        "--shield", action="store_true", help="on a busy machine: the proxy goes before strangers on its core"
    )
    parser.add_argument("--asleep", action="store_true", help="cores may fall asleep between requests")
    parser.add_argument("--markdown", action="store_true", help="write docs/isolation.md")
    wanted = parser.parse_args(arguments)
    if wanted.rounds < LEAST_ROUNDS:
        parser.error(f"--rounds: an interval needs {LEAST_ROUNDS} or more")
    if not 0 < wanted.seconds <= _MOST_S:
        parser.error(f"--seconds: more than 0, and at most {_MOST_S:,}")
    if not 0 < wanted.rate <= _MOST_RATE:
        parser.error(f"--rate: more than 0, and at most {_MOST_RATE:,} requests a second")
    streams = wanted.rate * wanted.seconds / 2 * STREAMED_SHARE
    if streams < _FEWEST_STREAMS:
        parser.error(
            f"--seconds, --rate: a window of {wanted.seconds / 2:g} s would have {streams:.3g} streams, too few for quantiles; "
            f"{_FEWEST_STREAMS} are enough"
        )
    return wanted


def _scenarios(letters: str) -> tuple[Scenario, ...]:
    wanted = set(letters.split(","))
    if unknown := wanted - {each.letter for each in SCENARIOS}:
        raise argparse.ArgumentTypeError(f"no scenario is called {', '.join(sorted(unknown))}")
    return tuple(each for each in SCENARIOS if each.letter in wanted)


if __name__ == "__main__":
    sys.exit(main())
