from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scraping import verdict
from benchmarks.scraping.verdict import Round, Scrape, Window, interval, made_by_nothing, made_by_scrapes, shortfalls

WINDOW = Window(
    chunks=125_000,
    p50_us=200.0,
    p99_us=1000.0,
    max_us=5000.0,
    chunks_share=1.0,
    ended=800,
    broken=0,
    own_share=0.6,
    own_late_p99_us=100.0,
)
SCRAPES = [Scrape(status=200, seconds=0.02, size=60_000)] * 5


def rounds(extra_us: float, *, count: int = 10, noise_us: float = 20.0) -> list[Round]:
    """Windows with scrapes are slower by `extra_us`; each round by itself as well."""
    made = []
    for number in range(count):
        level = 1000.0 + noise_us * (-1) ** number
        off, on = replace(WINDOW, p99_us=level), replace(WINDOW, p99_us=level + extra_us + noise_us * (number % 3))
        made.append(Round(off=(off, off), on=(on, on)))
    return made


def test_the_difference_is_taken_within_rounds() -> None:
    drifting = [
        Round(off=(at(1000 + each), at(1300 + each)), on=(at(1200 + each), at(1300 + each))) for each in (0, 5000)
    ]
    found = made_by_scrapes(drifting)
    assert (found.mean, found.low, found.high, found.rounds) == pytest.approx((0.1, 0.1, 0.1, 2))
    assert made_by_nothing(drifting).mean == pytest.approx(0.3)


def at(p99_us: float) -> Window:
    return replace(WINDOW, p99_us=float(p99_us))


def test_the_interval_is_students() -> None:
    found = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    # t with 4 degrees of freedom at 97.5 %: 2.776; the deviation is sqrt(2.5).
    half = 2.776 * math.sqrt(2.5 / 5)
    assert (found.low, found.mean, found.high) == pytest.approx((3 - half, 3, 3 + half), abs=1e-3)


def test_one_round_has_no_interval() -> None:
    with pytest.raises(ValueError, match="two rounds or more"):
        interval([1.0])


def test_a_small_difference_keeps_the_promise() -> None:
    assert shortfalls(rounds(100), SCRAPES, recorded=900) == []


def test_a_large_one_breaks_it_and_so_does_one_that_noise_hides() -> None:
    (said,) = shortfalls(rounds(600), SCRAPES, recorded=900)
    assert "does not end below 0.5 ms" in said and "noisy" not in said
    noisy = [Round(off=(at(1000), at(1000)), on=(at(each), at(each))) for each in (100, 2100, 200, 1900)]
    (said,) = shortfalls(noisy, SCRAPES, recorded=900)
    assert said.endswith("0 lies within: too noisy to tell")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"broken": 2}, "2 streams broke"),
        ({"chunks_share": 0.5}, "only 50.0% of its chunks"),
        ({"own_share": 0.97}, "the load used 97% of its core"),
    ],
)
def test_a_run_that_shows_nothing_is_no_proof(changed: dict[str, float], said: str) -> None:
    bad = replace(WINDOW, **changed)  # type: ignore[arg-type]
    (found,) = shortfalls([Round(off=(WINDOW, bad), on=(WINDOW, WINDOW))] * 2, SCRAPES, recorded=900)
    assert said in found


def test_neither_is_one_without_scrapes_or_copies() -> None:
    assert shortfalls(rounds(0), [], recorded=900) == ["nothing was scraped"]
    assert shortfalls(rounds(0), SCRAPES, recorded=0) == ["nothing was recorded: mirroring was not at work"]
    failed = [*SCRAPES, Scrape(status=0, seconds=10.0, size=0)]
    assert shortfalls(rounds(0), failed, recorded=900) == ["1 of 6 scrapes were not answered"]


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=2, max_size=30))
def test_the_mean_lies_within_its_interval(values: list[float]) -> None:
    found = verdict.interval(values)
    assert found.low <= found.mean <= found.high
