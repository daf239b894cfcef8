"""Check digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.redaction.checksums import passes_luhn, passes_mod97


@pytest.mark.parametrize("digits", ["4111111111111111", "79927398713", "0", "18"])
def test_luhn(digits: str) -> None:
    assert passes_luhn(digits)


@given(st.text("0123456789", min_size=1, max_size=18))
def test_of_ten_last_digits_one_passes(digits: str) -> None:
    assert sum(passes_luhn(digits + last) for last in "0123456789") == 1


def test_mod97() -> None:
    assert passes_mod97("GB82WEST12345698765432")
    assert not passes_mod97("GB82WEST12345698765433")
