"""Which comparisons are made of a candidate: what was declared, and everything else that was measured. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shadowbench.report.document.comparisons import Role
from shadowbench.report.policy import Against, Claim, Policy, Statistic

SHOWN_BY_QUANTILES = ("latency", "ttft")
"""Of times the middle and the slow end are compared, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One comparison that is to be made."""

    claim: Claim
    role: Role

    @property
    def what(self) -> tuple[str, Statistic, Against, bool]:
        """What makes it another one."""
        return self.claim.measure, self.claim.statistic, self.claim.against, self.is_ratio

    @property
    def is_ratio(self) -> bool:
        """Whether the effect is a ratio: totals have no other."""
        return self.claim.against is not Against.BOUND and (
            self.claim.relative or self.claim.statistic is Statistic.TOTAL
        )

    @property
    def is_declared(self) -> bool:
        """Whether the policy asks for it."""
        return self.role is not Role.SECONDARY


def asked_of(policy: Policy, measures: Iterable[str]) -> Sequence[Asked]:
    """Primary claims, guardrails, then every measure by its name. What was declared is not asked for again, and what nobody
    measured not at all."""
    there = sorted(set(measures))
    declared = [Asked(claim=claim, role=Role.PRIMARY) for claim in policy.primary]
    declared += [Asked(claim=claim, role=Role.GUARDRAIL) for claim in policy.guardrails]
    found = [each for each in declared if each.claim.measure in there]
    known = {each.what for each in found}
    others = [Asked(claim=claim, role=Role.SECONDARY) for name in there for claim in _usual(name)]
    return [*found, *(each for each in others if each.what not in known)]


def _usual(name: str) -> Sequence[Claim]:
    quantiles = (Statistic.P50, Statistic.P95) if name in SHOWN_BY_QUANTILES else ()
    return [Claim(measure=name, statistic=statistic) for statistic in (Statistic.MEAN, *quantiles)]
