from shadowbench.endpoints.testing import ScriptedProvider
from tests.unit.endpoints.clients import openai_client


async def test_vectors_are_the_same_as_numbers_and_as_base64() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        unasked = await client.embeddings.create(model="m", input=["one", "two"])
        numbers = await client.embeddings.create(model="m", input=["one", "two"], encoding_format="float")
    assert b'"base64"' in provider.requests[0].body  # the SDK asks for it, and unpacks it
    assert [entry.embedding for entry in unasked.data] == [entry.embedding for entry in numbers.data]
    assert unasked.data[0].embedding != unasked.data[1].embedding
    assert unasked.usage.prompt_tokens == 2


async def test_a_vector_has_as_many_dimensions_as_were_asked_for() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        answer = await client.embeddings.create(model="m", input="one", dimensions=3)
    assert [len(entry.embedding) for entry in answer.data] == [3]


async def test_tokens_are_one_input_and_a_list_of_them_many() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        one = await client.embeddings.create(model="m", input=[1, 2])
        many = await client.embeddings.create(model="m", input=[[1, 2], [3]])
    assert (len(one.data), len(many.data)) == (1, 2)
