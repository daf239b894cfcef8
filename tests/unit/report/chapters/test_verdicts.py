"""The conditions' table: whatever is open says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shadowbench.report import words
from shadowbench.report.chapters.nouns import Line, Table
from shadowbench.report.chapters.verdicts import verdicts
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Blocker, Decision, Met
from shadowbench.stats.estimates import Refused
from tests.unit.report.documents import example, small


def _refused(comparison: Comparison, reason: Refused, value: float | None) -> Comparison:
    deciding = replace(comparison.effect.deciding, value=value, low=None, high=None, reason=reason)
    return replace(comparison, effect=replace(comparison.effect, deciding=deciding))


def without_interval(reason: Refused, value: float | None) -> Document:
    """The first condition's comparison has no interval for this reason."""
    candidate = small()
    first, *others = candidate.verdict.conditions
    condition = replace(first, met=Met.OPEN, reason=reason.value, still_needed=None)
    comparisons = tuple(_refused(each, reason, value) for each in candidate.comparisons)
    verdict = replace(candidate.verdict, decision=Decision.INCONCLUSIVE, conditions=(condition, *others))
    return replace(example(), candidates=(replace(candidate, verdict=verdict, comparisons=comparisons),))


def first_cell(document: Document) -> str:
    table = next(block for block in verdicts(document).blocks if isinstance(block, Table))
    return table.rows[0].cells[2]


@pytest.mark.parametrize("reason", list(Refused))
def test_what_has_no_value_says_why(reason: Refused) -> None:
    assert first_cell(without_interval(reason, None)) == words.reason(reason.value)


def test_what_has_a_value_says_why_there_is_no_interval_once() -> None:
    assert first_cell(without_interval(Refused.CENSORED, 0.49)).count("censored") == 1


def test_what_decided_is_told_below_the_verdict() -> None:
    candidate = small()
    first, *others = candidate.verdict.conditions
    blocker = Blocker(code="uncalibrated_judge", needed=1, found=0, measure="helpfulness")
    verdict = replace(
        candidate.verdict, decision=Decision.MAY_NOT, blockers=(blocker,),
        conditions=(replace(first, met=Met.REFUTED), *others),
    )  # fmt: skip
    lines = [
        block.text
        for block in verdicts(replace(example(), candidates=(replace(candidate, verdict=verdict),))).blocks
        if isinstance(block, Line)
    ]
    assert (
        "Decided by what is refuted: helpfulness. What is open, or required and not there, keeps from passing alone."
        in lines
    )
