"""One exchange's bytes and the mirror's plan → `records.Exchange`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from shadowbench.handoff import PRODUCTION
from shadowbench.making import maker_of
from shadowbench.pricing import Pricer
from shadowbench.recorder.heads import Head, method_and_path, read_head_lines
from shadowbench.recorder.observe import Asked, Means, not_sent, observe
from shadowbench.recorder.plan import Plan, PlannedCandidate
from shadowbench.recorder.raw import RawExchange
from shadowbench.records import CandidateResult, Exchange, Observation
from shadowbench.signals import Trace
from shadowbench.wire.content_encoding import decoder_for
from shadowbench.wire.reading import ReadingLimits
from shadowbench.wire.requests import requested_model
from shadowbench.wire.trace_context import read_traceparent

_asked, _candidate, _exchange = maker_of(Asked), maker_of(CandidateResult), maker_of(Exchange)
_GZIP_BEGINS = b"\x1f"  # JSON never does: a gateway lost the header that names the coding


class Tell(Protocol):
    """Is told of every observation, with the times of its stream's pieces, and the trace it belongs to."""

    def __call__(self, seen: Observation, content_times: Sequence[float], trace: Trace | None = None) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads exchanges under fixed options."""

    request_id_header: str | None
    limits: ReadingLimits
    pricer: Pricer
    tell: Tell | None = None  # see `Means`

    def read(self, raw: RawExchange) -> Exchange:
        """The exchange that `raw` tells. Raises ProtocolError when its frames contradict themselves."""
        plan = raw.plan
        head = read_head_lines(raw.opened.head)
        method, path = method_and_path(head.start)
        body = self._request_body(raw, head)
        model = None if body is None else requested_model(body)
        tell, trace = self.tell, trace_of(head, plan.started_at)
        if tell is not None and trace is not None:
            tell = partial(tell, trace=trace)
        means = Means(limits=self.limits, pricer=self.pricer, tell=tell)
        asked = _asked(endpoint="production", dialect=plan.dialect, requested_model=model, started_at=plan.started_at)
        production = observe(raw.sides[PRODUCTION], asked, means)
        return _exchange(
            id=plan.id,
            started_at=plan.started_at,
            method=method,
            path=path,
            dialect=plan.dialect,
            request_id=self._request_id(plan, head, production),
            cluster_key=plan.cluster_key,
            tenant_key=plan.tenant_key,
            user_key=plan.user_key,
            stratum=plan.stratum,
            epoch=plan.proxy_epoch,
            sequence=plan.proxy_sequence,
            policy_version=plan.policy_version,
            config_hash=plan.config_hash,
            request_body=body,
            request_headers=head.headers,
            production=production,
            candidates=tuple([_result(planned, raw, model, means) for planned in plan.candidates]),
        )

    def _request_body(self, raw: RawExchange, head: Head) -> bytes | None:
        if raw.request_overflow:
            return None
        received = b"".join(raw.request)
        coding = head.joined("content-encoding")
        if coding is None and len(received) <= self.limits.body_bytes and not received.startswith(_GZIP_BEGINS):
            return received
        decoder = decoder_for(coding, self.limits.body_bytes)
        body = decoder.feed(received)
        return body if decoder.finish() is None else None

    def _request_id(self, plan: Plan, head: Head, production: Observation) -> str | None:
        configured = head.get(self.request_id_header.lower()) if self.request_id_header else None
        return plan.request_id or configured or production.provider_request_id


def trace_of(head: Head, at: float) -> Trace | None:
    """The trace of a request that came at Unix time `at`, if the client's tracing keeps it: others cannot be looked up."""
    context = read_traceparent(head.joined("traceparent"))  # of two, which W3C forbids, nobody knows which is right
    if context is None or not context.is_sampled:
        return None
    return Trace((("span_id", context.span_id), ("trace_id", context.trace_id)), at)


def _result(planned: PlannedCandidate, raw: RawExchange, model: str | None, means: Means) -> CandidateResult:
    asked = _asked(
        endpoint=planned.name,
        dialect=planned.dialect or raw.plan.dialect,
        requested_model=planned.model or model,
        started_at=raw.plan.started_at,
    )
    side = raw.sides.get(planned.side)
    if planned.not_sent is not None or side is None:
        observation = not_sent(asked, planned.not_sent or "no_frames")
    else:
        observation = observe(side, asked, means)
    return _candidate(
        observation=observation,
        inclusion_probability=planned.inclusion_probability,
        config_hash=planned.config_hash,
    )
