"""`python -m tests.fuzz TARGET --runs N [--corpus DIR]`: atheris (libFuzzer) on one target.

Inputs that reach new code go to DIR (build/fuzz/TARGET when not given); those kept in tests/fuzz/corpus/TARGET are read first.
A find is written to build/fuzz as TARGET-crash-… and ends the run with its traceback; `--replay FILE` shows it again.
`--minimise` keeps the smallest inputs that together reach what all of both folders reach.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz import dictionary

KEPT = Path(__file__).parent / "corpus"
BUILD = Path(__file__).parents[2] / "build/fuzz"


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, default=1_000_000, help="executions")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--corpus", type=Path, help="where inputs that reach new code are kept")
    parser.add_argument("--replay", type=Path, help="one input, once, without atheris")
    parser.add_argument("--minimise", action="store_true", help="choose the inputs of tests/fuzz/corpus/TARGET anew")
    given = parser.parse_args()
    corpus = given.corpus or BUILD / given.target
    if given.replay is not None:
        replay(given.target, given.replay)
    elif given.minimise:
        keep(given.target, corpus)
    else:
        fuzz(given.target, given.runs, corpus, seed=given.seed)


def replay(target: str, file: Path) -> None:
    """Run one input."""
    from tests.fuzz.targets import TARGETS

    TARGETS[target](file.read_bytes())


def keep(target: str, corpus: Path) -> None:
    """Choose the kept inputs."""
    from tests.fuzz.minimise import minimise
    from tests.fuzz.targets import TARGETS

    kept = KEPT / target
    for folder in (kept, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    print(f"{minimise(TARGETS[target], (kept, corpus), kept)} inputs are kept for {target}")


def fuzz(target: str, runs: int, corpus: Path, *, seed: int) -> None:
    """Run atheris. Ends the process."""
    try:
        import atheris
    except ImportError:
        raise SystemExit("atheris is not installed: it has wheels for CPython 3.11 to 3.13 on Linux") from None
    with atheris.instrument_imports(include=["shadowbench"]):
        from tests.fuzz.targets import TARGETS
    if target not in TARGETS:
        raise SystemExit(f"{target!r} is not a target: {', '.join(TARGETS)}")
    kept = KEPT / target
    for folder in (kept, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    words = dictionary.write(BUILD / f"{target}.dict", target)
    options = [f"-runs={runs}", f"-seed={seed}", "-max_len=1024", "-timeout=60", "-rss_limit_mb=2048", f"-dict={words}"]
    options += [f"-artifact_prefix={BUILD}/{target}-", "-print_final_stats=1", "-verbosity=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus), str(kept)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
