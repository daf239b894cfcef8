"""Scores for eyes."""

import io

from rich.console import Console

from shadowbench.report.scores import ScoreSummary
from shadowbench.report.scores_terminal import show_scores


def a_score(measure: str, **changes: object) -> ScoreSummary:
    told = {
        "kind": "metric", "version": "1", "config_hash": "", "candidate": "small", "n": 2, "value": 0.5,
        "production": None, "unit": "", "absent": {},
    }  # fmt: skip
    return ScoreSummary(measure=measure, **(told | changes))  # type: ignore[arg-type]


def shown(*scores: ScoreSummary) -> list[list[str]]:
    out = io.StringIO()
    show_scores(scores, Console(file=out, width=100))
    return [line.split() for line in out.getvalue().splitlines() if line.strip()]


def test_each_candidate_has_a_table_and_what_is_absent_is_counted_with_its_first_reason() -> None:
    lines = shown(
        a_score("exact_match", absent={"no_text": 3, "fault_timed_out": 1}),
        a_score("latency", unit="s", value=0.25, production=1.5),
        a_score("quality", candidate="large", n=0, value=None),
    )
    assert lines[0] == ["small", "production", "candidate", "n", "absent"]
    assert lines[2] == ["exact_match", "–", "0.5", "2", "4", "(no_text,", "…)"]
    assert lines[3] == ["latency,", "s", "1.5", "0.25", "2"]
    assert lines[4][0] == "large"
    assert lines[6] == ["quality", "–", "–", "0"]


def test_two_measures_of_one_name_are_told_apart() -> None:
    lines = shown(
        a_score("q", version="1", config_hash="abcdef0123"), a_score("q", version="2", config_hash="abcdef0123")
    )
    assert [line[:3] for line in lines[2:]] == [["q", "1", "abcdef"], ["q", "2", "abcdef"]]
