"""What redaction costs: microseconds per KB of text, and per pair. `python benchmarks/redaction.py`."""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable
from pathlib import Path

from shadowbench.recorder.redact_content import ContentRedactor
from shadowbench.records import Answer, CandidateResult, Choice, Dialect, Exchange, Observation, Outcome
from shadowbench.redaction.kinds import RedactionOptions
from shadowbench.redaction.redactor import redactor_of
from shadowbench.redaction.tally import Tally
from shadowbench.signals import Counters

_PROSE = "The capital of France is Paris. I asked about the risk of the task, and whether a bus goes there; it does. "
_DIGITS = "1763640366 2024-07-18T12:30:45.123Z 0.4532345234523452 192.168.1.1 12345, 7.25 "
_FOUND = "Write to joe.fisher@example.com or call +1 (555) 123-4567. "


def main() -> None:
    """Print a table."""
    redactor = redactor_of(RedactionOptions(), b"salt" * 8)
    texts = {
        "prose": _kilobyte(_PROSE),
        "JSON": _answer(_kilobyte(_PROSE))[:1024].decode(),
        "code": Path(__file__).read_text()[:1024],
        "digits": _kilobyte(_DIGITS),
        "with findings": _kilobyte(_FOUND + _PROSE * 4),
    }
    for name, text in texts.items():
        data = text.encode()
        print(f"{name:14} search {_us(lambda data=data: redactor.is_suspicious(data)):6.1f} µs/KB", end="")
        print(f"   redact {_us(lambda text=text: redactor.text(text, Tally())):6.1f} µs/KB")
    whole, counters = ContentRedactor(redactor), Counters()
    for name, extra in (("pair", ""), ("pair with findings", _FOUND)):
        exchange = _exchange(_kilobyte(extra + _PROSE))
        print(f"{name}: {_us(lambda exchange=exchange: whole.redact(exchange, counters)):.1f} µs")


def _kilobyte(text: str) -> str:
    return (text * (1024 // len(text) + 1))[:1024]


def _us(call: Callable[[], object], number: int = 2000) -> float:
    return min(timeit.repeat(call, number=number, repeat=5)) / number * 1e6


def _answer(text: str) -> bytes:
    message = {"role": "assistant", "content": text, "refusal": None}
    head = {"id": "chatcmpl-CdxiIrlxetLzjuBRfsl3k1X7s1F9u", "created": 1763640366, "model": "gpt-4o-mini-2024-07-18"}
    return json.dumps(head | {"choices": [{"index": 0, "message": message}], "usage": {"total_tokens": 30}}).encode()


def _seen(endpoint: str, text: str) -> Observation:
    answer = Answer(choices=(Choice(text=text[:800]),))
    return Observation(endpoint=endpoint, outcome=Outcome.OK, streamed=False, answer=answer, body=_answer(text[:800]))


def _exchange(text: str) -> Exchange:
    candidate = CandidateResult(observation=_seen("small", text), inclusion_probability=1, config_hash="")
    return Exchange(
        id="1",
        started_at=0,
        method="POST",
        path="/v1/chat/completions",
        dialect=Dialect.OPENAI_CHAT,
        request_id=None,
        cluster_key="",
        epoch="",
        sequence=0,
        policy_version=0,
        config_hash="",
        request_body=json.dumps({"model": "m", "messages": [{"role": "user", "content": text[:900]}]}).encode(),
        request_headers=tuple((f"x-header-{n}", "AsyncOpenAI/Python 1.109.1") for n in range(16)),
        production=_seen("production", text),
        candidates=(candidate,),
    )


if __name__ == "__main__":
    main()
