"""Warnings about the circumstances: the policy, the judges, the traffic, what changed while pairs were gathered. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shadowbench.report.analysis.allowances import allows_much, room_of
from shadowbench.report.document.comparisons import Comparison, Role
from shadowbench.report.document.parts import JudgeCard
from shadowbench.report.document.root import Candidate, Document, Source, Traffic
from shadowbench.report.document.times import Drift, MarkShown
from shadowbench.report.document.verdicts import Note
from shadowbench.report.policy import Policy

MANY_DISCARDED = 0.05  # share of what was drawn
UNCOUNTED = 0.05  # share of the requests in the log: a process that dies takes its last seconds of counts with it

_STOOD_STILL = frozenset({"paused", "warming_up"})
"""Reasons of requests that came while nothing was drawn: no pair stands for them."""

_CHANGES = (
    ("model_changed", ("model_changed", "fingerprint_changed")),
    ("sampling_changed", ("policy_changed",)),
    ("mirroring_paused", ("mirroring_paused", "mirroring_killed")),
)


def of_policy(policy: Policy) -> Iterator[Note]:
    """Nothing was declared."""
    if not policy.primary:
        yield Note(code="undeclared_policy")


def of_margins(candidates: Sequence[Candidate]) -> Iterator[Note]:
    """Margins that allow much of all that there is to lose, each once."""
    wide = [each for candidate in candidates for each in candidate.comparisons if _is_wide(each)]
    for found in {(each.subject.name, each.statistic, each.margin): each for each in wide}.values():
        room = room_of(found.subject, found.effect.scale)
        yield Note(
            code="wide_margin",
            values={
                "margin": found.margin or 0.0,
                "room": room or 0.0,
                "unit": found.subject.unit,
                "scale": found.effect.scale.value,
                "statistic": found.statistic.value,
                "in_percent": int(found.in_percent),
            },
            measure=found.subject.name,
        )


def _is_wide(comparison: Comparison) -> bool:
    return comparison.reason is None and comparison.role is not Role.SECONDARY and allows_much(comparison)


def of_judges(judges: Sequence[JudgeCard]) -> Iterator[Note]:
    """Every alarm of a judge that scored anything."""
    for card in judges:
        if card.scored:
            for alarm in card.alarms:
                yield Note(code="judge_alarm", values={"judge": card.judge, "alarm": alarm}, measure=card.judge)


def of_traffic(traffic: Traffic | None) -> Iterator[Note]:
    """Much of what was drawn never came into the log."""
    lost = sum(traffic.discarded.values()) if traffic is not None else 0
    if traffic is None or not traffic.sampled or lost <= MANY_DISCARDED * traffic.sampled:
        return
    yield Note(
        code="mirror_lost",
        values={
            "lost": lost,
            "sampled": traffic.sampled,
            "share": lost / traffic.sampled,
            "reason": most_frequent(traffic.discarded),
        },
    )


def of_counters(document: Document) -> Iterator[Note]:
    """Counters of the funnel that cannot be of these pairs. Where a part was asked for, fewer pairs than were counted are no
    news."""
    traffic, source, there = document.traffic, document.source, document.totals.exchanges
    if traffic is None:
        return
    too_many = there > (1 + UNCOUNTED) * traffic.recorded
    too_few = not _is_part(source) and there < (1 - UNCOUNTED) * traffic.recorded
    if too_many or too_few:
        yield Note(code="funnel_disagrees", values={"recorded": traffic.recorded, "exchanges": there})


def of_draws(document: Document) -> Iterator[Note]:
    """Candidates whose pairs, by their probabilities, stand for another number of requests than could be drawn by the counters:
    totals of all traffic would be of another traffic than that which came. Of a part nobody counted the requests."""
    if document.traffic is None or _is_part(document.source):
        return
    least, most = _drawable(document.traffic)
    for candidate in document.candidates:
        found = None if candidate.costs is None else candidate.costs.requests_drawn
        if candidate.again or found is None or found.value is None:
            continue
        low = found.value if found.low is None else found.low
        high = found.value if found.high is None else found.high
        if low > (1 + UNCOUNTED) * most or high < (1 - UNCOUNTED) * least:
            values: dict[str, float | int] = {"requests": found.value, "low": low, "high": high}
            yield Note(code="draws_disagree", values={**values, "least": least, "most": most}, candidate=candidate.name)


def _is_part(source: Source) -> bool:
    return bool(source.since or source.until or source.candidates or source.slice)


def _drawable(traffic: Traffic) -> tuple[int, int]:
    """How many requests could be drawn: at least those that a mirror drew from; at most also those that proxies did not draw,
    of which nobody knows whether they may be copied."""
    least = traffic.sampled + sum(count for why, count in traffic.unsampled.items() if why not in _STOOD_STILL)
    return least, least + traffic.not_handed_off.get("not_sampled", 0)


def of_marks(marks: Sequence[MarkShown]) -> Iterator[Note]:
    """Models and sampling that changed, and times in which nothing was copied: one note for each kind and endpoint."""
    for code, kinds in _CHANGES:
        found = [mark for mark in marks if mark.kind in kinds]
        for endpoint in sorted({mark.endpoint or "" for mark in found}):
            times = [mark.at for mark in found if (mark.endpoint or "") == endpoint]
            yield Note(
                code=code,
                values={"times": len(times), "first_at": min(times), **({"endpoint": endpoint} if endpoint else {})},
            )


def of_drift(drift: Sequence[Drift]) -> Iterator[Note]:
    """Whatever drifted, each once, with all tests that say so and the least of their p."""
    drifted = [each for each in drift if each.drifted]
    for of, side in dict.fromkeys((each.of, each.side) for each in drifted):
        found = [each for each in drifted if (each.of, each.side) == (of, side)]
        known = [each.p if each.p_adjusted is None else each.p_adjusted for each in found]
        least = min((p for p in known if p is not None), default=None)
        most = next((each.explanation[0][0] for each in found if each.explanation), "")
        values: dict[str, str | float] = {"of": of, "side": side, "tests": ", ".join(each.method for each in found)}
        if least is not None:
            values["p"] = least
        if most:
            values["most"] = most
        yield Note(code="drifted", values=values)


def most_frequent(counts: Mapping[str, int]) -> str:
    """The most frequent reason, the first by name of several."""
    return min(counts, key=lambda reason: (-counts[reason], reason), default="")
