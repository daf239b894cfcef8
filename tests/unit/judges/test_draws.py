from __future__ import annotations

from shadowbench.judges.draws import is_drawn, point
from tests.unit.judges.judged import pair

PAIRS = [pair(number=number) for number in range(1, 2_001)]


def test_a_share_of_the_pairs_is_drawn_and_always_the_same() -> None:
    drawn = [is_drawn(0.2, "repeat", "judge", view) for view in PAIRS]
    assert 340 < sum(drawn) < 460  # 400 expected, standard deviation 18
    assert drawn == [is_drawn(0.2, "repeat", "judge", pair(number=n)) for n in range(1, 2_001)]


def test_none_and_all_are_possible() -> None:
    assert not any(is_drawn(0.0, "repeat", "judge", view) for view in PAIRS)
    assert all(is_drawn(1.0, "repeat", "judge", view) for view in PAIRS)


def test_a_larger_share_holds_the_smaller_one() -> None:
    assert all(is_drawn(0.3, "p", "j", view) for view in PAIRS if is_drawn(0.1, "p", "j", view))


def test_judges_and_purposes_draw_for_themselves() -> None:
    for other in (("audit", "judge"), ("repeat", "other")):
        both = sum(is_drawn(0.5, "repeat", "judge", v) and is_drawn(0.5, *other, v) for v in PAIRS)
        assert 420 < both < 580  # 500 expected


def test_points_lie_on_the_unit_interval() -> None:
    assert all(0.0 <= point("p", "j", view) < 1.0 for view in PAIRS)
