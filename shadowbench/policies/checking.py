"""What is sound alone and not together: the key to change, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.policies.amounts import NEITHER, bound_of, margin_of, preferred_despite
from shadowbench.policies.fields import ClaimFields, PolicyFields
from shadowbench.report.policy import Against, Needs, Statistic, WhereAbsent

Keys = tuple[str, ...]
Problem = tuple[Keys, str]

_ROLES = ("primary", "guardrails")


def conflicts(fields: PolicyFields) -> Iterator[Problem]:
    """Everything that is wrong, in the order of the keys."""
    for keys, name, claim in _claims(fields):
        yield from _conflicts_of(keys, claim.measure or name, claim)
    yield from _declared_twice(fields)
    for name, anchor in fields.radar.items():
        if anchor.begin == anchor.target:
            yield ("radar", name, "target"), "is where the axis begins: an axis has a length"


def is_relative(claim: ClaimFields) -> bool:
    """Whether its margin is a share of production's value."""
    return claim.statistic is Statistic.TOTAL if claim.relative is None else claim.relative


def _claims(fields: PolicyFields) -> Iterator[tuple[Keys, str, ClaimFields]]:
    for role in _ROLES:
        for name, claim in getattr(fields, role).items():
            yield (role, name), name, claim


def _conflicts_of(keys: Keys, measure: str, claim: ClaimFields) -> Iterator[Problem]:
    if keys[0] == "primary" and claim.where_absent is WhereAbsent.SKIP:
        yield (*keys, "where_absent"), "what it is about cannot be skipped: leave this out, or make it a guardrail"
    if measure in NEITHER:
        yield keys, f"neither more nor less {measure} is better: nothing can be claimed of it; leave it out"
        return
    if claim.against is Against.BOUND:
        yield from _of_bound(keys, measure, claim)
    else:
        yield from _of_margin(keys, measure, claim)
    if claim.against is Against.AGAIN and (claim.statistic is not Statistic.MEAN or claim.relative):
        key = "statistic" if claim.statistic is not Statistic.MEAN else "relative"
        yield (*keys, key), "the A/A lane is compared by the difference of means: leave this out"
    if claim.statistic is Statistic.TOTAL and claim.relative is False:
        yield (*keys, "relative"), "totals are compared by their ratio: leave this out"
    if claim.baseline_margin is not None:
        try:
            margin_of(claim.baseline_margin, measure, relative=is_relative(claim))
        except ValueError as error:
            yield (*keys, "baseline_margin"), str(error)


def _of_bound(keys: Keys, measure: str, claim: ClaimFields) -> Iterator[Problem]:
    if claim.bound is None:
        yield keys, "says no bound: the worst value that the candidate may have, as in bound: 0.02"
    else:
        try:
            bound_of(claim.bound, measure)
        except ValueError as error:
            yield (*keys, "bound"), str(error)
    if claim.margin is not None:
        yield (*keys, "margin"), "is not used against a bound: leave it out, or put it into the bound"
    if claim.relative:
        yield (*keys, "relative"), "a bound is a value of the candidate alone: leave this out"
    if claim.needs is Needs.BETTER:
        yield (
            (*keys, "needs"),
            "better than a bound is a lower bound, or a higher one: leave this out, and move the bound",
        )


def _of_margin(keys: Keys, measure: str, claim: ClaimFields) -> Iterator[Problem]:
    if claim.bound is not None:
        yield (*keys, "bound"), "goes with `against: bound`"
    if claim.needs is Needs.BETTER:
        if claim.margin is not None:
            yield (*keys, "margin"), "nothing worse would do where it `needs: better`: leave it out"
        return
    if claim.margin is None:
        yield keys, "says no margin: how much worse would still do, as in margin: 0.02; there is no default"
        return
    try:
        margin = margin_of(claim.margin, measure, relative=is_relative(claim))
        if not is_relative(claim):
            preferred_despite(margin, measure)
    except ValueError as error:
        yield (*keys, "margin"), str(error)


def _declared_twice(fields: PolicyFields) -> Iterator[Problem]:
    """By what tells comparisons apart: the measure, the statistic, and what it is compared with. Told of the one that a file
    that extends another is likelier to have brought: a primary claim, else the later."""
    seen: dict[tuple[str, Statistic, Against], Keys] = {}
    for keys, name, claim in _claims(fields):
        what = (claim.measure or name, claim.statistic, claim.against)
        if what in seen:
            other = seen[what]
            told, twin = (keys, other) if other[0] == keys[0] else (other, keys)
            yield (
                told,
                (
                    f"claims the same as {'.'.join(twin)}: the {what[1]} of {what[0]} against {what[2]}; leave one out "
                    f"(what a file extends is struck out by `{twin[1]}: null`)"
                ),
            )
        seen.setdefault(what, keys)
