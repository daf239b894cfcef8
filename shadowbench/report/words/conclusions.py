"""Effects, claims, conditions and verdicts, in words."""

from __future__ import annotations

from shadowbench.report.document.comparisons import Comparison, Effect, Outcomes, Scale
from shadowbench.report.document.verdicts import Blocker, Condition, Decision, Met, Verdict
from shadowbench.report.policy import Against, Claim, Needs, Statistic
from shadowbench.report.words.codes import blocker_title, measure_title, reason, statistic
from shadowbench.report.words.numbers import ABSENT, between, count, number, rough, share, shares, waiting
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.power import StillNeeded

_DECISIONS = {
    Decision.MAY: "This traffic may move to {}: every condition that applies is shown.",
    Decision.MAY_NOT: "This traffic may not move to {}: the contrary of something that was declared is shown.",
    Decision.INCONCLUSIVE: "Inconclusive: it is not shown yet whether this traffic may move to {}.",
    Decision.UNDECLARED: "Undeclared: no primary claim says what must be shown of {}.",
}
_MET = {Met.SHOWN: "shown", Met.REFUTED: "refuted", Met.OPEN: "open", Met.SKIPPED: "skipped"}
_WAITS_FOR_PAIRS = (None, "wide_interval", "too_few")
"""Reasons of open conditions that more pairs can end."""
_AS_HOPED = {
    Against.PRODUCTION: "it is as good as production",
    Against.AGAIN: "it is as like production as production is like itself",
    Against.BOUND: "it stays as it is",
}
"""What is taken for granted where it is told how many pairs it takes."""
_FEW_FAILURES = 0.01
TIES = ", ties half"
"""Beside a preference: how ties were counted."""


def effect(found: Effect, unit: str = "", *, once: bool = False, brief: bool = False) -> str:
    """With the interval that verdicts go by, or of whoever looks once: `−0.031 [−0.052, −0.010]`, `0.62 × [0.58, 0.66]`,
    `preferred in 48 % [45 %, 51 %], ties half`. `brief`: for cells and charts, where how ties count stands elsewhere."""
    return scaled(found.once if once else found.deciding, found.scale, unit, brief=brief)


def scaled(estimate: Estimate, scale: Scale, unit: str = "", *, brief: bool = False) -> str:
    """Any estimate on the scale of an effect; where there is no interval, why."""
    told = on_scale(scale, estimate.value, estimate.low, estimate.high, unit, brief=brief)
    if estimate.low is not None and estimate.high is not None:
        return told
    return f"{told} (no interval{'' if estimate.reason is None else f': {reason(estimate.reason)}'})"


def on_scale(
    scale: Scale, value: float | None, low: float | None, high: float | None, unit: str = "", *, brief: bool = False
) -> str:
    """A value and its interval, which may be None, on the scale of an effect."""
    if value is None:
        return ABSENT
    if scale is Scale.PREFERENCE:
        return f"preferred in {shares(value, low, high)}{'' if brief else TIES}"
    if scale is Scale.RATIO:
        size, _, bounds = between(value, low, high).partition(" ")
        return f"{size} × {bounds}".rstrip()
    return between(value, low, high, unit, signed=scale is Scale.DIFFERENCE)


def outcomes(found: Outcomes) -> str:
    """Pairs by who is better."""
    return f"{found.wins:,} won, {found.ties:,} tied, {found.losses:,} lost"


def claim(declared: Claim, unit: str = "", scale: Scale | None = None) -> str:
    """What must be shown: `latency (p95) not worse than production by more than 10 %`; of a preference, where the scale says
    that it is one, `pairwise: preferred in more than 45 %, ties half`."""
    subject = _title(declared)
    if declared.against is Against.BOUND:
        bound = amount(declared.bound, unit, percent="bound" in declared.in_percent)
        return f"{subject} {_needs(declared.needs)} {bound}"
    if scale is Scale.PREFERENCE and declared.against is Against.PRODUCTION:
        allowed = 0.0 if declared.needs is Needs.BETTER else declared.margin
        return f"{subject}: preferred in more than {share(0.5 - allowed)}{TIES}"
    other = "production" if declared.against is Against.PRODUCTION else "production asked again"
    if declared.needs is Needs.BETTER or not declared.margin:
        return f"{subject} {_needs(declared.needs)} {other}"
    percent = "margin" in declared.in_percent
    margin = amount(declared.margin, unit, relative=declared.relative, percent=percent)
    return f"{subject} {_needs(declared.needs)} {other} by more than {margin}"


def amount(value: float | None, unit: str = "", *, relative: bool = False, percent: bool = False) -> str:
    """A margin or a bound: `10 %` of what production has; `250 ms`; `1 % (0.01)` of a share that was declared in percent,
    which effects tell as a number."""
    if value is None or relative:
        return share(value)
    return f"{share(value)} ({number(value)})" if percent else number(value, unit)


def _needs(needs: Needs) -> str:
    return "better than" if needs is Needs.BETTER else "not worse than"


def met(found: Met) -> str:
    """How a condition stands, in a word."""
    return _MET[found]


def condition(found: Condition, comparison: Comparison | None = None) -> str:
    """One sentence, or two: what must be shown, how it stands and why, by which numbers, and what it would take to tell."""
    unit, scale = ("", None) if comparison is None else (comparison.subject.unit, comparison.effect.scale)
    why = "" if found.reason is None else f", {reason(found.reason)}"
    told = f"{claim(found.claim, unit, scale)}: {met(found.met)}{why}."
    if comparison is not None and comparison.reason is None and found.met is not Met.SKIPPED:
        more = beside(comparison)
        told += f" {effect(comparison.effect, unit)}{f' ({more})' if more else ''}, {sizes(comparison.n, comparison.clusters)}."
    ahead = outlook(found)
    return f"{told} {ahead}." if ahead else told


def beside(comparison: Comparison) -> str:
    """What belongs beside an effect: of a preference how often which side was better; of a quantile how many of its pairs
    failed, of which it says nothing itself, where these are more than one in a hundred. Empty: nothing."""
    if comparison.effect.scale is Scale.PREFERENCE and comparison.outcomes is not None:
        return outcomes(comparison.outcomes)
    if comparison.statistic.level is None or comparison.imputed <= _FEW_FAILURES * comparison.n:
        return ""
    return f"{count(comparison.imputed, 'pair')} with a failure, which counts as the worst"


def sizes(n: int, clusters: int) -> str:
    """What a number rests on: `1,234 pairs in 340 clusters`."""
    return f"{count(n, 'pair')} in {count(clusters, 'cluster')}"


def needed(still: StillNeeded, against: Against = Against.PRODUCTION) -> str:
    """What it takes from here, and what is taken for granted: `If it is as good as production, about 2,300 more pairs would
    tell (3.2 d at this traffic)`."""
    if not still.more:
        return f"If {_AS_HOPED[against]}, as many pairs as there are would tell"
    days = "" if still.days is None else f" ({waiting(still.days)} at this traffic)"
    pairs = f"{rough(still.more)} more pair{'' if still.more == 1 else 's'}"
    return f"If {_AS_HOPED[against]}, about {pairs} would tell{days}"


def outlook(found: Condition) -> str:
    """What would tell an open condition; empty where it does not wait for pairs. Where there are pairs enough for what one
    hopes and it is open all the same, what was found is not what one hopes."""
    still = found.still_needed
    if found.met is not Met.OPEN or still is None or found.reason not in _WAITS_FOR_PAIRS:
        return ""
    if still.more:
        return needed(still, found.claim.against)
    limit = "bound" if found.claim.against is Against.BOUND else "margin"
    is_near = f"{needed(still, found.claim.against)}; what was found is too near the {limit}"
    return "" if found.reason == "too_few" else is_near


def decision(found: Decision, candidate: str) -> str:
    """The verdict in a sentence."""
    return _DECISIONS[found].format(candidate)


def because(found: Verdict) -> str:
    """Which claims caused a verdict, or would but for the evidence; empty where none is refuted."""
    refuted = [_title(each.claim) for each in found.conditions if each.met is Met.REFUTED]
    if not refuted:
        return ""
    named = ", ".join(dict.fromkeys(refuted))
    if found.decision is not Decision.MAY_NOT:
        return f"Refuted, and yet nothing is decided while the evidence is in doubt: {named}."
    is_all = not found.blockers and all(each.met is not Met.OPEN for each in found.conditions)
    return f"Decided by what is refuted: {named}." + ("" if is_all else f" {_WHATEVER_ELSE}")


_WHATEVER_ELSE = "What is open, or required and not there, keeps from passing alone."


def _title(declared: Claim) -> str:
    of = "" if declared.statistic is Statistic.MEAN else f" ({statistic(declared.statistic)})"
    return f"{measure_title(declared.measure)}{of}"


def blocker(found: Blocker) -> str:
    """Which requirement is not met, and by how much."""
    if (side := _FAILING.get(found.code)) is not None:
        return _failing(side, found.found)
    of = "" if found.measure is None else f" ({measure_title(found.measure)})"
    of = f" ({', '.join(found.columns)})" if found.columns else of
    title = blocker_title(found.code)
    told = f"{title[:1].upper()}{title[1:]}{of}"
    if found.code == "chosen_by_outcome":
        return f"{told}: {_CHOSEN}"
    if found.code in _WITHOUT_NUMBERS:
        return f"{told}."
    form = share if found.code in _SHARES else number
    sense = "at most" if found.code in _AT_MOST else "at least"
    worth = (
        "" if found.counted is None else f", which is what {form(found.counted)} of unequal size or weight are worth"
    )
    return f"{told}: {form(found.found)}{worth}; it takes {sense} {form(found.needed)}."


def _failing(side: str, failed: float) -> str:
    calls = f"Every call of {side}" if failed >= 1 else f"{share(failed)} of the calls of {side}"
    return f"{calls} failed: there is {'nothing' if failed >= 1 else 'hardly anything'} to compare."


_CHOSEN = (
    "what is left tells nothing of all of them, and nothing is decided. Choose by what was known before the call, such as "
    "path, stratum, tenant or model."
)
_WITHOUT_NUMBERS = {"no_a_a_lane", "a_a_lane_differs", "uncalibrated_judge", "margin_allows_everything"}
_SHARES = {"too_many_lost", "too_few_labelled_twice"}
_AT_MOST = {"too_many_lost"}
_FAILING = {"production_fails": "production", "candidate_fails": "the candidate"}
