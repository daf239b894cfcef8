import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.base import Absent
from shadowbench.metrics.bounds import bounded, nfkc


@bounded(3)
def same(text: str, target: str, *, times: int = 1) -> float:
    return float(text * times == target)


def test_texts_up_to_the_bound_are_compared() -> None:
    assert same("abc", "abc") == 1.0
    assert same("a", "aaa", times=3) == 1.0


def test_a_longer_text_is_absent_on_either_side() -> None:
    assert same("abcd", "abc") == Absent("too_long")
    assert same("abc", "abcd") == Absent("too_long")


@given(st.text())
def test_normal_form_is_unicodes(text: str) -> None:
    assert nfkc(text) in (unicodedata.normalize("NFKC", text), None)


def test_only_endless_runs_of_marks_have_no_normal_form() -> None:
    assert nfkc("ﬁ² e\u0301") == "fi2 é"
    assert nfkc("a" + "\u0316" * 30) is not None
    assert nfkc("a" + "\u0300\u0316" * 1_000_000) is None
    assert nfkc("\ud800") == "\ud800"
