"""What to do about an exchange: a Plan, or a Skip with its reason. Pure.

Asked twice: with the head, when the exchange opens, and with the body, when the request is complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shadowbench import keyed
from shadowbench.handoff import OpenPayload, Policy
from shadowbench.mirror import sampling
from shadowbench.mirror.eligibility import EligibilityTerms, content_coding, judge_head, matched_endpoint
from shadowbench.mirror.head import RequestHead
from shadowbench.mirror.options import MirrorOptions
from shadowbench.records import Dialect
from shadowbench.wire.content_encoding import decoder_for
from shadowbench.wire.paths import dialect_of
from shadowbench.wire.requests import RequestFacts, parse_request

INELIGIBLE = "ineligible"
UNSAMPLED = "unsampled"
_MAX_REQUEST_ID_BYTES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Not mirrored. `stage` is the one of the funnel that it leaves at."""

    stage: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Nothing in the head speaks against mirroring."""

    dialect: Dialect
    endpoint: str  # the path suffix that was matched
    probabilities: Mapping[int, float]  # candidate's index → how likely it was to be chosen
    cluster_key: str
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedRequest:
    """What candidates' requests are made from."""

    head: RequestHead
    dialect: Dialect
    endpoint: str
    body: bytes  # content-decoded
    facts: RequestFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Mirrored: to whom, and what."""

    admission: Admission
    request: CopiedRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What decides, in one version of the policy."""

    version: int
    eligibility: EligibilityTerms
    sample_key: str
    sample_header: bytes | None
    cluster_header: bytes | None
    request_id_header: bytes | None
    rates: tuple[float, ...]  # in the order of the candidates

    @staticmethod
    def of(options: MirrorOptions, salt: bytes, version: int) -> Terms:
        """As configured."""
        sample_header = sampling.header_of_key(options.sample_key)
        return Terms(
            version=version,
            eligibility=EligibilityTerms(
                endpoints=options.endpoints, max_request_bytes=options.max_request_bytes, salt=salt
            ),
            sample_key=options.sample_key,
            sample_header=sample_header,
            # Requests that are sampled together are not independent.
            cluster_header=_header(options.cluster_header) or sample_header,
            request_id_header=_header(options.request_id_header),
            rates=tuple(candidate.sample_rate for candidate in options.candidates),
        )

    def policy(self) -> Policy:
        """What proxies are told: an upper bound."""
        return Policy(
            version=self.version,
            salt=self.eligibility.salt,
            rate=max(self.rates, default=0.0),
            key=self.sample_key,
            endpoints=self.eligibility.endpoints,
        )


class Planner:
    """Decides by the terms that were in force when the proxy opened the exchange."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._versions = {terms.version: terms}

    def admit(
        self, head: RequestHead, opened: OpenPayload, epoch: str, sequence: int, unix_s: float
    ) -> Admission | Skip:
        """Judge an exchange by its head."""
        terms = self._versions.get(opened.policy_version)
        if terms is None:
            # Sampled by rates we do not know: its probability could not be stated.
            return Skip(stage=INELIGIBLE, reason="unknown_policy")
        reason = judge_head(terms.eligibility, head, unix_s)
        if reason is not None:
            return Skip(stage=INELIGIBLE, reason=reason)
        salt = terms.eligibility.salt
        point = keyed.sample_point(salt, sampling.sampling_key(terms.sample_header, head, epoch, sequence))
        probabilities = sampling.inclusion_probabilities(point, terms.rates, opened.admitted)
        if not probabilities:
            return Skip(stage=UNSAMPLED)
        return Admission(
            dialect=dialect_of(head.path),
            endpoint=matched_endpoint(terms.eligibility, head) or "",
            probabilities=probabilities,
            cluster_key=sampling.cluster_key(salt, sampling.sampling_key(terms.cluster_header, head, epoch, sequence)),
            request_id=_request_id(terms.request_id_header, head),
        )

    def plan(self, admission: Admission, head: RequestHead, body: bytes) -> Plan | Skip:
        """Judge an admitted exchange by its whole body."""
        bound = self.terms.eligibility.max_request_bytes
        coding = content_coding(head)
        if coding not in (b"", b"identity"):
            decoder = decoder_for(coding.decode("ascii"), bound)
            body = decoder.feed(body)
            fault = decoder.finish()
            if fault is not None:
                return Skip(stage=INELIGIBLE, reason="over_bound" if fault == "over_bound" else "bad_encoding")
        facts = parse_request(admission.dialect, body)
        if not isinstance(facts, RequestFacts):
            return Skip(stage=INELIGIBLE, reason=facts.reason)
        request = CopiedRequest(
            head=head, dialect=admission.dialect, endpoint=admission.endpoint, body=body, facts=facts
        )
        return Plan(admission=admission, request=request)


def _header(name: str | None) -> bytes | None:
    return name.strip().lower().encode("latin-1") if name else None


def _request_id(header: bytes | None, head: RequestHead) -> str | None:
    value = head.get(header) if header is not None else None
    return value[:_MAX_REQUEST_ID_BYTES].decode("utf-8", "replace") if value else None
