import pytest

from shadowbench.metrics.base import Absent
from shadowbench.metrics.tools.calls import calls_of, why_nothing
from tests.paired import ASKED, WITH_TOOLS, calling, side


def test_a_call_is_its_name_and_its_arguments_as_a_json_value() -> None:
    (call,) = calls_of(side(calling(("weather", '{"days": 2.0, "city": "Riga"}'))))
    assert (call.name, call.is_json, call.arguments) == ("weather", True, {"city": "Riga", "days": 2.0})
    assert call.identity == ("weather", b'{"city":"Riga","days":2}')


def test_what_is_not_json_stays_the_text_that_it_is() -> None:
    (call,) = calls_of(side(calling(("weather", "  {'city': 'Riga'} "))))
    assert (call.is_json, call.arguments) == (False, "{'city': 'Riga'}")


def test_no_arguments_are_an_empty_object_but_for_tools_that_take_text() -> None:
    (call,) = calls_of(side(calling(("now", ""))))
    assert (call.is_json, call.arguments) == (True, {})
    (call,) = calls_of(side(calling(("sql", ""), kind="custom")))
    assert (call.is_json, call.arguments) == (False, "")


@pytest.mark.parametrize("number", ["1e400", "123456789012345678901234567890", "-0.0", "1e22"])
def test_numbers_beyond_all_measure_are_compared_somehow(number: str) -> None:
    one, other = calls_of(side(calling(("f", number), ("f", f" {number}"))))
    assert one.identity == other.identity


def test_calls_that_the_provider_runs_are_left_out() -> None:
    assert calls_of(side(calling(("web_search", "{}"), kind="server"))) == []


def test_calling_nothing_says_something_where_tools_are_offered() -> None:
    assert why_nothing(side("x", WITH_TOOLS).request) is None
    assert why_nothing(side("x", ASKED).request) == Absent("no_tools")
    assert why_nothing(side("x", None).request) == Absent("no_request")
