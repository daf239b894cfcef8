"""What the doctor looks at. Each module has `check(…)`, which yields findings and never raises for what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How bad it is, from good to bad."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found. Anything but OK says what to do in `fix`."""

    subject: str
    verdict: Verdict
    what: str
    fix: str = ""


def ok(subject: str, what: str) -> Finding:
    """Nothing to do."""
    return Finding(subject=subject, verdict=Verdict.OK, what=what)


def warn(subject: str, what: str, fix: str) -> Finding:
    """It will run, and perhaps not as wished."""
    return Finding(subject=subject, verdict=Verdict.WARN, what=what, fix=fix)


def fail(subject: str, what: str, fix: str) -> Finding:
    """It will not run."""
    return Finding(subject=subject, verdict=Verdict.FAIL, what=what, fix=fix)
