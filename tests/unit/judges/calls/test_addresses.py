"""Where calls go, held against where the vendors' own SDKs send theirs."""

from __future__ import annotations

import anthropic
import openai
import pytest

from shadowbench.endpoints.testing import ScriptedProvider
from shadowbench.judges.calls.addresses import address_of, public


@pytest.mark.parametrize("base", ["/v1", "/openai/v1/", "/v1beta/openai"])
@pytest.mark.parametrize("dialect", ["openai.chat", "openai.embeddings"])
async def test_a_base_of_openai_leads_where_its_sdk_goes(base: str, dialect: str) -> None:
    async with ScriptedProvider() as provider:
        url = provider.url + base
        async with openai.AsyncOpenAI(base_url=url, api_key="k", max_retries=0) as client:
            if dialect == "openai.chat":
                await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
            else:
                await client.embeddings.create(model="m", input="x")
        assert address_of(url, dialect) == provider.url + provider.requests[0].target


@pytest.mark.parametrize("base", ["", "/", "/anthropic", "/a/b/"])
async def test_a_base_of_anthropic_leads_where_its_sdk_goes(base: str) -> None:
    async with ScriptedProvider() as provider:
        url = provider.url + base
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
            await client.messages.create(model="m", messages=[{"role": "user", "content": "x"}], max_tokens=9)
        assert address_of(url, "anthropic.messages") == provider.url + provider.requests[0].target


@pytest.mark.parametrize(
    ("base", "dialect", "address"),
    [
        ("http://localhost:11434", "openai.chat", "http://localhost:11434/v1/chat/completions"),
        ("http://localhost:11434/", "openai.embeddings", "http://localhost:11434/v1/embeddings"),
        ("https://api.anthropic.com/v1", "anthropic.messages", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1/messages", "anthropic.messages", "https://api.anthropic.com/v1/messages"),
        ("https://a.test/v1/chat/completions", "openai.chat", "https://a.test/v1/chat/completions"),
        (
            "https://x.openai.azure.com/openai/deployments/judge?api-version=2024-10-21",
            "openai.chat",
            "https://x.openai.azure.com/openai/deployments/judge/chat/completions?api-version=2024-10-21",
        ),
    ],
)
def test_bases_are_taken_as_people_write_them(base: str, dialect: str, address: str) -> None:
    assert address_of(base, dialect) == address


def test_an_address_stays_what_it_is() -> None:
    for dialect in ("openai.chat", "openai.embeddings", "anthropic.messages"):
        once = address_of("https://a.test/x", dialect)
        assert address_of(once, dialect) == once


def test_a_shown_url_has_neither_password_nor_query() -> None:
    assert public("https://me:secret@a.test:8443/v1?key=secret") == "https://a.test:8443/v1"
