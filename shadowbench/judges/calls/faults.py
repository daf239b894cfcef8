"""What an attempt came to: an answer to the question, or a failure and whose it is. Pure.

    what came                                      outcome        blame      again?
    nothing: not connected                         unreachable    endpoint   yes
    nothing within the time-out                    timed_out      either     yes
    less than a whole answer                       broken         either     yes
    401                                            not_allowed    endpoint   no
    403                                            not_allowed    either     no     some gateways moderate with it
    402, or 429 for want of credit                 no_credit      endpoint   no
    404, 405, 410                                  not_found      endpoint   no
    413, or an error that speaks of the context    too_long       question   no
    429                                            rate_limited   endpoint   yes    fewer at a time from now on
    503, 529                                       overloaded     endpoint   yes    fewer at a time from now on
    408, 409, other 5xx, an error with status 200  server_error   either     yes
    1xx, 3xx, other 4xx                            rejected       either     no
    a body that is no answer of this dialect       unreadable     either     yes
    a whole answer that says no                    refused        –          a reply without text
    … that ends at the bound of its tokens         cut            –               half a verdict is none
    … without text                                 empty          –
    a whole answer                                 ok             –

A server may say better whether to ask again (`x-should-retry`, as OpenAI's and Anthropic's SDKs read it).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shadowbench.records import Choice, Outcome
from shadowbench.wire.reading import Reading


class Blame(StrEnum):
    """Whom a failure says something about."""

    ENDPOINT = "endpoint"  # it would fail whatever it is asked
    QUESTION = "question"  # this one would fail again
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """One attempt, as the transport saw it."""

    reading: Reading | None = None  # None: no head came
    status: int | None = None
    fault: str | None = None  # of the transport: unreachable | timed_out | broken
    was_sent: bool = True  # the request may have been read
    retry_after_s: float | None = None
    should_retry: bool | None = None  # the server's own word
    duration_s: float = 0.0
    detail: str = ""  # for people; never has a credential in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An attempt that brought no answer to the question."""

    outcome: str
    blame: Blame
    is_retryable: bool
    is_overload: bool = False


_UNREACHABLE = Failure(outcome="unreachable", blame=Blame.ENDPOINT, is_retryable=True)
_TIMED_OUT = Failure(outcome="timed_out", blame=Blame.EITHER, is_retryable=True)
_BROKEN = Failure(outcome="broken", blame=Blame.EITHER, is_retryable=True)
_NOT_ALLOWED = Failure(outcome="not_allowed", blame=Blame.ENDPOINT, is_retryable=False)
_FORBIDDEN = Failure(outcome="not_allowed", blame=Blame.EITHER, is_retryable=False)
_NO_CREDIT = Failure(outcome="no_credit", blame=Blame.ENDPOINT, is_retryable=False)
_NOT_FOUND = Failure(outcome="not_found", blame=Blame.ENDPOINT, is_retryable=False)
_TOO_LONG = Failure(outcome="too_long", blame=Blame.QUESTION, is_retryable=False)
_RATE_LIMITED = Failure(outcome="rate_limited", blame=Blame.ENDPOINT, is_retryable=True, is_overload=True)
_OVERLOADED = Failure(outcome="overloaded", blame=Blame.ENDPOINT, is_retryable=True, is_overload=True)
_SERVER_ERROR = Failure(outcome="server_error", blame=Blame.EITHER, is_retryable=True)
_REJECTED = Failure(outcome="rejected", blame=Blame.EITHER, is_retryable=False)
_UNREADABLE = Failure(outcome="unreadable", blame=Blame.EITHER, is_retryable=True)

_TRANSPORT = {"unreachable": _UNREACHABLE, "timed_out": _TIMED_OUT, "broken": _BROKEN}
_STATUSES = {
    401: _NOT_ALLOWED, 402: _NO_CREDIT, 403: _FORBIDDEN, 404: _NOT_FOUND, 405: _NOT_FOUND, 408: _SERVER_ERROR,
    409: _SERVER_ERROR, 410: _NOT_FOUND, 413: _TOO_LONG, 429: _RATE_LIMITED, 503: _OVERLOADED, 529: _OVERLOADED,
}  # fmt: skip
_NO_CREDIT_WORDS = ("insufficient_quota", "credit balance", "insufficient credit")
_TOO_LONG_WORDS = (
    "context length", "context_length", "context size", "context window", "too long", "too large to process",
    "too many tokens", "tokens per request",
)  # fmt: skip
_TOO_LONG_STATUSES = (400, 422, 500)  # 500: llama.cpp
_CUT = ("length", "max_tokens", "model_context_window_exceeded")
_FILTERED = ("content_filter", "refusal", "safety")


def failure_of(came: Came) -> Failure | None:
    """Why there is no answer; None: there is one."""
    failure = _failure(came)
    if failure is None or came.should_retry is None or failure.is_retryable == came.should_retry:
        return failure
    return Failure(
        outcome=failure.outcome,
        blame=failure.blame,
        is_retryable=came.should_retry,
        is_overload=failure.is_overload,
    )


def _failure(came: Came) -> Failure | None:
    if came.fault is not None:
        return _TRANSPORT[came.fault]
    assert came.reading is not None and came.status is not None, "neither an answer nor a fault"
    if not 200 <= came.status < 300:
        return _of_status(came.status, words_of(came).lower())
    if came.reading.outcome is Outcome.OK:
        return None
    return {Outcome.STREAM_ERROR: _SERVER_ERROR, Outcome.UNPARSED: _UNREADABLE}.get(came.reading.outcome, _BROKEN)


def words_of(came: Came) -> str:
    """What the endpoint said about its failure."""
    reading = came.reading
    return "" if reading is None else " ".join(filter(None, (reading.error_type, reading.error_message)))


def _of_status(status: int, words: str) -> Failure:
    if status == 429 and any(word in words for word in _NO_CREDIT_WORDS):
        return _NO_CREDIT
    if status in _TOO_LONG_STATUSES and any(word in words for word in _TOO_LONG_WORDS):
        return _TOO_LONG
    return _STATUSES.get(status) or (_SERVER_ERROR if status >= 500 else _REJECTED)


def said_of(choice: Choice, tool: str) -> tuple[str | None, str]:
    """The text of a whole answer, be it what it calls `tool` with, and the outcome of the call: ok | cut | refused | empty."""
    called = next((call.arguments for call in choice.tool_calls if call.name == tool), None)
    text = called or choice.text
    if choice.refusal is not None or choice.finish_reason in _FILTERED:
        return None, "refused"
    if choice.finish_reason in _CUT:
        return None, "cut"
    return (text, "ok") if text and text.strip() else (None, "empty")
