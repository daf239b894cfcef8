from shadowbench.endpoints.testing import ScriptedProvider
from tests.unit.endpoints.clients import PROMPT, openai_client


async def test_a_stream_says_the_same_as_a_whole_answer() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        whole = await client.completions.create(model="m", prompt=PROMPT)
        stream = await client.completions.create(
            model="m", prompt=PROMPT, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.text for choice in choices) == whole.choices[0].text != ""
    assert choices[-1].finish_reason == whole.choices[0].finish_reason == "stop"
    assert chunks[-1].usage == whole.usage


async def test_a_stream_reports_usage_only_when_it_is_asked_to() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        stream = await client.completions.create(model="m", prompt=PROMPT, stream=True)
        assert [chunk.usage async for chunk in stream if chunk.usage] == []
