"""What to try a pair log with: an exchange and a measure to vary, and a small invented traffic with every kind of fault in it.

The invented traffic is deterministic: the same seed gives the same exchanges.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from shadowbench.records import (
    NO_USAGE,
    Answer,
    CandidateResult,
    Choice,
    Dialect,
    Exchange,
    Observation,
    Outcome,
    Timing,
    ToolCall,
    Usage,
    UsageSource,
)
from shadowbench.scores import Direction, Measure, Shape

FIRST_SECOND = 1_760_000_000.0
"""When the invented traffic starts: a Thursday in October 2025."""

_QUESTIONS = ("What is the capital of Latvia?", "Name a prime above 90.", "Translate 'good morning' into Danish.")
_ANSWERS = ("The capital of Latvia is Riga.", "97 is a prime above 90.", "In Danish one says 'godmorgen'.")

_FAULTS = (
    (Outcome.HTTP_ERROR, "status", 429),
    (Outcome.TIMED_OUT, "timed_out_first_byte", None),
    (Outcome.TRUNCATED, "reset", 200),
    (Outcome.STREAM_ERROR, "error_event", 200),
    (Outcome.UNPARSED, "not_json", 200),
    (Outcome.UNREACHABLE, "refused", None),
    (Outcome.NOT_SENT, "not_sent:stale", None),
)


def an_observation(text: str = "Riga.", **changes: Any) -> Observation:
    """A whole answer of one choice, with numbers that differ from each other."""
    seen = Observation(
        endpoint="production",
        outcome=Outcome.OK,
        status=200,
        streamed=False,
        answer=Answer(choices=(Choice(text=text, finish_reason="stop"),)),
        usage=Usage(source=UsageSource.REPORTED, input_tokens=21, output_tokens=8),
        timing=Timing(head_s=0.11, first_byte_s=0.12, first_content_s=0.13, last_byte_s=0.5, content_chunks=1),
        requested_model="large",
        reported_model="large-2025-09-01",
        fingerprint="fp_1",
        provider_request_id="req_1",
        response_bytes=len(text),
        body=json.dumps({"choices": [{"message": {"content": text}}]}).encode(),
    )
    return replace(seen, **changes)


def an_exchange(number: int = 1, *candidates: Observation, **changes: Any) -> Exchange:
    """The exchange of that number; with one candidate, `small`, unless told."""
    seen = candidates or (an_observation(endpoint="small"),)
    exchange = Exchange(
        id=f"0199c2b0-0000-7000-8000-{number:012x}",
        started_at=FIRST_SECOND + number,
        method="POST",
        path="/v1/chat/completions",
        dialect=Dialect.OPENAI_CHAT,
        request_id=f"client-{number}",
        cluster_key=f"cluster-{number % 7}",
        epoch="e1",
        sequence=number,
        policy_version=1,
        config_hash="m1",
        request_body=b'{"model":"large","messages":[{"role":"user","content":"Capital of Latvia?"}]}',
        request_headers=(("content-type", "application/json"), ("authorization", "hash:5f1c")),
        production=an_observation(),
        candidates=tuple(
            CandidateResult(
                observation=observation, inclusion_probability=0.25, config_hash=f"c-{observation.endpoint}"
            )
            for observation in seen
        ),
    )
    return replace(exchange, **changes)


def a_measure(name: str = "exact_match", **changes: Any) -> Measure:
    """A metric of both sides together, between 0 and 1."""
    measure = Measure(
        name=name,
        kind="metric",
        version="1",
        config_hash="",
        shape=Shape.PAIR,
        direction=Direction.HIGHER,
        low=0.0,
        high=1.0,
    )
    return replace(measure, **changes)


def invented_traffic(count: int, seed: int = 1) -> Iterator[Exchange]:
    """`count` exchanges with two candidates: production again (`again`), and one that is faster, terser and faulty."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        subject = chance.randrange(len(_QUESTIONS))
        question, text = _QUESTIONS[subject], _ANSWERS[subject]
        production = _said(chance, "production", text, 1.0)
        if chance.random() < 0.02:
            production = _failed(chance, production)
        again = _said(chance, "again", text if chance.random() < 0.9 else f"{text} Glad to help!", 1.0)
        small = _said(chance, "small", text if chance.random() < 0.5 else text.split(" is ")[0], 0.4)
        if chance.random() < 0.15:
            small = _failed(chance, small)
        body = orjson.dumps({"model": "large", "messages": [{"role": "user", "content": question}]})
        yield an_exchange(number, again, small, production=production, request_body=body)


def _said(chance: random.Random, endpoint: str, text: str, pace: float) -> Observation:
    streamed = chance.random() < 0.5
    first = pace * chance.lognormvariate(-1.5, 0.4)
    last = first + pace * len(text) * chance.uniform(0.008, 0.012)
    tokens = max(1, len(text) // 4)
    choice = Choice(text=text, finish_reason="stop")
    if chance.random() < 0.1:
        call = ToolCall(name="look_up", arguments=orjson.dumps({"query": text}).decode(), id=f"call_{endpoint}")
        choice = Choice(tool_calls=(call,), finish_reason="tool_calls")
    return an_observation(
        text,
        endpoint=endpoint,
        streamed=streamed,
        answer=Answer(choices=(choice,)),
        usage=Usage(source=UsageSource.REPORTED, input_tokens=18, output_tokens=tokens)
        if chance.random() < 0.95
        else NO_USAGE,
        timing=Timing(
            queue_s=None if endpoint == "production" else 0.001,
            head_s=first * 0.9,
            first_byte_s=first * 0.95,
            first_content_s=first if streamed else None,
            last_byte_s=last,
            content_chunks=tokens if streamed else None,
            gap_p50_s=0.01 if streamed else None,
            gap_p95_s=0.02 if streamed else None,
            gap_max_s=0.03 if streamed else None,
            paused_s=0.2 if chance.random() < 0.02 else 0.0,
        ),
        requested_model=endpoint,
        reported_model=f"{endpoint}-2025-09-01",
    )


def _failed(chance: random.Random, seen: Observation) -> Observation:
    outcome, reason, status = chance.choice(_FAULTS if seen.endpoint != "production" else _FAULTS[:5])
    fault = replace(
        seen, outcome=outcome, reason=reason, status=status, answer=None, usage=NO_USAGE, timing=Timing(),
        reported_model=None, body=None, response_bytes=0,
    )  # fmt: skip
    if outcome is Outcome.HTTP_ERROR:
        return replace(fault, error_type="rate_limit_exceeded", error_message="Slow down.", body=b'{"error":{}}')
    return fault
