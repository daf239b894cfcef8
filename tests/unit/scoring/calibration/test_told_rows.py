"""Rows of other tools: read for what they say, or named with their line and why not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.scores import Position, Preferred
from shadowbench.scoring.calibration.told_rows import BadRow, Key, ToldLabel, label_of, reference_of, rows


def told(**row: object) -> ToldLabel | BadRow:
    return label_of(3, {"exchange_id": "e1", **row}, labeller="ann")


def why(**row: object) -> str:
    found = told(**row)
    assert isinstance(found, BadRow) and found.line == 3
    return found.why


def test_json_lines_and_csv_give_the_same_rows() -> None:
    lines = ['{"request_id": "r1", "preferred": "tie", "note": null}', "", '{"request_id": "r2", "preferred": "tie"}']
    table = ["request_id,preferred,note\n", "r1,tie,\n", "r2,tie,\n"]
    assert [row for _, row in rows(lines, is_csv=False)] == [row for _, row in rows(table, is_csv=True)]
    assert [line for line, _ in rows(lines, is_csv=False)] == [1, 3]
    assert [line for line, _ in rows(table, is_csv=True)] == [2, 3]


def test_a_bad_line_takes_no_other_with_it() -> None:
    found = list(rows(['{"a": 1}', "what?", "[1]", '{"a": 2}'], is_csv=False))
    assert [type(each) is BadRow for each in found] == [False, True, True, False]
    assert [each.line for each in found if isinstance(each, BadRow)] == [2, 3]
    table = list(rows(["a,b\n", "1,2\n", "1,2,3\n", '"1"x,2\n', "3,4\n"], is_csv=True))
    assert [type(each) is BadRow for each in table] == [False, True, True, False]
    assert [each.line for each in table if isinstance(each, BadRow)] == [3, 4]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("rows_of_it", [[], ["r1{}tie\n", "r2{}tie\n"]])
def test_columns_that_are_not_separated_by_commas_are_told_once(separator: str, rows_of_it: list[str]) -> None:
    table = [line.format(separator) for line in ["request_id{}preferred\n", *rows_of_it]]
    (found,) = rows(table, is_csv=True)
    assert isinstance(found, BadRow) and found.line == 1
    assert f"{separator!r} between its names" in found.why
    assert list(rows(["request_id\n", f"r{separator}1\n"], is_csv=True)) == [(2, {"request_id": f"r{separator}1"})]


def test_a_row_with_everything() -> None:
    found = told(
        candidate="small", label="Candidate", labeller="bob", labelled_at="2026-01-31T12:00", round="2",
        position="candidate_first", probability="0.25", note="close", side=1,
    )  # fmt: skip
    assert isinstance(found, ToldLabel)
    assert (found.preferred, found.labeller, found.labelled_at) == (Preferred.CANDIDATE, "bob", 1769860800.0)
    assert (found.round, found.position, found.probability) == (2, Position.CANDIDATE_FIRST, 0.25)
    assert (found.candidate, found.side, found.note, found.key) == ("small", 1, "close", Key("exchange_id", "e1"))


def test_a_row_with_what_is_needed() -> None:
    found = told(preferred="tie")
    assert isinstance(found, ToldLabel)
    assert (found.labeller, found.labelled_at, found.round, found.probability) == ("ann", None, 1, 1.0)
    rated = told(question="tone", score="4.5")
    assert isinstance(rated, ToldLabel) and (rated.value, rated.preferred) == (4.5, None)


def test_the_candidates_own_name_is_a_preference_for_it() -> None:
    found = told(candidate="small", preferred="small")
    assert isinstance(found, ToldLabel) and found.preferred is Preferred.CANDIDATE


def test_a_name_without_a_candidate_is_looked_up_by_others() -> None:
    found = told(preferred=" small ")
    assert isinstance(found, ToldLabel) and (found.preferred, found.named) == (None, "small")


@pytest.mark.parametrize("key", [{"request_id": "r"}, {"exchange_number": "7"}, {"exchange_number": 7}])
def test_any_key_will_do(key: dict[str, object]) -> None:
    found = label_of(1, {**key, "preferred": "tie"}, labeller="ann")
    assert isinstance(found, ToldLabel) and found.key.value in ("r", "7")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "one of preferred"),
        ({"preferred": "tie", "value": 3}, "one of preferred"),
        ({"preferred": "better", "candidate": "small"}, "preferred is production, candidate or tie, not 'better'"),
        ({"value": 3}, "goes with preferred"),
        ({"preferred": "tie", "question": "tone"}, "goes with preferred"),
        ({"question": "tone", "value": "nan"}, "value is a number"),
        ({"question": "tone", "value": True}, "value is a number"),
        ({"question": "tone", "value": [3]}, "value is a number"),
        ({"preferred": "tie", "round": 0}, "round is a whole number from 1"),
        ({"preferred": "tie", "side": 1.5}, "side is a whole number from 1"),
        ({"preferred": "tie", "probability": 0}, "probability is at least 0.000001 and at most 1"),
        ({"preferred": "tie", "probability": 1e-300}, "probability is at least 0.000001 and at most 1"),
        ({"preferred": "tie", "probability": 9e-7}, "probability is at least 0.000001 and at most 1"),
        ({"preferred": "tie", "probability": 1.1}, "probability is at least 0.000001 and at most 1"),
        ({"preferred": "tie", "position": "left"}, "position is one of"),
        ({"preferred": "tie", "labelled_at": "yesterday"}, "labelled_at is a time"),
        ({"preferred": "tie", "labelled_at": 1e300}, "labelled_at is a time"),
        ({"preferred": "tie", "labelled_at": 10**400}, "labelled_at is a time"),
        ({"preferred": "tie", "labelled_at": "nan"}, "labelled_at is a time"),
        ({"preferred": "tie", "labelled_at": True}, "labelled_at is a time"),
        ({"preferred": "tie", "round": 1e22}, "round is a whole number from 1 to 9007199254740992"),
        ({"preferred": "tie", "round": 10**400}, "round is a number"),
        ({"preferred": "tie", "labeller": ""}, "labeller is empty"),
        ({"preferred": "tie", "labeller": ["ann"]}, "labeller is no text"),
        ({"preferred": "tie", "note": "a\0"}, "note holds U+0000"),
        ({"preferred": "tie", "note": "\ud83d"}, "note holds U+D83D"),
        ({"preferred": "tie", "candidate": {}}, "candidate is no text"),
        ({"preferred": ["tie"]}, "preferred is no text"),
        ({"question": "", "preferred": "tie"}, "question is empty"),
        ({"question": "tone", "value": 5.1}, "a rating is from 1 (bad) to 5 (good), not 5.1"),
        ({"question": "tone", "value": 0.9}, "a rating is from 1 (bad) to 5 (good), not 0.9"),
    ],
)
def test_a_row_that_cannot_be_meant_says_why(row: dict[str, object], said: str) -> None:
    assert said in why(**row)


def test_a_row_of_no_exchange_says_so() -> None:
    found = label_of(9, {"preferred": "tie"}, labeller="ann")
    assert found == BadRow(9, "which exchange? one of exchange_number, exchange_id, request_id is needed")
    assert isinstance(reference_of(9, {"reference": "x"}), BadRow)


def test_references_are_texts() -> None:
    assert reference_of(1, {"exchange_id": "e", "expected": "42"}) == (1, ("exchange_id", "e"), "42")
    assert reference_of(1, {"exchange_id": "e"}) == BadRow(1, "there is no reference or expected")
    assert reference_of(1, {"exchange_id": "e", "reference": " "}) == BadRow(1, "reference is empty")
    assert "U+0000" in str(reference_of(1, {"exchange_id": "e", "reference": "a\0"}))
    assert "U+DC00" in str(reference_of(1, {"exchange_id": "\udc00", "reference": "a"}))
    assert reference_of(1, {"exchange_id": "e", "reference": 42}) == BadRow(1, "reference is no text")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda x: st.lists(x, max_size=3), max_leaves=4
)
NAMES = st.sampled_from(
    ["exchange_id", "exchange_number", "preferred", "value", "round", "labelled_at", "question", "x"]
)


@given(st.dictionaries(NAMES, JSON))
def test_no_row_raises(row: dict[str, object]) -> None:
    for _, each in (r for r in rows([json.dumps(row)], is_csv=False) if not isinstance(r, BadRow)):
        label_of(1, each, labeller="a")
        reference_of(1, each)


@given(st.lists(st.text(max_size=20), max_size=5))
def test_no_text_raises(text: list[str]) -> None:
    list(rows([f"{line}\n" for line in text], is_csv=False))
    list(rows([f"{line}\n" for line in text], is_csv=True))
