"""Exported lines become the exchanges they were, and say where they cannot."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.records import Answer, Attempt, Choice, Cost, Embeddings, Exchange, ToolCall
from shadowbench.store.base import pairs_of
from shadowbench.store.flat import as_json_line
from shadowbench.store.lines import BadLineError, exchange_of_line, joined
from shadowbench.store.testing import an_exchange, an_observation, invented_traffic

RICH = an_exchange(
    1,
    an_observation(
        endpoint="small",
        answer=Answer(
            choices=(Choice(text="\ud800", tool_calls=(ToolCall(name="f", arguments="{"),)),),
            embeddings=Embeddings(count=1, dimensions=None),
        ),
        body=b"\xff\x00",
        cost=Cost(usd=None, reason="unknown_model", price=None),
        attempts=(Attempt(reason="status", status=429, started_s=-2.0, duration_s=1, cost_usd=0.5),),
    ),
    an_observation(endpoint="other", cost=Cost(usd=0.25, reason=None, price='{"model":"m"}')),
    tenant_key="t",
    user_key="u",
    stratum="long",
    redactions=(("email", 2), ("api_key", 1)),
)


def lines_of(exchange: Exchange) -> list[bytes]:
    return [as_json_line(pair) for pair in pairs_of(exchange)]


def test_lines_become_the_exchange_they_were() -> None:
    assert list(joined(map(exchange_of_line, lines_of(RICH)))) == [RICH]


def test_invented_traffic_comes_back_equal() -> None:
    traffic = list(invented_traffic(80))
    lines = [line for exchange in traffic for line in lines_of(exchange)]
    assert list(joined(map(exchange_of_line, lines))) == traffic


def test_a_candidate_that_is_told_twice_counts_once() -> None:
    lines = lines_of(RICH)
    assert list(joined(map(exchange_of_line, [*lines, *lines]))) == [RICH]


def test_an_export_from_before_costs_is_read() -> None:
    document = json.loads(lines_of(an_exchange())[0])
    for name in ("tenant_key", "user_key", "stratum", "redactions"):
        del document["exchange"][name]
    for side in ("production", "candidate"):
        for name in ("dialect", "cost", "attempts"):
            del document[side][name]
        del document[side]["answer"]["embeddings"]
    assert exchange_of_line(json.dumps(document).encode()) == an_exchange()


def without(*path: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for name in path[:-1]:
            document = document[name]
        del document[path[-1]]

    return change


def with_(value: object, *path: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without("candidate"), "candidate is missing"),
        (without("exchange", "id"), "exchange.id is missing"),
        (without("production", "outcome"), "production.outcome is missing"),
        (with_(7, "exchange", "method"), "exchange.method is 7, not text"),
        (with_(None, "exchange", "sequence"), "exchange.sequence is None, not an integer"),
        (with_("1", "inclusion_probability"), "inclusion_probability is '1', not a number"),
        (with_("great", "candidate", "outcome"), "candidate.outcome is 'great', which this shadowbench does not know"),
        (with_(1, "candidate", "mood"), "candidate.mood is unknown; was this exported by a newer shadowbench?"),
        (with_([["a"]], "request", "headers"), r"request.headers\[0\] has 1 members, not 2"),
        (with_({}, "request", "headers"), "request.headers is not an array"),
        (with_([], "production"), "production is not a JSON object"),
        (with_("!", "production", "body_base64"), "production.body_base64 is not base64"),
        (with_("é", "production", "body_base64"), "production.body_base64 is not base64"),
        (with_(True, "production", "status"), "production.status is True, not an integer"),
        (with_("x", "candidate", "timing", "head_s"), "candidate.timing.head_s is 'x', not a number"),
    ],
)
def test_a_bad_line_says_where(change: Callable[[Any], None], why: str) -> None:
    document = json.loads(lines_of(an_exchange())[0])
    change(document)
    with pytest.raises(BadLineError, match=why):
        exchange_of_line(json.dumps(document).encode())


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 100_000])
def test_what_is_no_line_is_told(line: bytes) -> None:
    with pytest.raises(BadLineError):
        exchange_of_line(line)


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
WHERE = [
    (side, name) for side, part in json.loads(lines_of(RICH)[0]).items() if isinstance(part, dict) for name in part
]


@given(st.sampled_from(WHERE), st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_anything_in_the_place_of_anything_is_an_exchange_or_told(where: tuple[str, str], value: object) -> None:
    document = json.loads(lines_of(RICH)[0])
    document[where[0]][where[1]] = value
    try:
        exchange_of_line(json.dumps(document).encode())
    except BadLineError as error:
        assert str(error)
