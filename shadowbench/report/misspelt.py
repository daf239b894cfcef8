"""Claims of measures that nobody measured: a misspelt name is told apart from a metric that is yet to run. Pure.

Both leave a claim open, or skipped where the policy lets it be, and whoever has misspelt a name waits for nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence

from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Note
from shadowbench.report.policy import Policy, WhereAbsent

CODE = "measure_not_there"
OF_LOGS = ("error_class", "latency", "ttft", "gap_p95", "cost", "output_tokens")
"""Measures that every log has, by the names that claims call them."""
_ALIKE = 0.8  # of difflib: `pairwis` is `pairwise`, and `json_schema` is not `json_valid`
_MOST = 12  # names that are listed


def unmeasured(policy: Policy, measured: Collection[str]) -> Iterator[Note]:
    """A note for each claim's measure that the logs do not have and whose name is near another's, and one for all others that
    may not be skipped. `measured`: what the logs have beside `OF_LOGS`."""
    there = sorted({*measured, *OF_LOGS})
    far: list[str] = []
    for claim in {claim.measure: claim for claim in policy.claims if claim.measure not in there}.values():
        if near := difflib.get_close_matches(claim.measure, there, n=1, cutoff=_ALIKE):
            yield Note(code=CODE, values={"names": claim.measure, "near": near[0], "there": _listed(there)})
        elif claim.where_absent is not WhereAbsent.SKIP:
            far.append(claim.measure)
    if far:
        yield Note(code=CODE, values={"names": ", ".join(far), "there": _listed(there)})


def notes_of(document: Document) -> Sequence[Note]:
    """Those that a report has."""
    return [note for note in document.warnings if note.code == CODE]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"
