"""What the traffic is sliced by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.cli.choosing import WORDS
from shadowbench.reading.names import USUAL
from shadowbench.report.analysis.properties import COLUMNS, NONE, Property, property_of, quarters
from shadowbench.report.policy import SLICES
from shadowbench.scores import Direction, Shape
from shadowbench.store.testing import a_measure
from tests.unit.report.analysis.invented import a_log, coded, of_sides, scored

ALL = np.arange(4)


def words(found: Property) -> list[str | None]:
    assert found.reason is None
    return [None if code < 0 else found.values[code] for code in found.codes]


def test_a_column_of_words_is_its_words_and_none() -> None:
    log = a_log(4, stratum=["b", None, "a", "b"])
    assert words(property_of(log, "stratum", ALL)) == ["b", NONE, "a", "b"]


def test_words_that_none_of_the_rows_has_are_no_values() -> None:
    found = property_of(a_log(4, stratum=["b", "c", "a", "b"]), "stratum", np.array([0, 2]))
    assert (words(found), found.values) == (["b", "a"], ("b", "a"))


def test_a_property_of_one_value_tells_nothing() -> None:
    assert property_of(a_log(4, path=["/x"] * 4), "path", ALL).reason == "one_value"
    assert property_of(a_log(4, path=[None] * 4), "path", ALL).reason == "one_value"


@pytest.mark.parametrize("name", ["nothing", "production_latency_s", "length", "tools", "language"])
def test_what_the_log_does_not_tell_is_not_recorded(name: str) -> None:
    assert property_of(a_log(4, production_latency_s=np.ones(4)), name, ALL).reason == "not_recorded"


def test_the_model_is_the_one_that_the_client_asked_for() -> None:
    log = a_log(4, production_requested_model=["x", "y", "x", "y"], candidate_requested_model=["small"] * 4)
    assert words(property_of(log, "model", ALL)) == ["x", "y", "x", "y"]


def test_lengths_are_quarters_of_tokens_with_rounded_edges() -> None:
    log = a_log(400, production_input_tokens=np.arange(1.0, 401), candidate_input_tokens=np.full(400, np.nan))
    found = property_of(log, "length", np.arange(400))
    assert found.values == ("≤ 100 tokens", "101 – 200 tokens", "201 – 300 tokens", "> 300 tokens")
    assert found.ordered
    assert np.bincount(found.codes).tolist() == [100] * 4


def test_a_request_whose_answer_failed_is_as_long_as_the_other_endpoint_says() -> None:
    tokens = np.array([10.0, np.nan, 1000.0, np.nan])
    log = a_log(4, production_input_tokens=tokens, candidate_input_tokens=np.array([1000.0, 990.0, 10.0, np.nan]))
    found = words(property_of(log, "length", ALL))
    assert found[1] == "501 – 990 tokens"
    assert found[3] is None


def test_without_tokens_lengths_are_bytes() -> None:
    few = np.array([5.0, np.nan, np.nan, np.nan])
    log = a_log(4, production_input_tokens=few, request_bytes=np.array([100.0, 200.0, 3000.0, 4000.0]))
    assert property_of(log, "length", ALL).values[0].endswith("bytes")


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=50))
def test_edges_part_the_requests_and_ascend(lengths: list[int]) -> None:
    edges = quarters(np.array(lengths, float))
    assert len(edges) <= 3
    assert (np.diff(edges) > 0).all()
    assert all(min(lengths) <= edge < max(lengths) for edge in edges)


def test_requests_of_one_length_are_not_sliced() -> None:
    assert property_of(a_log(4, request_bytes=np.full(4, 120.0)), "length", ALL).reason == "one_value"


def test_tools_are_told_by_metrics_that_are_absent_without_them() -> None:
    nan = np.nan
    calls = scored(
        [1.0, nan, nan, nan, 2.0],
        [1.0, nan, 0.0, nan, nan],
        why=[None, "no_tools", "fault_timed_out", "fault_timed_out", None],
        why_production=[None, "no_tools", None, "fault_timed_out", "no_tools"],
    )
    other = scored([1.0] * 5, [1.0] * 5)
    log = a_log(
        5, scores={of_sides("length", direction=Direction.NEITHER): other, of_sides("parallel_call_count"): calls}
    )
    found = words(property_of(log, "tools", np.arange(5)))
    # The last one: the candidate calls a tool although none is offered.
    assert found == ["offers tools", "no tools", "offers tools", None, "no tools"]


CALLS = a_measure("tool_call_match", shape=Shape.PAIR, direction=Direction.HIGHER, low=0.0, high=1.0)
BOTH = ["no_tools", "fault_timed_out", "no_tools", None]


def test_a_failure_offers_tools_where_the_metric_looked_for_them_before() -> None:
    calls = scored([np.nan, np.nan, np.nan, 1.0], why=BOTH)
    failed = ["timed_out", "timed_out", "ok", "ok"]
    told = property_of(a_log(4, scores={CALLS: calls}, candidate_outcome=failed), "tools", np.arange(4))
    assert words(told) == ["no tools", "offers tools", "no tools", "offers tools"]
    of_old = ["ok", "timed_out", "ok", "ok"]  # nobody knows whether it looked
    told = property_of(a_log(4, scores={CALLS: calls}, candidate_outcome=of_old), "tools", np.arange(4))
    assert words(told) == ["no tools", None, "no tools", "offers tools"]


def test_what_a_failure_does_not_tell_another_candidate_does() -> None:
    calls = scored([np.nan, np.nan, np.nan, 1.0], why=["fault_timed_out", "fault_timed_out", "no_tools", None])
    failed = ["timed_out", "timed_out", "ok", "ok"]
    log = a_log(
        4, scores={CALLS: calls}, candidate_outcome=failed, exchange_number=np.array([1, 2, 1, 2]),
    )  # fmt: skip
    assert words(property_of(log, "tools", np.arange(4)))[:2] == ["no tools", "offers tools"]


def test_the_language_is_the_one_that_the_metric_took_the_question_for() -> None:
    measure = of_sides("language")
    log = a_log(4, scores={measure: scored([1.0] * 4)}, told={"language": coded(["de", "en", None, "de"])})
    assert words(property_of(log, "language", ALL)) == ["de", "en", None, "de"]
    assert property_of(log, "language", np.array([0, 2, 3])).reason == "one_value"


@pytest.mark.parametrize("name", SLICES)
def test_whatever_a_policy_may_slice_by_is_read(name: str) -> None:
    column = COLUMNS.get(name, name)
    assert name in ("length", "tools", "language") or (column in USUAL and column in WORDS)
