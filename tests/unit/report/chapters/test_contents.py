"""Chapters say what they promise, and no chapter says nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shadowbench.report.chapters.contents import contents, in_brief, opening
from shadowbench.report.chapters.course import course, trend
from shadowbench.report.chapters.funnel import funnel
from shadowbench.report.chapters.judging import judging
from shadowbench.report.chapters.matrix import matrix, missing
from shadowbench.report.chapters.methods import methods
from shadowbench.report.chapters.money import money
from shadowbench.report.chapters.notes import recommendations, warnings
from shadowbench.report.chapters.nouns import Chapter, Line, Row, Table, Tone
from shadowbench.report.chapters.overview import overview
from shadowbench.report.chapters.pairs import pairs
from shadowbench.report.chapters.ranking import ranking
from shadowbench.report.chapters.slicing import slices
from shadowbench.report.chapters.times import times
from shadowbench.report.chapters.verdicts import in_short, verdicts
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.parts import Correlation, Place, Ranking
from shadowbench.report.document.root import Document
from shadowbench.report.policy import Looks, Watching
from shadowbench.stats.methods import Method
from tests.unit.report.documents import again, estimate, example, small


def tables(chapter: Chapter) -> dict[str, Table]:
    return {block.title: block for block in chapter.blocks if isinstance(block, Table)}


def lines(chapter: Chapter) -> list[str]:
    return [block.text for block in chapter.blocks if isinstance(block, Line)]


def row_of(table: Table, first: str) -> Row:
    return next(row for row in table.rows if row.cells[0] == first)


def ranked() -> Document:
    """With a ranking and a correlation."""
    strength = estimate(0.2, 0.1, method=Method.BRADLEY_TERRY)
    ranking = Ranking(
        measure="helpfulness",
        n=4000,
        clusters=1180,
        star=True,
        places=(Place(name="small", strength=strength), Place(name="again", strength=estimate(0.0), again=True)),
        subsampled=True,
    )
    correlation = Correlation(of="latency", measure="json_schema_valid", rho=estimate(-0.1, 0.05))
    return replace(example(), rankings=(ranking,), candidates=(replace(small(), correlations=(correlation,)),))


def test_every_row_has_a_cell_for_every_column() -> None:
    for chapter in (*contents(example()), *contents(ranked())):
        for block in chapter.blocks:
            if isinstance(block, Table):
                assert {len(row.cells) for row in block.rows} == {len(block.columns)}, chapter.title


def test_a_chapter_that_has_nothing_to_say_is_left_out() -> None:
    bare = replace(small(), comparisons=(), distributions=(), costs=None, slices=(), series=(), examples=())
    document = replace(
        example(), candidates=(bare,), judges=(), findings=(), warnings=(), recommendations=(), standpoints=(), marks=(),
        drift=(), trend=(), methods=(),
    )  # fmt: skip
    assert [chapter.title for chapter in contents(document)] == ["Verdict", "Summary", "Traffic and failures"]


def test_an_opening_is_the_first_chapters() -> None:
    titles = [chapter.title for chapter in contents(example())]
    assert [chapter.title for chapter in opening(example())] == titles[:4]


def test_verdicts_are_of_candidates_and_tell_what_stands_in_the_way() -> None:
    chapter = verdicts(example())
    told = lines(chapter)
    assert len([text for text in told if "again" in text]) == 0
    assert "Too few pairs: 90; it takes at least 500." in told
    assert [len(block.rows) for block in chapter.blocks if isinstance(block, Table)] == [6, 6, 2]
    assert len(in_short(example()).blocks) == 3


def test_an_open_condition_says_why_and_what_it_takes() -> None:
    found = next(block for block in verdicts(example()).blocks if isinstance(block, Table)).rows
    assert (
        found[0]
        .cells[2]
        .endswith(
            "the interval is too wide to tell; if it is as good as production, about 6,700 more pairs would tell (20 d at this "
            "traffic)"
        )
    )
    assert found[3].cells[2:] == ("not measured", "–")
    assert [row.tone for row in found[:2]] == [Tone.OPEN, Tone.BAD]


def test_the_summary_has_period_models_pairs_and_spend() -> None:
    facts = {row.cells[0]: row.cells[1] for row in tables(overview(example()))[""].rows if len(row.cells) == 2}
    facts |= {
        row.cells[0]: row.cells[1] for block in overview(example()).blocks[:1] for row in getattr(block, "rows", ())
    }
    assert facts["period"].endswith("(7 d)")
    assert facts["pairs"] == "7,410 pairs of 2,650 exchanges, 1,230 clusters"
    assert facts["spent, production"].startswith("$11.30 in 2,650 calls; the cost of 12 is not known")
    assert facts["production"] == "big-2025-08"


def test_every_comparison_has_its_n() -> None:
    for table in tables(matrix(example())).values():
        for row in table.rows:
            if row.depth == 0 and row.cells[0] not in ("primary", "guardrail", "secondary"):
                assert row.cells[5].replace(",", "").isdigit(), row


def test_under_a_comparison_stands_what_else_is_known_of_it() -> None:
    table = tables(matrix(example()))["small"]
    below = [row.cells[0] for row in table.rows[1:7]]
    assert below == [
        "helpfulness",
        "as people say, 160 labels",
        "at equal length and style",
        "A/A lane: noise",
        "pair by pair",
        "guardrail",
    ]
    failed = row_of(tables(matrix(example()))["hot"], "failed: worst score")
    assert failed.cells[5] == "210"


def test_a_lane_has_its_numbers_and_no_more() -> None:
    assert all(row.depth == 0 for row in tables(matrix(example()))["again (A/A)"].rows)


def test_measures_that_lack_the_same_pairs_are_one_row() -> None:
    (table,) = tables(missing(example())).values()
    told = [row.cells[1] for row in table.rows if row.cells[0] == "hot"]
    assert told == ["helpfulness", "errors, json_schema_valid, cost, output tokens"]


def test_quantiles_are_told_with_what_is_censored() -> None:
    table = tables(times(example()))["small: latency"]
    assert [row.cells[0] for row in table.rows] == ["p50", "p95", "p99"]
    assert table.rows[2].cells[2] == "– (censored)"
    assert table.notes[1].text.startswith("Failures count as slower than any answer")


def test_costs_come_with_totals_and_a_right_answer_s() -> None:
    table = tables(money(example()))["small"]
    assert row_of(table, "a right answer").cells[2].startswith("$0.00133")
    assert row_of(table, "a month of such traffic, extrapolated").cells[3] == "saves $334 [$310, $358]"
    assert "young" in tables(money(example()))


def test_slices_that_differ_are_tables_and_the_others_a_line() -> None:
    chapter = slices(example())
    assert list(tables(chapter)) == ["small: helpfulness by path"]
    assert lines(chapter)[1:] == ["small, by language: no difference is shown in helpfulness (p = 0.82)."]
    assert tables(chapter)["small: helpfulness by path"].rows[1].tone is Tone.BAD


ONE_LOOK = replace(ranked(), policy=replace(example().policy, watching=Watching(looks=Looks.ONCE)))
SINGLE = (times, money, slices, ranking, judging)


@pytest.mark.parametrize("chapter", SINGLE)
def test_chapters_of_other_intervals_than_the_comparisons_say_so(chapter: Callable[[Document], Chapter]) -> None:
    assert ranked().policy.watching.looks is not Looks.ONCE
    assert lines(chapter(ranked()))[0].startswith("Intervals are for a single look here")
    assert not any("single look" in line for line in lines(chapter(ONE_LOOK)))  # all of them are


def test_where_a_measure_began_and_ended_is_told_in_its_unit() -> None:
    whole = small()
    latency = next(each for each in whole.comparisons if each.subject.name == "latency")
    (series,) = whole.series
    slower = replace(series, measure="latency", scale=Scale.DIFFERENCE)
    document = replace(example(), candidates=(replace(whole, comparisons=(latency,), series=(slower,)),))
    (told, *_) = lines(course(document))
    assert told.endswith(" First +470 [+420, +520] ms, last +500 [+450, +550] ms, for a single look at each.")


def test_over_time_only_what_changed_is_told_at_length() -> None:
    told = lines(course(example()))
    assert told[0].startswith(
        "small, helpfulness: 7 stretches of time, changed by more than chance. First preferred in 47 %"
    )
    assert told[1].startswith("2025-10-30T00:00:00Z: model changed")
    (table,) = tables(course(example())).values()
    assert [row.cells[0] for row in table.rows] == ["prompt length"]
    quiet = replace(example(), drift=example().drift[1:])
    assert lines(course(quiet))[-1].startswith("No drift is shown in 1 comparison")


def test_a_trend_has_an_arrow_only_where_it_is_shown() -> None:
    (table,) = tables(trend(example())).values()
    assert [row.cells[4] for row in table.rows] == ["up, better", "may be chance"]
    assert [row.tone for row in table.rows] == [Tone.GOOD, None]


def test_a_judge_s_alarms_come_before_its_numbers() -> None:
    chapter = judging(example())
    assert lines(chapter)[2:] == ["it favours a place by more than chance explains", "it goes by how long an answer is"]
    (table,) = tables(chapter).values()
    assert row_of(table, "favours its own family").cells[1] == "– (its family is not known)"
    assert row_of(table, "Cohen's kappa").cells[1:] == ("0.66 [0.56, 0.76]", "160")


def test_rankings_and_correlations_say_what_they_are_of() -> None:
    found = tables(ranking(ranked()))
    assert [row.cells[0] for row in found["by helpfulness"].rows] == ["small", "again (A/A)"]
    told = [note.text for note in found["by helpfulness"].notes]
    assert told[0].endswith("4,000 pairs in 1,180 clusters, of which a sample was drawn. Intervals hold together.")
    assert found["differences that go together"].rows[0].cells[:3] == ("small", "json_schema_valid", "latency")


def test_failures_are_counted_on_both_sides() -> None:
    assert row_of(tables(funnel(example()))["hot"], "http error: status 500").cells[1:] == ("8", "150", "2,400")


@pytest.mark.parametrize("redacted", [True, False])
def test_pairs_are_named_and_never_quoted(redacted: bool) -> None:
    document = replace(example(), redacted=redacted)
    (table,) = tables(pairs(document)).values()
    assert ("parcel" in str(table)) is False
    assert ("redact" in table.notes[0].text) is redacted


def test_recommendations_tell_once_what_would_change_several() -> None:
    same = tuple(
        replace(each, would_change=example().recommendations[0].would_change) for each in example().recommendations
    )
    told = lines(recommendations(replace(example(), recommendations=same)))
    assert [text.startswith("What would change that") for text in told] == [False, False, False, True]
    assert len(lines(warnings(example()))) == 5


def test_methods_are_named_with_what_they_answer() -> None:
    (table,) = tables(methods(example())).values()
    assert table.rows[0].cells[0] == "cluster t"
    assert table.rows[0].cells[1].startswith("Where the mean lies")


def test_lanes_alone_decide_nothing() -> None:
    assert lines(verdicts(replace(example(), candidates=(again(),))))[-1].startswith(
        "There is no candidate but production"
    )


def test_a_terminal_is_told_the_answer_and_how_to_get_the_rest() -> None:
    found = in_brief(example())
    assert [chapter.title for chapter in found] == ["Verdict", "Summary", "Key findings", "Warnings", "More"]
    (told,) = lines(found[-1])
    assert told.startswith("Not shown here: recommendations, comparison with production, latency, cost, slices")
    assert "--full shows everything here" in told


def test_long_lists_are_cut_where_the_answer_alone_is_shown() -> None:
    many = replace(example(), warnings=example().warnings[:1] * 9)
    assert len(lines(warnings(many))) == 9
    shown = next(chapter for chapter in opening(many) if chapter.title == "Warnings")
    assert lines(shown)[-1] == "… and 4 more." and len(lines(shown)) == 6
    few = replace(example(), warnings=example().warnings[:1] * 6)
    assert len(lines(next(chapter for chapter in opening(few) if chapter.title == "Warnings"))) == 6
