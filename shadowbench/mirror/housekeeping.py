"""Members of requests that are between a client and production, and no part of the question. Pure data.

Identifiers name the client's users or its sessions; they are dropped unless a candidate keeps them. Bookings (storing, tiers,
keeping a model loaded) would act at the candidate's provider. Plumbing addresses one engine's inside and changes no answer.
Engine members do change the answer, in words that only one engine knows: a request that has one is not sent to another.

Sources: OpenAI's and Anthropic's API references; vLLM `entrypoints/openai/protocol.py`; SGLang
`srt/entrypoints/openai/protocol.py`; Ollama `api/types.go`.
"""

from __future__ import annotations

IDENTIFIERS = frozenset({"user", "safety_identifier", "metadata", "prompt_cache_key"})

BOOKINGS = frozenset({"store", "service_tier", "prompt_cache_retention", "keep_alive"})

PLUMBING = frozenset(
    {
        # vLLM
        "request_id",
        "cache_salt",
        "kv_transfer_params",
        "priority",
        "return_token_ids",
        "return_tokens_as_token_ids",
        # SGLang
        "rid",
        "bootstrap_host",
        "bootstrap_port",
        "bootstrap_room",
        "routed_dp_rank",
        "data_parallel_rank",
        "return_hidden_states",
        "return_routed_experts",
        "return_cached_tokens_details",
    }
)

ENGINE = frozenset(
    {
        # vLLM
        "vllm_xargs",
        "chat_template",
        "chat_template_kwargs",
        "structured_outputs",
        "guided_json",
        "guided_regex",
        "guided_choice",
        "guided_grammar",
        "add_generation_prompt",
        "continue_final_message",
        "logits_processors",
        # SGLang
        "session_id",
        "session_params",
        "input_ids",
        "input_embeds",
        "custom_logit_processor",
        "custom_params",
        "lora_path",
    }
)
