"""Effects, claims, conditions and verdicts, in words."""

from __future__ import annotations

from shadowbench.report.document.comparisons import Comparison, Effect, Scale
from shadowbench.report.document.verdicts import Blocker, Condition, Decision, Met
from shadowbench.report.policy import Against, Claim, Needs, Statistic
from shadowbench.report.words.codes import blocker_title, measure_title, reason, statistic
from shadowbench.report.words.numbers import ABSENT, between, count, duration, number, share, shares
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.power import StillNeeded

_DECISIONS = {
    Decision.MAY: "This traffic may move to {}: every condition that applies is shown.",
    Decision.MAY_NOT: "This traffic may not move to {}: the contrary of something that was declared is shown.",
    Decision.INCONCLUSIVE: "Inconclusive: it is not shown yet whether this traffic may move to {}.",
    Decision.UNDECLARED: "Undeclared: no primary claim says what must be shown of {}.",
}
_MET = {Met.SHOWN: "shown", Met.REFUTED: "refuted", Met.OPEN: "open", Met.SKIPPED: "skipped"}


def effect(found: Effect, unit: str = "", *, once: bool = False) -> str:
    """With the interval that verdicts go by, or of whoever looks once: `−0.031 [−0.052, −0.010]`, `0.62 × [0.58, 0.66]`,
    `wins 48 % [45 %, 51 %]`."""
    return scaled(found.once if once else found.deciding, found.scale, unit)


def scaled(estimate: Estimate, scale: Scale, unit: str = "") -> str:
    """Any estimate on the scale of an effect; where there is no interval, why."""
    told = on_scale(scale, estimate.value, estimate.low, estimate.high, unit)
    if estimate.low is not None and estimate.high is not None:
        return told
    return f"{told} (no interval{'' if estimate.reason is None else f': {reason(estimate.reason)}'})"


def on_scale(scale: Scale, value: float | None, low: float | None, high: float | None, unit: str = "") -> str:
    """A value and its interval, which may be None, on the scale of an effect."""
    if value is None:
        return ABSENT
    if scale is Scale.PREFERENCE:
        return f"wins {shares(value, low, high)}"
    if scale is Scale.RATIO:
        size, _, bounds = between(value, low, high).partition(" ")
        return f"{size} × {bounds}".rstrip()
    return between(value, low, high, unit, signed=scale is Scale.DIFFERENCE)


def claim(declared: Claim, unit: str = "") -> str:
    """What must be shown: `latency (p95) not worse than production by more than 10 %`."""
    of = "" if declared.statistic is Statistic.MEAN else f" ({statistic(declared.statistic)})"
    subject = f"{measure_title(declared.measure)}{of}"
    if declared.against is Against.BOUND:
        return f"{subject} {_needs(declared.needs)} {number(declared.bound, unit)}"
    other = "production" if declared.against is Against.PRODUCTION else "production asked again"
    if declared.needs is Needs.BETTER or not declared.margin:
        return f"{subject} {_needs(declared.needs)} {other}"
    margin = share(declared.margin) if declared.relative else number(declared.margin, unit)
    return f"{subject} {_needs(declared.needs)} {other} by more than {margin}"


def _needs(needs: Needs) -> str:
    return "better than" if needs is Needs.BETTER else "not worse than"


def met(found: Met) -> str:
    """How a condition stands, in a word."""
    return _MET[found]


def condition(found: Condition, comparison: Comparison | None = None) -> str:
    """One sentence, or two: what must be shown, how it stands and why, by which numbers, and what it would take to tell."""
    unit = "" if comparison is None else comparison.subject.unit
    why = "" if found.reason is None else f", {reason(found.reason)}"
    told = f"{claim(found.claim, unit)}: {met(found.met)}{why}."
    if comparison is not None and comparison.reason is None and found.met is not Met.SKIPPED:
        told += f" {effect(comparison.effect, unit)}, {sizes(comparison.n, comparison.clusters)}."
    if found.met is Met.OPEN and found.still_needed is not None and found.still_needed.more:
        told += f" {needed(found.still_needed)}."
    return told


def sizes(n: int, clusters: int) -> str:
    """What a number rests on: `1,234 pairs in 340 clusters`."""
    return f"{count(n, 'pair')} in {count(clusters, 'cluster')}"


def needed(still: StillNeeded) -> str:
    """What it takes from here: `About 2,300 more pairs would tell (3.2 d at this traffic)`."""
    if not still.more:
        return "No more pairs should be needed"
    days = "" if still.days is None else f" ({duration(still.days * 86400)} at this traffic)"
    return f"About {count(still.more, 'more pair')} would tell{days}"


def decision(found: Decision, candidate: str) -> str:
    """The verdict in a sentence."""
    return _DECISIONS[found].format(candidate)


def blocker(found: Blocker) -> str:
    """Which requirement is not met, and by how much."""
    of = "" if found.measure is None else f" ({measure_title(found.measure)})"
    title = blocker_title(found.code)
    told = f"{title[:1].upper()}{title[1:]}{of}"
    if found.code in _WITHOUT_NUMBERS:
        return f"{told}."
    form = share if found.code in _SHARES else number
    sense = "at most" if found.code in _AT_MOST else "at least"
    return f"{told}: {form(found.found)}; it takes {sense} {form(found.needed)}."


_WITHOUT_NUMBERS = {"no_a_a_lane", "a_a_lane_differs", "uncalibrated_judge"}
_SHARES = {"too_many_lost", "too_few_labelled_twice"}
_AT_MOST = {"too_many_lost"}
