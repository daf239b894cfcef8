"""A metric and its options."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import metric
from shadowbench.metrics.binding import MetricOptions, bind, bind_all
from shadowbench.metrics.registry import OWN_PACKAGE
from shadowbench.metrics.view import PairView
from shadowbench.scores import Direction, Shape


def _check(**options: Any) -> None:
    if options["least"] > 100:
        raise ConfigurationError("least is at most 100")


@metric(version="3", shape=Shape.PAIR, direction=Direction.HIGHER, low=0, high=1, unit="x", check=_check)
def likeness(
    pair: PairView,
    *,
    least: int = 2,
    share: float = 0.5,
    how: Literal["soft", "hard"] = "soft",
    words: Sequence[str] = (),
    strict: bool | None = None,
) -> float:
    """How alike they are.

    More.
    """
    return 1.0


def test_options_that_are_not_given_have_their_defaults_and_no_hash() -> None:
    bound = bind(likeness, {}, package=OWN_PACKAGE)
    assert bound.options == {"least": 2, "share": 0.5, "how": "soft", "words": (), "strict": None}
    measure = bound.measure
    assert (measure.name, measure.kind, measure.version, measure.config_hash) == ("likeness", "metric", "3", "")
    assert (measure.shape, measure.direction, measure.low, measure.high, measure.unit) == ("pair", "higher", 0, 1, "x")
    assert measure.about == '{"about":"How alike they are.","metric":"likeness","package":"shadowbench-sidecar"}'


def test_scores_of_different_metrics_never_mix_under_one_name() -> None:
    """Another metric under a name that was used before is a new measure, and so is a package's in the place of ours."""
    ours = bind(likeness, {}, package=OWN_PACKAGE).measure.config_hash
    named = bind(likeness, {}, "quality", package=OWN_PACKAGE).measure.config_hash
    other = bind(replace(likeness, name="length"), {}, "quality", package=OWN_PACKAGE).measure.config_hash
    foreign = bind(likeness, {}, package="mine").measure.config_hash
    assert len({ours, named, other, foreign}) == 4
    with_options = [bind(likeness, {"least": 3}, name).measure.config_hash for name in (None, "likeness", "quality")]
    assert with_options[0] == with_options[1] != with_options[2]


def test_the_hash_is_of_what_differs_from_the_defaults_in_any_order() -> None:
    hashes = [
        bind(likeness, given).measure.config_hash
        for given in ({"least": 3, "how": "hard"}, {"how": "hard", "least": 3, "share": 0.5}, {"least": 3})
    ]
    assert hashes[0] == hashes[1] != hashes[2]
    assert bind(likeness, {"least": 2}).measure.config_hash == ""
    assert len(hashes[0]) == 16


def test_lists_become_tuples_where_the_default_is_one() -> None:
    assert bind(likeness, {"words": ["a", "b"]}).options["words"] == ("a", "b")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"most": 1}, "likeness has no option 'most'; there are: least, share, how, words, strict"),
        ({"least": "3"}, "likeness: its option least must be int, not '3'"),
        ({"least": True}, "likeness: its option least must be int, not True"),
        ({"least": 2.5}, "likeness: its option least must be int"),
        ({"how": "loud"}, "likeness: its option how must be one of soft, hard, not 'loud'"),
        ({"words": "a"}, "likeness: its option words must be"),
        ({"words": ["a", 1]}, "likeness: its option words must be"),
        ({"strict": 1}, "likeness: its option strict must be"),
        ({"least": 101}, "likeness: least is at most 100"),
    ],
)
def test_what_a_metric_does_not_take_is_refused_by_name(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        bind(likeness, given)
    assert str(refusal.value).startswith(told)


@pytest.mark.parametrize("given", [{"share": 1}, {"strict": True}, {"strict": None}, {"how": "hard"}])
def test_what_fits_is_taken(given: dict[str, Any]) -> None:
    assert bind(likeness, given).options.items() >= given.items()


def test_two_of_one_metric_need_names() -> None:
    one = MetricOptions(metric="length", name="by_words", options={})
    assert [each.name for each in bind_all([MetricOptions(metric="length"), one])] == ["length", "by_words"]
    with pytest.raises(ConfigurationError, match="two metrics are called 'length'"):
        bind_all([MetricOptions(metric="length"), MetricOptions(metric="length")])


def test_a_tuple_of_metrics_takes_no_options() -> None:
    place = "shadowbench.metrics.performance:METRICS"
    assert len(bind_all([MetricOptions(metric=place)])) >= 10
    with pytest.raises(ConfigurationError, match="is several metrics"):
        bind_all([MetricOptions(metric=place, name="x")])


def test_a_measure_tells_whether_it_compares_with_right_answers() -> None:
    both = bind_all([MetricOptions(metric="exact_match"), MetricOptions(metric="exact_match_reference")])
    assert [json.loads(each.measure.about).get("reference") for each in both] == [None, True]
