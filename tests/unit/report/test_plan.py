"""What every claim of a report still takes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Met
from shadowbench.report.plan import Planned, planned
from shadowbench.report.policy import Looks, Watching
from shadowbench.report.sizing import Design
from shadowbench.stats.distributions import t_quantile
from tests.unit.report.documents import CLUSTERS, MONDAY, PAIRS, example

ONCE = Design(watching=Watching(looks=Looks.ONCE))


def rows(
    document: Document | None = None, design: Design = ONCE, **differences: float
) -> dict[tuple[str, str], Planned]:
    found = planned(document or example(), design, differences)
    return {(row.candidate, row.claim.measure): row for row in found.rows}


def test_every_claim_of_every_candidate_is_planned_and_of_no_lane() -> None:
    found = rows()
    assert {candidate for candidate, _ in found} == {"hot", "small", "young"}
    assert [measure for candidate, measure in found if candidate == "small"] == [
        "helpfulness", "error_class", "latency", "refusal_flip", "json_schema_valid", "cost",
    ]  # fmt: skip


def test_it_takes_what_the_interval_says() -> None:
    row = rows()["small", "helpfulness"]
    se = 0.02 / t_quantile(0.975, CLUSTERS - 1)
    assert row.amount is not None
    assert row.distance == 0.05
    clusters = row.amount.clusters
    deviation = se * math.sqrt(CLUSTERS)
    reach = (
        1.95996 * math.hypot(deviation, math.sqrt(3 / clusters)) + 0.84162 * deviation
    )  # three clusters unlike all others
    assert reach / math.sqrt(clusters) == pytest.approx(0.05, rel=3e-3)
    assert clusters > math.ceil((2.80158 * deviation / 0.05) ** 2) > 200
    assert row.amount.pairs == pytest.approx(clusters * PAIRS / CLUSTERS, abs=2)
    assert (row.more, row.days, row.met) == (0, 0.0, Met.SHOWN)
    assert row.discordant == pytest.approx((610 + 649) / (610 + 1100 + 649))


def test_days_follow_from_the_traffic_of_now() -> None:
    row = rows()["hot", "helpfulness"]  # 0.44 ± 0.06
    assert row.amount is not None
    assert row.more == row.amount.pairs - PAIRS > 0
    assert row.pairs_per_day == pytest.approx(PAIRS / 7, rel=1e-3)
    assert row.days == pytest.approx(row.more / (PAIRS / 7), rel=1e-3)


def test_ratios_are_planned_on_their_logarithms() -> None:
    row = rows()["small", "latency"]
    assert row.distance == pytest.approx(math.log(1.1))
    low, high = math.log(0.56 - 0.07), math.log(0.56 + 0.07)
    se = (high - low) / 2 / t_quantile(0.975, CLUSTERS - 1)
    assert row.detectable == pytest.approx((1.95996 + 0.84162) * se, rel=1e-4)


def test_an_expected_difference_is_added_to_the_margin() -> None:
    alike, better = rows()["hot", "helpfulness"], rows(helpfulness=0.05)["hot", "helpfulness"]
    assert alike.amount is not None
    assert better.amount is not None
    assert better.distance == pytest.approx(0.1)
    assert better.amount.pairs == pytest.approx(alike.amount.pairs / 4, rel=0.02)
    assert rows(helpfulness=-0.05)["hot", "helpfulness"].reason == "no_margin"


def test_to_be_better_one_has_to_say_by_how_much() -> None:
    assert rows()["small", "cost"].reason == "no_difference"
    assert rows()["small", "cost"].detectable is not None
    assert rows(cost=0.2)["small", "cost"].distance == pytest.approx(math.log(1.2))


def test_against_a_bound_the_candidate_stays_as_it_is() -> None:
    assert rows()["small", "json_schema_valid"].distance == pytest.approx(0.985 - 0.97)
    assert rows()["hot", "json_schema_valid"].reason == "beyond_the_bound"


def test_what_was_not_measured_or_varies_nobody_knows_how_has_no_plan() -> None:
    assert rows()["hot", "refusal_flip"].reason == "not_measured"
    young = rows()["young", "helpfulness"]
    assert (young.reason, young.pairs, young.amount) == ("not_measured", 0, None)


def test_the_policys_own_least_is_kept() -> None:
    row = rows()["young", "error_class"]  # 0.01 ± 0.03 of 90 pairs
    assert row.amount is not None
    assert row.amount.pairs >= example().policy.requires.pairs
    assert row.amount.clusters >= example().policy.requires.clusters
    wide = rows(
        replace(example(), policy=replace(example().policy, requires=replace(example().policy.requires, pairs=10**6)))
    )
    assert wide["small", "helpfulness"].amount is not None
    assert wide["small", "helpfulness"].amount.pairs == 10**6  # type: ignore[union-attr]


def test_without_a_period_there_are_no_days() -> None:
    document = replace(example(), source=replace(example().source, first_at=MONDAY, last_at=MONDAY))
    assert rows(document)["hot", "helpfulness"].days is None
    assert planned(document, ONCE).days is None


def undecided() -> Document:
    """`small` alone, with all claims open."""
    small = example().candidates[2]
    conditions = tuple(replace(each, met=Met.OPEN) for each in small.verdict.conditions)
    return replace(example(), candidates=(replace(small, verdict=replace(small.verdict, conditions=conditions)),))


def test_the_last_open_claim_says_how_long_it_takes() -> None:
    small = undecided().candidates[0]
    conditions = tuple(each for each in small.verdict.conditions if each.claim.measure == "latency")
    slow = replace(small, verdict=replace(small.verdict, conditions=conditions))
    found = planned(replace(undecided(), candidates=(slow,)), ONCE)
    assert found.days == found.rows[0].days
    assert found.rows[0].days is not None
    assert found.rows[0].days > 0
    assert planned(undecided(), ONCE).days is None  # by how much cheaper was not told
    assert planned(example(), ONCE).days is None  # something was not measured


def test_what_is_open_with_pairs_enough_waits_for_something_else() -> None:
    found = {row.claim.measure: row for row in planned(undecided(), ONCE).rows}
    assert (found["helpfulness"].more, found["helpfulness"].days) == (0, None)
    assert found["helpfulness"].reason == "not_as_expected"
    small = undecided().candidates[0]
    conditions = tuple(replace(each, reason="uncalibrated_judge") for each in small.verdict.conditions)
    judged = replace(small, verdict=replace(small.verdict, conditions=conditions))
    assert planned(replace(undecided(), candidates=(judged,)), ONCE).rows[0].reason == "uncalibrated_judge"


def test_what_is_decided_waits_for_nothing() -> None:
    row = rows()["small", "latency"]
    assert row.amount is not None
    assert row.amount.pairs > row.pairs
    assert (row.met, row.more, row.days) == (Met.SHOWN, 0, 0.0)
    assert planned(replace(example(), candidates=example().candidates[2:3]), ONCE).days == 0.0
    assert planned(replace(example(), candidates=()), ONCE).days is None


def test_looking_more_often_takes_longer() -> None:
    often = Design(watching=Watching(looks=Looks.ANY))
    one, many = rows()["hot", "helpfulness"], rows(design=often)["hot", "helpfulness"]
    assert one.amount is not None
    assert many.amount is not None
    assert many.amount.times_once > 1.5 > one.amount.times_once == 1.0
    assert many.days is not None
    assert one.days is not None
    assert many.days > one.days
