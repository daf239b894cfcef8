"""The demo's client: plain HTTP requests, as any application would send them."""

from __future__ import annotations

import http.client
import json
from typing import Any

from shadowbench.demo.model_server import MODEL
from shadowbench.demo.prompts import Prompt

_TIMEOUT_S = 120.0


def send(port: int, prompt: Prompt) -> bool:
    """One request; whether its answer came whole with status 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", path(prompt), json.dumps(request(prompt)), _headers(prompt))
        response = connection.getresponse()
        response.read()
        return response.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def path(prompt: Prompt) -> str:
    """Where a prompt goes."""
    return "/v1/messages" if prompt.anthropic else "/v1/chat/completions"


def request(prompt: Prompt) -> dict[str, Any]:
    """A prompt as JSON of its wire format. Temperature 0: production answers the same prompt the same way."""
    body: dict[str, Any] = {
        "model": MODEL,
        "messages": [{"role": "user", "content": prompt.text}],
        "max_tokens": prompt.max_tokens,
        "temperature": 0,
    }
    if prompt.stream:
        body["stream"] = True
    if prompt.stream and not prompt.anthropic:
        body["stream_options"] = {"include_usage": True}
    return body


def _headers(prompt: Prompt) -> dict[str, str]:
    version = {"anthropic-version": "2023-06-01"} if prompt.anthropic else {}
    return {"content-type": "application/json", **version}
