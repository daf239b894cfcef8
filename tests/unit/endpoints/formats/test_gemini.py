import json
from typing import Any

import httpx

from shadowbench.endpoints.testing import ScriptedProvider
from tests.unit.endpoints.clients import PROMPT, SCHEMA, gemini_client

TOOLS: Any = {"tools": [{"function_declarations": [{"name": "weather", "parameters_json_schema": SCHEMA}]}]}


async def test_a_stream_says_the_same_as_a_whole_answer() -> None:
    async with ScriptedProvider() as provider, gemini_client(provider) as client:
        whole = await client.models.generate_content(model="m", contents=PROMPT)
        stream = await client.models.generate_content_stream(model="m", contents=PROMPT)
        answers = [answer async for answer in stream]
    assert "".join(answer.text or "" for answer in answers) == whole.text != ""
    assert answers[-1].usage_metadata == whole.usage_metadata
    assert [request.target for request in provider.requests] == [
        "/v1beta/models/m:generateContent",
        "/v1beta/models/m:streamGenerateContent?alt=sse",
    ]


async def test_a_tool_call_is_the_same_streamed_and_whole() -> None:
    async with ScriptedProvider() as provider, gemini_client(provider) as client:
        whole = await client.models.generate_content(model="m", contents=PROMPT, config=TOOLS)
        stream = await client.models.generate_content_stream(model="m", contents=PROMPT, config=TOOLS)
        answers = [answer async for answer in stream]
    assert whole.function_calls
    assert [call for answer in answers for call in answer.function_calls or []] == whole.function_calls
    assert list(whole.function_calls[0].args or {}) == ["city"]


async def test_without_alt_sse_a_stream_is_a_json_array_that_comes_element_by_element() -> None:
    request = {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]}
    async with ScriptedProvider() as provider, httpx.AsyncClient() as client:
        path = f"{provider.url}/v1beta/models/m:streamGenerateContent"
        array = await client.post(path, json=request)
        events = (await client.post(f"{path}?alt=sse", json=request)).text.split("\n\n")[:-1]
    assert array.headers["content-type"] == "application/json"
    assert array.json() == [json.loads(event.removeprefix("data: ")) for event in events]
