from __future__ import annotations

from shadowbench.mirror.caps import Cap


def second(cap: Cap, count: int, seconds: int = 1) -> float:
    """`count` exchanges come; the share of the second after it."""
    for _ in range(count):
        cap.came(1.0)
    cap.pass_seconds(seconds)
    return cap.share


def test_nothing_is_taken_until_a_whole_second_was_counted() -> None:
    cap = Cap(10.0)
    assert cap.share == 0.0
    assert second(cap, 50) == 0.0, "the second that we came in was half over"
    assert second(cap, 40) == 0.25


def test_the_share_is_what_the_cap_leaves_of_the_last_second() -> None:
    cap = Cap(10.0)
    second(cap, 0)
    assert [second(cap, count) for count in (5, 10, 20, 40, 80)] == [1.0, 1.0, 0.5, 0.25, 0.125]


def test_a_burst_is_remembered_by_halves() -> None:
    cap = Cap(10.0)
    second(cap, 0)
    assert [second(cap, count) for count in (80, 0, 0, 0, 30)] == [0.125, 0.25, 0.5, 1.0, 1 / 3]
    assert second(cap, 80, seconds=3) == 0.5, "two of them brought nothing"


def test_silence_is_known_too() -> None:
    cap = Cap(10.0)
    assert second(cap, 1, seconds=5) == 1.0
    assert second(cap, 1, seconds=10**9) == 1.0


def test_the_running_second_does_not_count() -> None:
    cap = Cap(1.0)
    second(cap, 0)
    second(cap, 2)
    for _ in range(100):
        cap.came(1.0)
    assert cap.share == 0.5


def test_what_stands_for_more_counts_for_more() -> None:
    cap = Cap(10.0)
    second(cap, 0)
    cap.came(20.0)
    assert second(cap, 0) == 0.5


def test_a_cap_that_is_set_later_knows_what_comes() -> None:
    cap = Cap(None)
    second(cap, 0)
    assert second(cap, 40) == 1.0
    cap.most_per_s = 10.0
    assert cap.share == 0.25
