"""What is left away on purpose: members that say who asks, how the call is billed, stored, cached or transported, and not what
the answer shall be. All other members are either translated or the reason why the request is not.

    metadata, user, safety_identifier, user_profile_id, workspace_id   who asks: not the candidate provider's to know
    service_tier, speed, inference_geo                                 where and how soon the vendor computes it
    store, diagnostics                                                 what the vendor keeps; Responses are sent store: false
    prompt_cache_key, prompt_cache_options, prompt_cache_retention,
    prompt_cache_breakpoint, cache_control                             hints to the vendor's cache
    keep_alive; num_gpu, main_gpu, num_thread, num_batch, use_mmap     how Ollama's host runs the model
    stream_options                                                     how the stream is framed; usage is always asked for
    include                                                            what a Responses answer carries besides (log
                                                                       probabilities excepted)
    id, status, logprobs of items                                      marks that the Responses API put on earlier output
    name of an OpenAI tool message or result                           the call's id says it already
    eager_input_streaming, thinking's display, reasoning's summary     how finely, or whether, something is shown
    index of an Ollama call                                            its place in the list says it already

The label of a JSON schema (`name`, OpenAI only) is left away too; towards OpenAI it is "answer". Pure.
"""

from __future__ import annotations

OPENAI = frozenset({
    "metadata",
    "user",
    "safety_identifier",
    "service_tier",
    "store",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "stream_options",
})  # fmt: skip
OPENAI_PART = frozenset({"prompt_cache_breakpoint"})
OPENAI_TOOL_MESSAGE = frozenset({"name"})
RESPONSES_ITEM = frozenset({"id", "status"})
RESPONSES_RESULT = RESPONSES_ITEM | {"name"}
RESPONSES_TEXT = frozenset({"logprobs"})
RESPONSES_REASONING = frozenset({"summary", "generate_summary"})

ANTHROPIC = frozenset({
    "metadata",
    "service_tier",
    "speed",
    "inference_geo",
    "diagnostics",
    "user_profile_id",
    "workspace_id",
    "cache_control",
})  # fmt: skip
ANTHROPIC_BLOCK = frozenset({"cache_control"})
ANTHROPIC_TOOL = frozenset({"cache_control", "eager_input_streaming"})
ANTHROPIC_THINKING = frozenset({"display"})

OLLAMA = frozenset({"keep_alive"})
OLLAMA_CALLED = frozenset({"index"})
OLLAMA_OPTIONS = frozenset({"num_gpu", "main_gpu", "num_thread", "num_batch", "use_mmap"})

SCHEMA_LABEL = "answer"
