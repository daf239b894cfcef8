"""An earlier report beside this one: whether it can be a baseline at all, and in what it is of something else. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shadowbench.errors import ConfigurationError
from shadowbench.report.document.root import Document, Source
from shadowbench.report.policy import Policy
from shadowbench.report.words.numbers import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Of what the earlier report is."""

    made_at: float  # Unix seconds
    policy: str
    logs: tuple[str, ...]
    first_at: float | None
    last_at: float | None
    since: float | None = None
    until: float | None = None
    slice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # logs | slice | policy: of another name | declared: of the same name, and says otherwise
    differs: tuple[str, ...] = ()


def baseline_of(document: Document, earlier: Document) -> Baseline:
    """Raises ConfigurationError for a report that is not earlier, or of a part of the traffic that this one is not of."""
    source = earlier.source
    _check(document.source, source)
    return Baseline(
        made_at=earlier.made_at,
        policy=earlier.policy.name,
        logs=source.logs,
        first_at=source.first_at,
        last_at=source.last_at,
        since=source.since,
        until=source.until,
        slice=source.slice,
        differs=tuple(_differs(document, earlier)),
    )


def _check(now: Source, then: Source) -> None:
    if now.last_at is not None and then.last_at is not None and then.last_at > now.last_at:
        raise ConfigurationError(
            f"--baseline: not an earlier report: its traffic goes on until {moment(then.last_at)}, that of the logs until "
            f"{moment(now.last_at)}"
        )
    if then.slice and _slice(then) != _slice(now):
        told = "; ".join(f"{column} = {' or '.join(values)}" for column, values in sorted(then.slice.items()))
        raise ConfigurationError(
            f"--baseline: it is of a part of the traffic alone ({told}): take a report of all of it, or narrow the gate alike "
            "with --slice"
        )


def _differs(document: Document, earlier: Document) -> Iterator[str]:
    if set(document.source.logs) != set(earlier.source.logs):
        yield "logs"
    if _slice(document.source) != _slice(earlier.source):
        yield "slice"
    if document.policy.name != earlier.policy.name:
        yield "policy"
    elif _declared(document.policy) != _declared(earlier.policy):
        yield "declared"


def _slice(source: Source) -> Mapping[str, frozenset[str]]:
    return {column: frozenset(values) for column, values in source.slice.items()}


def _declared(policy: Policy) -> tuple[object, ...]:
    """What decides."""
    return policy.alpha, policy.watching, policy.primary, policy.guardrails
