"""From the keys of a policy file to the policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shadowbench.policies.amounts import bound_of, margin_of
from shadowbench.policies.checking import is_relative
from shadowbench.policies.fields import ClaimFields, PolicyFields
from shadowbench.report.policy import Anchor, Claim, Policy, Requirements, Watching


def policy_from(fields: PolicyFields, name: str) -> Policy:
    """`name`: where the file gives none. The fields have no conflicts."""
    return Policy(
        name=name if fields.name is None else fields.name,
        about=fields.about.strip(),
        alpha=fields.alpha,
        watching=Watching(**fields.watching.model_dump()),
        primary=_claims(fields.primary),
        guardrails=_claims(fields.guardrails),
        requires=Requirements(**fields.requires.model_dump()),
        slices=tuple(fields.slices),
        correct=fields.correct,
        radar={measure: Anchor(begin=axis.begin, target=axis.target) for measure, axis in fields.radar.items()},
    )


def _claims(fields: Mapping[str, ClaimFields]) -> tuple[Claim, ...]:
    return tuple(_claim(each.measure or name, each) for name, each in fields.items())


def _claim(measure: str, fields: ClaimFields) -> Claim:
    relative = is_relative(fields)
    baseline = fields.baseline_margin
    return Claim(
        measure=measure,
        margin=0.0 if fields.margin is None else margin_of(fields.margin, measure, relative=relative),
        relative=relative,
        statistic=fields.statistic,
        against=fields.against,
        bound=None if fields.bound is None else bound_of(fields.bound, measure),
        needs=fields.needs,
        where_absent=fields.where_absent,
        baseline_margin=None if baseline is None else margin_of(baseline, measure, relative=relative),
        in_percent=tuple(_in_percent(fields)),
    )


def _in_percent(fields: ClaimFields) -> Iterator[str]:
    amounts = {"margin": fields.margin, "bound": fields.bound, "baseline_margin": fields.baseline_margin}
    return (name for name, amount in amounts.items() if amount is not None and amount.unit == "%")
