"""What each section says, before a template sets it."""

from dataclasses import replace

from shadowbench.report.document.comparisons import Role
from shadowbench.report.document.parts import Correlation, Place, Ranking
from shadowbench.report.document.times import Trend, TrendPoint
from shadowbench.report.document.verdicts import Met, Note
from shadowbench.report.html import (
    changes,
    choices,
    costing,
    examples,
    judges,
    latencies,
    matrix,
    methods,
    rankings,
    slices,
    summary,
    targets,
    traffic,
)
from shadowbench.report.html.tables import Cell, Table
from shadowbench.stats.methods import ABOUT
from shadowbench.stats.power import StillNeeded
from tests.unit.report.documents import estimate, example, hot, small, young


def _row(found: Table | None, name: str) -> list[str]:
    assert found is not None
    return [cell.text for cell in next(row for row in found.rows if row[0].text == name)]


def test_the_summary_tells_period_models_sizes_and_spend() -> None:
    told = {fact.title: (fact.value, fact.small) for fact in summary.facts(example())}
    assert told["Period"] == ("7 d", ("2025-10-27T00:00:42Z", "to 2025-11-03T00:00:00Z"))
    assert told["Production"][0] == "big-2025-08"
    assert told["Candidates"] == ("hot, small, young", ("with an A/A lane",))
    assert told["Pairs"] == ("7,410", ("of 2,650 exchanges", "26,840 requests seen"))
    assert told["Clusters"][0] == "1,230"
    assert told["Spent on judges"] == ("$3.21", ("4,810 calls",))
    assert told["Spent by production"] == ("$11.30", ("2,650 calls", "cost of 12 not known"))


def test_every_candidate_has_its_verdict_and_the_lane_of_noise_comes_last() -> None:
    cards = summary.cards(example())
    assert [(card.name, card.badge) for card in cards] == [
        ("hot", "May not move"),
        ("small", "May move"),
        ("young", "Inconclusive"),
        ("again", "Noise floor"),
    ]


def test_conditions_have_their_numbers() -> None:
    card = next(card for card in summary.cards(example()) if card.name == "small")
    errors = card.conditions[1]
    assert (errors.met, errors.role) == ("shown", "guardrail")
    assert errors.numbers == "0.000 [−0.005, +0.005], 2,400 pairs in 1,180 clusters"


def test_a_condition_is_of_the_comparison_with_its_measure_statistic_role_and_bound() -> None:
    candidate = small()
    for condition in candidate.verdict.conditions:
        found = summary.comparison_of(candidate, condition)
        assert found is not None
        assert (found.subject.name, found.statistic) == (condition.claim.measure, condition.claim.statistic)
    elsewhere = replace(candidate.verdict.conditions[0], role=Role.GUARDRAIL)
    assert summary.comparison_of(candidate, elsewhere) is None


def test_what_is_open_says_why_and_what_it_takes() -> None:
    card = next(card for card in summary.cards(example()) if card.name == "hot")
    first = card.conditions[0]
    assert (first.met, first.tone, first.why) == ("open", Met.OPEN, "the interval is too wide to tell")
    assert first.needed == ("If it is as good as production, about 6,700 more pairs would tell (20 d at this traffic)")


def test_blockers_are_sentences() -> None:
    card = next(card for card in summary.cards(example()) if card.name == "young")
    assert card.blockers[0] == "Too few pairs: 90; it takes at least 500."


def test_many_models_are_counted() -> None:
    assert summary.models(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"


def test_the_matrix_has_what_was_declared_apart_from_the_rest() -> None:
    declared, others = matrix.matrices(small())
    assert _row(declared, "latency (p95)")[1:6] == ["5.2 s", "2.9 s", "0.56 × [0.47, 0.65]", "10 %", "better"]
    assert _row(declared, "json_schema_valid")[4] == "bound 0.97"
    assert _row(others, "output tokens")[4] == "< 0.001"
    assert _row(others, "token_set_ratio")[4] == "–"


def test_a_measure_without_values_says_why() -> None:
    found = matrix.matrices(small())[1]
    assert next(row for row in found.rows if row[0].text == "sql | parses")[3] == Cell(
        text="–", small="no pair has a value"
    )


def test_sensitivity_noise_and_corrections_stand_below() -> None:
    lines = dict(next(each.lines for each in matrix.more(small()) if each.measure == "helpfulness"))
    assert lines["Production against itself (A/A)"] == "preferred in 50.3 % [48.7 %, 51.9 %], ties half"
    assert lines["Pair by pair"] == "610 won, 1,100 tied, 649 lost (sign test p = 0.28)"
    assert lines["As people would have it"] == (
        "preferred in 48.0 % [45.6 %, 50.4 %], ties half, by 160 labels; the judge saved 340 labels"
    )
    answered = dict(next(each.lines for each in matrix.more(hot()) if each.measure == "json_schema_valid"))
    assert answered["Of pairs that both sides answered"] == "0.950 [0.935, 0.965], 2,174 pairs"
    assert answered["Failures, counted as the worst score"] == "210 pairs"


def test_who_is_beaten_in_everything_is_named() -> None:
    assert _row(choices.front(example()), "hot")[4] == "in nothing better than production, small"
    assert _row(choices.front(example()), "young")[4] == "not all is known"


def test_a_quantile_among_failures_is_not_told() -> None:
    found = latencies.times("small", small().distributions[0])
    assert found.table.rows[2][2] == Cell(text="–", small="no interval: the bound lies beyond what was waited for")
    assert any("20 of production's, 19 of the candidate's" in note for note in found.notes)


def test_savings_are_told_of_the_period_and_of_a_month() -> None:
    costs = small().costs
    assert costs is not None
    found = costing.costs_table("small", costs)
    assert [row[0].text for row in found.rows] == [
        "Of a request",
        "Of a correct answer",
        "Of all traffic",
        "Of 30 days at this traffic",
    ]
    assert found.rows[2][0].small == "extrapolated to about 26,840 requests in 7 d"
    assert found.rows[3][3].text.startswith("saving $334 [$310, $358]")


def test_of_costs_that_are_not_known_there_are_dashes() -> None:
    costs = young().costs
    assert costs is not None
    assert _row(costing.costs_table("young", costs), "Of a request")[1:] == ["–", "–", "–"]


def test_marks_are_numbered_as_in_the_charts() -> None:
    found = changes.marks(example())
    assert found is not None
    assert [row[0].text for row in found.rows] == ["1", "2"]


def test_drift_is_told_with_what_gave_it_away_and_the_rest_in_a_sentence() -> None:
    found = changes.drift(example())
    assert found is not None
    assert [row[0] for row in found.rows] == [Cell(text="prompt length", small="by length, digits")]
    assert "1 × too few pairs or clusters" in changes.quiet(example())


def test_what_did_not_change_is_told_in_a_sentence() -> None:
    candidate = small()
    assert changes.unchanged(candidate) == ""
    calm = replace(candidate, series=tuple(replace(each, changed=False) for each in candidate.series))
    assert changes.unchanged(calm) == "No change over time is shown in helpfulness."


def test_an_earlier_reports_day_is_that_of_its_traffics_end() -> None:
    made_late = TrendPoint(made_at=20 * 86_400.0, last_at=2 * 86_400.0, effect=estimate(0.1, 0.1))
    assert changes.day_of(made_late) == "1970-01-03"
    assert changes.day_of(replace(made_late, last_at=None)) == "1970-01-21"


def test_an_arrow_says_whether_it_is_good() -> None:
    found = changes.trend(example())
    assert found is not None
    assert [row[5].text for row in found.rows] == ["▲ up, better", "may be chance"]


def test_a_trend_of_a_measure_that_is_gone_is_a_difference() -> None:
    gone = Trend(candidate="gone", measure="gone", statistic="mean", points=(), change=None)
    assert changes.scale_of(example(), gone)[0].value == "difference"


def test_slices_that_differ_have_a_table_and_of_the_others_there_is_a_line() -> None:
    (found,) = slices.slices(small())
    assert (found.title, found.reversed) == ("Helpfulness by path", True)
    assert "200 pairs are in slices too small to be shown." in found.notes
    assert found.table.rows[1][0] == Cell(text="/v1/responses", small="points the other way than the whole", tone="odd")
    assert slices.alike(small()) == ("By language: no difference is shown in helpfulness (p = 0.82).",)


def test_a_reversal_comes_before_slices_that_merely_differ() -> None:
    candidate = small()
    path = next(each for each in candidate.slices if each.reversed)
    differs = replace(
        path, by="model", reversed=False, rows=tuple(replace(r, against_the_whole=False) for r in path.rows)
    )
    ordered = slices.noteworthy(replace(candidate, slices=(differs, path)))
    assert [each.by for each in ordered] == ["path", "model"]


def test_slices_of_noise_are_not_told() -> None:
    assert slices.slices(replace(small(), again=True)) == ()


def test_a_ranking_has_its_strengths_and_what_they_mean() -> None:
    places = (Place(name="small", strength=estimate(0.2, 0.1)), Place(name="production", strength=estimate(0.0)))
    found = Ranking(measure="helpfulness", n=2400, clusters=1180, star=True, places=places)
    (order,) = rankings.rankings(replace(example(), rankings=(found,)))
    assert order.table.caption == "Strength by helpfulness"
    assert order.table.rows[0][1].text == "+0.20 [+0.10, +0.30]"
    assert any("All comparisons are with production" in note for note in order.notes)


def test_what_goes_together_is_told() -> None:
    assert rankings.correlations(young()) is None
    found = Correlation(of="latency", measure="helpfulness", rho=estimate(-0.3, 0.1), subsampled=True)
    told = rankings.correlations(replace(young(), correlations=(found,)))
    assert _row(told, "helpfulness")[1:3] == ["latency", "−0.30 [−0.40, −0.20]"]


def test_a_judge_without_a_number_says_why() -> None:
    found = judges.card(example().judges[0])
    lines = {name: value for name, value, _ in found.lines}
    assert lines["Favours its family"] == "not told: its family is not known"
    assert lines["Cohen's κ"] == "0.66 [0.56, 0.76]"
    assert found.alarms[0] == "it favours a place by more than chance explains"


def test_targets_are_told_as_a_share_of_the_way() -> None:
    found = targets.targets(small())
    assert found is not None
    assert found.rows[0][4] == Cell(text="0.490 [0.470, 0.510]", small="63 % of the way")


def test_an_axis_of_no_length_is_no_way() -> None:
    axis = replace(small().radar[0], begin=0.6)
    assert targets.reached(axis, 0.5) is None


def test_a_pair_with_one_answer_has_no_marks() -> None:
    found = examples.examples(hot())[0].first[0]
    assert found.candidate.absent == "No text."
    assert found.candidate.outcome == "http error"
    assert [piece.changed for piece in found.production.pieces] == [False]


def test_hidden_texts_are_hidden() -> None:
    found = examples.examples(small())[1].first[0]
    assert (found.prompt, found.prompt_absent, found.production.pieces) == ("", "Hidden.", ())
    assert found.hidden


def test_of_many_examples_the_first_are_shown_at_once() -> None:
    candidate = hot()
    (group,) = examples.examples(replace(candidate, examples=candidate.examples * 5))
    assert (group.title, len(group.first), len(group.more)) == ("Worst by helpfulness", 3, 2)


def test_the_funnel_adds_up_and_tells_reasons() -> None:
    found = traffic.funnel(example())
    assert _row(found, "Not drawn") == ["Not drawn", "23,950", "89 %", "23,950 × by the draw"]
    assert _row(found, "Recorded")[1] == "2,650"


def test_pairs_that_were_not_sent_say_why() -> None:
    assert _row(traffic.pairs(example()), "hot")[7] == "31 × rate limited, 4 × breaker open"


def test_what_is_missing_is_told_by_side_once_for_each_measure() -> None:
    found = traffic.missing(example())
    assert found is not None
    rows = [[cell.text for cell in row] for row in found.rows if row[0].text == "hot"]
    assert [
        "hot",
        "errors",
        "12 × failed: timeout, 8 × failed: http error",
        "24 × failed: timeout",
        "",
        "p = 0.21",
    ] in rows
    assert len(rows) == len({row[1] for row in rows})


def test_every_method_is_told_with_its_formula_and_its_n() -> None:
    found = methods.formulas(example())
    assert [each.formula for each in found] == [ABOUT[used.method].formula for used in example().methods]
    assert found[1].used == "40 times, n 90 to 2,400; refused 9 (9 × too few pairs or clusters)"


def test_the_policy_is_told_as_it_was_declared() -> None:
    told = dict(methods.policy(example().policy))
    assert told["Primary"] == ("helpfulness not worse than production by more than 0.05",)
    assert "α = 0.05" in told["Looks"]
    assert "a lane of production against itself" in told["Required before anything is decided"]


def test_a_margin_stands_in_the_matrix_as_it_was_declared() -> None:
    declared = matrix.matrices(small())[0]
    assert _row(declared, "helpfulness")[4] == "more than 45 %"
    percent = [replace(each, in_percent=True) for each in small().comparisons if each.subject.name == "error_class"]
    assert matrix.allowed(percent[0]) == "1 % (0.01)"


def test_a_preference_is_told_with_what_was_won_tied_and_lost() -> None:
    card = next(card for card in summary.cards(example()) if card.name == "small")
    assert card.conditions[0].claim == "helpfulness: preferred in more than 45 %, ties half"
    assert "ties half, 610 won, 1,100 tied, 649 lost, 2,400 pairs" in card.conditions[0].numbers


def test_an_open_condition_with_pairs_enough_says_what_is_true() -> None:
    candidate = hot()
    condition = replace(candidate.verdict.conditions[0], still_needed=StillNeeded(pairs=90, more=0, days=0.0))
    changed = replace(candidate, verdict=replace(candidate.verdict, conditions=(condition,)))
    (card,) = summary.cards(replace(example(), candidates=(changed,)))
    assert card.conditions[0].needed.endswith("what was found is too near the margin")


def test_totals_say_that_they_are_extrapolated() -> None:
    found = small().costs
    assert found is not None
    titles = {row[0].text: row[0].small for row in costing.costs_table("small", found).rows}
    assert titles["Of all traffic"] == "extrapolated to about 26,840 requests in 7 d"
    assert titles["Of 30 days at this traffic"] == "extrapolated"


def test_a_card_has_the_warnings_about_what_its_verdict_rests_on() -> None:
    changed = Note(code="changed_over_time", candidate="small", measure="helpfulness")
    document = replace(example(), warnings=(Note(code="few_clusters", candidate="small"), changed))
    beside = {card.name: card.beside for card in summary.cards(document)}
    (told,) = beside["small"]
    assert told.startswith("small: helpfulness changed by more than chance over the period")
    assert not beside["hot"]
