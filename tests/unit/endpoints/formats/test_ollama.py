import pytest

from shadowbench.endpoints.formats import ollama


@pytest.mark.parametrize(("request_", "streams"), [({}, True), ({"stream": True}, True), ({"stream": False}, False)])
def test_a_stream_is_the_rule(request_: dict[str, object], streams: bool) -> None:
    assert ollama.streams(request_) is streams


def test_options_that_are_none_name_nothing() -> None:
    assert ollama.options({"options": ["temperature"]}) == {}
