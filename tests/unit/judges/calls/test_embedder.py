from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from shadowbench.judges.base import EndpointDownError
from shadowbench.judges.calls.embedder import Vectors
from shadowbench.judges.calls.faults import Came
from shadowbench.judges.calls.vectors import pack
from tests.unit.judges.calls.desks import Script, Stand, chat, endpoint, refusal, vectors
from tests.virtual_time import run


def measured(body: bytes) -> Came:
    """A vector of each text: its length, and 1."""
    return vectors(*([float(len(text)), 1.0] for text in orjson.loads(body)["input"]))


def unless(word: str, failure: Came) -> Callable[[bytes], Came]:
    return lambda body: failure if word.encode() in body else measured(body)


def stand(*plays: Any) -> Stand:
    return Stand(Script(plays or [measured]))


async def made(here: Stand, *texts: str, batch: int = 64, **options: Any) -> Vectors:
    embedder = here.desk.embedder("e", endpoint(dialect="openai.embeddings", **options), batch=batch)
    return await embedder.vectors({text: number for number, text in enumerate(texts, start=1)})


def test_each_text_gets_its_vector() -> None:
    async def story() -> None:
        here = stand()
        assert await made(here, "a", "bb") == {"a": pack([1, 1]), "bb": pack([2, 1])}
        assert [(call.purpose, call.pair, call.judge) for call in here.book.calls.values()] == [
            ("embedding", None, "e")
        ]
        assert here.book.results[1].cost_usd == pytest.approx(4e-6)

    run(story())


def test_texts_go_together_as_many_as_a_call_may_have() -> None:
    async def story() -> None:
        here = stand()
        assert len(await made(here, *"abcdefg", batch=3)) == 7
        assert [sent["input"] for sent in here.script.sent] == [["a", "b", "c"], ["d", "e", "f"], ["g"]]

    run(story())


def test_what_was_asked_before_is_not_asked_again() -> None:
    async def story() -> None:
        here = stand()
        await made(here, "a", "bb")
        assert await made(here, "bb", "ccc") == {"bb": pack([2, 1]), "ccc": pack([3, 1])}
        assert here.script.sent[-1]["input"] == ["ccc"]
        assert here.counters.get("judge_cached_total", (("judge", "e"),)) == 1
        assert sorted(here.book.about.values()) == [1, 2, 2]

    run(story())


@pytest.mark.parametrize(("mode", "calls", "kept"), [("on", 1, 1), ("read", 2, 0), ("write", 2, 1), ("off", 2, 0)])
def test_each_mode_reads_and_writes_what_it_says(mode: Any, calls: int, kept: int) -> None:
    async def story() -> None:
        here = stand()
        for _ in range(2):
            await made(here, "a", cache=mode)
        assert (len(here.script.sent), len(here.book.kept)) == (calls, kept)

    run(story())


def test_one_text_that_is_too_long_costs_the_others_nothing() -> None:
    async def story() -> None:
        here = stand(unless("LONG", refusal(400, "maximum context length is 8192 tokens")))
        found = await made(here, "a", "bb", "LONG", "dddd", "eeeee")
        assert found.pop("LONG") == "too_long"
        assert found == {text: pack([len(text), 1]) for text in ("a", "bb", "dddd", "eeeee")}

    run(story())


def test_one_text_that_is_rejected_costs_the_others_nothing() -> None:
    async def story() -> None:
        here = stand(unless("ODD", refusal(400, "input is invalid")))
        await made(here, "first")  # the endpoint works
        assert await made(here, "a", "ODD") == {"a": pack([1, 1]), "ODD": "rejected"}

    run(story())


def test_no_money_is_said_of_every_text_without_a_call() -> None:
    async def story() -> None:
        here = stand()
        assert await made(here, "a", "b", budget_usd=0.0) == {"a": "budget", "b": "budget"}
        assert not here.script.sent

    run(story())


@pytest.mark.parametrize("answer", [vectors([1.0]), vectors(), vectors([1.0], []), vectors([1.0], [1.0], [1.0])])
def test_another_number_of_vectors_is_unreadable_and_not_kept(answer: Came) -> None:
    async def story() -> None:
        here = stand(answer)
        assert await made(here, "a", "b") == {"a": "unreadable", "b": "unreadable"}
        assert not here.book.kept

    run(story())


def test_an_answer_of_another_kind_is_a_failure() -> None:
    async def story() -> None:
        with pytest.raises(EndpointDownError):
            await made(stand(refusal(404)), "a")
        assert await made(stand(chat("hello")), "a") == {"a": "unreadable"}

    run(story())
