"""Every number in a cell of its own, for whoever counts on."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.report.as_csv import COLUMNS, render, rows
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.root import Document
from shadowbench.stats.methods import Method
from tests.unit.report.documents import by_path, example, small

PAGE = Path(__file__).parents[3] / "docs" / "report-formats.md"


def read(document: Document) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(document), newline="")))


def one(**wanted: str) -> dict[str, str]:
    found = [row for row in read(example()) if all(row[name] == value for name, value in wanted.items())]
    assert len(found) == 1
    return found[0]


def test_a_comparison_is_a_row_with_all_its_numbers() -> None:
    row = one(candidate="small", measure="error_class", slice_by="")
    told = {
        name: row[name] for name in ("n", "clusters", "production", "candidate_value", "effect", "margin", "standing")
    }
    assert told == {
        "n": "2400",
        "clusters": "1180",
        "production": "0.008",
        "candidate_value": "0.0079",
        "effect": "-0.0001",
        "margin": "0.01",
        "standing": "non_inferior",
    }
    assert (
        float(row["low"]) < float(row["once_low"]) < float(row["effect"]) < float(row["once_high"]) < float(row["high"])
    )
    assert (row["missing_production"], row["missing_candidate"], row["missing_pair"]) == ("20", "24", "0")


def test_a_judge_has_people_length_and_outcomes_beside_it() -> None:
    row = one(candidate="small", measure="helpfulness", slice_by="")
    told = [row[name] for name in ("corrected", "labels", "controlled", "noise", "wins", "ties", "losses")]
    assert told == ["0.48", "160", "0.51", "0.503", "610", "1100", "649"]


def test_absent_is_an_empty_cell_with_its_reason() -> None:
    row = one(candidate="small", measure="sql | parses")
    assert (row["n"], row["effect"], row["low"], row["reason"]) == ("0", "", "", "no_values")


def test_quantiles_are_there_once() -> None:
    found = [row for row in read(example()) if row["measure"] == "latency" and row["candidate"] == "small"]
    latencies = [(row["statistic"], row["scale"]) for row in found]
    assert latencies == [("p95", "ratio"), ("p50", "difference"), ("p99", "difference")]
    assert one(candidate="small", measure="latency", statistic="p99")["reason"] == "censored"


def test_costs_come_to_something() -> None:
    row = one(candidate="small", measure="cost", statistic="saving_month")
    assert (row["scale"], row["effect"]) == ("saving", "333.59")
    assert one(candidate="small", measure="cost", statistic="per_correct")["candidate_value"] == "0.001327"


def test_slices_are_rows_of_their_own() -> None:
    row = one(candidate="small", slice_by="path", slice="/v1/responses")
    assert (row["share"], row["effect"], row["p_adjusted"], row["against_the_whole"]) == ("0.29", "0.56", "0.004", "1")


def test_intervals_for_a_single_look_are_in_no_other_column() -> None:
    slices = one(candidate="small", slice_by="path", slice="/v1/responses")
    quantile = one(candidate="small", measure="latency", statistic="p50")
    month = one(candidate="small", measure="cost", statistic="saving_month")
    for row in (slices, quantile, month):
        assert (row["low"], row["high"]) == ("", "")
        assert float(row["once_low"]) < float(row["effect"]) < float(row["once_high"])


def test_the_standard_error_is_that_of_a_single_look() -> None:
    """What verdicts go by allows for clusters that have not come, and its error is larger."""
    row = one(candidate="small", measure="error_class")
    low, effect, high, se = (float(row[name]) for name in ("once_low", "effect", "once_high", "se"))
    assert (effect - 1.96 * se, effect + 1.96 * se) == pytest.approx((low, high), abs=0.1 * se)


def test_the_standard_error_of_a_ratio_of_logarithms_is_told_on_the_ratios_scale() -> None:
    whole = next(each for each in small().comparisons if each.effect.scale is Scale.RATIO)
    once = replace(whole.effect.once, method=Method.GEOMETRIC_RATIO, value=0.5, low=0.42, high=0.595, se=0.089)
    comparison = replace(whole, effect=replace(whole.effect, once=once))
    (told, *_) = read(replace(example(), candidates=(replace(small(), comparisons=(comparison,)),)))
    assert float(told["se"]) == pytest.approx(0.0445)


def test_marks_that_turn_the_direction_are_named() -> None:
    told = read(replace(example(), candidates=(replace(small(), name="a\u202eb\x1b[31m"),)))
    assert {row["candidate"] for row in told} == {"a⟨U+202E⟩b⟨U+001B⟩[31m"}


def test_what_a_spreadsheet_would_run_is_text() -> None:
    table = replace(by_path(), rows=(replace(by_path().rows[0], value='=HYPERLINK("http://x","y")'),))
    told = read(replace(example(), candidates=(replace(small(), slices=(table,)),)))
    assert told[-1]["slice"] == '\'=HYPERLINK("http://x","y")'
    assert told[-1]["effect"] == "0.47"


def test_numbers_are_never_text() -> None:
    assert one(candidate="hot", measure="cost", statistic="all_traffic")["effect"].startswith("-")


def test_rows_have_no_column_that_the_header_lacks() -> None:
    assert {name for row in rows(example()) for name in row} <= set(COLUMNS)
    assert all(COLUMNS.values())


def test_lines_end_as_the_standard_says() -> None:
    assert render(example()).count("\r\n") == len(read(example())) + 1


def test_every_column_is_in_the_documentation() -> None:
    page = PAGE.read_text("utf-8")
    assert [name for name, meaning in COLUMNS.items() if f"| `{name}` | {meaning} |" not in page] == []
