from typing import Any

from shadowbench.endpoints.testing import ScriptedProvider
from tests.unit.endpoints.clients import PROMPT, SCHEMA, openai_client

TOOLS: Any = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}]


async def test_a_stream_says_the_same_as_a_whole_answer() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        whole = await client.responses.create(model="m", input=PROMPT)
        async with client.responses.stream(model="m", input=PROMPT) as stream:
            final = await stream.get_final_response()
    assert final.output_text == whole.output_text != ""
    assert final.usage == whole.usage


async def test_a_tool_call_is_the_same_streamed_and_whole() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        whole = await client.responses.create(model="m", input=PROMPT, tools=TOOLS)
        async with client.responses.stream(model="m", input=PROMPT, tools=TOOLS) as stream:
            final = await stream.get_final_response()
    call, streamed = whole.output[0], final.output[0]
    assert call.type == streamed.type == "function_call"
    assert (call.call_id, call.name, call.arguments) == (streamed.call_id, streamed.name, streamed.arguments)


async def test_an_answer_that_was_cut_ends_incomplete() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        stream = await client.responses.create(model="m", input=PROMPT, max_output_tokens=2, stream=True)
        *_, last = [event async for event in stream]
    assert last.type == "response.incomplete"
    assert last.response.incomplete_details is not None
    assert last.response.incomplete_details.reason == "max_output_tokens"
