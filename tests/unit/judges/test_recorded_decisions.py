"""Decisions of six judges on LLMBar's pairs in both orders, put through the protocol, against figures from the raw file."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shadowbench.judges.base import Judgement, Question
from shadowbench.judges.pairwise import build
from shadowbench.metrics.view import PairView
from shadowbench.scores import Position, Verdict
from tests.unit.judges.judged import ask, options, pair, says

JUDGES = Path(__file__).parents[3] / ".." / "shared" / "data" / "judges"
pytestmark = pytest.mark.skipif(not JUDGES.exists(), reason="needs ../shared/data/judges (LLMBar)")

Row = dict[str, Any]
Replayed = list[tuple[Row, list[Verdict], Judgement]]


def rows(name: str) -> list[Row]:
    with (JUDGES / name).open() as lines:
        return [json.loads(line) for line in lines]


class Protocol:
    """A judge of LLMBar's pairs: output 1 is production's, output 2 the candidate's."""

    def __init__(self) -> None:
        self._judge = build(options())
        self._views = {(item["subset"], item["i"]): self._view(item) for item in rows("llmbar_items.jsonl")}
        self._asked = {key: self._judge.questions(view, Random(1)) for key, view in self._views.items()}

    def replay(self, decisions: list[Row]) -> Replayed:
        """The judge says what is recorded; null is prose."""
        return [self._one(row) for row in decisions]

    def _one(self, row: Row) -> tuple[Row, list[Verdict], Judgement]:
        key = row["subset"], row["i"]
        verdicts = ask(self._judge, self._views[key], lambda question: said(question, row), self._asked[key])
        return row, verdicts, self._judge.conclude(self._views[key], verdicts)

    def _view(self, item: Row) -> PairView:
        asked = {"messages": [{"role": "user", "content": item["input"]}]}
        return pair(item["output_1"], item["output_2"], request=asked)


def said(question: Question, row: Row) -> str:
    """What was recorded, by the original numbers, in the words of the question's order."""
    is_first_order = question.position is Position.PRODUCTION_FIRST
    winner = row["winner_order1" if is_first_order else "winner_order2"]
    if winner is None:
        return "Hard to say which of the two is better."
    if str(winner) not in ("1", "2"):
        return says("tie")
    return says("A" if (str(winner) == "1") is is_first_order else "B")


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return Protocol()


@pytest.fixture(scope="module")
def replayed(protocol: Protocol) -> dict[str, Replayed]:
    """What came of every recorded decision, by judge."""
    by_judge: dict[str, list[Row]] = defaultdict(list)
    for row in rows("llmbar_decisions.jsonl"):
        by_judge[row["judge"]].append(row)
    return {judge: protocol.replay(decisions) for judge, decisions in sorted(by_judge.items())}


def scored(rows_: list[Row]) -> list[Row]:
    return [row for row in rows_ if row["winner_order1"] is not None and row["winner_order2"] is not None]


def test_six_judges_were_recorded(replayed: dict[str, Replayed]) -> None:
    assert len(replayed) == 6
    assert sum(map(len, replayed.values())) == 12_480


def test_accuracy_is_that_of_the_raw_file(replayed: dict[str, Replayed]) -> None:
    """Half a point for each order that names the better output, over pairs with both verdicts."""
    for judge, came in replayed.items():
        raw = scored([row for row, _, _ in came])
        points = [
            (str(r["winner_order1"]) == str(r["label"])) + (str(r["winner_order2"]) == str(r["label"])) for r in raw
        ]
        right = [one.value if row["label"] == 2 else 1 - one.value for row, _, one in came if one.value is not None]
        assert len(right) == len(raw), judge
        assert sum(right) / len(right) == pytest.approx(sum(points) / 2 / len(raw)), judge


def test_consistency_is_that_of_the_raw_file(replayed: dict[str, Replayed]) -> None:
    for judge, came in replayed.items():
        raw = scored([row for row, _, _ in came])
        same = sum(row["winner_order1"] == row["winner_order2"] for row in raw)
        assert sum(pattern(one) == "consistent" for _, _, one in came) == same, judge


def test_position_bias_is_that_of_the_raw_file(replayed: dict[str, Replayed]) -> None:
    """Of those that disagree: who named the first shown twice, who the second."""
    for judge, came in replayed.items():
        raw = scored([row for row, _, _ in came])
        first = sum((str(r["winner_order1"]), str(r["winner_order2"])) == ("1", "2") for r in raw)
        second = sum((str(r["winner_order1"]), str(r["winner_order2"])) == ("2", "1") for r in raw)
        assert sum(pattern(one) == "first_first" for _, _, one in came) == first, judge
        assert sum(pattern(one) == "second_second" for _, _, one in came) == second, judge


def test_what_could_not_be_parsed_is_unscored_and_never_one_half(replayed: dict[str, Replayed]) -> None:
    unscored = 0
    for came in replayed.values():
        for row, verdicts, one in came:
            gone = [row[order] is None for order in ("winner_order1", "winner_order2")]
            unscored += any(gone)
            assert (one.value is None) == any(gone)
            assert [verdict.reason == "reply_no_json" for verdict in verdicts] == gone
    assert unscored > 0


def test_a_judge_that_always_says_the_first_has_no_consistency_and_gives_each_pair_one_half(protocol: Protocol) -> None:
    decisions = rows("llmbar_decisions.jsonl")[:400]
    came = protocol.replay([{**row, "winner_order1": "1", "winner_order2": "2"} for row in decisions])
    assert {one.value for _, _, one in came} == {0.5}
    assert {pattern(one) for _, _, one in came} == {"first_first"}


def pattern(judgement: Judgement) -> str | None:
    return None if judgement.detail is None else judgement.detail.get("pattern")
