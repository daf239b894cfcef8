"""Every recorded request: translated into what the vendors' types allow, or refused for a documented reason."""

import json
from collections import Counter
from pathlib import Path

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.translation import Reason, Untranslatable, translate
from tests.unit.wire.translation import vendors
from tests.unit.wire.translation.bodies import CHAT, MESSAGES, OLLAMA, PAIRS, RESPONSES

EXCHANGES = Path(__file__).parents[4] / "../shared/data/exchanges/exchanges_dev.jsonl"
ENDPOINTS = {CHAT: "chat.completions", RESPONSES: "responses", MESSAGES: "anthropic.messages", OLLAMA: "ollama.chat"}

pytestmark = pytest.mark.skipif(not EXCHANGES.exists(), reason="needs ../shared/data/exchanges (recorded exchanges)")


def bodies(dialect: Dialect) -> list[bytes]:
    with EXCHANGES.open() as lines:
        records = [json.loads(line) for line in lines]
    return [record["request"]["text"].encode() for record in records if record["endpoint"] == ENDPOINTS[dialect]]


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
def test_every_recorded_request_is_translated_or_refused_with_a_reason(source: Dialect, target: Dialect) -> None:
    tally: Counter[str] = Counter()
    for body in bodies(source):
        result = translate(source, target, body, default_max_tokens=1024)
        if isinstance(result, Untranslatable):
            tally[Reason(result.reason)] += 1
        else:
            vendors.check(target, json.loads(result.body))
            tally["translated"] += 1
    assert tally["translated"] > tally.total() / 3, tally
    assert tally[Reason.NOT_READABLE] == tally[Reason.UNKNOWN_MEMBER] == 0, tally
