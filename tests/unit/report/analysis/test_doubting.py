"""Warnings about one candidate's numbers, each with what sets it off and what does not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from shadowbench.report.analysis import doubting
from shadowbench.report.document.comparisons import Comparison, Controlled, Corrected, Missing, Role, Scale
from shadowbench.report.document.parts import SliceRow, SliceTable
from shadowbench.report.document.root import Candidate
from shadowbench.report.document.times import Costs, Curve, Distribution, QuantileRow
from shadowbench.report.document.verdicts import Note
from shadowbench.report.policy import Against, Claim, Policy, Requirements, Statistic
from shadowbench.stats.estimates import Estimate, Evidence, Refused
from shadowbench.stats.methods import Method
from tests.unit.report.analysis.parts import N, candidate, compared, counts, effect, estimate

Doubt = Callable[[Candidate, Policy], Iterator[Note]]


def told(doubt: Doubt, of: Candidate, policy: Policy | None = None) -> list[Note]:
    return list(doubt(of, policy or Policy()))


def codes(doubt: Doubt, of: Candidate, policy: Policy | None = None) -> list[str]:
    return [note.code for note in told(doubt, of, policy)]


def evident(name: str, interval: tuple[float, float], p: float) -> Comparison:
    of = compared(name, interval)
    evidence = Evidence(method=Method.MSPRT, n=N, clusters=N, p=p)
    return replace(of, effect=replace(of.effect, evidence=evidence))


def test_a_lane_that_differs_is_told_with_its_effect() -> None:
    lane = candidate(
        "again", [evident("rubric", (0.01, 0.02), 0.001), evident("bleu", (-0.01, 0.02), 0.001)], again=True
    )
    [note] = told(doubting.of_lane, lane)
    assert (note.code, note.candidate, note.measure, note.values["p"]) == ("a_a_lane_differs", "again", "rubric", 0.001)


def test_of_many_measures_of_a_lane_some_differ_by_chance() -> None:
    lane = candidate(
        "again", [evident(f"m{place}", (0.01, 0.02), 0.04 + place / 30) for place in range(20)], again=True
    )
    assert not told(doubting.of_lane, lane)


@pytest.mark.parametrize(
    ("not_sent", "found"),
    [({"queue_full": 52}, []), ({"queue_full": 53}, ["many_lost"]), ({"paused": 900}, [])],
)
def test_many_lost(not_sent: dict[str, int], found: list[str]) -> None:
    assert codes(doubting.of_losses, candidate(counts=counts(N, not_sent=not_sent))) == found


def test_a_policy_may_allow_less_to_be_lost() -> None:
    of = candidate(counts=counts(N, not_sent={"queue_full": 20}))
    assert codes(doubting.of_losses, of, Policy(requires=Requirements(most_lost=0.01))) == ["many_lost"]


@pytest.mark.parametrize(
    ("production_ok", "candidate_ok", "found"), [(N, N - 9, []), (N, N - 10, ["failures"]), (N - 10, N, ["failures"])]
)
def test_failures_of_either_side(production_ok: int, candidate_ok: int, found: list[str]) -> None:
    of = candidate(counts=counts(N, production_ok=production_ok, candidate_ok=candidate_ok))
    assert codes(doubting.of_failures, of) == found


def test_whoever_left_did_not_fail() -> None:
    left = counts(N, withdrawn=100, production_ok=900, candidate_ok=900, effective_n=460.0)
    assert not told(doubting.of_failures, candidate(counts=left))
    assert not told(doubting.of_sizes, candidate(counts=left))  # half of the 900 that count


def test_beside_a_lane_what_lacks_a_score_is_a_share_of_all_pairs_that_count() -> None:
    few = compared("rubric", n=100, role=Role.PRIMARY, against=Against.AGAIN, missing=Missing(pair={"no_text": 95}))
    assert not told(doubting.of_missing, candidate(comparisons=[few]))
    of = candidate(comparisons=[few], counts=counts(N, withdrawn=200))
    assert [(note.values["pairs"], note.values["unscored"]) for note in told(doubting.of_missing, of)] == [(800, 95)]


def test_what_was_not_measured_is_doubted_by_nobody() -> None:
    absent = compared(
        "rubric", (-0.1, -0.05), role=Role.PRIMARY, answered_only=effect((-0.01, 0.02)), reason="no_values"
    )
    assert not told(doubting.of_answered_only, candidate(comparisons=[absent]))
    lane = replace(evident("rubric", (0.01, 0.02), 0.001), reason="no_values")
    assert not told(doubting.of_lane, candidate("again", [lane], again=True))


def test_nobody_fails_of_nothing() -> None:
    assert not told(doubting.of_failures, candidate(counts=counts(0)))
    assert not told(doubting.of_losses, candidate(counts=counts(0)))


def test_an_effect_that_hangs_on_failures() -> None:
    hanging = compared("rubric", (-0.1, -0.05), role=Role.PRIMARY, answered_only=effect((-0.01, 0.02)))
    [note] = told(doubting.of_answered_only, candidate(comparisons=[hanging]))
    assert (note.values["answered"], note.values["answered_low"]) == (0.005, -0.01)
    steady = compared("rubric", (-0.1, -0.05), role=Role.PRIMARY, answered_only=effect((-0.09, -0.02)))
    idle = compared("bleu", (-0.1, -0.05), answered_only=effect((-0.01, 0.02)))  # secondary, and chance
    found = compared("bleu", (-0.1, -0.05), answered_only=effect((-0.01, 0.02)), p_adjusted=0.01)
    assert codes(doubting.of_answered_only, candidate(comparisons=[found])) == ["failures_decide"]
    assert not told(doubting.of_answered_only, candidate(comparisons=[steady, idle]))


def judged(**others: Any) -> Candidate:
    of = compared("helpfulness", (0.55, 0.6), scale=Scale.PREFERENCE, role=Role.PRIMARY, **others)
    return candidate(comparisons=[of])


def controlled(interval: tuple[float, float] | None) -> Controlled:
    return Controlled(rate=estimate(interval), length_coefficient=None, overlap=0.5, length_ratio=1.5)


def test_a_judge_is_held_against_people_and_against_length() -> None:
    assert not told(doubting.of_people, judged())
    assert not told(doubting.of_people, judged(corrected=Corrected(effect=estimate((0.51, 0.6)), labels=60)))
    assert codes(doubting.of_people, judged(corrected=Corrected(effect=estimate((0.45, 0.6)), labels=60))) == [
        "people_disagree"
    ]
    assert codes(doubting.of_people, judged(controlled=controlled((0.45, 0.55)))) == ["length_explains"]
    assert codes(doubting.of_people, judged(controlled=controlled(None))) == ["length_explains"]


def test_noise_is_told_only_of_what_would_have_been_found() -> None:
    noise = effect((0.01, 0.04))
    found = compared("rubric", (0.01, 0.03), p_adjusted=0.01, noise=noise)
    chance = compared("bleu", (-0.01, 0.03), p_adjusted=0.4, noise=noise)
    [note] = told(doubting.of_noise, candidate(comparisons=[found, chance]))
    assert (note.code, note.measure, note.values["noise_low"]) == ("within_noise", "rubric", 0.01)


def lacking(name: str, p: float | None, **others: Any) -> Any:
    differs = Evidence(method=Method.MCNEMAR_MID_P, n=N, clusters=N, p=p)
    missing = Missing(production={"no_text": 3, "not_drawn": 500}, candidate={"no_text": 40}, differs=differs)
    return compared(name, missing=missing, **others)


def test_values_that_one_side_lacks_more_often() -> None:
    [note] = told(doubting.of_missing, candidate(comparisons=[lacking("rubric", 0.001), lacking("bleu", None)]))
    assert (note.measure, note.values) == ("rubric", {"production": 3, "candidate": 40, "p": 0.001, "others": ""})


def test_measures_that_lack_values_for_one_cause_are_one_warning() -> None:
    [note] = told(
        doubting.of_missing, candidate(comparisons=[lacking(name, 0.001) for name in ("bleu", "chrf", "ter")])
    )
    assert (note.measure, note.values["others"]) == ("bleu", "chrf, ter")


def test_of_many_measures_some_lack_more_on_one_side_by_chance() -> None:
    twenty = [lacking(f"measure_{place}", 0.03) for place in range(20)]
    assert not told(doubting.of_missing, candidate(comparisons=twenty))


def test_a_measure_with_several_statistics_is_told_once() -> None:
    assert len(told(doubting.of_missing, candidate(comparisons=[lacking("rubric", 0.001)] * 3))) == 1


def test_declared_measures_that_many_pairs_lack() -> None:
    lacks = {"missing": Missing(candidate={"no_text": 200, "late": 10, "not_drawn": 900})}
    of = candidate(comparisons=[compared("rubric", role=Role.PRIMARY, **lacks), compared("bleu", **lacks)])
    [note] = told(doubting.of_missing, of)
    assert note.measure == "rubric"
    assert note.values == {"unscored": 210, "pairs": N + 210, "share": 210 / (N + 210), "reason": "no_text"}


def table(**given: Any) -> SliceTable:
    row = SliceRow(
        value="de", n=90, clusters=40, share=0.1, effect=estimate((-0.2, -0.1)), p_adjusted=0.01, against_the_whole=True
    )
    differ = Evidence(method=Method.COCHRAN_Q, n=N, clusters=N, p=0.01)
    told_: dict[str, Any] = {"rows": (row,), "reversed": False}
    return SliceTable(
        by="language", measure="latency", scale=Scale.DIFFERENCE, others=0, differ=differ, **(told_ | given)
    )


def test_slices_that_contradict_the_whole() -> None:
    latency = compared("latency", unit="s")
    [note] = told(doubting.of_slices, candidate(comparisons=[latency], slices=(table(),)))
    assert (note.code, note.values["slice"], note.values["unit"]) == ("slice_against_the_whole", "de", "s")
    assert codes(doubting.of_slices, candidate(slices=(table(reversed=True, rows=()),))) == ["simpson_reversed"]
    assert not told(doubting.of_slices, candidate(slices=(table(rows=()),)))


def test_what_is_left_of_unequal_sampling_and_of_few_clusters() -> None:
    assert codes(doubting.of_sizes, candidate(counts=counts(N, effective_n=499.0))) == ["small_effective_n"]
    assert codes(doubting.of_sizes, candidate(counts=counts(N, clusters=29))) == ["few_clusters"]
    assert not told(doubting.of_sizes, candidate(counts=counts(N, effective_n=500.0, clusters=30)))
    assert not told(doubting.of_sizes, candidate(counts=counts(0, clusters=0, effective_n=None)))


def costs(**unknown: int) -> Costs:
    nothing = estimate(None)
    return Costs(
        n=990,
        clusters=9,
        unknown_production={},
        unknown_candidate=unknown,
        production_usd=nothing,
        candidate_usd=nothing,
        difference_usd=nothing,
        ratio=nothing,
    )


def test_costs_that_nobody_knows() -> None:
    assert not told(doubting.of_costs, candidate())
    assert not told(doubting.of_costs, candidate(costs=costs(no_usage=10)))
    [note] = told(doubting.of_costs, candidate(costs=costs(no_usage=4, unknown_model=20)))
    assert note.values == {"production": 0, "candidate": 24, "reason": "unknown_model"}


def quantile(level: float, reason: Refused | None) -> QuantileRow:
    known = estimate((0.1, 0.2))
    censored = Estimate(method=Method.ORDER_STATISTICS, level=0.95, n=9, clusters=9, reason=reason)
    return QuantileRow(level=level, production=known, candidate=censored if reason else known, difference=known)


def test_quantiles_that_lie_among_failures() -> None:
    nothing = Curve(levels=(), seconds=())
    rows = (quantile(0.5, None), quantile(0.95, Refused.CENSORED), quantile(0.99, Refused.TOO_FEW))
    times = Distribution(
        measure="latency",
        n=N,
        clusters=N,
        censored_production=3,
        censored_candidate=90,
        left_out={},
        rows=rows,
        ratio=estimate((0.1, 0.2)),
        production=nothing,
        candidate=nothing,
    )
    [note] = told(doubting.of_times, candidate(distributions=(times,)))
    assert note.values == {"quantiles": "p95", "production": 3, "candidate": 90}
    extreme = replace(times, rows=(quantile(0.99, Refused.CENSORED),))
    assert not told(doubting.of_times, candidate(distributions=(extreme,)))
    declared = Policy(guardrails=(Claim(measure="latency", statistic=Statistic.P99),))
    assert codes(doubting.of_times, candidate(distributions=(extreme,)), declared) == ["censored"]
