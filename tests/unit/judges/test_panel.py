from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.judges import pairwise, rubric
from shadowbench.judges.base import Judgement
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.panel import Member, Panel, majority, mean
from shadowbench.scores import Shape
from tests.unit.judges.judged import options
from tests.unit.judges.test_alone import RUBRIC

VALUES = st.lists(st.none() | st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=2, max_size=7)


def member(model: str, kind: str = "pairwise") -> Member:
    given_ = options(kind, model, rubric=RUBRIC if kind == "rubric" else None)
    judge = pairwise.build(given_) if kind == "pairwise" else rubric.build(given_)
    return Member(options=given_, measure=judge.measure)


MEMBERS = {"a": member("gpt-5"), "b": member("claude-4"), "c": member("mistral-large")}
PANEL = JudgeOptions(name="panel", kind="panel", members=("a", "b", "c"))


def concluded(*values: float | None) -> tuple[float | None, str | None]:
    judgements = {
        name: Judgement(value=value, reason=None if value is not None else "refused")
        for name, value in zip("abc", values, strict=False)
    }
    came = Panel(PANEL, MEMBERS).conclude(judgements)
    return came.value, came.reason


@pytest.mark.parametrize(
    ("values", "value", "reason"),
    [
        ((1.0, 0.75, 0.0), 1.0, None),
        ((0.0, 0.25, 1.0), 0.0, None),
        ((0.5, 0.5, 1.0), 0.5, None),
        ((1.0, 0.0, 0.5), 0.5, None),  # all have spoken, and nobody has a majority
        ((1.0, 1.0, None), 1.0, None),
        ((1.0, None, None), None, "no_majority"),
        ((1.0, 0.0, None), None, "no_majority"),
        ((None, None, None), None, "no_majority"),
        ((1.0, 1.0), 1.0, None),  # the third was not asked
        ((1.0,), None, "no_majority"),
    ],
)
def test_a_majority_is_of_all_members(
    values: tuple[float | None, ...], value: float | None, reason: str | None
) -> None:
    assert concluded(*values) == (value, reason)


@settings(deadline=None)
@given(VALUES)
def test_silence_makes_no_majority(values: list[float | None]) -> None:
    value, _ = majority(values)
    if value in (0.0, 1.0):
        agreeing = [v for v in values if v is not None and v != 0.5 and (v > 0.5) is (value == 1.0)]
        assert len(agreeing) * 2 > len(values)
    if value is None:
        assert None in values


@settings(deadline=None)
@given(VALUES)
def test_a_mean_needs_more_than_half_of_the_members(values: list[float | None]) -> None:
    known = [v for v in values if v is not None]
    value, reason = mean(values)
    assert (value is not None) == (len(known) * 2 > len(values)) == (reason is None)
    assert value is None or value == pytest.approx(sum(known) / len(known))


def test_a_panel_of_graders_has_a_mean_for_each_side() -> None:
    panel = Panel(PANEL, {"a": member("gpt-5", "rubric"), "b": member("claude-4", "rubric")})
    one = Judgement(value=4.0, reason=None, production_value=None, production_reason="fault_timed_out")
    other = Judgement(value=2.0, reason=None, production_value=5.0)
    came = panel.conclude({"a": one, "b": other})
    assert (came.value, came.reason) == (3.0, None)
    assert (came.production_value, came.production_reason) == (None, "fault_timed_out")
    assert panel.measure.shape is Shape.SIDES
    assert (panel.measure.low, panel.measure.high) == (1.0, 5.0)


def test_a_fault_of_a_side_is_what_the_panel_lacks_and_not_a_majority() -> None:
    faults = {
        "a": Judgement(value=None, reason="own_family"),
        "b": Judgement(value=None, reason="fault_timed_out"),
        "c": Judgement(value=None, reason="fault_timed_out"),
    }
    assert Panel(PANEL, MEMBERS).conclude(faults).reason == "fault_timed_out"
    graders = Panel(PANEL, {"a": member("gpt-5", "rubric"), "b": member("claude-4", "rubric")})
    absent = Judgement(value=None, reason="fault_overloaded", production_value=4.0)
    came = graders.conclude({"a": absent, "b": absent})
    assert (came.value, came.reason, came.production_value) == (None, "fault_overloaded", 4.0)


def test_the_detail_says_what_each_member_said() -> None:
    came = Panel(PANEL, MEMBERS).conclude(
        {"a": Judgement(value=1.0, reason=None), "b": Judgement(value=None, reason="budget")}
    )
    assert came.detail == {"members": {"a": 1.0, "b": "budget", "c": "not_asked"}}


def test_members_of_one_family_are_refused_unless_they_are_wanted() -> None:
    relatives = {"a": member("gpt-5"), "b": member("o3-mini")}
    with pytest.raises(
        ConfigurationError, match="a and b are both of the family openai; choose others, or set families: any"
    ):
        Panel(PANEL, relatives)
    wanted = JudgeOptions(name="panel", kind="panel", options={"families": "any"})
    assert Panel(wanted, relatives).measure.name == "panel"


@pytest.mark.parametrize(
    ("given_", "members", "message"),
    [
        ({}, {"a": MEMBERS["a"]}, "two judges at least"),
        ({}, {"a": MEMBERS["a"], "b": member("claude-4", "rubric")}, "judges of one scale only"),
        ({"aggregate": "median"}, MEMBERS, "options.aggregate is one of majority, mean, not 'median'"),
        ({"agregate": "mean"}, MEMBERS, "options has no 'agregate'"),
        ({"families": "mixed"}, {"a": member("gpt-5"), "b": member("o3-mini")}, "families is one of disjoint, any"),
        (
            {"aggregate": "majority"},
            {n: member(m, "rubric") for n, m in (("a", "gpt-5"), ("b", "claude"))},
            "a majority is of",
        ),
    ],
)
def test_what_is_no_panel_is_refused(given_: dict[str, str], members: dict[str, Member], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Panel(JudgeOptions(name="panel", kind="panel", options=given_), members)


@pytest.mark.parametrize("reason", ["not_drawn", "settled_by_screen"])
def test_what_was_not_put_to_a_member_was_not_put_to_the_panel(reason: str) -> None:
    said = {name: Judgement(value=1.0, reason=None, probability=0.5) for name in "ab"}
    came = Panel(PANEL, MEMBERS).conclude({**said, "c": Judgement(value=None, reason=reason, probability=0.1)})
    assert (came.value, came.reason, came.production_reason, came.probability) == (None, reason, None, 0.1)
    drawn = Panel(PANEL, MEMBERS).conclude({**said, "c": Judgement(value=None, reason="refused", probability=0.1)})
    assert (drawn.value, drawn.probability) == (1.0, 0.1)


def test_the_measure_changes_with_its_members() -> None:
    one = Panel(PANEL, MEMBERS).measure
    assert Panel(PANEL, {**MEMBERS, "c": member("qwen3")}).measure.config_hash != one.config_hash
    assert Panel(PANEL, dict(MEMBERS)).measure == one
