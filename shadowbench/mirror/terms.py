"""What decides about exchanges, compiled from the options, in one version of the policy. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.handoff import Policy
from shadowbench.mirror.eligibility import EligibilityTerms
from shadowbench.mirror.options import MirrorOptions
from shadowbench.mirror.rules import Rule, RuleBook
from shadowbench.mirror.sampling import SampleKey
from shadowbench.mirror.strata import Strata


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Replaced as a whole when an operator changes something; never changed."""

    version: int
    enabled: bool
    eligibility: EligibilityTerms
    sample_key: str
    key: SampleKey
    cluster_header: bytes | None
    tenant_header: bytes | None
    user_header: bytes | None
    request_id_header: bytes | None
    duplicates: str
    duplicate_window_s: float
    strata: Strata
    candidates: tuple[tuple[str, str], ...]  # names, and the hashes of what changes their answers
    rates: tuple[float, ...]  # of candidates, outside of strata
    caps: tuple[float | None, ...]  # of candidates, per second
    strips: tuple[bool, ...]  # candidates that get requests without the provider's own tools

    @staticmethod
    def of(options: MirrorOptions, salt: bytes, version: int) -> Terms:
        """As configured."""
        key = SampleKey.of(options.sample_key)
        candidates = options.candidates
        return Terms(
            version=version,
            enabled=options.enabled,
            eligibility=_eligibility(options, salt),
            sample_key=options.sample_key,
            key=key,
            # Requests that are sampled together are not independent.
            cluster_header=_header(options.cluster_header) or key.header,
            tenant_header=_header(options.tenant_header),
            user_header=_header(options.user_header),
            request_id_header=_header(options.request_id_header),
            duplicates=options.duplicates,
            duplicate_window_s=options.duplicate_window_s,
            strata=Strata.of(options.strata, candidates),
            candidates=tuple((candidate.name, candidate.config_hash) for candidate in candidates),
            rates=tuple(candidate.sample_rate for candidate in candidates),
            caps=tuple(candidate.max_per_second for candidate in candidates),
            strips=tuple(candidate.server_tools == "strip" for candidate in candidates),
        )

    def policy(self) -> Policy:
        """What proxies are told: an upper bound over candidates and strata.

        By conversation a proxy cannot draw, for the key is in the body: while any rate is above 0 it hands everything off. What
        load takes from that it draws by the request.
        """
        ceiling = self.strata.ceiling if self.enabled else 0.0
        by_conversation = self.key.is_conversation
        return Policy(
            version=self.version,
            salt=self.eligibility.salt,
            rate=1.0 if by_conversation and ceiling > 0 else ceiling,
            key="request" if by_conversation else self.sample_key,
            endpoints=self.eligibility.endpoints,
            max_request_bytes=self.eligibility.max_request_bytes,
        )


def _eligibility(options: MirrorOptions, salt: bytes) -> EligibilityTerms:
    return EligibilityTerms(
        endpoints=options.endpoints,
        max_request_bytes=options.max_request_bytes,
        salt=salt,
        opt_out_header=_header(options.opt_out_header),
        skip_retries=options.skip_retries,
        rules=RuleBook(tuple(map(Rule.of, options.include)), tuple(map(Rule.of, options.exclude))),
    )


def _header(name: str | None) -> bytes | None:
    return name.strip().lower().encode("latin-1") if name else None
