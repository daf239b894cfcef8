"""Which pairs are shown, and what is shown of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shadowbench
from shadowbench.reading.log import ReadLog
from shadowbench.records import Answer, Choice, Observation, Outcome, ToolCall
from shadowbench.report.analysis.arms import Arm, arms_of
from shadowbench.report.analysis.example_texts import CUT, MOST_CHARACTERS
from shadowbench.report.analysis.examples import examples, loss, shuffled
from shadowbench.report.document.parts import Example
from shadowbench.report.policy import Claim, Policy
from shadowbench.scores import Direction
from shadowbench.store.testing import an_exchange, an_observation
from tests.contract.scorers import logs_in
from tests.unit.report.analysis.invented import (
    LIKENESS,
    PREFERENCE,
    InventedLog,
    a_log,
    a_subject,
    an_arm,
    values_of,
)

NO_TEXTS = {"redact": True}


def shown(why: str, arm: Arm, *measured: Any, log: InventedLog | None = None, **options: Any) -> list[int]:
    """Exchanges of this kind, in order."""
    given = {"policy": Policy(), **NO_TEXTS} | options
    told = examples(log or a_log(arm.n), arm, measured, given.pop("policy"), **given)
    return [example.exchange for example in told if example.why == why]


def test_the_worst_come_first_and_only_where_the_candidate_is_worse() -> None:
    arm = an_arm(6)
    paired = values_of(arm, a_subject(), [0.5, 0.0, 0.9, 0.2, 1.0, 0.5], [1.0, 0.9, 0.1, 0.3, 1.0, 0.4])
    assert shown("worst", arm, paired) == [2, 1, 4]
    assert shown("worst", arm, paired, each=1) == [2]
    assert shown("worst", arm, paired, each=0) == []


def test_loss_is_a_share_of_the_range_in_the_direction_that_is_worse() -> None:
    arm = an_arm(2)
    grades = a_subject(low=1.0, high=5.0)
    assert loss(values_of(arm, grades, [1, 5], [5, 4])).tolist() == [1.0, -0.25]
    assert loss(values_of(arm, replace(grades, direction=Direction.LOWER), [1, 5], [5, 4])).tolist() == [-1.0, 0.25]
    assert loss(values_of(arm, PREFERENCE, [0.0, 1.0])).tolist() == [1.0, -1.0]
    beyond = values_of(arm, a_subject(), [0.0, 90.0], [70.0, 0.0])  # values that their measure does not allow
    assert loss(beyond).tolist() == [1.0, -1.0]


def test_losses_on_several_measures_add_up_and_the_gravest_is_told() -> None:
    arm = an_arm(3)
    one = values_of(arm, a_subject("one"), [0.0, 0.4, 1.0], [0.7, 0.9, 1.0])
    two = values_of(arm, PREFERENCE, [0.5, 0.0, 0.5])
    told = examples(a_log(3), arm, [one, two], Policy(), redact=True)
    assert [(each.exchange, each.measure, each.value) for each in told] == [(2, "judge", 0.0), (1, "one", -0.7)]


def test_declared_measures_decide_which_are_worst() -> None:
    arm = an_arm(2)
    measured = [values_of(arm, a_subject("one"), [0, 1], [1, 1]), values_of(arm, a_subject("two"), [1, 0], [1, 1])]
    assert shown("worst", arm, *measured, policy=Policy(primary=(Claim(measure="two"),))) == [2]
    assert sorted(shown("worst", arm, *measured, policy=Policy(primary=(Claim(measure="latency"),)))) == [1, 2]


def test_one_pair_of_a_cluster_is_enough() -> None:
    arm = an_arm(6, clusters=[0, 0, 0, 1, 1, 2])
    paired = values_of(arm, a_subject(), np.zeros(6), [1.0, 0.9, 0.8, 0.5, 0.6, 0.4])
    assert shown("worst", arm, paired) == [1, 5, 6]


def test_one_failure_of_a_kind_is_enough() -> None:
    outcomes = ["timed_out"] * 20 + ["http_error"] * 20 + ["ok"] * 20
    arm = an_arm(60, failed=np.arange(60) < 40)
    paired = values_of(arm, a_subject(), np.zeros(60), np.where(np.arange(60) < 40, 1.0, 0.5))
    told = shown("worst", arm, paired, log=a_log(60, candidate_outcome=outcomes))
    assert len(told) == 5
    assert {outcomes[number - 1] for number in told[:2]} == {"timed_out", "http_error"}
    assert all(outcomes[number - 1] == "ok" for number in told[2:])


def test_the_most_different_are_answers_that_are_not_shown_already() -> None:
    arm = an_arm(5, failed=[0, 0, 0, 0, 1])
    alike = values_of(arm, LIKENESS, [0.9, 0.2, 0.1, 0.5, 0.0])
    yes_or_no = values_of(arm, a_subject("equal", shape=LIKENESS.shape), [0, 0, 1, 0, 0])
    quality = values_of(arm, a_subject(), [1, 1, 0, 1, 1], [1, 1, 1, 1, 1])
    assert shown("most_different", arm, yes_or_no, alike, quality) == [2, 4, 1]


def test_equals_are_chosen_by_a_hash_so_that_a_log_that_grows_keeps_them() -> None:
    few, many = an_arm(1000), an_arm(1003)
    chosen = [
        shown("worst", arm, values_of(arm, a_subject(), np.zeros(arm.n), np.ones(arm.n)), seed=1) for arm in (few, many)
    ]
    assert len(set(chosen[0]) & set(chosen[1])) >= 4
    assert chosen[0] != [1, 2, 3, 4, 5]
    assert chosen[0] != shown("worst", few, values_of(few, a_subject(), np.zeros(1000), np.ones(1000)), seed=2)


def test_shuffled_numbers_look_like_chance() -> None:
    order = shuffled(np.arange(10_000), 7)
    assert (order >= 0).all()
    assert len(set(order.tolist())) == 10_000
    assert abs(np.corrcoef(np.arange(10_000), order)[0, 1]) < 0.05
    assert abs(float((order > 2**62).mean()) - 0.5) < 0.02


@pytest.fixture
def told(tmp_path: Path) -> Iterator[ReadLog]:
    def said(number: int, **changes: Any) -> Observation:
        choice = Choice(**{"text": f"Answer {number}.", **changes})
        return replace(an_observation(endpoint="small"), answer=Answer(choices=(choice,)))

    call = ToolCall(id="1", name="weather", arguments='{"city":"Riga"}')
    sides = [
        said(1),
        said(2, text="x" * (MOST_CHARACTERS + 1)),
        said(3, text=None, tool_calls=(call,)),
        replace(
            an_observation(endpoint="small"), outcome=Outcome.TIMED_OUT, reason="timed_out_first_byte", answer=None
        ),
    ]
    with logs_in(tmp_path) as (log, _):
        log.append([an_exchange(number, side) for number, side in enumerate(sides, start=1)])
    with shadowbench.read(tmp_path / "log.db") as read:
        yield read


def of_exchanges(log: ReadLog, **options: Any) -> dict[int, Example]:
    (arm,) = arms_of(log, frozenset())
    arm = replace(arm, clusters=an_arm(arm.n).clusters)
    paired = values_of(arm, a_subject(), np.zeros(arm.n), np.ones(arm.n))
    return {example.exchange: example for example in examples(log, arm, [paired], Policy(), **options)}


def test_texts_are_those_of_the_pair(told: ReadLog) -> None:
    found = of_exchanges(told)
    assert set(found) == {1, 2, 3, 4}
    assert found[1].prompt == "Capital of Latvia?"
    assert found[1].candidate == "Answer 1."
    assert found[1].production == told.texts(0).production.text
    assert found[1].log == "log.db"
    assert found[2].candidate == "x" * MOST_CHARACTERS + CUT
    assert found[3].candidate == '→ weather({"city":"Riga"})'
    assert (found[4].candidate, found[4].outcome_candidate, found[4].outcome_production) == (None, "timed_out", "ok")


def test_redacted_examples_read_no_text(told: ReadLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReadLog, "texts", None)
    for example in of_exchanges(told, redact=True).values():
        assert example.hidden
        assert (example.prompt, example.production, example.candidate) == (None, None, None)


def test_a_pair_that_was_deleted_meanwhile_is_shown_without_texts(
    told: ReadLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: ReadLog, row: int) -> None:
        raise LookupError(row)

    monkeypatch.setattr(ReadLog, "texts", gone)
    assert {example.prompt for example in of_exchanges(told).values()} == {None}
