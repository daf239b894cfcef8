"""A real model on this machine is asked as a judge, in both dialects. Its quality does not matter, the plumbing does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shadowbench.demo import model_server
from shadowbench.judges.base import Question, Reply
from shadowbench.judges.calls.books import InLoop
from shadowbench.judges.calls.desk import Desk, Surroundings
from shadowbench.judges.options import EndpointOptions
from shadowbench.pricing import PriceEntry, PricingOptions
from shadowbench.scores import PairRef, Position
from shadowbench.signals import Counters
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import ScoreLog
from shadowbench.store.testing import an_exchange
from tests.sidecars import eventually, free_ports

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(bool(model_server.missing()), reason=f"not installed: {', '.join(model_server.missing())}"),
]

DIALECTS = ["openai.chat", "anthropic.messages"]
SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"type": "string", "enum": ["A", "B", "tie"]}},
    "required": ["verdict"],
    "additionalProperties": False,
}
PRICED = PricingOptions(entries=(PriceEntry(models=("*",), input_per_mtok=1.0, output_per_mtok=10.0),))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model_url() -> AsyncIterator[str]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "shadowbench.demo.model_server", "real", str(port), "1", "2"]
    process = await asyncio.create_subprocess_exec(*command, stdin=-3, stdout=-3, stderr=-3)
    try:
        await eventually(lambda: answers(port), within_s=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /v1/models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head = await reader.read()
        writer.close()
        return head.startswith(b"HTTP/1.1 200")
    return False


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ScoreLog]:
    url = f"sqlite:///{tmp_path / 'pairs.db'}"
    writing = open_log(url, "write")
    writing.append([an_exchange(1)])
    writing.close()
    log = open_score_log(url, "change")
    yield log
    log.close()


async def ask_all(log: ScoreLog, url: str, dialect: Any, *texts: str, **options: Any) -> list[Reply]:
    here = Surroundings(
        book=InLoop(log), pricing=PRICED, environ={}, counters=Counters(), owner="w1", unix=lambda: 1_800_000_000.0,
        chance=lambda: 0.0,
    )  # fmt: skip
    told = EndpointOptions(url=url, model=model_server.MODEL, dialect=dialect, **({"max_output_tokens": 100} | options))
    async with Desk(here) as desk:
        asker = desk.asker("j", told)
        return [await asker.ask(question(text), pair=PairRef(1, 1), purpose="verdict") for text in texts]


async def ask(log: ScoreLog, url: str, dialect: Any, text: str = "Is 2 + 2 = 4?", **options: Any) -> Reply:
    # The Anthropic dialect of this server passes over every way to ask for a form.
    asked_by_schema = {"structured": dialect == "openai.chat"}
    return (await ask_all(log, url, dialect, text, **(asked_by_schema | options)))[0]


def question(text: str) -> Question:
    return Question(
        system='Reply with JSON: {"verdict": "A"} for yes, {"verdict": "B"} for no.',
        user=text,
        schema=SCHEMA,
        position=Position.ALONE,
    )


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_real_model_replies_and_its_cost_is_in_the_log(log: ScoreLog, model_url: str, dialect: Any) -> None:
    reply = await ask(log, model_url, dialect)
    assert reply.text is not None and reply.reason is None
    assert reply.model == model_server.MODEL
    spent = log.spending("j")
    assert (spent.open_calls, spent.unpriced) == (0, 0)
    assert 20e-6 < spent.usd < 1e-3


async def test_a_real_model_is_made_to_keep_to_the_schema(log: ScoreLog, model_url: str) -> None:
    reply = await ask(log, model_url, "openai.chat")
    assert reply.structured and reply.text is not None
    assert json.loads(reply.text)["verdict"] in ("A", "B", "tie")


async def test_a_form_that_is_passed_over_is_not_taken_for_kept(log: ScoreLog, model_url: str) -> None:
    """This server takes the tool that must be called, and has the model answer as it likes: it is told without from then on."""
    replies = await ask_all(log, model_url, "anthropic.messages", "Is 2 + 2 = 4?", "Is 2 + 2 = 5?")
    assert not replies[0].structured
    assert replies[1].text is not None


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_real_model_says_the_same_without_a_call(log: ScoreLog, model_url: str, dialect: Any) -> None:
    first, again = await ask(log, model_url, dialect), await ask(log, model_url, dialect)
    assert (first.text, first.cached, again.text, again.cached) == (again.text, False, first.text, True)
    assert log.spending("j").calls == 1


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_cut_reply_is_none_and_is_paid_for(log: ScoreLog, model_url: str, dialect: Any) -> None:
    reply = await ask(log, model_url, dialect, max_output_tokens=2)
    assert (reply.text, reply.reason) == (None, "cut")
    assert log.spending("j").usd > 0


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_question_too_long_for_the_model_is_no_outage(log: ScoreLog, model_url: str, dialect: Any) -> None:
    reply = await ask(log, model_url, dialect, "yes or no? " * 2000)
    assert (reply.text, reply.reason) == (None, "too_long")
