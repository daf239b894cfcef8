from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shadowbench.judges.calls.faults import Blame, Came, failure_of, said_of
from shadowbench.records import Choice, ToolCall
from tests.unit.judges.calls.desks import came, chat, refusal


@pytest.mark.parametrize(
    ("seen", "outcome", "blame", "again"),
    [
        (Came(fault="unreachable", was_sent=False), "unreachable", Blame.ENDPOINT, True),
        (Came(fault="timed_out"), "timed_out", Blame.EITHER, True),
        (Came(fault="broken"), "broken", Blame.EITHER, True),
        (refusal(401), "not_allowed", Blame.ENDPOINT, False),
        (refusal(403), "not_allowed", Blame.EITHER, False),
        (refusal(402), "no_credit", Blame.ENDPOINT, False),
        (refusal(404), "not_found", Blame.ENDPOINT, False),
        (refusal(413), "too_long", Blame.QUESTION, False),
        (refusal(400), "rejected", Blame.EITHER, False),
        (refusal(422), "rejected", Blame.EITHER, False),
        (refusal(307), "rejected", Blame.EITHER, False),
        (refusal(408), "server_error", Blame.EITHER, True),
        (refusal(409), "server_error", Blame.EITHER, True),
        (refusal(429), "rate_limited", Blame.ENDPOINT, True),
        (refusal(500), "server_error", Blame.EITHER, True),
        (refusal(503), "overloaded", Blame.ENDPOINT, True),
        (refusal(529), "overloaded", Blame.ENDPOINT, True),
        (came(200, b"<html>no</html>"), "unreadable", Blame.EITHER, True),
        (refusal(200), "server_error", Blame.EITHER, True),
    ],
)
def test_each_failure_has_its_name_and_its_blame(seen: Came, outcome: str, blame: Blame, again: bool) -> None:
    failure = failure_of(seen)
    assert failure is not None
    assert (failure.outcome, failure.blame, failure.is_retryable) == (outcome, blame, again)


@pytest.mark.parametrize("status", [429, 503, 529])
def test_too_much_is_told_apart_from_broken(status: int) -> None:
    failure = failure_of(refusal(status))
    assert failure is not None and failure.is_overload
    other = failure_of(refusal(500))
    assert other is not None and not other.is_overload


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "the request exceeds the available context size",
        "input (3000 tokens) is too large to process. increase the physical batch size",
        "Requested 310000 tokens, max 300000 tokens per request",
    ],
)
def test_a_question_that_is_too_long_is_its_own_fault(message: str) -> None:
    for status in (400, 500):
        failure = failure_of(refusal(status, message))
        assert failure is not None and (failure.outcome, failure.blame) == ("too_long", Blame.QUESTION)


def test_no_credit_is_not_waited_for_though_it_says_429() -> None:
    failure = failure_of(refusal(429, "You exceeded your current quota: insufficient_quota"))
    assert failure is not None and (failure.outcome, failure.is_retryable) == ("no_credit", False)


def test_the_servers_own_word_about_retrying_counts() -> None:
    stop, go = (
        failure_of(replace(refusal(500), should_retry=False)),
        failure_of(replace(refusal(400), should_retry=True)),
    )
    assert stop is not None and not stop.is_retryable and stop.outcome == "server_error"
    assert go is not None and go.is_retryable


def test_a_whole_answer_is_no_failure() -> None:
    assert failure_of(chat("fine")) is None
    assert failure_of(chat(None, refusal="no")) is None


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"text": "fine", "finish_reason": "stop"}, ("fine", "ok")),
        ({"text": "half of i", "finish_reason": "length"}, (None, "cut")),
        ({"text": "half of i", "finish_reason": "max_tokens"}, (None, "cut")),
        ({"text": "I cannot", "refusal": "I cannot"}, (None, "refused")),
        ({"text": None, "finish_reason": "content_filter"}, (None, "refused")),
        ({"text": " \n"}, (None, "empty")),
        ({}, (None, "empty")),
        ({"tool_calls": (ToolCall(name="verdict", arguments='{"a":1}'),)}, ('{"a":1}', "ok")),
        ({"text": "so", "tool_calls": (ToolCall(name="other", arguments="{}"),)}, ("so", "ok")),
    ],
)
def test_what_an_answer_says(choice: dict[str, Any], said: tuple[str | None, str]) -> None:
    assert said_of(Choice(**choice), "verdict") == said
