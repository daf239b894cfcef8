"""Tables of slices: what is in them, what is told against the whole, and the truth of an invented log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import shadowbench
from benchmarks.made_log import make_log
from benchmarks.made_pairs import CHANCES, EFFECTS, STRATA
from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import arms_of
from shadowbench.report.analysis.slicing import LEAST_PAIRS, MOST_ROWS, slice_tables, worth_slicing
from shadowbench.report.analysis.values import intended, log_values, score_values
from shadowbench.report.document.comparisons import Origin, Scale
from shadowbench.report.document.parts import SliceTable
from shadowbench.report.policy import Claim, Policy
from shadowbench.scores import Direction
from shadowbench.stats.clusters import mean
from shadowbench.stats.margins import superiority
from shadowbench.stats.methods import Method
from shadowbench.stats.multiplicity import benjamini_hochberg
from tests.unit.report.analysis.invented import (
    ERROR,
    LIKENESS,
    PREFERENCE,
    a_log,
    a_subject,
    an_arm,
    values_of,
)

BY_STRATUM = Policy(slices=("stratum",))


def one_table(strata: list[str], difference: object, policy: Policy = BY_STRATUM, **changes: object) -> SliceTable:
    """Of one measure by stratum; every pair a cluster unless told."""
    arm = an_arm(len(strata), **changes)
    (table,) = slice_tables(a_log(len(strata), stratum=strata), arm, [values_of(arm, a_subject(), difference)], policy)
    return table


def test_rows_are_the_means_of_their_pairs_and_shares_are_by_weight() -> None:
    chance = np.random.default_rng(1)
    strata = [str(word) for word in chance.choice(["a", "b", "c"], 300, p=[0.5, 0.3, 0.2])]
    clusters, values = chance.integers(0, 60, 300), chance.normal(0.2, 1, 300)
    weights = chance.choice([1.0, 10.0], 300)
    table = one_table(strata, values, clusters=clusters, weights=weights)
    assert (table.by, table.measure, table.scale, table.others) == ("stratum", "quality", Scale.DIFFERENCE, 0)
    assert [row.share for row in table.rows] == sorted((row.share for row in table.rows), reverse=True)
    assert sum(row.share for row in table.rows) == pytest.approx(1)
    arm = an_arm(300, clusters=clusters)
    for row in table.rows:
        inside = np.array(strata) == row.value
        alone = mean(values[inside], clusters=arm.clusters.among(inside), weights=weights[inside])
        assert (row.n, row.clusters) == (alone.n, alone.clusters)
        assert (row.effect.value, row.effect.low) == pytest.approx((alone.value, alone.low))
        assert row.share == pytest.approx(weights[inside].sum() / weights.sum())


def test_p_is_corrected_over_all_rows_of_all_tables() -> None:
    chance = np.random.default_rng(2)
    n = 400
    columns = {name: [str(word) for word in chance.choice(["x", "y", "z"], n)] for name in ("stratum", "path")}
    arm = an_arm(n)
    measured = [values_of(arm, a_subject(name), chance.normal(0.1, 1, n)) for name in ("one", "two")]
    tables = slice_tables(a_log(n, **columns), arm, measured, Policy(slices=("stratum", "path")))
    rows = [row for table in tables for row in table.rows]
    assert [(table.by, table.measure) for table in tables] == [
        (by, name) for by in ("stratum", "path") for name in ("one", "two")
    ]
    assert [row.p_adjusted for row in rows] == pytest.approx(
        benjamini_hochberg([superiority(row.effect).p for row in rows])
    )


def test_what_is_small_or_beyond_the_rows_is_counted_as_others() -> None:
    large = [f"s{each}" for each in range(MOST_ROWS + 2) for _ in range(100 - each)]
    small = ["tiny"] * (LEAST_PAIRS - 1)
    table = one_table(large + small, np.tile([0.0, 1.0], 1000)[: len(large + small)])
    assert [row.value for row in table.rows] == [f"s{each}" for each in range(MOST_ROWS)]
    assert table.others == (100 - MOST_ROWS) + (100 - MOST_ROWS - 1) + LEAST_PAIRS - 1
    assert sum(row.n for row in table.rows) + table.others == len(large + small)


def test_slices_of_few_clusters_are_small_however_many_pairs_they_have() -> None:
    strata = ["a"] * 100 + ["b"] * 100 + ["c"] * 100
    clusters = np.r_[np.arange(200), np.arange(200, 205).repeat(20)]
    table = one_table(strata, np.tile([0.0, 1.0], 150), clusters=clusters)
    assert [row.value for row in table.rows] == ["a", "b"]
    assert table.others == 100


def test_where_less_than_two_slices_are_large_enough_there_are_no_rows_and_a_reason() -> None:
    table = one_table(["a"] * 100 + ["b"] * 5, np.tile([0.0, 1.0, 1.0], 35))
    assert (table.rows, table.reason, table.measure) == ((), "too_few", "")


def test_a_measure_of_too_few_pairs_has_no_table_beside_one_that_has() -> None:
    arm = an_arm(100)
    chance = np.random.default_rng(1)
    rare = values_of(arm, a_subject("rare"), chance.random(30), places=np.arange(30))
    often = values_of(arm, a_subject("often"), chance.random(100))
    tables = slice_tables(a_log(100, stratum=["a", "b"] * 50), arm, [rare, often], BY_STRATUM)
    assert [(table.measure, len(table.rows)) for table in tables] == [("often", 2)]


def test_a_property_that_nobody_recorded_has_one_table_with_the_reason() -> None:
    arm = an_arm(50)
    measured = [values_of(arm, a_subject(name), np.arange(50.0)) for name in ("one", "two")]
    (table,) = slice_tables(a_log(50), arm, measured, Policy(slices=("language",)))
    assert (table.by, table.reason, table.rows) == ("language", "not_recorded", ())


def test_a_slice_where_nobody_fails_has_the_rule_of_three() -> None:
    strata, failed = ["quiet"] * 40 + ["loud"] * 40, np.r_[np.zeros(40), np.tile([0.0, 1.0], 20)]
    rows = {row.value: row.effect for row in one_table(strata, failed).rows}
    assert (rows["quiet"].method, rows["quiet"].value) == (Method.ALL_ALIKE, 0.0)
    assert rows["quiet"].high == pytest.approx(1 - 0.05 ** (1 / 40))
    assert rows["loud"].method is Method.CLUSTER_T


def test_a_slice_that_points_the_other_way_is_told() -> None:
    chance = np.random.default_rng(3)
    strata = ["many"] * 800 + ["few"] * 200
    table = one_table(strata, np.r_[chance.normal(0.5, 1, 800), chance.normal(-0.5, 1, 200)])
    assert {row.value: row.against_the_whole for row in table.rows} == {"many": False, "few": True}
    assert table.differ.p is not None
    assert table.differ.p < 1e-6
    assert not table.reversed


def test_a_whole_that_no_slice_shown_agrees_with_is_told() -> None:
    # Many small tenants gain, the two large ones lose: the whole gains, and each row of the table loses.
    chance = np.random.default_rng(4)
    tenants = [f"t{each % 100}" for each in range(1500)]
    strata = ["large"] * 150 + ["larger"] * 200 + tenants
    table = one_table(strata, np.r_[chance.normal(-0.5, 1, 350), chance.normal(1.0, 1, 1500)])
    assert [row.value for row in table.rows] == ["larger", "large"]
    assert table.reversed
    assert all(row.against_the_whole for row in table.rows)


def test_preferences_differ_from_a_half_and_likenesses_from_nothing() -> None:
    chance = np.random.default_rng(5)
    n, strata = 400, ["a", "b"] * 200
    arm = an_arm(n)
    wins = chance.random(n) < np.where(np.arange(n) % 2, 0.5, 0.8)
    log = a_log(n, stratum=strata)
    policy = replace(BY_STRATUM, primary=(Claim(measure="judge"), Claim(measure="alike")))
    preferred, alike = slice_tables(
        log, arm, [values_of(arm, PREFERENCE, wins), values_of(arm, LIKENESS, chance.uniform(0.8, 0.9, n))], policy
    )
    rows = {row.value: row for row in preferred.rows}
    assert preferred.scale is Scale.PREFERENCE
    assert rows["a"].p_adjusted is not None
    assert rows["b"].p_adjusted is not None
    assert rows["a"].p_adjusted < 1e-6
    assert rows["b"].p_adjusted > 0.05
    assert rows["a"].effect.value == pytest.approx(wins[::2].mean())
    assert alike.scale is Scale.LEVEL
    assert not any(row.against_the_whole or row.p_adjusted is not None for row in alike.rows)


def test_declared_measures_are_sliced_and_else_the_first_of_quality_with_errors() -> None:
    arm = an_arm(3)
    names = {
        "error_class": ERROR,
        "latency": a_subject("latency", origin=Origin.LOG, direction=Direction.LOWER, high=None),
        "words": a_subject("words", direction=Direction.NEITHER),
        "alike": LIKENESS,
        "good": a_subject("good"),
        "judge": PREFERENCE,
    }
    measured = [values_of(arm, subject, [0, 1, 0]) for subject in names.values()]
    chosen = [paired.subject.name for paired in worth_slicing(measured, Policy())]
    assert chosen == ["error_class", "good", "judge"]
    claims = Policy(primary=(Claim(measure="good"),), guardrails=(Claim(measure="latency"), Claim(measure="absent")))
    assert [paired.subject.name for paired in worth_slicing(measured, claims)] == ["good", "latency"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadLog]:
    path = tmp_path_factory.mktemp("made") / "log.db"
    make_log(path, pairs=6000, metrics=6, seed=1)
    with shadowbench.read(path) as log:
        yield log


def test_effects_that_differ_by_stratum_are_found_in_their_strata(made: ReadLog) -> None:
    small, twin = arms_of(made, frozenset())
    found = {}
    for arm in (small, twin):
        measured = [intended(score_values(made, arm, made.scores.measure("contains")), arm)]
        (table,) = slice_tables(made, arm, measured, Policy(slices=("stratum",)))
        found[arm.name] = table
    # Who fails has 0: of the sent pairs, a fault in 44 of small's and in 100 of the others'.
    fails, others_fail = 0.03 * 0.75 / (1 - 0.03 * 0.25), 0.01
    for row in found["small"].rows:
        at = STRATA.index(row.value)
        truth = (1 - fails) * (CHANCES[at] - EFFECTS[at]) - (1 - others_fail) * CHANCES[at]
        assert row.effect.se is not None
        assert row.effect.value == pytest.approx(truth, abs=3 * row.effect.se)
    assert found["small"].differ.p is not None
    assert found["small"].differ.p < 1e-4
    assert found["twin"].differ.p is not None
    assert found["twin"].differ.p > 0.01


def test_all_properties_of_a_log_are_sliced_or_say_why_not(made: ReadLog) -> None:
    (small, _) = arms_of(made, frozenset())
    measured = [intended(log_values(made, small, "error_class"), small)]
    tables = slice_tables(made, small, measured, Policy())
    assert [(table.by, table.reason) for table in tables] == [
        ("stratum", None),
        ("path", "one_value"),
        ("tenant_key", None),
        ("model", "one_value"),
        ("length", None),
        ("tools", "not_recorded"),
        ("language", "not_recorded"),
    ]
