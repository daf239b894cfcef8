"""ATTEMPT, from the frame to the record."""

from __future__ import annotations

import json

import pytest

from shadowbench.errors import ProtocolError
from shadowbench.pricing import PriceEntry, Pricer, PricingOptions
from shadowbench.recorder.attempts import attempts_of, read_attempt
from shadowbench.recorder.raw import RawAttempt
from shadowbench.records import Attempt

TOLD = {"reason": "http_429", "status": 429, "started_ns": 5, "ended_ns": 9}


def test_an_attempt_is_read_whole() -> None:
    assert read_attempt(json.dumps(TOLD).encode()) == RawAttempt("http_429", 429, 5, 9)


@pytest.mark.parametrize(
    "changes",
    [{"reason": None}, {"status": "429"}, {"started_ns": None}, {"ended_ns": "x"}, {"ended_ns": 4}],
)
def test_an_attempt_of_another_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        read_attempt(json.dumps(TOLD | changes).encode())
    with pytest.raises(ProtocolError):
        read_attempt(json.dumps({name: TOLD[name] for name in TOLD if name not in changes}).encode())


def test_times_count_from_the_observations_and_costs_are_what_was_billed() -> None:
    raw = (
        RawAttempt("http_529", 529, 1_000_000_000, 1_500_000_000),
        RawAttempt("refused", None, 2_000_000_000, 2_250_000_000),
        RawAttempt("http_500", 500, 2_500_000_000, 2_750_000_000),
    )
    pricer = Pricer(PricingOptions(entries=(PriceEntry(per_request=0.01),)))
    assert attempts_of(raw, 3_000_000_000, pricer, "small", "m") == (
        Attempt(reason="http_529", status=529, started_s=-2.0, duration_s=0.5, cost_usd=0.01),
        Attempt(reason="refused", status=None, started_s=-1.0, duration_s=0.25, cost_usd=0.0),
        Attempt(reason="http_500", status=500, started_s=-0.5, duration_s=0.25, cost_usd=None),
    )
