"""Which scores are counted where, and what a judge's score says about who won."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shadowbench.scores import Direction, Measure, Score, Shape
from shadowbench.scoring.distributions import EDGES, MAX_CANDIDATES, Distributions, verdict_of
from shadowbench.signals import Counters

ALIKE = Measure(
    name="rouge_l",
    kind="metric",
    version="1",
    config_hash="",
    shape=Shape.PAIR,
    direction=Direction.HIGHER,
    low=0.0,
    high=1.0,
)
PREFERENCE = replace(ALIKE, name="quality", kind="judge")
GRADE = replace(PREFERENCE, name="grade", shape=Shape.SIDES, low=1.0, high=5.0)


def score(value: float | None, production: float | None = None) -> Score:
    return Score(1, 1, 1, value, None, production)


def counted(*scored: tuple[Measure, str, Score]) -> Counters:
    Distributions(counters := Counters()).count(scored)
    return counters


def buckets(counters: Counters, candidate: str, side: str) -> list[float]:
    """Cumulative, by edge."""
    labels = {"candidate": candidate, "side": side}
    found = {
        dict(each)["le"]: value
        for each, value in counters.series("score_bucket")
        if labels.items() <= dict(each).items()
    }
    return [found[repr(edge)] for edge in EDGES]


def test_a_share_is_counted_as_it_is() -> None:
    counters = counted(*((ALIKE, "small", score(value)) for value in (0.0, 0.3, 0.93, 1.0)))
    assert buckets(counters, "small", "both") == [1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 4]


def test_other_bounds_are_brought_to_those_of_a_share_on_each_side() -> None:
    counters = counted((GRADE, "small", score(5.0, 3.0)))
    assert buckets(counters, "small", "candidate") == [0] * 11 + [1]
    assert buckets(counters, "small", "production") == [0] * 5 + [1] * 7


def test_what_has_no_bounds_or_no_value_is_left_out() -> None:
    counters = counted((replace(ALIKE, high=None), "small", score(0.5)), (ALIKE, "small", score(None)))
    assert counters.snapshot() == []


def test_what_is_counted_in_turns_adds_up() -> None:
    distributions = Distributions(counters := Counters())
    for _ in range(3):
        distributions.count([(ALIKE, "small", score(1.0))])
    assert buckets(counters, "small", "both")[-1] == 3


def test_candidates_beyond_the_cap_are_other() -> None:
    names = [f"c{number}" for number in range(2 * MAX_CANDIDATES)]
    counters = counted(*((PREFERENCE, name, score(1.0)) for name in [*names, *names]))
    told = {dict(labels)["candidate"] for labels, _ in counters.series("score_count")}
    assert told == {*names[:MAX_CANDIDATES], "other"}
    other = (("candidate", "other"), ("judge", "quality"), ("verdict", "win"))
    assert counters.get("verdicts_total", other) == 2 * MAX_CANDIDATES


@pytest.mark.parametrize(
    ("measure", "scored", "verdict"),
    [
        (PREFERENCE, score(1.0), "win"),
        (PREFERENCE, score(0.75), "win"),
        (PREFERENCE, score(0.5), "tie"),
        (PREFERENCE, score(0.0), "loss"),
        (PREFERENCE, score(None), None),
        (GRADE, score(4.0, 3.0), "win"),
        (GRADE, score(3.0, 3.0), "tie"),
        (GRADE, score(2.0, 3.0), "loss"),
        (GRADE, score(2.0, None), None),
        (replace(GRADE, direction=Direction.LOWER), score(2.0, 3.0), "win"),
        (replace(GRADE, direction=Direction.NEITHER), score(2.0, 3.0), None),
        (replace(PREFERENCE, low=-1.0), score(0.9), None),
        (ALIKE, score(1.0), None),
    ],
)
def test_who_wins(measure: Measure, scored: Score, verdict: str | None) -> None:
    assert verdict_of(measure, scored) == verdict
