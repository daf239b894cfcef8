from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from random import Random
from typing import Any

import orjson
import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges.base import Judge, Judgement
from shadowbench.judges.calls.embeddings import KIND, EmbeddingJudge, build
from shadowbench.judges.calls.faults import Came
from shadowbench.judges.options import JudgeOptions
from shadowbench.metrics.view import PairView
from shadowbench.records import CandidateResult, Outcome
from shadowbench.scores import Direction, PairRef, Shape
from shadowbench.store.testing import an_exchange, an_observation
from tests.unit.judges.calls.desks import Script, Stand, endpoint, vectors
from tests.virtual_time import run

PLACES: Mapping[str, Sequence[float]] = {
    "north": [0, 1],
    "up": [0, 2],
    "east": [1, 0],
    "south": [0, -1],
    "nowhere": [0, 0],
}


def placed(body: bytes) -> Came:
    return vectors(*(PLACES[text] for text in orjson.loads(body)["input"]))


def judge(**options: Any) -> EmbeddingJudge:
    told: dict[str, Any] = {"name": "embedding_cosine", "kind": "embedding", "endpoint": endpoint()}
    return build(JudgeOptions(**(told | options)))


def pair(production: str, candidate: str, number: int = 1, **changed: Any) -> PairView:
    exchange = an_exchange(
        number, an_observation(candidate, endpoint="a", **changed), production=an_observation(production)
    )
    result: CandidateResult = exchange.candidates[0]
    return PairView(exchange, result, PairRef(number, 1))


async def scored(*pairs: PairView, stand: Stand | None = None, **options: Any) -> list[Judgement]:
    here = stand or Stand(Script([placed]))
    return list(await judge(**options).scorer(here.desk).score_pairs(pairs))


def test_a_pair_is_as_alike_as_its_vectors_are() -> None:
    async def story() -> None:
        said = await scored(pair("north", "up"), pair("north", "east"), pair("north", "south"))
        assert [each.value for each in said] == pytest.approx([1.0, 0.0, -1.0])
        assert [each.reason for each in said] == [None, None, None]

    run(story())


def test_each_text_is_asked_about_once() -> None:
    async def story() -> None:
        here = Stand(Script([placed]))
        await scored(pair("north", "east", 1), pair("north", "north", 2), pair("east", "up", 3), stand=here)
        assert [sorted(sent["input"]) for sent in here.script.sent] == [["east", "north", "up"]]

    run(story())


def test_what_has_no_text_is_absent_and_not_sent() -> None:
    async def story() -> None:
        here = Stand(Script([placed]))
        blank, none, failed = pair("north", " \n"), pair("", "north"), pair("north", "x", outcome=Outcome.TIMED_OUT)
        said = await scored(blank, none, failed, pair("north", "nowhere"), stand=here)
        assert [each.reason for each in said] == ["no_text", "no_text", "fault_timed_out", "zero_vector"]
        assert all(each.value is None for each in said)
        assert sorted(here.script.sent[0]["input"]) == ["north", "nowhere"]

    run(story())


def test_texts_above_the_bound_are_absent() -> None:
    async def story() -> None:
        said = await scored(pair("north", "up"), pair("up", "up"), options={"most_characters": 4})
        assert [each.reason for each in said] == ["too_long", None]

    run(story())


def test_nothing_to_ask_is_no_call() -> None:
    async def story() -> None:
        here = Stand(Script([placed]))
        assert await scored(stand=here) == []
        assert not here.script.sent

    run(story())


def test_no_money_is_the_reason() -> None:
    async def story() -> None:
        (said,) = await scored(pair("north", "up"), endpoint=endpoint(budget_usd=0.0))
        assert said == Judgement(value=None, reason="budget")

    run(story())


def test_its_measure_is_a_metric_of_the_pair() -> None:
    measure = judge().measure
    assert (measure.name, measure.kind, measure.shape) == ("embedding_cosine", "metric", Shape.PAIR)
    assert (measure.low, measure.high, measure.direction) == (-1.0, 1.0, Direction.HIGHER)


def test_another_model_is_another_measure_and_another_batch_is_not() -> None:
    assert judge(endpoint=endpoint(model="n")).measure.config_hash != judge().measure.config_hash
    assert judge(options={"most_characters": 9}).measure.config_hash != judge().measure.config_hash
    assert judge(options={"batch": 9}).measure == judge().measure


def test_it_has_no_questions() -> None:
    it: Judge = judge()
    some = pair("north", "up")
    assert it.questions(some, Random(1)) == ()
    assert it.conclude(some, ()) == Judgement(value=None, reason="not_asked")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"endpoint": None}, r"judges\.embedding_cosine\.endpoint is not set"),
        ({"endpoint": endpoint(dialect="anthropic.messages")}, "openai.embeddings"),
        ({"options": {"batch": 0}}, "batch is a whole number from 1"),
        ({"options": {"batch": True}}, "batch is a whole number from 1"),
        ({"options": {"bach": 3}}, "has no 'bach'; there are: batch, most_characters"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_key(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        judge(**options)


def test_it_is_found_by_its_name() -> None:
    (found,) = [point for point in entry_points(group="shadowbench.judges") if point.name == "embedding"] or [None]
    if found is None:
        pytest.skip("the package was installed before this kind was there: install it again")
    assert found.load() is KIND
