"""The report on a terminal is read by the person who signs."""

import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from shadowbench.report.document.root import Document
from shadowbench.report.terminal import show
from tests.unit.report.documents import again, example, small


def shown(
    document: Document, width: int = 80, *, encoding: str = "utf-8", color: bool = False, full: bool = True
) -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", newline="")
    console = Console(
        file=out, width=width, highlight=False, force_terminal=color, color_system="truecolor" if color else None
    )
    show(document, console, full=full)
    out.flush()
    out.seek(0)
    return "\n".join(line.rstrip() for line in out.read().splitlines())


def test_the_verdict_comes_first_and_is_told_again_at_the_end() -> None:
    told = shown(example())
    assert told.startswith(
        "VERDICT\nMay the support assistant move to a smaller model?\nThis traffic may not move to hot:"
    )
    assert told.split("IN SHORT")[1].count("This traffic may") == 2


@pytest.mark.parametrize("width", [80, 140])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(cell_len, shown(example(), width).splitlines())) <= width


def test_conditions_have_their_numbers_and_n() -> None:
    assert re.search(r"refuted +errors not worse than +\+0\.080 \[\+0\.064, \+0\.096\] +2,400\n", shown(example()))


def test_intervals_are_not_broken() -> None:
    lines = [line.strip() for line in shown(example()).splitlines()]
    assert any(line.endswith("[36 %, 52 %]") for line in lines)
    assert not any(line.endswith(("[36", "[36 %,")) for line in lines)


def test_a_wide_terminal_has_more_columns() -> None:
    assert "stands" not in shown(example(), 80).split("COMPARISON")[1].split("LATENCY")[0]
    assert "worse than the margin" in shown(example(), 140).split("COMPARISON")[1].split("LATENCY")[0]


def test_everything_that_was_looked_at_is_there() -> None:
    titles = [line for line in shown(example()).splitlines() if line and line == line.upper() and line[0].isalpha()]
    assert titles == [
        "VERDICT", "SUMMARY", "KEY FINDINGS", "WARNINGS", "RECOMMENDATIONS", "COMPARISON WITH PRODUCTION", "LATENCY", "COST",
        "SLICES", "OVER TIME", "SINCE EARLIER REPORTS", "JUDGES", "TRAFFIC AND FAILURES", "MISSING VALUES",
        "PAIRS TO LOOK AT", "METHODS", "IN SHORT",
    ]  # fmt: skip


def test_prompts_and_answers_stay_where_they_are() -> None:
    told = shown(example(), 140)
    assert "parcel" not in told
    assert "1733" in told


def test_no_escape_sequence_of_somebody_elses_gets_through() -> None:
    told = shown(replace(example(), candidates=(replace(small(), name="a\x1b[31mb\u202e\nc"),)))
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "a⟨U+001B⟩[31mb⟨U+202E⟩\ufffdc" in told


def test_marks_of_direction_are_named_where_there_is_only_ascii_too() -> None:
    told = shown(replace(example(), candidates=(replace(small(), name="a\u202eb"),)), encoding="ascii")
    assert "a<U+202E>b" in told


def test_colours_only_repeat_what_the_words_say() -> None:
    assert "\x1b[" in shown(example(), color=True)
    assert "\x1b" not in shown(example())


def test_a_terminal_of_ascii_still_tells_a_minus_from_a_plus() -> None:
    told = shown(example(), encoding="ascii")
    assert "-0.0" in told
    assert "0.31 x [0.27, 0.35]" in told
    assert told.isascii()


def test_without_a_candidate_there_is_nothing_to_decide() -> None:
    told = shown(replace(example(), candidates=(again(),)))
    assert told.startswith(
        "VERDICT\nMay the support assistant move to a smaller model?\nThere is no candidate but production"
    )


def test_the_same_report_gives_the_same_bytes() -> None:
    assert shown(example()) == shown(example())


def test_unless_all_is_asked_for_it_is_two_screens() -> None:
    document = replace(example(), candidates=(again(), small()))
    told = shown(document, full=False)
    assert told.startswith("VERDICT")
    assert len(told.splitlines()) <= 80
    assert len(told) < len(shown(document)) / 3
    assert told.rstrip().endswith("pairs side by side.")
