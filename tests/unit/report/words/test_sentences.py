"""Every code that analysis can emit has a sentence, whatever values its note brings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shadowbench.report.analysis
from shadowbench.report import misspelt
from shadowbench.report.analysis.concluding import concluded
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.verdicts import Note
from shadowbench.report.words.codes import BLOCKERS, REASONS
from shadowbench.report.words.sentences import CODES, sentence
from tests.unit.report.documents import example

ANALYSIS = sorted(Path(shadowbench.report.analysis.__file__).parent.glob("*.py"))
_OF_POLICIES = {misspelt.CODE}  # made where a log is read
_BY_NAME = {
    *("better", "worse", "higher", "lower"),  # what `noting.way` returns
    *("inferior", "non_inferior", "within_bound", "beyond_bound"),
    *("model_changed", "sampling_changed", "mirroring_paused"),
    *("needs_pairs", "open_condition", "refuted_condition", "may_and_worse", "may_not_better"),
}
"""Codes that analysis passes on by a variable: each of them must stand somewhere in its text."""


def constants(call: str, keyword: str) -> set[str]:
    """Texts that analysis gives to this argument of this class or function, as it is written down."""
    return {
        text
        for path in ANALYSIS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == call
        for given_ in [
            *(k.value for k in node.keywords if k.arg == keyword),
            *(node.args[:1] if call == "note_of" else ()),
        ]
        for text in texts(given_)
    }


def texts(node: ast.expr) -> Iterator[str]:
    """The constants that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))


def test_every_note_that_analysis_makes_has_a_sentence() -> None:
    source = "".join(path.read_text("utf-8") for path in ANALYSIS)
    assert all(f'"{code}"' in source for code in _BY_NAME)
    made = constants("Note", "code") | constants("note_of", "code") | _BY_NAME | _OF_POLICIES
    assert len(made) > 20
    assert made == CODES  # nor is there a sentence that nobody says


def test_every_blocker_that_analysis_makes_has_words() -> None:
    assert constants("Blocker", "code") <= BLOCKERS.keys()


def test_every_reason_of_a_condition_has_words() -> None:
    source = next(path for path in ANALYSIS if path.name == "conditions.py").read_text("utf-8")
    told = set(re.findall(r'(?:return|reason=|Met\.OPEN,|else|if)\s*\(?"([a-z_]+)"', source))
    assert {"not_measured", "uncalibrated_judge", "too_few", "no_p", "wide_interval"} <= told
    assert told <= REASONS.keys()


def test_every_reason_of_a_trend_has_words() -> None:
    source = next(path for path in ANALYSIS if path.name == "trending.py").read_text("utf-8")
    told = set(re.findall(r'reason="([a-z_]+)"', source))
    assert told
    assert told <= REASONS.keys()


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_note_without_values_is_a_sentence_all_the_same(code: str) -> None:
    assert sentence(Note(code=code)).endswith(".")


@given(
    st.sampled_from(sorted(CODES)),
    st.dictionaries(
        st.sampled_from(
            ["value", "low", "high", "n", "clusters", "p", "margin", "share", "noise", "unit", "bound", "days"]
        ),
        st.floats() | st.integers(-(10**6), 10**6),
    ),
    st.sampled_from(Scale),
)
def test_no_value_keeps_a_note_from_being_told(code: str, values: dict[str, float], scale: Scale) -> None:
    assert sentence(Note(code=code, values={**values, "scale": scale.value}, candidate="small", measure="rubric"))


def test_a_code_of_another_release_is_told_with_its_values() -> None:
    assert sentence(Note(code="brand_new", values={"n": 3})) == "brand new: n 3."


def test_a_finding_reads_as_a_sentence() -> None:
    values = {
        "scale": "ratio", "value": 0.62, "low": 0.58, "high": 0.66, "n": 1234, "clusters": 340, "statistic": "p95",
        "against": "production", "p": 0.0001,
    }  # fmt: skip
    assert sentence(Note(code="better", candidate="small", measure="latency", values=values)) == (
        "small is better than production in latency (p95): 0.62 × [0.58, 0.66], 1,234 pairs in 340 clusters, p < 0.001."
    )


def test_margins_and_bounds_are_told_in_their_unit() -> None:
    about = {"scale": "difference", "value": 0.0, "low": -0.1, "high": 0.1, "n": 9, "clusters": 9, "unit": "s"}
    margin = Note(code="non_inferior", candidate="small", measure="latency", values={**about, "margin": 0.25})
    bound = Note(code="within_bound", candidate="small", measure="latency", values={**about, "bound": 2.0})
    assert "not worse than production in latency by more than 250 ms:" in sentence(margin)
    assert "keeps the bound of 2 s for latency:" in sentence(bound)


def test_a_requirement_that_is_not_met_is_told_by_its_numbers() -> None:
    values = {"blocker": "too_few_labels", "needed": 50, "found": 3}
    assert sentence(Note(code="blocked", candidate="small", values=values)) == (
        "small is held up. Too few pairs were labelled by people: 3; it takes at least 50."
    )


def test_a_choice_by_what_came_of_the_calls_names_its_columns() -> None:
    columns = "candidate_outcome, production_reason"
    values = {"blocker": "chosen_by_outcome", "needed": 0, "found": 2, "columns": columns}
    assert sentence(Note(code="blocked", candidate="small", values=values)).startswith(
        f"small is held up. The pairs were chosen by what came of the calls ({columns}): what is left tells nothing of all"
    )


def test_measures_that_share_a_cause_are_named() -> None:
    values = {"production": 3, "candidate": 40, "p": 0.0001, "others": "cost, ttft"}
    told = sentence(Note(code="missing_differs", candidate="small", measure="latency", values=values))
    assert told.startswith(
        "small: values of latency (and cost, time to first token) are missing on one side more often"
    )


def test_nothing_is_called_significant() -> None:
    notes = concluded(example())
    told = [sentence(note) for note in (*notes.findings, *notes.warnings)]
    assert told
    assert not any("significan" in each.lower() for each in told)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"of": "request_bytes", "side": "requests", "tests": "psi, kolmogorov_smirnov", "p": 0.0001},
            "in request bytes (p < 0.001 by PSI and the distance of distribution functions)",
        ),
        (
            {"of": "requests", "side": "requests", "tests": "mmd, classifier", "most": "path=/v1", "p": 0.003},
            "in requests as a whole (their lengths, strata and paths together), most of all path=/v1 (p = 0.003 by MMD and a "
            "classifier)",
        ),
        (
            {"of": "candidate_answers", "side": "small", "tests": "mmd", "p": 0.02},
            "in answers of small as a whole (their lengths, latencies and reasons to end together) (p = 0.020 by MMD)",
        ),
        ({"of": "refusal", "side": "small", "p": 0.02}, "in refusal of small (p = 0.020)"),
    ],
)
def test_what_drifted_is_told_by_what_it_is(values: dict[str, str | float], told: str) -> None:
    assert sentence(Note(code="drifted", values=values)) == (
        f"The last part of the period is unlike the first {told}. The whole is a mean of both."
    )


def test_a_wide_margin_is_told_beside_what_there_is_to_lose() -> None:
    values = {"margin": 0.3, "room": 0.5, "unit": "", "scale": "preference", "in_percent": 0}
    assert sentence(Note(code="wide_margin", measure="pairwise", values=values)) == (
        "The margin of pairwise, 30 %, is more than a third of all that there is to lose, 50 %: to keep it shows little."
    )
