"""What to do about an exchange: a Plan, or a Skip with its reason. Pure but for what it remembers: the time is an argument.

Asked twice: with the head, when the exchange opens, and with the body, when the request is complete. Eligibility first, the
draw last, so that what is counted as eligible does not depend on it. Nouns that are made for each exchange are NamedTuples,
and made by makers: a frozen dataclass of ten fields takes five times as long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shadowbench import keyed
from shadowbench.errors import ConfigurationError
from shadowbench.handoff import OpenPayload
from shadowbench.making import maker_of
from shadowbench.mirror import callers, sampling
from shadowbench.mirror.duplicates import Duplicates
from shadowbench.mirror.eligibility import SERVER_TOOLS, content_coding, judge_facts, judge_head
from shadowbench.mirror.head import RequestHead
from shadowbench.mirror.options import MirrorOptions
from shadowbench.mirror.paths import Endpoint, find_endpoint
from shadowbench.mirror.rules import Body, Pending
from shadowbench.mirror.sampling import Bound, SampleKey
from shadowbench.mirror.strata import Possible, Stratum
from shadowbench.mirror.terms import Terms
from shadowbench.mirror.thinning import Thinning
from shadowbench.records import Dialect
from shadowbench.wire.content_encoding import decoder_for
from shadowbench.wire.requests import RequestFacts, parse_request

__all__ = ["Admission", "CopiedRequest", "Plan", "Planner", "Skip", "Terms"]

INELIGIBLE = "ineligible"
UNSAMPLED = "unsampled"
_MAX_REQUEST_ID_BYTES = 256
# Versions of the policy whose sampling key is remembered. A proxy obeys a new one within milliseconds.
_VERSIONS = 64
_PATHS = 1024
_IDEMPOTENCY_KEY = b"idempotency-key"  # the IETF's draft of that name, and what SDKs send


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Not mirrored. `stage` is the one of the funnel that it leaves at."""

    stage: str
    reason: str = ""


class Admission(NamedTuple):
    """Nothing in the head speaks against mirroring, and what the body is still needed for."""

    dialect: Dialect
    endpoint: str  # the path suffix that was matched
    request_id: str | None
    caller: bytes  # the credential's placeholder
    request_key: bytes
    point: int | None  # None: the body draws it
    bound: Bound
    share: float  # the lot was below it
    possible: Possible
    pending: Pending


class CopiedRequest(NamedTuple):
    """What candidates' requests are made from."""

    head: RequestHead
    dialect: Dialect
    endpoint: str
    body: bytes  # content-decoded
    facts: RequestFacts


class Plan(NamedTuple):
    """Mirrored: to whom, and what."""

    admission: Admission
    request: CopiedRequest
    probabilities: Mapping[int, float]  # candidate's index → how likely it was to be chosen
    withheld: Mapping[int, str]  # of those, who does not get it after all → why
    stratum: str | None
    cluster_key: str
    tenant_key: str | None
    user_key: str | None
    fingerprint: bytes  # by which a repetition is recognised; empty when nobody looks


_admission, _copied_request, _new_plan = maker_of(Admission), maker_of(CopiedRequest), maker_of(Plan)


class Planner:
    """Decides by the terms in force; by the sampling key of those under which the proxy opened the exchange."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.thinning = Thinning(terms.caps)
        self._keys = {terms.version: terms.key}
        self._duplicates = Duplicates(terms.duplicate_window_s, terms.duplicates)
        self._paths: dict[tuple[str, str], Endpoint | str] = {}

    def change(self, options: MirrorOptions, unix_s: float) -> Terms:
        """Decide by these options from now on, under a version that was never told. Raises ConfigurationError.

        Rates of the past need not be remembered. The proxy compared a point with a threshold that it stated, we compare it with
        today's: neither depends on the point, so the lower of both is the probability, whenever each came into force. What must
        be remembered is which key drew the point.
        """
        version = max(self.terms.version + 1, int(unix_s))
        terms = Terms.of(options, self.terms.eligibility.salt, version)
        if terms.candidates != self.terms.candidates:
            raise ConfigurationError("candidates, and what changes their answers, change with a restart of the mirror")
        self.terms = terms
        self.thinning.set_caps(terms.caps)
        self._duplicates.window_s, self._duplicates.mode = terms.duplicate_window_s, terms.duplicates
        self._paths.clear()
        self._keys[version] = terms.key
        if len(self._keys) > _VERSIONS:
            del self._keys[next(iter(self._keys))]
        return terms

    # ── the head ──

    def admit(
        self, head: RequestHead, opened: OpenPayload, epoch: str, sequence: int, unix_s: float
    ) -> Admission | Skip:
        """Judge an exchange by its head."""
        terms = self.terms
        self.thinning.advance(unix_s)
        key = self._keys.get(opened.policy_version)
        if key is None:
            return Skip(stage=INELIGIBLE, reason="unknown_policy")
        endpoint = self._endpoint(head)
        if isinstance(endpoint, str):
            return Skip(stage=INELIGIBLE, reason=endpoint)
        pending = judge_head(terms.eligibility, head, unix_s) or terms.eligibility.rules.at_open(head)
        if isinstance(pending, str):
            return Skip(stage=INELIGIBLE, reason=pending)
        if not terms.enabled:
            return Skip(stage=UNSAMPLED, reason="paused")
        return self._draw_early(key, head, opened.admitted, keyed.request_key(epoch, sequence), endpoint, pending)

    def _draw_early(
        self,
        key: SampleKey,
        head: RequestHead,
        admitted: float,
        request_key: bytes,
        endpoint: Endpoint,
        pending: Pending,
    ) -> Admission | Skip:
        """What the draw will not choose whatever the body says, the proxy need not go on copying."""
        terms = self.terms
        possible = terms.strata.at_open(head.path, _text(terms.tenant_header, head))
        bound = Bound(admitted, key.is_conversation)
        point = None if key.is_conversation else key.point(terms.eligibility.salt, head, request_key)
        limit = bound.limit(possible.ceiling)
        if limit <= 0 or (point is not None and point >= keyed.threshold(limit)):
            return Skip(stage=UNSAMPLED)
        share = self.thinning.overall
        if share < 1.0 and sampling.lot(terms.eligibility.salt, request_key) >= keyed.threshold(share):
            return Skip(stage=UNSAMPLED, reason=sampling.THINNED)
        return _admission(
            dialect=endpoint.dialect,
            endpoint=endpoint.suffix,
            request_id=_request_id(terms.request_id_header, head),
            caller=callers.caller(head),
            request_key=request_key,
            point=point,
            bound=bound,
            share=share,
            possible=possible,
            pending=pending,
        )

    def _endpoint(self, head: RequestHead) -> Endpoint | str:
        key = (head.method, head.path)
        endpoint = self._paths.get(key)
        if endpoint is None:
            endpoint = find_endpoint(self.terms.eligibility.endpoints, head.method, head.path)
            if len(self._paths) < _PATHS:
                self._paths[key] = endpoint
        return endpoint

    # ── the body ──

    def plan(self, admission: Admission, head: RequestHead, body: bytes, unix_s: float) -> Plan | Skip:
        """Judge an admitted exchange by its whole body, and draw."""
        self.thinning.advance(unix_s)
        request = self._read(admission, head, body)
        if isinstance(request, str):
            return Skip(stage=INELIGIBLE, reason=request)
        salt, caller = self.terms.eligibility.salt, admission.caller
        fingerprint = self._duplicates.fingerprint(salt, caller, head.path, request.body)
        reason = self._judge(admission, request)
        if reason is None and self._is_duplicate(admission, head, fingerprint, unix_s):
            reason = "duplicate"
        if reason is not None:
            return Skip(stage=INELIGIBLE, reason=reason)
        if not self.terms.enabled:
            return Skip(stage=UNSAMPLED, reason="paused")
        return self._draw(admission, request, fingerprint)

    def _is_duplicate(self, admission: Admission, head: RequestHead, fingerprint: bytes, unix_s: float) -> bool:
        known = self._duplicates
        key = head.get(_IDEMPOTENCY_KEY) or b""
        resent = known.is_resent(known.key_fingerprint(self.terms.eligibility.salt, admission.caller, key), unix_s)
        return known.is_repeated(fingerprint, unix_s) or resent

    def unanswered(self, fingerprint: bytes, unix_s: float) -> None:
        """The request of a plan got no good answer from production: it may come again, and counts once."""
        self._duplicates.failed(fingerprint, unix_s)

    def _read(self, admission: Admission, head: RequestHead, body: bytes) -> CopiedRequest | str:
        coding = content_coding(head)
        if coding not in (b"", b"identity"):
            decoder = decoder_for(coding.decode("ascii"), self.terms.eligibility.max_request_bytes)
            body = decoder.feed(body)
            fault = decoder.finish()
            if fault is not None:
                return "over_bound" if fault == "over_bound" else "bad_encoding"
        facts = parse_request(admission.dialect, body)
        if not isinstance(facts, RequestFacts):
            return facts.reason
        return _copied_request(
            head=head, dialect=admission.dialect, endpoint=admission.endpoint, body=body, facts=facts
        )

    def _judge(self, admission: Admission, request: CopiedRequest) -> str | None:
        facts, pending = request.facts, admission.pending
        if pending.exclude or pending.include is not None:
            reason = pending.verdict(Body(facts.model, request.body))
            if reason is not None:
                return reason
        return judge_facts(facts, self.terms.strips)

    def _draw(self, admission: Admission, request: CopiedRequest, fingerprint: bytes) -> Plan | Skip:
        salt, facts = self.terms.eligibility.salt, request.facts
        conversation = callers.conversation(admission.caller, facts.first_user)
        point = admission.point
        if point is None:
            point = SampleKey.conversation_point(salt, conversation, admission.request_key)
        stratum = admission.possible.settle(facts.model)
        shares = self._shares(admission)
        lot = sampling.lot(salt, admission.request_key) if min(shares, default=1.0) < 1.0 else 0
        drawn = sampling.draw(point, lot, stratum.rates, shares, admission.bound)
        withheld = self._withheld(facts, drawn.eligible)
        for index in drawn.eligible:
            if index not in withheld:
                self.thinning.came(index, 1.0 / admission.share)
        if not drawn.probabilities:
            return Skip(stage=UNSAMPLED, reason=drawn.reason)
        if withheld.keys() >= drawn.probabilities.keys():
            return Skip(stage=INELIGIBLE, reason=SERVER_TOOLS)
        return self._planned(
            admission, request, drawn.probabilities, withheld, stratum, conversation, fingerprint=fingerprint
        )

    def _shares(self, admission: Admission) -> tuple[float, ...]:
        """What load leaves each candidate. The head was judged by a share of its own, perhaps of another second."""
        shares, earlier = self.thinning.shares, admission.share
        return shares if earlier >= 1.0 else tuple(min(share, earlier) for share in shares)

    def _withheld(self, facts: RequestFacts, indexes: Sequence[int]) -> dict[int, str]:
        """Candidates that would get tools which the provider runs."""
        if not facts.server_tools:
            return {}
        return {index: SERVER_TOOLS for index in indexes if not self.terms.strips[index]}

    def _planned(
        self,
        admission: Admission,
        request: CopiedRequest,
        probabilities: Mapping[int, float],
        withheld: Mapping[int, str],
        stratum: Stratum,
        conversation: bytes | None,
        *,
        fingerprint: bytes,
    ) -> Plan:
        terms, head = self.terms, request.head
        salt = terms.eligibility.salt
        return _new_plan(
            admission=admission,
            request=request,
            probabilities=probabilities,
            withheld={index: reason for index, reason in withheld.items() if index in probabilities}
            if withheld
            else {},
            stratum=stratum.name,
            cluster_key=callers.cluster_key(salt, terms.cluster_header, head, conversation, admission.request_key),
            tenant_key=callers.tenant_key(salt, terms.tenant_header, head, admission.caller),
            user_key=callers.user_key(salt, terms.user_header, head, request.facts.user),
            fingerprint=fingerprint,
        )


def _text(header: bytes | None, head: RequestHead) -> str | None:
    value = head.get(header) if header is not None else None
    return value.decode("latin-1") if value is not None else None


def _request_id(header: bytes | None, head: RequestHead) -> str | None:
    value = head.get(header) if header is not None else None
    return value[:_MAX_REQUEST_ID_BYTES].decode("utf-8", "replace") if value else None
