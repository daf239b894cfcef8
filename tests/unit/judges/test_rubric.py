from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.judges.rubric import KIND, weighted_mean
from tests.unit.judges.judged import options
from tests.unit.judges.test_rubric_files import CHECKLIST

WEIGHTS = st.dictionaries(st.text(), st.floats(0.01, 100), min_size=1, max_size=5)


@settings(deadline=None)
@given(WEIGHTS, st.data())
def test_the_mean_lies_between_the_least_and_the_greatest_grade(weights: dict[str, float], data: st.DataObject) -> None:
    grades = {name: float(data.draw(st.integers(1, 5))) for name in weights}
    assert min(grades.values()) - 1e-9 <= weighted_mean(grades, weights) <= max(grades.values()) + 1e-9


def test_weights_count() -> None:
    assert weighted_mean({"a": 5.0, "b": 1.0}, {"a": 3.0, "b": 1.0}) == 4.0


@pytest.mark.parametrize(
    ("rubric", "message"),
    [
        (None, r"judges\.judge\.rubric is missing: a judge of kind rubric needs a rubric's file"),
        (CHECKLIST, "c is of kind checklist, not rubric"),
        ({"kind": "rubric"}, r"judges\.judge\.rubric: name is missing"),
    ],
)
def test_a_rubric_of_that_kind_is_needed(rubric: dict[str, object] | None, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        KIND.build(options("rubric", rubric=rubric))
