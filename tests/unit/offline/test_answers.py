"""A row as an exchange: what was asked, what both sides said, and names that follow from the content."""

import json
from typing import Any
from uuid import UUID

import pytest

from shadowbench.metrics.view import PairView
from shadowbench.offline.answers import Told, exchange_of, id_of, observation_of, seed_of, told_of, where_given
from shadowbench.offline.rows import BadRowError, Where
from shadowbench.offline.shapes import SideShape
from shadowbench.records import Exchange, Outcome, UsageSource
from shadowbench.scores import PairRef
from shadowbench.store.testing import an_observation
from tests.unit.offline.made import a_row, one_file


def exchange(row: dict[str, Any] | None = None, **changes: Any) -> Exchange:
    return exchange_of(one_file(**changes), a_row(**row or {}), started_at=5.0)


def told(**row: Any) -> Told:
    shape = one_file(candidate={"model": "version"})
    return told_of(shape.candidates[0], shape, a_row(**row), an_observation())


def test_the_prompt_is_found_where_metrics_look_for_it() -> None:
    where = {"system": "s", "tags": {"lang": "l", "topic": "t"}, "stratum": "l"}
    found = exchange({"s": "Be brief.", "l": "en"}, exchange=where)
    view = PairView(found, told().result, PairRef(1, 1))
    assert [tuple(turn) for turn in view.request.turns] == [("system", "Be brief."), ("user", "Capital of Latvia?")]
    assert view.production.text == "Riga."
    assert json.loads(found.request_body or b"")["metadata"] == {"lang": "en"}
    assert (found.stratum, found.started_at, found.sequence) == ("en", 5.0, 1)


def test_a_conversation_is_a_prompt_too() -> None:
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "?"},
    ]
    assert json.loads(exchange({"question": turns}).request_body or b"")["messages"] == turns


@pytest.mark.parametrize("bad", [None, "", 7, [], [{"role": "user"}], ["Hi"]])
def test_a_row_without_a_prompt_is_told(bad: object) -> None:
    with pytest.raises(BadRowError, match="'question' is a text or a list of messages"):
        exchange({"question": bad})


def test_rows_of_one_prompt_are_one_cluster() -> None:
    one, same, other = (
        exchange(row) for row in ({}, {"ours": "Riga, on the Daugava."}, {"question": "Capital of Peru?"})
    )
    assert one.cluster_key == same.cluster_key != other.cluster_key


def test_a_cluster_may_be_told() -> None:
    told = {"cluster": "talk"}
    one, other = (exchange({"talk": 1, "question": text}, exchange=told) for text in ("a", "b"))
    assert one.cluster_key == other.cluster_key


def test_the_rows_own_time_comes_first() -> None:
    assert exchange({"at": "1970-01-02"}, exchange={"started_at": "at"}).started_at == 86400
    assert exchange({"at": None}, exchange={"started_at": "at"}).started_at == 5


def test_a_seed_follows_from_what_was_asked_and_answered_alone() -> None:
    one = seed_of(exchange())
    assert one == seed_of(exchange({"theirs": "?", "p": 2, "i": 9, "l": "en"}, exchange={"tags": {"lang": "l"}}))
    assert len({one, seed_of(exchange({"ours": "x"})), seed_of(exchange({"question": "x"}))}) == 3
    assert one != seed_of(exchange({"i": 1}, exchange={"request_id": "i"}))


def test_ids_are_uuids_of_version_eight() -> None:
    ids = [UUID(id_of(b"seed", part)) for part in range(50)]
    assert len(set(ids)) == 50
    assert {(id.version, id.variant) for id in ids} == {(8, "specified in RFC 4122")}
    assert id_of(b"seed", 0) == id_of(b"seed", 0)


def test_a_side_has_what_its_row_tells() -> None:
    names = ("text", "model", "finish_reason", "input_tokens", "output_tokens", "cost_usd", "latency_s", "ttft_s")
    side = SideShape(**{name: Where(path=name) for name in names})
    values = ("Hi", "m-1", "stop", 3, "4", 0.5, 1.5, 0.2)
    seen = observation_of(side, a_row(**dict(zip(names, values, strict=True))), "small")
    assert seen.outcome is Outcome.OK and seen.answer is not None and seen.cost is not None
    assert (seen.answer.first.text, seen.answer.first.finish_reason, seen.requested_model) == ("Hi", "stop", "m-1")
    assert (seen.usage.input_tokens, seen.usage.output_tokens, seen.cost.usd) == (3, 4, 0.5)
    assert (seen.timing.last_byte_s, seen.timing.first_content_s) == (1.5, 0.2)


def test_what_a_row_does_not_tell_is_absent_and_says_why() -> None:
    seen = told().result.observation
    assert seen.usage.source is UsageSource.MISSING and seen.cost is not None
    assert (seen.cost.usd, seen.cost.reason, seen.timing.last_byte_s) == (None, "not_given", None)


def test_a_cost_that_a_row_does_not_tell_is_no_matter_of_prices() -> None:
    side = SideShape(**{name: Where(path=name) for name in ("text", "model", "output_tokens", "cost_usd")})
    known, *unknown = (
        observation_of(side, a_row(text=text, model="m-1", output_tokens=4, cost_usd=usd), "small").cost
        for text, usd in (("Hi", 0.5), ("Hi", None), (None, None))
    )
    assert known is not None and (known.usd, known.reason) == (0.5, None)
    assert [cost and cost.reason for cost in unknown] == ["not_given", "call_failed"]


def test_no_text_is_no_answer_and_an_empty_one_is() -> None:
    seen = told(theirs=None).result.observation
    assert (seen.outcome, seen.reason, seen.answer) == (Outcome.UNREACHABLE, "no_answer", None)
    assert told(theirs="").result.observation.outcome is Outcome.OK


def test_a_text_that_is_none_is_told() -> None:
    with pytest.raises(BadRowError, match="'theirs' is a text, not 7"):
        told(theirs=7)


@pytest.mark.parametrize("name", ["production", "small~again"])
def test_names_that_mean_something_else_are_refused(name: str) -> None:
    with pytest.raises(BadRowError, match="cannot be a candidate's name"):
        told(model=name)


def test_every_pair_was_included() -> None:
    assert told().result.inclusion_probability == 1.0
    assert told().name == "small"
    assert told(version="a").result.config_hash != told(version="b").result.config_hash


def test_a_reference_is_kept_as_it_stands() -> None:
    assert where_given(Where(path="a"), a_row(a=" 42 ")) == " 42 "
    assert where_given(Where(path="a"), a_row(a=[1, "x"])) == '[1, "x"]'
    assert where_given(Where(path="a"), a_row()) is None
