import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.agreement import agreement
from shadowbench.metrics.text.containing import contains, contains_all, contains_any, ends_with, starts_with
from tests.compared import pair, value

SIDE = pair("", " Dear Ms Müller, thank you. \n").candidate


def test_a_text_is_in_the_answer_or_not() -> None:
    assert value(contains, SIDE, value="Müller") == 1
    assert value(contains, SIDE, value="MÜLLER") == 0
    assert value(contains, SIDE, value="MÜLLER", casefold=True) == 1


def test_any_and_all_of_several() -> None:
    assert value(contains_any, SIDE, values=["Smith", "thank"]) == 1
    assert value(contains_any, SIDE, values=["Smith", "Jones"]) == 0
    assert value(contains_all, SIDE, values=["Dear", "thank"]) == 1
    assert value(contains_all, SIDE, values=["Dear", "Smith"]) == 0
    assert value(contains_all, SIDE, values=["dear", "THANK"], casefold=True) == 1


def test_white_space_at_the_ends_does_not_count() -> None:
    assert value(starts_with, SIDE, value="Dear") == 1
    assert value(starts_with, SIDE, value="Ms") == 0
    assert value(ends_with, SIDE, value="you.") == 1
    assert value(ends_with, SIDE, value="YOU.", casefold=True) == 1
    assert value(ends_with, SIDE, value="thank") == 0


def test_both_sides_may_say_it_or_leave_it() -> None:
    said = agreement(contains)
    assert value(said, pair("no", "never"), value="yes") == 1
    assert value(said, pair("no", "yes"), value="yes") == 0


@pytest.mark.parametrize("metric", [contains, starts_with, ends_with])
def test_the_empty_text_is_in_everything_and_so_refused(metric) -> None:
    with pytest.raises(ConfigurationError, match="at least one character"):
        metric.options({"value": ""})
    with pytest.raises(ConfigurationError, match="needs the option 'value'"):
        metric.options({})


@pytest.mark.parametrize("values", [[], "abc", ["a", ""], [1]])
def test_several_are_a_list_of_texts(values) -> None:
    for metric in (contains_any, contains_all):
        with pytest.raises(ConfigurationError, match="a list of texts"):
            metric.options({"values": values})
