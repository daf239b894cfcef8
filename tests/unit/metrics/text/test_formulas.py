import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.text.formulas import plain, value_of


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("42", 42),
        ("-3.5", -3.5),
        (".5", 0.5),
        ("1,234,567", 1_234_567),
        ("1{,}000", 1000),
        ("\\frac{1}{2}", 0.5),
        ("\\dfrac12", 0.5),
        ("\\frac123", 1.5),  # a half, times three
        ("-1\\frac{1}{2} \\times 2", -3),
        ("-\\tfrac{3}{4}", -0.75),
        ("1\\frac{1}{2}", 1.5),
        ("3 / 4", 0.75),
        ("12/4/3", 1),
        ("2 + 3 \\cdot 4", 14),
        ("7 - 2 - 1", 4),
        ("(1+2)(3)", 9),
        ("2\\sqrt{3}", 2 * math.sqrt(3)),
        ("\\sqrt[3]{27}", 3),
        ("2^{10}", 1024),
        ("2^{-1}", 0.5),
        ("2^-1", 0.5),
        ("10^3", 1000),
        ("2\\pi", 2 * math.pi),
        ("π", math.pi),
        ("50\\%", 0.5),
        ("90^\\circ", 90),
        ("5 \\text{ cm}", 5),
        ("\\left( 1 \\right)", 1),
        ("\u22127.", -7),
        ("--1", 1),
        ("x + 1", None),
        ("\\frac{1}{0}", None),
        ("\\sqrt{-1}", None),
        ("9^{9^{9}}", None),
        ("(1", None),
        ("1)", None),
        ("(1]", None),
        ("1+", None),
        ("*", None),
        ("", None),
        ("(" * 50 + "1" + ")" * 50, 1),
        ("(" * 5_000 + "1" + ")" * 5_000, None),
    ],
)
def test_a_formula_without_variables_has_a_value(formula: str, value: float | None) -> None:
    assert value_of(formula) == (None if value is None else pytest.approx(value))


def test_what_makes_no_difference_is_left_out() -> None:
    assert plain("\\left( x^2 \\, + \\dfrac{1}{2} \\right) \\text{ m}.") == "(x^2+\\frac{1}{2})"


NUMBERS = st.integers(0, 99).map(str)
FORMULAS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
    max_leaves=9,
)


@given(FORMULAS)
def test_sums_and_products_come_to_what_python_says(formula: str) -> None:
    assert value_of(formula) == pytest.approx(eval(formula))


@given(st.lists(st.tuples(st.sampled_from("+-*/"), st.integers(1, 99)), max_size=8))
def test_products_are_taken_before_sums_and_from_the_left(steps: list[tuple[str, int]]) -> None:
    formula = "7" + "".join(f"{sign}{number}" for sign, number in steps)
    assert value_of(formula) == pytest.approx(eval(formula))


@given(st.text(st.sampled_from("12.,+-*/^(){}[]%π\\ fracsqtpi=x$"), max_size=60))
def test_no_text_breaks_it(formula: str) -> None:
    value = value_of(formula)
    assert value is None or math.isfinite(value)
