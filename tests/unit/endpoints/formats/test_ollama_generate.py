from shadowbench.endpoints.testing import ScriptedProvider
from tests.unit.endpoints.clients import PROMPT, ollama_client


async def test_a_stream_says_the_same_as_a_whole_answer() -> None:
    async with ScriptedProvider() as provider, ollama_client(provider) as client:
        whole = await client.generate("m", PROMPT)
        lines = [line async for line in await client.generate("m", PROMPT, stream=True)]
    assert "".join(line.response or "" for line in lines) == whole.response != ""
    assert (lines[-1].done_reason, lines[-1].eval_count) == (whole.done_reason, whole.eval_count)
