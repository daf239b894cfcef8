"""Whether an exchange may be mirrored at all, and if not, why. Pure.

Deny by default: only what the list of endpoints names is copied, for a copy of anything else might change a state somewhere.
Verdicts are the reason codes of `REASONS`, and `excluded_<name>` of an operator's rule; None means "nothing speaks against
it". The head is judged when the exchange opens, so that the proxy can stop copying at once; the body when it is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shadowbench import keyed
from shadowbench.mirror.head import RequestHead
from shadowbench.mirror.rules import NO_RULES, RuleBook
from shadowbench.wire.requests import RequestFacts

SERVER_TOOLS = "server_tools"
NO_MESSAGES = "no_messages"
STATEFUL = "stateful_"

# Every code that an exchange which is not mirrored can have, in the stages ineligible and unsampled. Those of `excluded_<name>`
# come beside them, and what proxies say of exchanges that end before their request does (`intake.ABORT_REASONS`).
REASONS = {
    # of the head
    "method_path": "not on the list of endpoints",
    "stateful_path": "the path of a stored resource, whatever the list says",
    "own_marker": "a candidate call of ours came back through a gateway",
    "opted_out": "the client sent the opt-out header",
    "retry": "an SDK says that it sends the request again (x-stainless-retry-count)",
    "not_json": "the body is announced as something else, or is none",
    "unsupported_encoding": "the body is compressed in a way we cannot undo",
    "over_bound": "the body is, or announces to be, larger than the bound, compressed or not",
    # of the body
    "bad_encoding": "the body does not decompress",
    "not_an_object": "JSON, but no request",
    "no_messages": "a request without a list of messages, or with an empty one (Ollama then only loads the model)",
    "no_input": "a request without input",
    "dialect_unknown": "on the list of endpoints, in a wire format that is not read",
    "stateful_previous_response": "goes on from an answer that production gave",
    "stateful_conversation": "belongs to a conversation that production's provider keeps",
    "stateful_prompt_id": "uses a prompt that is stored there",
    "stateful_background": "the answer is fetched later",
    "stateful_file_reference": "refers to files, containers, stores or items there",
    "stateful_encrypted_reasoning": "holds reasoning that only that provider can read",
    "stateful_thinking_signature": "holds thinking that only that provider takes back",
    "stateful_signed_url": "points to a file behind a URL that does not last",
    "server_tools": "the provider runs tools of its own: they would run, and cost, twice",
    "duplicate": "an Idempotency-Key that came a moment ago, or the same body after a bad answer: a retry",
    # of either
    "not_included": "no include rule matches",
    # of the exchange
    "unknown_policy": "sampled by rates that this mirror never told: its probability could not be stated",
    "memory_full": "too many request bytes wait already",
    "early_answer": "production answered at length before the request was complete",
    "request_incomplete": "production's answer ended before the request did",
    "aborted": "ended for a reason we do not know",
    "shutdown": "this mirror is leaving",
    "proxy_lost": "the proxy's connection ended",
    # of stage unsampled, beside "": the draw did not choose it
    "paused": "copying is switched off",
    "thinned": "chosen by its rate, and left out because of a cap or of overload",
    "warming_up": "chosen by its rate, while a cap does not know yet how much comes",
}

_MAY_BE_JSON = frozenset(
    {
        b"application/json",
        b"text/json",
        b"text/plain",
        b"application/octet-stream",
        b"application/x-www-form-urlencoded",
    }
)
CODINGS = frozenset({b"", b"identity", b"gzip", b"x-gzip", b"deflate", b"br", b"zstd"})
_RETRY_HEADER = b"x-stainless-retry-count"  # SDKs of OpenAI and Anthropic; 0 on the first attempt
_NO = frozenset({b"0", b"false", b"no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityTerms:
    """What an exchange is judged by."""

    endpoints: tuple[tuple[str, str], ...]
    max_request_bytes: int
    salt: bytes
    opt_out_header: bytes | None = None
    skip_retries: bool = True
    rules: RuleBook = NO_RULES


def judge_head(terms: EligibilityTerms, head: RequestHead, unix_s: float) -> str | None:
    """What in the header fields speaks against mirroring."""
    headers = head.headers
    marker = head.get(keyed.MARKER_HEADER) if keyed.MARKER_HEADER in headers else None
    if marker is not None and keyed.is_own_marker(terms.salt, marker, unix_s):
        return "own_marker"
    if terms.opt_out_header is not None and _is_set(head.get(terms.opt_out_header)):
        return "opted_out"
    if terms.skip_retries and _RETRY_HEADER in headers and _is_positive(head.get(_RETRY_HEADER)):
        return "retry"
    return _judge_body_fields(terms, head)


def _judge_body_fields(terms: EligibilityTerms, head: RequestHead) -> str | None:
    if not _is_json(head.get(b"content-type")):
        return "not_json"
    if content_coding(head) not in CODINGS:
        return "unsupported_encoding"
    length = head.get(b"content-length")
    # At most 18 digits: int() of a longer number is work that a stranger chooses.
    if length is not None and length.isdigit() and (len(length) > 18 or int(length) > terms.max_request_bytes):
        return "over_bound"
    return None


def judge_facts(facts: RequestFacts, strips: Sequence[bool]) -> str | None:
    """What in the request itself speaks against mirroring. `strips`: which candidates get it without the provider's tools."""
    if facts.state_reason is not None:
        return STATEFUL + facts.state_reason
    if facts.message_count == 0:
        return NO_MESSAGES
    if facts.server_tools and not any(strips):
        return SERVER_TOOLS
    return None


def content_coding(head: RequestHead) -> bytes:
    """The request's content coding in lower case; empty when it has none."""
    value = head.headers.get(b"content-encoding")
    return value.strip(b" \t").lower() if value is not None else b""


def _is_set(value: bytes | None) -> bool:
    # In doubt nothing is copied: an empty value opts out, too.
    return value is not None and value.lower() not in _NO


def _is_positive(value: bytes | None) -> bool:
    return value is not None and value.isdigit() and value.strip(b"0") != b""


def _is_json(content_type: bytes | None) -> bool:
    # Clients send JSON without a content type, as text, or as the form that `curl -d` announces, and gateways read it: the
    # body decides. What announces itself as something that can be no JSON is not looked at.
    if not content_type or content_type == b"application/json":
        return True
    media_type = content_type.partition(b";")[0].strip().lower()
    return media_type in _MAY_BE_JSON or media_type.endswith(b"+json")
