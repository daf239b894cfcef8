"""Warnings are gravest first, and a report without anything wrong has none."""

from dataclasses import replace

from shadowbench.report.analysis.warning import warnings
from shadowbench.report.document.times import MarkShown
from shadowbench.report.policy import Claim, Policy
from shadowbench.stats.estimates import Evidence
from shadowbench.stats.methods import Method
from tests.unit.report.analysis.parts import N, candidate, card, compared, counts, document

POLICY = Policy(primary=(Claim(measure="rubric"),))


def test_nothing_wrong_nothing_told() -> None:
    assert warnings(document([candidate("again", again=True), candidate()], policy=POLICY)) == ()


def test_the_setup_comes_first_and_circumstances_last() -> None:
    differs = compared("rubric", (0.01, 0.02))
    sure = replace(differs.effect, evidence=Evidence(method=Method.MSPRT, n=N, clusters=N, p=0.001))
    lane = candidate("again", [replace(differs, effect=sure)], again=True)
    failing = [candidate(name, counts=counts(N, candidate_ok=N // 2, clusters=9)) for name in ("large", "small")]
    changed = MarkShown(at=1.0, kind="policy_changed", endpoint=None, before=None, after=None)
    found = warnings(document([lane, *failing], judges=(card(alarms=("drift",)),), marks=(changed,)))
    assert [(note.code, note.candidate) for note in found] == [
        ("undeclared_policy", None),
        ("a_a_lane_differs", "again"),
        ("judge_alarm", None),
        ("failures", "large"),
        ("failures", "small"),
        ("few_clusters", "large"),
        ("few_clusters", "small"),
        ("sampling_changed", None),
    ]


def test_a_lane_s_own_failures_are_no_candidate_s() -> None:
    lane = candidate("again", again=True, counts=counts(N, candidate_ok=N // 2))
    assert warnings(document([lane, candidate()], policy=POLICY)) == ()
