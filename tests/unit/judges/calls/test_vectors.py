from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.judges.calls.vectors import cosine, pack, unpack

NUMBERS = st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=8)


def test_a_vector_is_kept_as_little_endian_32_bit_floats() -> None:
    assert pack([1.0, -2.0]) == b"\x00\x00\x80\x3f\x00\x00\x00\xc0"


@given(NUMBERS)
def test_what_was_kept_comes_back(vector: list[float]) -> None:
    kept = unpack(pack(vector))
    assert kept is not None and kept.tolist() == vector


@pytest.mark.parametrize("kept", [b"", b"\x00\x00\x80"])
def test_what_is_no_vector_is_none(kept: bytes) -> None:
    assert unpack(kept) is None


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [([1, 0], [2, 0], 1.0), ([1, 0], [0, 3], 0.0), ([1, 0], [-1, 0], -1.0), ([1, 1], [1, 0], math.sqrt(0.5))],
)
def test_the_cosine_is_that_of_the_angle(one: list[float], other: list[float], value: float) -> None:
    assert cosine(np.array(one, float), np.array(other, float)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ([1.0], [1.0, 0.0], "unlike_dimensions"),
        ([0.0, 0.0], [1.0, 0.0], "zero_vector"),
        ([math.nan], [1.0], "not_a_number"),
        ([math.inf], [1.0], "not_a_number"),
    ],
)
def test_what_has_no_angle_says_why(one: list[float], other: list[float], reason: str) -> None:
    assert cosine(np.array(one), np.array(other)) == reason


@given(NUMBERS)
def test_a_vector_is_like_itself_and_rounding_leads_to_no_more_than_one(vector: list[float]) -> None:
    alike = cosine(np.array(vector), np.array(vector))
    assert alike == "zero_vector" if not isinstance(alike, float) else 1 - 1e-9 <= alike <= 1.0


def test_a_number_too_large_to_keep_is_no_number() -> None:
    kept = unpack(pack([1e300, 1.0]))
    assert kept is not None and cosine(kept, kept) == "not_a_number"
