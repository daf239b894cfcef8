"""Warnings about what was declared, judges, traffic, marks and drift."""

from dataclasses import replace
from typing import Any

import pytest

from shadowbench.report.analysis.circumstances import (
    most_frequent,
    of_counters,
    of_draws,
    of_drift,
    of_judges,
    of_margins,
    of_marks,
    of_policy,
    of_traffic,
)
from shadowbench.report.document.comparisons import Role, Scale
from shadowbench.report.document.root import Traffic
from shadowbench.report.document.times import Drift, MarkShown
from shadowbench.report.document.verdicts import Note
from shadowbench.report.policy import Claim, Policy
from shadowbench.stats.methods import Method
from tests.unit.report.analysis.parts import card, compared
from tests.unit.report.documents import estimate, example


def test_a_policy_without_a_primary_claim_is_told() -> None:
    assert [note.code for note in of_policy(Policy())] == ["undeclared_policy"]
    assert not list(of_policy(Policy(primary=(Claim(measure="rubric"),))))


def test_every_alarm_of_a_judge_that_was_asked() -> None:
    alarming = card(alarms=("drift", "length"))
    assert [note.values for note in of_judges([alarming, card("idle", scored=0, alarms=("drift",))])] == [
        {"judge": "helpfulness", "alarm": "drift"},
        {"judge": "helpfulness", "alarm": "length"},
    ]


def traffic(**discarded: int) -> Traffic:
    return Traffic(
        seen=5000,
        not_handed_off={},
        lost=0,
        ineligible={},
        unsampled={},
        sampled=1000,
        recorded=900,
        discarded=discarded,
    )


def test_much_that_never_came_into_the_log() -> None:
    [note] = of_traffic(traffic(no_answer=20, backlog_full=31))
    assert note.values == {"lost": 51, "sampled": 1000, "share": 0.051, "reason": "backlog_full"}
    assert not list(of_traffic(traffic(no_answer=50)))
    assert not list(of_traffic(None))


def mark(at: float, kind: str, endpoint: str | None = None) -> MarkShown:
    return MarkShown(at=at, kind=kind, endpoint=endpoint, before=None, after=None)


def test_marks_are_told_by_kind_and_endpoint() -> None:
    marks = [
        mark(5, "policy_changed"), mark(3, "model_changed", "production"), mark(4, "fingerprint_changed", "production"),
        mark(2, "model_changed", "small"), mark(1, "mirroring_resumed"), mark(6, "mirroring_killed"),
    ]  # fmt: skip
    assert [(note.code, note.values) for note in of_marks(marks)] == [
        ("model_changed", {"times": 2, "first_at": 3, "endpoint": "production"}),
        ("model_changed", {"times": 1, "first_at": 2, "endpoint": "small"}),
        ("sampling_changed", {"times": 1, "first_at": 5}),
        ("mirroring_paused", {"times": 1, "first_at": 6}),
    ]


def drift(**given: Any) -> Drift:
    told: dict[str, Any] = {"p": 0.001, "p_adjusted": 0.01, "drifted": True}
    return Drift(
        of="prompt_length", side="requests", method="psi", statistic=0.2, n_before=9, n_after=9, **(told | given)
    )


def test_what_several_tests_say_is_told_once() -> None:
    told = [
        drift(), replace(drift(p_adjusted=0.02), method="kolmogorov_smirnov"), replace(drift(), side="small"),
        replace(drift(explanation=(("path=/v1", 0.9), ("stratum=a", 0.1))), of="requests", method="classifier"),
    ]  # fmt: skip
    assert [note.values for note in of_drift(told)] == [
        {"of": "prompt_length", "side": "requests", "tests": "psi, kolmogorov_smirnov", "p": 0.01},
        {"of": "prompt_length", "side": "small", "tests": "psi", "p": 0.01},
        {"of": "requests", "side": "requests", "tests": "classifier", "p": 0.01, "most": "path=/v1"},
    ]


def test_a_wide_margin_is_told_once() -> None:
    wide = replace(compared("pairwise", scale=Scale.PREFERENCE, role=Role.PRIMARY), margin=0.3)
    candidates = [replace(each, comparisons=(wide, replace(wide, margin=0.1))) for each in example().candidates[:2]]
    [note] = of_margins(candidates)
    assert (note.code, note.measure, note.values["margin"], note.values["room"]) == (
        "wide_margin",
        "pairwise",
        0.3,
        0.5,
    )
    unasked = replace(wide, role=Role.SECONDARY)
    assert not list(of_margins([replace(candidates[0], comparisons=(unasked,))]))


def test_what_drifted_with_its_corrected_p() -> None:
    assert [note.values["p"] for note in of_drift([drift(), drift(drifted=False)])] == [0.01]
    assert "p" not in next(of_drift([drift(p=None, p_adjusted=None)])).values


@pytest.mark.parametrize(("counts", "found"), [({"b": 2, "a": 2, "c": 1}, "a"), ({}, "")])
def test_the_most_frequent_reason_is_the_same_in_any_order(counts: dict[str, int], found: str) -> None:
    assert most_frequent(counts) == found
    assert most_frequent(dict(reversed(counts.items()))) == found


def counted(recorded: int, exchanges: int, **source: object) -> list[dict[str, object]]:
    full = example()
    found = replace(
        full,
        traffic=replace(traffic(), recorded=recorded),
        totals=replace(full.totals, exchanges=exchanges),
        source=replace(full.source, **source),  # type: ignore[arg-type]
    )
    return [dict(note.values) for note in of_counters(found)]


def test_counters_that_cannot_be_of_these_pairs_are_told() -> None:
    assert counted(0, 1000) == [{"recorded": 0, "exchanges": 1000}]
    assert counted(1000, 900) == [{"recorded": 1000, "exchanges": 900}]
    assert counted(1000, 960) == counted(960, 1000) == []
    assert list(of_counters(replace(example(), traffic=None))) == []


def standing_for(requests: float, half: float | None = 500.0, **source: object) -> list[Note]:
    """5,000 requests were seen, of which the proxies did not draw 1,000 and 1,000 came while copying stood still."""
    full = example()
    small = next(each for each in full.candidates if each.name == "small")
    assert small.costs is not None
    drawn = estimate(requests, half, method=Method.WEIGHTED_TOTAL)
    counted = replace(
        traffic(),
        not_handed_off={"not_sampled": 1000, "endpoint": 3000},
        unsampled={"": 1900, "thinned": 100, "paused": 1000},
    )
    found = replace(
        full,
        candidates=(replace(small, costs=replace(small.costs, requests_drawn=drawn)),),
        traffic=counted,
        source=replace(full.source, **source),  # type: ignore[arg-type]
    )
    return list(of_draws(found))


def test_pairs_that_stand_for_another_traffic_than_came_are_told() -> None:
    (few,) = standing_for(2000)
    assert (few.candidate, few.values) == (
        "small",
        {"requests": 2000, "low": 1500, "high": 2500, "least": 3000, "most": 4000},
    )
    assert [note.values["low"] for note in standing_for(5000)] == [4500]
    assert [note.values["high"] for note in standing_for(2000, None)] == [2000]


@pytest.mark.parametrize("requests", [2500, 3000, 4000, 4500])
def test_pairs_that_may_stand_for_what_could_be_drawn_are_no_news(requests: float) -> None:
    assert standing_for(requests) == []


def test_of_a_part_nobody_knows_how_many_requests_there_were() -> None:
    assert standing_for(100, since=1.0) == standing_for(100, slice={"path": ("/x",)}) == []


def test_fewer_pairs_than_were_counted_are_no_news_of_a_part() -> None:
    assert counted(1000, 10, since=1.0) == counted(1000, 10, slice={"path": ("/x",)}) == []
    assert counted(10, 1000, since=1.0) == [{"recorded": 10, "exchanges": 1000}]
