"""What the mirror is told of costs, and what is counted."""

from __future__ import annotations

import math

import pytest

from shadowbench.handoff import CostPayload, FrameReader, read_cost
from shadowbench.limits.budget import Why
from shadowbench.pricing import PriceEntry, Pricer, PricingOptions
from shadowbench.recorder.assembly import Assembly
from shadowbench.recorder.costs import SideCost, count_cost, side_costs
from shadowbench.recorder.exchange import Reader
from shadowbench.recorder.memory import Memory
from shadowbench.recorder.raw import RawExchange
from shadowbench.recorder.testing import ScriptedExchange, ScriptedSide, candidate_fields, plan_fields
from shadowbench.records import Cost, Observation, Outcome
from shadowbench.signals import Counters
from shadowbench.wire.reading import ReadingLimits

PRICES = PricingOptions(entries=(PriceEntry(endpoint="small", input_per_mtok=1.0, output_per_mtok=2.0),))
BODY = b'{"choices":[{"index":0,"message":{"content":"Hi"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}}'


def costs(side: ScriptedSide | None, **candidate: object) -> tuple[SideCost, ...]:
    script = ScriptedExchange(
        plan=plan_fields((candidate_fields(3, **candidate),)), candidates={} if side is None else {3: side}
    )
    to = Assembly(Memory(10**7), max_body_bytes=10**6)
    *_, raw = [to.take(frame) for frame in FrameReader().feed(b"".join(script.frames(1)))]
    assert isinstance(raw, RawExchange)
    reader = Reader(request_id_header=None, limits=ReadingLimits(), pricer=Pricer(PRICES))
    return side_costs(raw, reader.read(raw))


def answered(
    head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", body: bytes = BODY
) -> ScriptedSide:
    return ScriptedSide(head=head, chunks=((1_200_000_000, body),))


def test_each_side_that_was_called_is_told_with_its_number() -> None:
    assert costs(answered()) == (SideCost(3, pytest.approx(9e-6), 7),)


def test_what_was_not_sent_is_not_told() -> None:
    assert costs(None, not_sent="stale") == ()


@pytest.mark.parametrize(
    ("side", "usd", "tokens", "why"),
    [
        (answered(b"HTTP/1.1 429 Slow\r\n", b""), 0.0, 0, Why.KNOWN),
        (ScriptedSide(t0_ns=None, head=None, reason="refused"), 0.0, 0, Why.KNOWN),
        (ScriptedSide(head=None, reason="timed_out_total"), None, None, Why.UNREADABLE),
        (answered(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", b"<html>"), None, None, Why.UNREADABLE),
        (answered(body=b'{"choices":[]}'), None, None, Why.NO_USAGE),
        (answered(body=b'{"choices":[],"usage":{"prompt_tokens":5}}'), None, None, Why.NO_USAGE),
    ],
)
def test_no_model_ran_is_nothing_and_not_known_is_none(
    side: ScriptedSide, usd: float | None, tokens: int | None, why: Why
) -> None:
    assert costs(side) == (SideCost(3, usd, tokens, why),)


def test_a_model_without_a_price_is_told_apart_from_an_answer_without_usage() -> None:
    assert costs(answered(), name="other") == (SideCost(3, None, 7, Why.NO_PRICE),)


def test_embeddings_have_input_only() -> None:
    body = b'{"data":[{"index":0,"embedding":[0.1,0.2]}],"model":"e","usage":{"prompt_tokens":8,"total_tokens":8}}'
    assert costs(answered(body=body), dialect="openai.embeddings") == (SideCost(3, pytest.approx(8e-6), 8),)


def test_a_cost_is_a_frame_of_its_exchange() -> None:
    (frame,) = FrameReader().feed(SideCost(3, None, 7, Why.NO_PRICE).frame(11))
    assert (frame.sequence, frame.side, read_cost(frame.payload)) == (11, 3, CostPayload(None, 7, Why.NO_PRICE))
    assert read_cost(frame.payload[:-1]) == CostPayload(None, 7), "of a recorder of the version before"


@pytest.mark.parametrize("usd", [math.inf, -1.0, math.nan])
@pytest.mark.parametrize("tokens", [2**63, 10**30, -5])
def test_what_no_call_costs_is_told_as_not_known(usd: float, tokens: int) -> None:
    (frame,) = FrameReader().feed(SideCost(3, usd, tokens).frame(11))
    assert read_cost(frame.payload)[:2] == (None, None)


@pytest.mark.parametrize("count", [2**31, 2**63, 10**30])
def test_a_count_that_no_answer_has_is_no_cost(count: int) -> None:
    body = b'{"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":2}}' % count
    assert costs(answered(body=body)) == (SideCost(3, None, None, Why.NO_USAGE),)


def test_known_costs_add_up_and_unknown_ones_are_counted_by_reason() -> None:
    counters = Counters()
    for cost in (Cost(usd=0.5, reason=None), Cost(usd=0.25, reason=None), Cost(usd=None, reason="no_usage"), None):
        count_cost(Observation(endpoint="small", outcome=Outcome.OK, cost=cost), counters)
    assert counters.get("recorder_cost_usd_total", (("target", "small"),)) == 0.75
    assert counters.get("recorder_unpriced_total", (("target", "small"), ("reason", "no_usage"))) == 1
