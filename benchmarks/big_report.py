"""How long the report of a large log takes, and how much memory: from the file to the HTML page, on one core.

    python -m benchmarks.big_report [--log FILE] [--pairs 1000000] [--metrics 6] [--html FILE] [--parts]

Makes the log where there is none (some minutes, `made_log`), then reads, analyses and renders in a fresh process that is bound
to one core and to one thread. Prints what it took as JSON: seconds of wall clock and of CPU, and the most memory that was
resident. `--parts`: what each step took, too.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from shadowbench.report.document.root import Document
from shadowbench.report.policy import Against, Claim, Policy, Statistic

MOST_SECONDS, MOST_MIB = 15.0, 1000.0
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def policy() -> Policy:
    """What a migration declares: as good, not slower, not dearer, no more failures."""
    return Policy(
        name="migration",
        primary=(Claim(measure="contains", margin=0.02),),
        guardrails=(
            Claim(measure="error_class", margin=0.01),
            Claim(measure="latency", statistic=Statistic.P95, relative=True, margin=0.1),
            Claim(measure="cost", statistic=Statistic.TOTAL, relative=True, margin=0.0),
            Claim(measure="embedding_cosine_ngrams", against=Against.AGAIN, margin=0.3),
        ),
        correct="contains",
    )


def report(log: Path, page: Path | None) -> dict[str, float]:
    """Read, analyse, render; seconds of CPU after each step."""
    import shadowbench
    from shadowbench.report.analysis.analysing import AnalysisOptions, analyse
    from shadowbench.report.html import render

    steps: dict[str, float] = {}

    def tell(what: str, _: float) -> None:
        steps[what] = time.process_time()

    def analysed() -> Document:  # and the log let go of
        options = AnalysisOptions(made_at=time.time(), software="benchmark", again=frozenset({"twin"}))
        with shadowbench.read(log) as opened:
            return analyse(opened, policy(), options, tell)

    document = analysed()
    tell("rendering", 1.0)
    text = render(document)
    tell("done", 1.0)
    if page is not None:
        page.write_text(text)
    return steps


def measured(log: Path, page: Path | None) -> dict[str, object]:
    """`report` in a process of its own, on one core."""
    command = [sys.executable, "-m", "benchmarks.big_report", "--child", "--log", str(log)]
    command += ["--html", str(page)] if page else []
    core = min(os.sched_getaffinity(0))
    started = time.perf_counter()
    done = subprocess.run(
        ["taskset", "-c", str(core), *command],
        env=os.environ | dict.fromkeys(_THREADS, "1"), stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return {"wall_s": round(time.perf_counter() - started, 2), **json.loads(done.stdout)}


def _child(log: Path, page: Path | None) -> None:
    steps = report(log, page)
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = round(used.ru_maxrss / 1024)  # Linux tells KiB
    print(json.dumps({"cpu_s": round(used.ru_utime + used.ru_stime, 2), "peak_mib": peak, "steps": steps}))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", type=Path, default=Path("big.db"))
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--metrics", type=int, default=6)
    parser.add_argument("--html", type=Path, help="where to write the page")
    parser.add_argument("--parts", action="store_true", help="seconds of CPU of each step")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.child:
        _child(wanted.log, wanted.html)
        return
    if not wanted.log.exists():
        from benchmarks.made_log import make_log

        make_log(wanted.log, pairs=wanted.pairs, metrics=wanted.metrics, seed=1)
    found = measured(wanted.log, wanted.html)
    steps = found.pop("steps")
    if wanted.parts:
        found["steps"] = steps
    found["within"] = float(str(found["wall_s"])) < MOST_SECONDS and float(str(found["peak_mib"])) < MOST_MIB
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
