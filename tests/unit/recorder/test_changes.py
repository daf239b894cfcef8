"""Marks for providers that answer as somebody else."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.recorder.changes import ChangeWatch
from shadowbench.records import Mark, Observation, Outcome


def seen(model: str | None = None, fingerprint: str | None = None, **fields: str) -> Observation:
    told = {"endpoint": "small", "requested_model": "m"} | fields
    return Observation(outcome=Outcome.OK, reported_model=model, fingerprint=fingerprint, **told)


def changes(watch: ChangeWatch, values: str, at: float = 0.0, step_s: float = 1.0) -> str:
    """Feed one-letter models, `step_s` apart; the letters that were told as changes."""
    marks = [mark for n, value in enumerate(values) for mark in watch.notice(seen(value), at + n * step_s)]
    return "".join(mark.after or "" for mark in marks)


def test_the_first_sighting_is_no_change_and_the_next_value_is() -> None:
    watch = ChangeWatch()
    assert watch.notice(seen("m-1", "fp_1"), 10.0) == []
    assert watch.notice(seen("m-2", "fp_2"), 11.0) == [
        Mark(at=11.0, kind="model_changed", endpoint="small", before="m-1", after="m-2"),
        Mark(at=11.0, kind="fingerprint_changed", endpoint="small", before="fp_1", after="fp_2"),
    ]


def test_backends_that_take_turns_are_told_once() -> None:
    assert changes(ChangeWatch(), "abababababab") == "b"


def test_a_return_after_an_hour_is_told() -> None:
    watch = ChangeWatch()
    assert changes(watch, "ab") == "b"
    assert changes(watch, "b" * 100, at=60, step_s=60) == ""
    assert changes(watch, "a", at=7000) == "a"


def test_seldom_traffic_that_stays_the_same_is_no_change() -> None:
    assert changes(ChangeWatch(), "aaaa", step_s=86_400) == ""


def test_changes_in_quick_succession_are_told_later_if_they_stay() -> None:
    watch = ChangeWatch()
    assert changes(watch, "abcde") == "b"
    assert changes(watch, "e", at=400) == "e"


def test_endpoints_and_requested_models_are_apart() -> None:
    watch = ChangeWatch()
    for fields in ({}, {"endpoint": "big"}, {"requested_model": "n"}):
        assert watch.notice(seen("x" + str(fields), **fields), 0.0) == []


def test_what_is_not_reported_is_no_change() -> None:
    watch = ChangeWatch()
    assert [watch.notice(seen(model), 0.0) for model in ("a", None, "a", None)] == [[], [], [], []]


@given(st.lists(st.integers(0, 40), max_size=400))
def test_however_values_come_marks_are_few_and_each_says_what_was_before(values: list[int]) -> None:
    watch = ChangeWatch()
    marks = [mark for n, value in enumerate(values) for mark in watch.notice(seen(str(value)), n * 10.0)]
    assert len(marks) <= 1 + len(values) * 10 / 300
    assert all(mark.before != mark.after for mark in marks)
    assert all(later.at - mark.at >= 300 for mark, later in itertools.pairwise(marks))


def test_names_that_clients_choose_do_not_fill_the_memory() -> None:
    watch = ChangeWatch()
    for number in range(5000):
        watch.notice(seen("a", requested_model=f"made-up-{number}" * 100), 0.0)
    assert len(watch._names) <= 1024
    assert all(len(name[1] or "") <= 256 for name in watch._names)
