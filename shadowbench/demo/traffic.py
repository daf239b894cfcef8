"""The demo's client: plain HTTP requests, as any application would send them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from shadowbench.demo.model_server import MODEL
from shadowbench.demo.prompts import Prompt

# Two at a time: a little overlap, as in life, and no queue at the one small model.
_CONCURRENCY = 2
_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How the requests went, from the client's side."""

    answered: int
    failed: int


def send_all(port: int, prompts: Sequence[Prompt], tick: Callable[[], None]) -> Sent:
    """Send every prompt through the proxy and read the answers; `tick` after each."""
    answered = 0
    pool = ThreadPoolExecutor(_CONCURRENCY, thread_name_prefix="demo-client")
    try:
        for done in as_completed([pool.submit(send, port, prompt) for prompt in prompts]):
            answered += done.result()
            tick()
    finally:
        # After Ctrl-C: what has not begun is dropped, and what has begun ends with the sidecar.
        pool.shutdown(wait=False, cancel_futures=True)
    return Sent(answered=answered, failed=len(prompts) - answered)


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
