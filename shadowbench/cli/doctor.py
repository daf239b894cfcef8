"""`shadowbench doctor`: runs every check against the world and prints what each found, with what to do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from shadowbench import configuration, wiring
from shadowbench.cli.checks import (
    Finding,
    Verdict,
    endpoints,
    exports,
    host,
    judges,
    listeners,
    scoring,
    secrets,
    storage,
)
from shadowbench.errors import UnavailableError

FAILED = UnavailableError.exit_code
_COLOURS = {Verdict.OK: "\x1b[32m", Verdict.WARN: "\x1b[33m", Verdict.FAIL: "\x1b[31m"}


def run_doctor(config: Path | None, environ: Mapping[str, str], *, ask_judges: bool = False) -> int:
    """Print findings to stdout as they come. 0 when shadowbench can run as configured, warnings or not; else 4.

    `ask_judges`: put a question to each judge, which costs a little.
    """
    settings = configuration.load(config)
    plan = wiring.plan(settings, "serve", environ)
    worst = show(
        (
            *host.check(settings),
            *storage.check(settings, wiring.runtime_folder(settings, environ)),
            *exports.check(settings),
            *scoring.check(settings, environ),
            *secrets.check(environ),
            *listeners.check(settings, plan),
            *endpoints.check(settings, environ),
            *judges.check(settings, environ, ask=ask_judges),
        ),
        sys.stdout,
        coloured=sys.stdout.isatty() and "NO_COLOR" not in environ,
    )
    return FAILED if worst is Verdict.FAIL else 0


def show(findings: Iterable[Finding], out: TextIO, *, coloured: bool) -> Verdict:
    """Write findings, one line each and one for its remedy; the worst verdict."""
    counts = dict.fromkeys(Verdict, 0)
    for finding in findings:
        counts[finding.verdict] += 1
        word = f"{finding.verdict.value:5}"
        mark = f"{_COLOURS[finding.verdict]}{word}\x1b[0m" if coloured else word
        out.write(f"{mark} {finding.subject}: {finding.what}\n")
        if finding.fix:
            out.write(f"      → {finding.fix}\n")
        out.flush()
    width = shutil.get_terminal_size().columns if coloured else 0
    out.write(f"{'─' * min(width, 40)}\n" if width else "")
    out.write(f"{counts[Verdict.OK]} ok, {counts[Verdict.WARN]} warnings, {counts[Verdict.FAIL]} failures\n")
    return max((verdict for verdict, count in counts.items() if count), key=list(Verdict).index, default=Verdict.OK)
