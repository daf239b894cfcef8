import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.text.patterns import regex
from tests.compared import pair, value


def side(text: str):
    return pair("", text).candidate


def test_a_pattern_is_found_anywhere_or_matches_the_whole_answer() -> None:
    assert value(regex, side("order 123 is here"), pattern=r"\d{3}") == 1
    assert value(regex, side("order 12"), pattern=r"\d{3}") == 0
    assert value(regex, side("order 123"), pattern=r"\d{3}", whole=True) == 0
    assert value(regex, side(" 123\n"), pattern=r"\d{3}", whole=True) == 1
    assert value(regex, side("ÄÖ"), pattern=r"(?i)^äö$") == 1


@pytest.mark.parametrize("pattern", ["(", r"(?=a)b", r"(a)\1", "\ud800", 3])
def test_what_re2_cannot_do_is_refused_with_a_reason(pattern) -> None:
    with pytest.raises(ConfigurationError, match="RE2"):
        regex.options({"pattern": pattern})


def test_lone_surrogates_and_patterns_that_blow_up_elsewhere_do_no_harm() -> None:
    assert value(regex, side("a\ud800b"), pattern="^a.b$") == 1
    assert value(regex, side("a" * 100_000 + "!"), pattern="^(a+)+$") == 0
