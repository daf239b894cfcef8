from typing import Any

from shadowbench.endpoints.testing import ScriptedProvider
from tests.unit.endpoints.clients import MESSAGES, SCHEMA, anthropic_client

TOOLS: Any = [{"name": "weather", "input_schema": SCHEMA}]


async def test_a_stream_says_the_same_as_a_whole_answer() -> None:
    async with ScriptedProvider() as provider, anthropic_client(provider) as client:
        whole = await client.messages.create(model="m", max_tokens=5, messages=MESSAGES)
        async with client.messages.stream(model="m", max_tokens=5, messages=MESSAGES) as stream:
            final = await stream.get_final_message()
    assert whole.content[0].type == final.content[0].type == "text"
    assert final.content[0].text == whole.content[0].text != ""
    assert (final.stop_reason, final.usage.output_tokens) == ("max_tokens", 5)
    assert final.usage.output_tokens == whole.usage.output_tokens


async def test_tool_use_is_whole_json_after_streaming() -> None:
    async with ScriptedProvider() as provider, anthropic_client(provider) as client:
        whole = await client.messages.create(model="m", max_tokens=9, messages=MESSAGES, tools=TOOLS)
        async with client.messages.stream(model="m", max_tokens=9, messages=MESSAGES, tools=TOOLS) as stream:
            final = await stream.get_final_message()
    assert whole.content[0].type == final.content[0].type == "tool_use"
    assert final.content[0].input == whole.content[0].input
    assert list(whole.content[0].input) == ["city"]
