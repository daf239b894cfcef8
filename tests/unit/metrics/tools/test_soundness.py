"""Can what an answer calls be run?"""

from typing import Any

import pytest

from shadowbench.metrics.base import Detailed
from shadowbench.metrics.tools import METRICS, hallucinated_tool_name, tool_schema_valid
from shadowbench.records import Dialect
from tests.compared import value
from tests.paired import ASKED, SCHEMA, WITH_TOOLS, calling, paired, side


@pytest.mark.parametrize(
    ("name", "arguments", "fault"),
    [
        ("weather", {"city": "Riga", "days": 3}, "valid"),
        ("weather", {"days": 3}, "not_by_schema"),
        ("weather", {"city": "Riga", "days": "3"}, "not_by_schema"),
        ("weather", {"city": "Riga", "mood": 1}, "not_by_schema"),
        ("weather", "{'city': 'Riga'}", "not_json"),
        ("weather", "[1]", "not_an_object"),
        ("now", "", "valid"),
        ("now", {"anything": 1}, "valid"),
        ("wether", {"city": "Riga"}, "unknown_tool"),
    ],
)
def test_a_call_fits_the_request_s_tools_or_says_why_not(name: str, arguments: Any, fault: str) -> None:
    said = tool_schema_valid.function(side(calling((name, arguments)), WITH_TOOLS))
    assert said == Detailed(float(fault == "valid"), {fault: 1})


def test_the_value_is_a_share_of_calls() -> None:
    answer = calling(("weather", {"city": "Riga"}), ("weather", {}), ("now", {}), ("never", {}))
    assert value(tool_schema_valid, side(answer, WITH_TOOLS)) == 0.5


def test_an_answer_without_calls_has_none_to_check() -> None:
    assert value(tool_schema_valid, side("no", WITH_TOOLS)) == "no_calls"


@pytest.mark.parametrize(
    "schema", [{"type": "nonsense"}, {"$ref": "https://example.com/schema.json"}, {"pattern": "("}]
)
def test_a_schema_that_is_none_faults_nobody(schema: Any) -> None:
    tools = [{"name": "f", "input_schema": schema}, {"name": "g", "input_schema": SCHEMA}]
    request = {"messages": [], "tools": tools}
    only = side(calling(("f", {})), request, Dialect.ANTHROPIC_MESSAGES)
    assert value(tool_schema_valid, only) == "no_schema"
    both = side(calling(("f", {}), ("g", {"city": "Riga"})), request, Dialect.ANTHROPIC_MESSAGES)
    assert value(tool_schema_valid, both) == 1


def test_a_tool_that_takes_text_takes_any() -> None:
    request = {"input": "x", "tools": [{"type": "custom", "name": "sql"}]}
    answer = calling(("sql", "SELECT 1"), kind="custom")
    assert value(tool_schema_valid, side(answer, request, Dialect.OPENAI_RESPONSES)) == 1


def test_a_tool_that_is_not_offered_was_made_up() -> None:
    assert value(hallucinated_tool_name, side(calling(("weather", {})), WITH_TOOLS)) == 0
    assert value(hallucinated_tool_name, side(calling(("Weather", {})), WITH_TOOLS)) == 1
    assert value(hallucinated_tool_name, side(calling(("weather", {}), ("x", {})), WITH_TOOLS)) == 1
    assert value(hallucinated_tool_name, side(calling(("x", {})), ASKED)) == 1
    assert value(hallucinated_tool_name, side("none", WITH_TOOLS)) == 0
    assert value(hallucinated_tool_name, side("none", ASKED)) == "no_tools"


def test_the_provider_s_own_calls_are_not_made_up() -> None:
    answer = calling(("web_search", "{}"), kind="server")
    assert value(hallucinated_tool_name, side(answer, WITH_TOOLS)) == 0


def test_both_sides_may_agree_about_what_can_be_run() -> None:
    named = {metric.name: metric for metric in METRICS}
    valid, invalid = calling(("weather", {"city": "Riga"})), calling(("weather", {}))
    assert value(named["tool_schema_valid_agreement"], paired(valid, valid, WITH_TOOLS)) == 1
    assert value(named["tool_schema_valid_agreement"], paired(valid, invalid, WITH_TOOLS)) == 0
    assert value(named["tool_schema_valid_agreement"], paired(valid, "no", WITH_TOOLS)) == "no_calls"
    assert value(named["hallucinated_tool_name_agreement"], paired(valid, calling(("x", {})), WITH_TOOLS)) == 0
    assert value(named["parallel_call_count_agreement"], paired(valid, invalid, WITH_TOOLS)) == 1
