from typing import Any

import pytest

from shadowbench.endpoints.formats import base


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("one", "one"),
        (None, ""),
        ([{"type": "text", "text": "one"}, {"type": "image", "source": {}}, {"text": "two"}], "one two"),
        ([{"type": "tool_result", "content": "one"}, {"type": "tool_result", "content": [{"text": "two"}]}], "one two"),
        (["one"], ""),
    ],
)
def test_the_text_of_a_content_is_that_of_its_parts(content: Any, text: str) -> None:
    assert base.text_of(content) == text


def test_a_result_that_is_an_item_of_its_own_is_a_message() -> None:
    items = [{"role": "user", "content": "one"}, {"type": "function_call_output", "output": "two"}, "no item"]
    assert base.texts_of(items) == ["one", "two"]
    assert base.texts_of("one") == ["one"]


@pytest.mark.parametrize(
    ("given", "inputs"),
    [("one", ("one",)), (["one", "two"], ("one", "two")), ([1, 2], ("[1, 2]",)), ([[1, 2], [3]], ("[1, 2]", "[3]"))],
)
def test_what_is_embedded_is_a_text_or_tokens_or_a_list_of_either(given: Any, inputs: tuple[str, ...]) -> None:
    assert base.inputs_of(given) == inputs


def test_the_first_tool_is_on_offer_with_its_schema_under_any_of_its_names() -> None:
    tools = [{"name": "weather", "schema": {"properties": {"city": {}, "day": {}}}}, {"name": "other"}]
    assert base.offered(tools, "parameters", "schema") == base.Offered(name="weather", parameters=("city", "day"))
    assert base.offered([{"name": "bare"}], "parameters") == base.Offered(name="bare")
    assert base.offered(None, "parameters") == base.Offered()


def test_a_calls_arguments_come_in_pieces_that_make_the_whole() -> None:
    arguments = '{"city": "Riga", "day": 3}'
    assert len(base.pieces(arguments)) > 3
    assert "".join(base.pieces(arguments)) == arguments
