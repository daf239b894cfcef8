import asyncio

from shadowbench.demo.prompts import prompts
from shadowbench.demo.traffic import path, request, send
from shadowbench.endpoints.testing import Fault, ScriptedProvider


async def test_every_prompt_is_a_request_that_a_provider_answers() -> None:
    async with ScriptedProvider() as provider:
        for prompt in prompts(8):
            assert await asyncio.to_thread(send, provider.port, prompt)
    assert {received.path for received in provider.requests} == {"/v1/chat/completions", "/v1/messages"}


async def test_an_error_or_a_broken_answer_counts_as_none() -> None:
    (prompt,) = prompts(1)
    for fault in (Fault.SERVER_ERROR, Fault.RESET_MID_BODY, Fault.CUT):
        async with ScriptedProvider(lambda _, fault=fault: fault) as provider:
            assert not await asyncio.to_thread(send, provider.port, prompt)


def test_production_is_asked_at_temperature_zero_and_for_usage_where_that_is_an_option() -> None:
    for prompt in prompts(40):
        body = request(prompt)
        assert body["temperature"] == 0
        assert ("stream_options" in body) == (prompt.stream and path(prompt) == "/v1/chat/completions")
