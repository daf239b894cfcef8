"""The sentence of every note: findings, warnings, and the reasons of recommendations.

A note about an effect has the values `value`, `low`, `high`, `scale`, `unit`, `n`, `clusters`, `statistic`, `against`, and `p`
where there is a test. Others name theirs below. A value that is missing leaves a dash, never an error: a document may be of
another release.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.verdicts import Blocker, Note
from shadowbench.report.policy import Against, Statistic
from shadowbench.report.words.codes import alarm, measure_title, reason, statistic
from shadowbench.report.words.conclusions import amount, blocker, needed, on_scale, sizes
from shadowbench.report.words.numbers import between, count, moment, number, p_value, share
from shadowbench.stats.power import StillNeeded


def sentence(note: Note) -> str:
    """What a note says. A code that this release does not know is told as it is, with its values."""
    told = _SENTENCES.get(note.code)
    if told is not None:
        return told(note)
    values = ", ".join(f"{name} {value}" for name, value in note.values.items())
    return f"{note.code.replace('_', ' ')}{f': {values}' if values else ''}."


# --- of effects ------------------------------------------------------------------------------------------------------


def _better(note: Note) -> str:
    return f"{_who(note)} is better than {_other(note)} in {_what(note)}: {_numbers(note)}."


def _worse(note: Note) -> str:
    allowed = ", by less than the margin that was declared," if note.values.get("allowed") else ""
    return f"{_who(note)} is worse than {_other(note)}{allowed} in {_what(note)}: {_numbers(note)}."


def _higher(note: Note) -> str:
    return f"{_who(note)} has more {_what(note)} than {_other(note)}: {_numbers(note)}."


def _lower(note: Note) -> str:
    return f"{_who(note)} has less {_what(note)} than {_other(note)}: {_numbers(note)}."


def _non_inferior(note: Note) -> str:
    return f"{_who(note)} is not worse than {_other(note)} in {_what(note)}{_by(note)}: {_numbers(note)}."


def _inferior(note: Note) -> str:
    return f"{_who(note)} is worse than {_other(note)} in {_what(note)}{_by(note)}: {_numbers(note)}."


def _within_bound(note: Note) -> str:
    return f"{_who(note)} keeps the bound of {_value(note, 'bound')} for {_what(note)}: {_numbers(note)}."


def _beyond_bound(note: Note) -> str:
    return f"{_who(note)} breaks the bound of {_value(note, 'bound')} for {_what(note)}: {_numbers(note)}."


def _by(note: Note) -> str:
    margin = _float(note, "margin")
    if not margin:
        return ""
    relative = bool(note.values.get("relative")) or _text(note, "scale") == Scale.PREFERENCE
    percent = bool(note.values.get("in_percent"))
    return f" by more than {amount(margin, _text(note, 'unit'), relative=relative, percent=percent)}"


def _numbers(note: Note) -> str:
    scale = Scale(_text(note, "scale") or Scale.DIFFERENCE)
    value, low, high = (_float(note, name) for name in ("value", "low", "high"))
    effect = on_scale(scale, value, low, high, _text(note, "unit"))
    p = f", {p_value(_float(note, 'p'))}" if "p" in note.values else ""
    return f"{effect}, {sizes(_int(note, 'n'), _int(note, 'clusters'))}{p}"


def _other(note: Note) -> str:
    return "production asked again" if note.values.get("against") == Against.AGAIN else "production"


def _what(note: Note) -> str:
    of = _text(note, "statistic")
    told = f" ({statistic(Statistic(of))})" if of and of != Statistic.MEAN else ""
    return f"{measure_title(note.measure or 'a measure')}{told}"


# --- findings without an effect --------------------------------------------------------------------------------------


def _no_claim_supported(note: Note) -> str:
    return "No claim is supported: no interval excludes no difference, and none shows what was declared."


# --- warnings --------------------------------------------------------------------------------------------------------


def _simpson_reversed(note: Note) -> str:
    return (
        f"{_who(note)}: all of the traffic points one way in {_what(note)}, and no slice by {_text(note, 'by')} that is large "
        "enough to be shown does: those that are not shown outweigh them. Read the slices, too."
    )


def _slice_against_the_whole(note: Note) -> str:
    return (
        f"{_who(note)}: in {_what(note)}, the slice {_text(note, 'by')} = {_text(note, 'slice')} certainly points the other "
        f"way than the whole: {_numbers(note)}."
    )


def _missing_differs(note: Note) -> str:
    return (
        f"{_who(note)}: values of {_what(note)}{_also(note)} are missing on one side more often than on the other: "
        f"{_int(note, 'production'):,} of production, {_int(note, 'candidate'):,} of the candidate"
        f" ({p_value(_float(note, 'p'))}). What is left may be another kind of traffic."
    )


def _also(note: Note) -> str:
    others = [measure_title(name) for name in _text(note, "others").split(", ") if name]
    return f" (and {', '.join(others)})" if others else ""


def _many_lost(note: Note) -> str:
    return (
        f"{_who(note)}: {share(_float(note, 'share'))} of its pairs ({_int(note, 'lost'):,} of {_int(note, 'pairs'):,}) were "
        f"not sent, most often: {_reason(note)}. What is lost under load is not lost at random."
    )


def _many_unscored(note: Note) -> str:
    return (
        f"{_who(note)}: {share(_float(note, 'share'))} of the pairs ({_int(note, 'unscored'):,} of {_int(note, 'pairs'):,}) "
        f"have no {_what(note)}, most often: {_reason(note)}."
    )


def _a_a_lane_differs(note: Note) -> str:
    return (
        f"{_who(note)} is production asked again, and differs from production in {_what(note)}: {_numbers(note)}. Something "
        "besides the candidates differs; do not trust differences of that size."
    )


def _within_noise(note: Note) -> str:
    return (
        f"{_who(note)}: the difference in {_what(note)} is no larger than that of production from itself: {_numbers(note)}; "
        f"the A/A lane {_scaled_as(note, 'noise')}."
    )


def _failures(note: Note) -> str:
    return (
        f"{_who(note)} failed in {share(_float(note, 'share'))} of {count(_int(note, 'sent'), 'pair')}, production in "
        f"{share(_float(note, 'production_share'))}. A failure counts as the worst score."
    )


def _failures_decide(note: Note) -> str:
    return (
        f"{_who(note)}: in {_what(note)} the answer hangs on how failures count: {_numbers(note)}; of pairs that both answered "
        f"{_scaled_as(note, 'answered')}."
    )


def _small_effective_n(note: Note) -> str:
    return (
        f"{_who(note)}: unequal sampling leaves {count(_int(note, 'n'), 'pair')} as telling as "
        f"{number(_float(note, 'effective_n'))} would be."
    )


def _few_clusters(note: Note) -> str:
    return (
        f"{_who(note)}: only {count(_int(note, 'clusters'), 'independent cluster')} in {count(_int(note, 'n'), 'pair')}. "
        f"Below {_int(note, 'least')}, intervals are a little too narrow."
    )


def _judge_alarm(note: Note) -> str:
    return f"The judge {_text(note, 'judge') or note.measure}: {alarm(_text(note, 'alarm'))}."


def _people_disagree(note: Note) -> str:
    return (
        f"{_who(note)}: what {note.measure} says is not what people say: {_numbers(note)}; corrected by "
        f"{count(_int(note, 'labels'), 'label')} {_scaled_as(note, 'corrected')}."
    )


def _length_explains(note: Note) -> str:
    return (
        f"{_who(note)}: the preference of {note.measure} is not shown at equal length and style: {_numbers(note)}; at "
        f"equal length {_scaled_as(note, 'controlled')}."
    )


def _sampling_changed(note: Note) -> str:
    return (
        f"What is copied was changed {count(_int(note, 'times'), 'time')} while pairs were gathered, first at "
        f"{moment(_float(note, 'first_at'))}. Weights allow for known probabilities, not for another kind of traffic."
    )


def _model_changed(note: Note) -> str:
    whose = f" of {_text(note, 'endpoint')}" if note.values.get("endpoint") else ""
    return (
        f"The model{whose} changed {count(_int(note, 'times'), 'time')} while pairs were gathered, first at "
        f"{moment(_float(note, 'first_at'))}: the numbers are of both."
    )


def _changed_over_time(note: Note) -> str:
    return (
        f"{_who(note)}: {_what(note)} changed by more than chance over the period: until {moment(_float(note, 'first_to'))} "
        f"{_scaled_as(note, 'first')}, since {moment(_float(note, 'last_from'))} {_scaled_as(note, 'last')}. The whole is a "
        "mean of all of it; what moves now meets the last."
    )


def _mirroring_paused(note: Note) -> str:
    return (
        f"Copying stood still {count(_int(note, 'times'), 'time')}, first at {moment(_float(note, 'first_at'))}: that "
        "traffic is not in the numbers."
    )


def _drifted(note: Note) -> str:
    by = " and ".join(_TESTS.get(each, each) for each in _text(note, "tests").split(", ") if each)
    most = f", most of all {_text(note, 'most').replace('_', ' ')}" if note.values.get("most") else ""
    return (
        f"The last part of the period is unlike the first in {_drifting(note)}{most} "
        f"({p_value(_float(note, 'p'))}{f' by {by}' if by else ''}). The whole is a mean of both."
    )


def _drifting(note: Note) -> str:
    """A property of one side, or all that is known of it."""
    of, side = _text(note, "of"), _text(note, "side")
    if of == "requests":
        return "requests as a whole (their lengths, strata and paths together)"
    whose = "" if side == "requests" else f" of {side}"
    if of in ("production_answers", "candidate_answers"):
        return f"answers{whose} as a whole (their lengths, latencies and reasons to end together)"
    return f"{measure_title(of).replace('_', ' ')}{whose}"


_TESTS = {
    "psi": "PSI",
    "kolmogorov_smirnov": "the distance of distribution functions",
    "jensen_shannon": "Jensen and Shannon's distance",
    "mmd": "MMD",
    "classifier": "a classifier",
}


def _wide_margin(note: Note) -> str:
    preferred = _text(note, "scale") == Scale.PREFERENCE
    margin = amount(
        _float(note, "margin"), _text(note, "unit"), relative=preferred, percent=bool(note.values.get("in_percent"))
    )
    room = amount(_float(note, "room"), _text(note, "unit"), relative=preferred)
    return (
        f"The margin of {_what(note)}, {margin}, is more than a third of all that there is to lose, {room}: to keep it shows "
        "little."
    )


def _unpriced_cost(note: Note) -> str:
    return (
        f"{_who(note)}: the cost is not known of {count(_int(note, 'production'), 'call')} of production and of "
        f"{_int(note, 'candidate'):,} of the candidate, most often: {_reason(note)}. They count neither as free nor as paid: "
        "means and totals take them to cost what the others do, and a call that failed may have been billed."
    )


def _undeclared_policy(note: Note) -> str:
    return (
        "No primary claim was declared before the data were seen: all of this is exploration, and nothing is decided."
    )


def _censored(note: Note) -> str:
    calls = f"{count(_int(note, 'production'), 'call')} of production and {_int(note, 'candidate'):,} of the candidate"
    return (
        f"{_who(note)}: of {_what(note)}, {_text(note, 'quantiles')} lies among failures, and nobody knows how long those "
        f"would have taken: {calls}."
    )


def _funnel_disagrees(note: Note) -> str:
    recorded, there = _int(note, "recorded"), _int(note, "exchanges")
    why = (
        "the counters were lost, or are of a shorter time"
        if there > recorded
        else "pairs were deleted since, or the counters are of a longer time"
    )
    return (
        f"The counters of the traffic and the pairs do not agree: {count(recorded, 'request')} were counted as recorded, and "
        f"{there:,} are here; {why}. Do not trust shares of all traffic, nor what is extrapolated to it."
    )


def _draws_disagree(note: Note) -> str:
    least, most = _int(note, "least"), _int(note, "most")
    counted = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    drawn = between(_float(note, "requests"), _float(note, "low"), _float(note, "high"))
    return (
        f"{_who(note)}: by their probabilities its pairs stand for {drawn} requests, and by the counters {counted} could be "
        "drawn. Either some could not be drawn for it (a rate of 0, a candidate that came later), pairs were deleted, or "
        "probabilities or counters are wrong. Do not trust what is extrapolated to all traffic."
    )


def _mirror_lost(note: Note) -> str:
    return (
        f"{share(_float(note, 'share'))} of the requests that were drawn ({_int(note, 'lost'):,} of {_int(note, 'sampled'):,}) "
        f"never came into the log, most often: {_reason(note)}."
    )


def _other_version(note: Note) -> str:
    return (
        f"{_who(note)}: {count(_int(note, 'pairs'), 'pair')} were scored for {_what(note)} by another version of it alone, and "
        f"are left out: {_text(note, 'others')}; the numbers are of version {_text(note, 'used')}. What different versions say "
        "is not put together: report each by itself, or score the log anew (shadowbench score --once)."
    )


def _measure_not_there(note: Note) -> str:
    there = f"There are: {_text(note, 'there')}."
    if note.values.get("near"):
        return f"The policy names {_text(note, 'names')}, which nobody measured: did you mean {_text(note, 'near')}? {there}"
    return f"The policy names what nobody measured: {_text(note, 'names')}. {there}"


# --- recommendations -------------------------------------------------------------------------------------------------


def _may_and_better(note: Note) -> str:
    return f"{_who(note)} may take over, and is better in {_what(note)}: {_numbers(note)}."


def _may_not_better(note: Note) -> str:
    if note.measure is None:
        return f"{_who(note)} may take over, and nothing measured shows it to be better for this."
    return f"{_who(note)} may take over, and is not shown to be better in {_what(note)}: {_numbers(note)}."


def _may_and_worse(note: Note) -> str:
    return f"{_who(note)} may take over, and is worse in {_what(note)}: {_numbers(note)}."


def _ahead_of(note: Note) -> str:
    return (
        f"Of those that may take over and are better, {_who(note)} has the best value; that it is ahead of "
        f"{_text(note, 'others')} is not tested."
    )


def _no_candidate_may(note: Note) -> str:
    return "No candidate is shown to meet everything that was declared."


def _nothing_declared(note: Note) -> str:
    return "Nothing was declared that a candidate would have to meet, so production stays."


def _declare(note: Note) -> str:
    return "Declare a primary claim and its margin, then gather new pairs."


def _needs_pairs(note: Note) -> str:
    days = _float(note, "days") if "days" in note.values else None
    still = StillNeeded(pairs=_int(note, "pairs"), more=_int(note, "more"), days=days)
    against = Against(_text(note, "against") or Against.PRODUCTION)
    return f"{_who(note)}: {_what(note)} is open. {needed(still, against)}."


def _open_condition(note: Note) -> str:
    return f"{_who(note)}: {_what(note)} is open, {_reason(note)}."


def _refuted_condition(note: Note) -> str:
    return (
        f"{_who(note)} would have to become better in {_what(note)}, where the contrary of what was declared is shown."
    )


def _blocked(note: Note) -> str:
    found = Blocker(
        code=_text(note, "blocker"), needed=_float(note, "needed") or 0.0, found=_float(note, "found") or 0.0,
        measure=note.measure, columns=tuple(filter(None, _text(note, "columns").split(", "))),
    )  # fmt: skip
    return f"{_who(note)} is held up. {blocker(found)}"


def _better_for_goal(note: Note) -> str:
    return f"{_who(note)} would have to be shown to be better in {_what(note)}."


def _worsens(note: Note) -> str:
    return f"{_who(note)} pays for it in {_what(note)}: {_numbers(note)}."


# --- values ----------------------------------------------------------------------------------------------------------


def _who(note: Note) -> str:
    return note.candidate or "The candidate"


def _text(note: Note, name: str) -> str:
    return str(note.values.get(name, ""))


def _float(note: Note, name: str) -> float | None:
    value = note.values.get(name)
    return None if value is None or isinstance(value, str) else float(value)


def _reason(note: Note) -> str:
    return reason(_text(note, "reason")).replace("_", " ")


def _int(note: Note, name: str) -> int:
    value = _float(note, name) or 0.0
    return int(value) if math.isfinite(value) else 0


def _value(note: Note, name: str) -> str:
    value = _float(note, name)
    return amount(value, _text(note, "unit"), percent=bool(note.values.get("in_percent")))


def _scaled_as(note: Note, name: str) -> str:
    """The values `NAME`, `NAME_low`, `NAME_high`, on the scale of the note."""
    scale = Scale(_text(note, "scale") or Scale.DIFFERENCE)
    value, low, high = (_float(note, f"{name}{end}") for end in ("", "_low", "_high"))
    return on_scale(scale, value, low, high, _text(note, "unit"))


_SENTENCES: Mapping[str, Callable[[Note], str]] = {
    "better": _better,
    "worse": _worse,
    "higher": _higher,
    "lower": _lower,
    "non_inferior": _non_inferior,
    "inferior": _inferior,
    "within_bound": _within_bound,
    "beyond_bound": _beyond_bound,
    "no_claim_supported": _no_claim_supported,
    "simpson_reversed": _simpson_reversed,
    "slice_against_the_whole": _slice_against_the_whole,
    "missing_differs": _missing_differs,
    "many_lost": _many_lost,
    "many_unscored": _many_unscored,
    "a_a_lane_differs": _a_a_lane_differs,
    "within_noise": _within_noise,
    "failures": _failures,
    "failures_decide": _failures_decide,
    "small_effective_n": _small_effective_n,
    "few_clusters": _few_clusters,
    "judge_alarm": _judge_alarm,
    "people_disagree": _people_disagree,
    "length_explains": _length_explains,
    "sampling_changed": _sampling_changed,
    "model_changed": _model_changed,
    "changed_over_time": _changed_over_time,
    "mirroring_paused": _mirroring_paused,
    "drifted": _drifted,
    "wide_margin": _wide_margin,
    "unpriced_cost": _unpriced_cost,
    "undeclared_policy": _undeclared_policy,
    "censored": _censored,
    "funnel_disagrees": _funnel_disagrees,
    "draws_disagree": _draws_disagree,
    "mirror_lost": _mirror_lost,
    "measure_not_there": _measure_not_there,
    "other_version": _other_version,
    "may_and_better": _may_and_better,
    "may_not_better": _may_not_better,
    "may_and_worse": _may_and_worse,
    "ahead_of": _ahead_of,
    "no_candidate_may": _no_candidate_may,
    "nothing_declared": _nothing_declared,
    "declare": _declare,
    "needs_pairs": _needs_pairs,
    "open_condition": _open_condition,
    "refuted_condition": _refuted_condition,
    "blocked": _blocked,
    "better_for_goal": _better_for_goal,
    "worsens": _worsens,
}
CODES = frozenset(_SENTENCES)
