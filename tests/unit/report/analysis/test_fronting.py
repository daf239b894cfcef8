"""Who is beaten in everything that is known, and of whom nobody can say."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.analysis.fronting import standpoints
from shadowbench.report.document.comparisons import Comparison, Role, Scale
from shadowbench.report.document.root import Candidate
from shadowbench.report.policy import Statistic
from shadowbench.scores import Direction
from tests.unit.report.analysis.parts import candidate, compared, counts, document, estimate


def sides(name: str, production: float | None, own: float | None, **others: object) -> Comparison:
    return compared(
        name,
        production=estimate(None, value=production),
        candidate=estimate(None, value=own),
        **others,  # type: ignore[arg-type]
    )


def stands(name: str, quality: float | None, latency: float | None, cost: float | None, sent: int = 1000) -> Candidate:
    """Against production's 0.8, 2 s and $0.01."""
    return candidate(
        name,
        [
            sides("rubric", 0.8, quality, role=Role.PRIMARY),
            sides("latency", 2.0, latency, unit="s", direction=Direction.LOWER, statistic=Statistic.P50),
            sides("cost", 0.01, cost, unit="USD", direction=Direction.LOWER),
        ],
        counts=counts(sent),
    )


def dominated(*candidates: Candidate) -> dict[str, tuple[str, ...]]:
    return {each.name: each.dominated_by for each in standpoints(document(candidates))}


def test_where_everybody_stands() -> None:
    production, small = standpoints(document([stands("small", 0.7, 1.0, 0.002), candidate("again", again=True)]))
    assert (production.name, production.quality, production.latency_s, production.cost_usd) == (
        "production",
        0.8,
        2.0,
        0.01,
    )
    assert (small.quality, small.latency_s, small.cost_usd, small.quality_of, small.latency_of) == (
        0.7,
        1.0,
        0.002,
        "rubric",
        "p50",
    )


def test_worse_in_everything_is_dominated_and_better_in_something_is_not() -> None:
    assert dominated(stands("hot", 0.7, 3.0, 0.02), stands("small", 0.7, 1.0, 0.02)) == {
        "production": (),
        "hot": ("production", "small"),
        "small": (),
    }


def test_the_same_is_not_dominated() -> None:
    assert dominated(stands("twin", 0.8, 2.0, 0.01)) == {"production": (), "twin": ()}


def test_of_whom_something_is_not_known_nobody_can_say() -> None:
    assert dominated(stands("young", None, 3.0, 0.02)) == {"production": (), "young": ()}


def test_what_is_known_of_nobody_does_not_count() -> None:
    unpriced = candidate("hot", [sides("rubric", 0.8, 0.7, role=Role.PRIMARY)])
    assert dominated(unpriced) == {"production": (), "hot": ("production",)}


def test_where_nobody_knows_the_quality_nobody_is_beaten() -> None:
    slow = candidate(
        "slow",
        [
            sides("latency", 2.0, 3.0, unit="s", direction=Direction.LOWER, statistic=Statistic.P50),
            sides("cost", 0.01, 0.02, unit="USD", direction=Direction.LOWER),
        ],
    )
    assert dominated(slow) == {"production": (), "slow": ()}


def test_production_has_the_values_beside_the_candidate_with_most_pairs() -> None:
    few = candidate("few", [sides("rubric", 0.5, 0.6, role=Role.PRIMARY)], counts=counts(10))
    many = candidate("many", [sides("rubric", 0.9, 0.6, role=Role.PRIMARY)], counts=counts(1000))
    assert standpoints(document([few, many]))[0].quality == 0.9


def test_a_preference_is_one_half_for_production() -> None:
    judged = candidate("small", [compared("helpfulness", (0.5, 0.6), scale=Scale.PREFERENCE, role=Role.PRIMARY)])
    assert [round(each.quality or 0, 3) for each in standpoints(document([judged]))] == [0.5, 0.55]


def test_quality_of_which_less_is_better_is_turned_round() -> None:
    of = sides("errors", 0.1, 0.3, role=Role.PRIMARY, direction=Direction.LOWER)
    turned = replace(of, subject=replace(of.subject, high=1.0))
    assert [each.quality for each in standpoints(document([candidate("small", [turned])]))] == [0.9, 0.7]


def test_quality_is_turned_round_within_bounds_that_do_not_begin_at_zero() -> None:
    of = sides("grade", 2.0, 4.0, role=Role.PRIMARY, direction=Direction.LOWER)
    turned = replace(of, subject=replace(of.subject, low=1.0, high=5.0))
    assert [each.quality for each in standpoints(document([candidate("small", [turned])]))] == [4.0, 2.0]


def test_nobody_stands_where_there_is_no_candidate() -> None:
    assert standpoints(document([candidate("again", again=True)])) == ()


_VALUE = st.sampled_from([0.1, 0.2, 0.3])


@given(st.lists(st.tuples(_VALUE, _VALUE, _VALUE), min_size=1, max_size=5))
def test_somebody_is_always_on_the_front_and_nobody_dominates_each_other(
    values: list[tuple[float, float, float]],
) -> None:
    found = dominated(*(stands(f"c{place}", *each) for place, each in enumerate(values)))
    assert any(not by for by in found.values())
    assert all(name not in found[other] for name, by in found.items() for other in by)
