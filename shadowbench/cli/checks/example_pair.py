"""A tiny pair that a judge can be asked about: two short answers, of which one is right."""

from __future__ import annotations

import orjson

from shadowbench.metrics.view import PairView
from shadowbench.records import Answer, CandidateResult, Choice, Dialect, Exchange, Observation, Outcome
from shadowbench.scores import PairRef

_BODY = {"model": "example", "messages": [{"role": "user", "content": "What is the capital of Latvia?"}]}


def example_pair() -> PairView:
    """With a reference, for judges that go by one."""
    candidate = CandidateResult(observation=_said("candidate", "Tallinn."), inclusion_probability=1.0, config_hash="")
    exchange = Exchange(
        id="0199c2b0-0000-7000-8000-000000000001",
        started_at=0.0,
        method="POST",
        path="/v1/chat/completions",
        dialect=Dialect.OPENAI_CHAT,
        request_id="example",
        cluster_key="example",
        epoch="",
        sequence=1,
        policy_version=1,
        config_hash="",
        request_body=orjson.dumps(_BODY),
        request_headers=(),
        production=_said("production", "Riga."),
        candidates=(candidate,),
    )
    return PairView(exchange, candidate, PairRef(1, 1), reference="Riga.")


def _said(endpoint: str, text: str) -> Observation:
    return Observation(endpoint=endpoint, outcome=Outcome.OK, answer=Answer(choices=(Choice(text=text),)))
