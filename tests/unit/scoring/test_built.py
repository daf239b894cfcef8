"""Judges of a configuration, and what is made of them."""

from typing import Any

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.metrics.binding import MetricOptions, bind_all
from shadowbench.scoring.built import build_judges
from shadowbench.scoring.checking import check
from shadowbench.scoring.options import ScoringOptions

METRICS = {each.name: each.measure for each in bind_all([MetricOptions(metric="exact_match")])}


def a_judge(name: str, **changes: Any) -> JudgeOptions:
    endpoint = EndpointOptions(url="http://j", model=f"{name}-1")
    told = {"kind": "pairwise", "endpoint": endpoint, "family": name} | changes
    return JudgeOptions(name=name, **told)


PANEL = a_judge("all", kind="panel", endpoint=None, members=("a", "b"))
CASCADE = a_judge("c", kind="cascade", endpoint=None, screen="exact_match", strong="a", screen_low=0.0, screen_high=0.5)


def test_what_is_built_on_others_may_stand_before_them() -> None:
    built = build_judges([PANEL, a_judge("a"), a_judge("b")], METRICS)
    assert list(built) == ["a", "b", "all"]
    assert all(each.has_lane for each in built.values())


def test_the_strong_judge_of_a_cascade_is_asked_by_that_alone() -> None:
    built = build_judges([CASCADE, a_judge("a")], METRICS)
    assert {name: each.has_lane for name, each in built.items()} == {"a": False, "c": True}


@pytest.mark.parametrize(
    ("judges", "told"),
    [
        ([a_judge("a", endpoint=None)], "judges.a.endpoint: is missing"),
        ([a_judge("a", kind="guess")], "there is no kind of judge 'guess'; there are: .*pairwise"),
        ([PANEL, a_judge("a")], "judges.all: there is no judge 'b'"),
        ([CASCADE], "judges.c: there is no judge 'a'"),
        ([PANEL, CASCADE, a_judge("a"), a_judge("b")], "judges.all.members: a is a cascade's strong judge"),
        ([a_judge("c", kind="cascade", screen=None)], "judges.c.screen: is missing"),
        ([a_judge("c", kind="cascade", screen="exact_match", strong=None)], "judges.c.strong: is missing"),
        (
            [a_judge("x", kind="panel", members=("y",)), a_judge("y", kind="panel", members=("x",))],
            "judges.x: builds on itself, by way of x, y",
        ),
    ],
)
def test_what_cannot_be_is_told(judges: list[JudgeOptions], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        build_judges(judges, METRICS)


def test_a_whole_configuration_is_checked() -> None:
    metrics = (MetricOptions(metric="exact_match"),)
    check(ScoringOptions(store_url="sqlite:///x", metrics=metrics, judges=(CASCADE, a_judge("a"))))
    with pytest.raises(ConfigurationError, match="there is no metric"):
        check(ScoringOptions(store_url="sqlite:///x", metrics=(MetricOptions(metric="exact_macht"),)))
