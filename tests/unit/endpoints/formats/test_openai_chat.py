from shadowbench.endpoints.testing import ScriptedProvider
from tests.unit.endpoints.clients import FUNCTIONS, MESSAGES, openai_client


async def test_a_stream_says_the_same_as_a_whole_answer() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        whole = await client.chat.completions.create(model="m", messages=MESSAGES)
        stream = await client.chat.completions.create(
            model="m", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content != ""
    assert chunks[-1].usage == whole.usage


async def test_a_tool_call_is_the_same_streamed_and_whole() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        whole = await client.chat.completions.create(model="m", messages=MESSAGES, tools=FUNCTIONS)
        async with client.chat.completions.stream(model="m", messages=MESSAGES, tools=FUNCTIONS) as stream:
            final = await stream.get_final_completion()
    assert whole.choices[0].message.tool_calls and final.choices[0].message.tool_calls
    call, streamed = whole.choices[0].message.tool_calls[0], final.choices[0].message.tool_calls[0]
    assert call.type == streamed.type == "function"
    assert (call.id, call.function.name) == (streamed.id, streamed.function.name)
    assert call.function.arguments == streamed.function.arguments
