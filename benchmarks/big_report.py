"""How long the report of a large log takes, and how much memory: the whole command, from file to HTML page, on one core.

    python -m benchmarks.big_report [--log FILE] [--pairs 1000000] [--metrics 6] [--html FILE] [--parts]

Makes the log where there is none (some minutes, `made_log`), then runs `shadowbench report` on one core. Prints what it took as
JSON: seconds of wall clock, of CPU for the program and for the system, and the most memory that was resident. `--parts`: runs
the same steps once more in a process of its own, and says what each took.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

MOST_SECONDS, MOST_MIB = 15.0, 1000.0
_LANE = "twin"
_POLICY = "extends: migration\nprimary: {pairwise: {margin: 0.05}}\n"
"""What a migration declares, with the judge that the log has: guardrails for failures, latency, cost and more."""


def measured(log: Path, page: Path) -> dict[str, float]:
    """The command on the first core that we may use."""
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.yaml"
        policy.write_text(_POLICY)
        command = [sys.executable, "-m", "shadowbench.cli", "report", str(log.absolute()), "--again", _LANE]
        command += ["--policy", str(policy), "--output", str(page.absolute()), "--force", "--quiet"]
        core = min(os.sched_getaffinity(0))
        started = time.perf_counter()
        running = subprocess.Popen(["taskset", "-c", str(core), *command], cwd=folder)  # where no configuration is
        _, status, used = os.wait4(running.pid, 0)
        wall_s = time.perf_counter() - started
    if status:
        sys.exit(f"the report failed, with exit code {os.waitstatus_to_exitcode(status)}")
    return {
        "wall_s": round(wall_s, 2),
        "user_s": round(used.ru_utime, 2),
        "system_s": round(used.ru_stime, 2),
        "peak_mib": round(used.ru_maxrss / 1024),  # Linux tells KiB
    }


def steps(log: Path) -> dict[str, float]:
    """Seconds of CPU of each step, in this process."""
    import shadowbench
    from shadowbench.cli.judged import judges_in
    from shadowbench.cli.memory import keep_freed_memory
    from shadowbench.policies.reading import read_policy
    from shadowbench.report.analysis.analysing import AnalysisOptions, analyse
    from shadowbench.report.html import render

    told: list[tuple[str, float]] = [("imports", 0.0)]

    def tell(what: str, _: float = 0.0) -> None:
        told.append((what, time.process_time()))

    keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.yaml"
        policy.write_text(_POLICY)
        declared = read_policy(str(policy), "--policy")
    with shadowbench.read(log) as opened:
        tell("pairs")
        assert opened.pairs.n
        tell("scores")
        opened.scores.load()
        tell("judges")
        judges = judges_in(opened, 0)
        options = AnalysisOptions(
            made_at=0.0, software="benchmark", again=frozenset({_LANE}), judges=judges.cards, judge_spend=judges.spend
        )
        document = analyse(opened, declared, options, tell)
    tell("rendering")
    render(document)
    tell("done")
    return {what: round(end - begin, 2) for (what, begin), (_, end) in pairwise(told) if end - begin > 0.01}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", type=Path, default=Path("big.db"))
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--metrics", type=int, default=6)
    parser.add_argument("--html", type=Path, help="where to write the page")
    parser.add_argument("--parts", action="store_true", help="seconds of CPU of each step, too")
    parser.add_argument("--steps", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.steps:
        print(json.dumps(steps(wanted.log)))
        return
    if not wanted.log.exists():
        from benchmarks.made_log import make_log

        make_log(wanted.log, pairs=wanted.pairs, metrics=wanted.metrics, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, object] = dict(measured(wanted.log, wanted.html or Path(folder) / "report.html"))
    found["within"] = float(str(found["wall_s"])) < MOST_SECONDS and float(str(found["peak_mib"])) < MOST_MIB
    if wanted.parts:
        found["steps"] = _steps_elsewhere(wanted.log)
    print(json.dumps(found, indent=2))


def _steps_elsewhere(log: Path) -> object:
    command = [sys.executable, "-m", "benchmarks.big_report", "--steps", "--log", str(log)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(command, env=os.environ | threads, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
