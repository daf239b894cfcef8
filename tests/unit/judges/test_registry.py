"""Kinds of judges by name."""

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges.registry import KINDS, kind_of


def test_our_own_come_by_entry_points_like_others() -> None:
    names = {"pairwise", "rubric", "checklist", "factuality", "custom", "embedding"}
    assert {each.plugin.name for each in KINDS.all_offered()} >= names
    assert {kind_of(name).name for name in names} == names


def test_by_module_and_attribute() -> None:
    assert kind_of("shadowbench.judges.pairwise:KIND") is kind_of("pairwise")


def test_what_is_no_kind_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"there is no kind of judge 'guess'; there are: .*pairwise"):
        kind_of("guess")
    with pytest.raises(ConfigurationError, match="VERSION is neither a kind of judge nor a tuple of such"):
        kind_of("shadowbench.judges.pairwise:VERSION")
