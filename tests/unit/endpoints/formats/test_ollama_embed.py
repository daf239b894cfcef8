from shadowbench.endpoints.testing import ScriptedProvider
from tests.unit.endpoints.clients import ollama_client, openai_client


async def test_the_vectors_are_those_of_the_other_format() -> None:
    async with ScriptedProvider() as provider, ollama_client(provider) as client, openai_client(provider) as other:
        answer = await client.embed("m", ["one", "two"])
        expected = await other.embeddings.create(model="m", input=["one", "two"])
    assert [list(vector) for vector in answer.embeddings] == [entry.embedding for entry in expected.data]
    assert answer.prompt_eval_count == 2
