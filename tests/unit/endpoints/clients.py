"""The vendors' own clients of a scripted provider: what they accept is a double of something real."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anthropic
import httpx
import ollama
import openai
from google import genai

from shadowbench.endpoints.testing import ScriptedServer

PROMPT = "Which of these rivers is the longest, and why?"
MESSAGES: Any = [{"role": "user", "content": PROMPT}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTIONS: Any = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]


def openai_client(provider: ScriptedServer) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="k", max_retries=0)


def anthropic_client(provider: ScriptedServer) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=provider.url, api_key="k", max_retries=0)


def ollama_client(provider: ScriptedServer) -> ollama.AsyncClient:
    return ollama.AsyncClient(provider.url)


@asynccontextmanager
async def gemini_client(provider: ScriptedServer) -> AsyncIterator[genai.client.AsyncClient]:
    # Left to itself it takes aiohttp, in a way that aiohttp warns of.
    async with httpx.AsyncClient() as transport:
        options = genai.types.HttpOptions(base_url=provider.url, api_version="v1beta", httpx_async_client=transport)
        async with genai.Client(api_key="k", http_options=options).aio as client:
            yield client
