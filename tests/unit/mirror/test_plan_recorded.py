"""What the planner makes of requests that real SDKs sent: nearly all are copied, and the others rightly are not."""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import urlsplit

import pytest

from shadowbench.handoff import OpenPayload
from shadowbench.mirror.head import parse_head
from shadowbench.mirror.options import CandidateOptions, MirrorOptions
from shadowbench.mirror.plan import Plan, Planner, Skip, Terms
from tests.origins import EXCHANGES

pytestmark = pytest.mark.skipif(not EXCHANGES.exists(), reason="needs ../shared/data/exchanges (recorded exchanges)")


def verdict(by: Planner, sequence: int, record: dict[str, object]) -> Plan | Skip:
    """Twenty seconds apart: recordings repeat themselves."""
    request, at = record["request"], sequence * 20.0
    text = request.get("text") if isinstance(request, dict) else None
    head = parse_head(f"{record['method']} {urlsplit(str(record['uri'])).path} HTTP/1.1".encode())
    admission = by.admit(head, OpenPayload(0, 1, b"", 1.0), "e", sequence, at)
    return admission if isinstance(admission, Skip) else by.plan(admission, head, str(text or "").encode(), at)


def test_recorded_requests_have_the_verdicts_that_they_should() -> None:
    candidates = (CandidateOptions(name="c", url="http://c", sample_rate=1.0),)
    by = Planner(Terms.of(MirrorOptions(runtime_folder="r", secret_file="s", candidates=candidates), bytes(32), 1))
    records = [json.loads(line) for line in EXCHANGES.read_text().splitlines()]
    verdicts = [verdict(by, sequence, record) for sequence, record in enumerate(records)]
    reasons = Counter(found.reason for found in verdicts if isinstance(found, Skip))
    assert sum(isinstance(found, Plan) for found in verdicts) > 0.75 * len(records)
    assert reasons.keys() == {
        "method_path",
        "no_input",  # Ollama's older /api/embeddings
        "server_tools",
        "stateful_encrypted_reasoning",
        "stateful_thinking_signature",
    }
