"""Results as lines on a terminal."""

from __future__ import annotations

from tests.conformance.running import Result
from tests.conformance.titles import TITLES

_MARKS = {"pass": "pass", "fail": "FAIL", "n/a": "n/a "}


def line(result: Result) -> str:
    """`CT-17  pass  nothing is buffered…`"""
    reason = f"\n             {result.reason}" if result.reason and result.verdict != "pass" else ""
    return f"{result.case}  {_MARKS[result.verdict]}  {TITLES[int(result.case.removeprefix('CT-'))]}{reason}"


def summary(results: list[Result]) -> str:
    """How many passed, failed and did not apply."""
    counts = {verdict: sum(result.verdict == verdict for result in results) for verdict in _MARKS}
    return f"{counts['pass']} passed, {counts['fail']} failed, {counts['n/a']} not applicable"
