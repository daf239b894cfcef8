"""What the report's short codes mean. A code that is not known here is told as it is: plugins have reasons of their own."""

from __future__ import annotations

from shadowbench.report.document.comparisons import Role, Subject
from shadowbench.report.document.verdicts import Goal
from shadowbench.report.policy import Statistic
from shadowbench.stats.margins import Standing

REASONS = {
    # of estimates: stats.estimates.Refused
    "too_few": "too few pairs or clusters",
    "no_variation": "all values are alike",
    "censored": "the bound lies beyond what was waited for",
    "near_zero": "a ratio whose denominator may be zero",
    "no_overlap": "the sides differ too much in length or style to be compared",
    "not_connected": "somebody never won or never lost",
    "few_labels": "too few labels by people",
    "weak_judge": "the judge is not shown to be better than chance",
    # of conditions
    "wide_interval": "the interval is too wide to tell",
    "not_measured": "not measured",
    "worse_of_late": "it changed over the period, and the last stretch alone is beyond what is allowed",
    "no_values": "no pair has a value",
    "all_zero": "both sides are zero throughout: a ratio says nothing",
    "out_of_range": "larger than can be computed with",
    "no_p": "there is no test of it",
    "no_again_lane": "there is no A/A lane to compare with",
    "no_value_of_production": "a value of both answers together: production alone has none to compare it with",
    "no_direction": "neither more nor less of it is better",
    "no_bound": "no bound was declared",
    "no_ratio_of_pairs": "a value of both answers together has no ratio",
    "not_above_zero": "a ratio needs values above zero",
    "no_margin": "no margin was declared",
    "candidate_not_in_baseline": "the earlier report does not have the candidate",
    "not_in_baseline": "the earlier report did not measure it",
    "baseline_in_doubt": "what the earlier report says of it is in doubt itself",
    "changed_looks": "the earlier report's intervals hold at other looks",
    # of plans
    "no_difference": "by how much it is expected to be better was not told",
    "beyond_the_bound": "as it is now, it does not keep the bound",
    "out_of_reach": "no number of pairs that anybody could gather shows so little",
    "calls_failed": "most calls failed",
    "not_as_expected": "there are enough pairs to show it, were the candidate as it is expected to be",
    "uncalibrated_judge": "people do not bear the judge out: too few labels, or too little agreement",
    "too_many_unscored": "too many pairs have no score",
    "one_side_unscored": "one side lacks more values than the claim leaves room for",
    "failures_left_out": "the candidate fails more often, and failures have no worst value here: they are left out",
    "mean_without_failures": "a mean of times leaves failures out: declare p50 or p95",
    # of judges' cards
    "no_units": "nothing to tell it from",
    "one_category": "everybody says the same",
    "no_unit_rated_twice": "nothing was labelled by two",
    "needs_three_judges": "it takes three judges of the same pairs",
    "no_pairs_in_common": "no pairs that two other judges judged",
    "no_pair_of_its_family": "no contestant is of its family",
    "family_unknown": "its family is not known",
    # of trends
    "overlapping_periods": "both reports tell of the same pairs in part",
    "changed_measure": "it was measured otherwise before",
    "no_interval": "there is no interval",
    "margin_allows_everything": "no value could break it",
    # of slices, and of judges' effects at equal length and as people would have them
    "not_recorded": "the log does not tell",
    "one_value": "the same for all requests",
    "no_lengths": "nobody measured how long answers are",
    "no_labels": "no pair was labelled by people",
    # of costs of all traffic
    "no_costs": "of no pair both costs are known",
    "no_funnel": "nobody counted the requests that the pairs are a sample of",
    "costs_unknown": "too many pairs have no known cost",
    "short_period": "the pairs are of less than an hour",
    "more_than_seen": "the log's probabilities speak of more requests than came",
    # of scores
    "not_scored": "not measured yet",
    "not_drawn": "not drawn for the judge",
    "other_candidate": "the judge is asked about another candidate",
    "other_version": "scored by another version of the measure alone",
    "neither_answered": "both sides failed, and there is nothing to prefer",
    "not_streamed": "the answer was not streamed",
    "no_timing": "no time was taken",
    "paused": "read slowly for a slow client",
    "late": "our event loop was late",
    "no_usage": "the endpoint did not report its usage",
    "partial_usage": "the endpoint reported its usage in part",
    "unknown_model": "the model has no known price",
    "price_has_no_rate": "the price lacks a rate that was used",
    "not_priced": "recorded before prices were",
    "not_given": "what was imported does not tell",
    "call_failed": "the call failed",
    "blank_production": "production's answer is blank",
    "blank_candidate": "the candidate's answer is blank",
    "unknown": "no reason was recorded",
}

ALARMS = {
    "position_bias": "it favours a place by more than chance explains",
    "length": "it goes by how long an answer is",
    "self_preference": "it favours its own family, by the word of the other judges",
    "drift": "on the frozen set it no longer says what it said",
    "not_calibrated": "too few labels say how far it may be trusted",
    "worse_than_constant": "one who always says the same agrees with people as often",
    "mixed_designs": "drawn and imported labels are mixed, and the imported ones hardly count",
}

BLOCKERS = {
    "chosen_by_outcome": "the pairs were chosen by what came of the calls",
    "production_fails": "most of production's calls failed",
    "candidate_fails": "most of the candidate's calls failed",
    "too_few_pairs": "too few pairs",
    "too_few_clusters": "too few independent clusters",
    "too_many_lost": "too many pairs were lost on our side",
    "too_few_labels": "too few pairs were labelled by people",
    "too_few_labelled_twice": "too few labelled pairs were labelled twice",
    "no_a_a_lane": "there is no A/A lane",
    "a_a_lane_differs": "production differs from itself",
    "uncalibrated_judge": "a judge is not calibrated",
    "margin_allows_everything": "a margin allows everything",
}

_STANDINGS = {
    Standing.BETTER: "better",
    Standing.NON_INFERIOR: "not worse than the margin allows",
    Standing.INFERIOR: "worse than the margin allows",
    Standing.INCONCLUSIVE: "inconclusive",
}
_GOALS = {Goal.QUALITY: "quality first", Goal.LATENCY: "latency first", Goal.COST: "cost first"}
_STATISTICS = {Statistic.MEAN: "mean", Statistic.TOTAL: "total"}  # the others are their own names
_MEASURES = {
    "error_class": "errors",
    "latency": "latency",
    "ttft": "time to first token",
    "gap_p95": "gaps between chunks (p95)",
    "cost": "cost",
    "output_tokens": "output tokens",
}


def reason(code: str) -> str:
    """Why something is absent or open. A failure's reason, `fault_timed_out`, is told as one."""
    if code in REASONS:
        return REASONS[code]
    if code.startswith("fault_"):
        return f"failed: {code.removeprefix('fault_').replace('_', ' ')}"
    return code


def alarm(code: str) -> str:
    """What is wrong with a judge."""
    return ALARMS.get(code, code)


def blocker_title(code: str) -> str:
    """A requirement that is not met, in a few words."""
    return BLOCKERS.get(code, code)


def standing(found: Standing | None) -> str:
    """Against the margin; nothing was declared: `–`."""
    return "–" if found is None else _STANDINGS[found]


def goal(chosen: Goal) -> str:
    """What matters most."""
    return _GOALS[chosen]


def role(found: Role) -> str:
    """What a comparison is for."""
    return found.value


def statistic(found: Statistic) -> str:
    """What of a measure is compared."""
    return _STATISTICS.get(found, found.value)


def measure_title(subject: Subject | str) -> str:
    """A measure's name as people read it; metrics and judges have the names that they were given."""
    name = subject if isinstance(subject, str) else subject.name
    return _MEASURES.get(name, name)
