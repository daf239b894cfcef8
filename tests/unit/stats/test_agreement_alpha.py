"""Alpha against the published example and against the library of that name."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.stats.agreement_alpha import Level, krippendorff_alpha
from shadowbench.stats.clusters import Clusters

# Three coders, fifteen units: the example of the library's page.
CODERS = ("*    *    *    *    *    3    4    1    2    1    1    3    3    *    3",
          "1    *    2    1    3    3    4    3    *    *    *    *    *    *    *",
          "*    *    2    1    3    4    4    *    2    1    1    3    3    *    4")  # fmt: skip
EXAMPLE = [[None if word == "*" else float(word) for word in coder.split()] for coder in CODERS]
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")
RATINGS = st.integers(2, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.none() | st.integers(1, 5), min_size=raters, max_size=raters), min_size=2, max_size=30
    )
)


def chance() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.691), ("interval", 0.811), ("ordinal", 0.807)])
def test_the_published_example_gives_its_values(level: Level, value: float) -> None:
    found = krippendorff_alpha(EXAMPLE, level, chance(), count=200)
    assert round(found.value or 0, 3) == value
    assert found.n == 12  # units that one coder or none has rated say nothing
    assert found.holds(value) and found.high is not None and found.high <= 1


@settings(deadline=None)
@given(RATINGS)
def test_every_level_agrees_with_the_library(units: list[list[int | None]]) -> None:
    ratings = [list(row) for row in zip(*units, strict=True)]
    data = np.array([[np.nan if value is None else value for value in row] for row in ratings], dtype=float)
    kept = data[:, (~np.isnan(data)).sum(axis=0) >= 2]
    if len(np.unique(kept[~np.isnan(kept)])) < 2:
        assert krippendorff_alpha(ratings, "nominal", chance(), count=2).value is None
        return
    for level in LEVELS:
        ours = krippendorff_alpha(ratings, level, chance(), count=2).value
        assert ours == pytest.approx(krippendorff.alpha(kept, level_of_measurement=level), abs=1e-9)


def test_the_interval_is_the_same_with_the_same_seed_and_wider_for_clusters() -> None:
    random = np.random.default_rng(3)
    mood = np.repeat(random.normal(size=20), 10)
    ratings = [list(np.round(mood + random.normal(scale=s, size=200))) for s in (0.5, 0.7, 2.0)]
    one = krippendorff_alpha(ratings, "interval", chance(), count=400)
    assert one == krippendorff_alpha(ratings, "interval", chance(), count=400)
    whole = krippendorff_alpha(
        ratings, "interval", chance(), clusters=Clusters.of([n // 10 for n in range(200)]), count=400
    )
    assert one.low is not None and one.high is not None and whole.low is not None and whole.high is not None
    assert whole.value == one.value and whole.high - whole.low > one.high - one.low


def test_where_alpha_is_not_defined_it_says_why() -> None:
    assert krippendorff_alpha([[1, 1], [1, 1]], "nominal", chance()).reason == "one_category"
    assert krippendorff_alpha([[1, None], [None, 2]], "nominal", chance()).reason == "no_unit_rated_twice"
    assert krippendorff_alpha([], "ordinal", chance()).n == 0


def test_an_interval_that_most_draws_do_not_define_is_left_out() -> None:
    rare = [[1.0] * 30 + [2.0], [1.0] * 30 + [2.0]]
    found = krippendorff_alpha(rare, "nominal", chance(), count=200)
    assert (found.value, found.low) == (1.0, None)


def test_large_values_close_together_do_not_cancel() -> None:
    ratings = [[1e8 + n for n in range(5)], [1e8 + n + (n % 2) for n in range(5)]]
    small = [[value - 1e8 for value in row] for row in ratings]
    one, other = (krippendorff_alpha(each, "interval", chance(), count=2).value for each in (ratings, small))
    assert one == pytest.approx(other, abs=1e-6)
