"""Judges' calls over real sockets into a real log: every request that an endpoint saw is in the book, whatever went wrong."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Fault, Reply, ScriptedProvider, ScriptedServer, Step, plain
from shadowbench.judges.base import EndpointDownError, Question
from shadowbench.judges.base import Reply as Said
from shadowbench.judges.calls.asker import EndpointAsker
from shadowbench.judges.calls.desk import Desk, Surroundings
from shadowbench.judges.calls.embeddings import build
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.metrics.view import PairView
from shadowbench.pricing import PriceEntry, PricingOptions
from shadowbench.scores import PairRef, Position
from shadowbench.scoring.ledger import Ledger
from shadowbench.signals import Counters
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import ScoreLog
from shadowbench.store.testing import an_exchange, an_observation

SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
PRICED = PricingOptions(entries=(PriceEntry(models=("*",), input_per_mtok=1.0, output_per_mtok=10.0),))
FAULTS = [
    Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.RESET_MID_BODY, Fault.GARBAGE, Fault.HANG, Fault.CUT, Fault.OVERLOADED,
    Fault.RESET_BEFORE_HEAD, Fault.HANG_MID_BODY, Fault.ERROR_IN_STREAM, Fault.NO_HTTP,
]  # fmt: skip
SECRET = "sk-very-secret-0123456789"


OTHER = "gateway-secret-0123456789"


@pytest.fixture
def log_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'pairs.db'}"
    open_log(url, "write").close()
    return url


@pytest.fixture
def log(log_url: str) -> Iterator[ScoreLog]:
    log = open_score_log(log_url, "change")
    yield log
    log.close()


def desk(log: ScoreLog, *, owner: str = "w1", environ: Mapping[str, str] | None = None) -> Desk:
    dice = random.Random(7)
    here = Surroundings(
        book=Ledger(log),
        pricing=PRICED,
        environ=environ or {},
        counters=Counters(),
        owner=owner,
        unix=lambda: 1_800_000_000.0,
        chance=lambda: dice.random() / 50,  # short waits
    )
    return Desk(here)


def question(text: object) -> Question:
    return Question(system="You judge.", user=f"Which? {text}", schema=SCHEMA, position=Position.ALONE)


def rows(url: str, query: str) -> list[sqlite3.Row]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.row_factory = sqlite3.Row
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def ask(asker: EndpointAsker, text: object) -> Said | EndpointDownError:
    try:
        return await asker.ask(question(text), pair=None, purpose="verdict")
    except EndpointDownError as down:
        return down


@pytest.mark.parametrize("dialect", ["openai.chat", "anthropic.messages"])
async def test_every_request_an_endpoint_saw_is_in_the_book(log: ScoreLog, log_url: str, dialect: Any) -> None:
    """Faults of every kind, one after the other, with answers between them."""
    faults = itertools.cycle([None if number % 2 else fault for fault in FAULTS for number in range(2)])

    def without_waiting(request: Received) -> Reply:
        reply = provider._answer(request)
        steps = list(reply.steps)
        steps[:1] = [Step(data=step.data.replace(b"retry-after: 1", b"retry-after: 0")) for step in steps[:1]]
        return Reply(steps=steps, ending=reply.ending)

    provider = ScriptedProvider(lambda request: next(faults))
    provider.script = without_waiting
    async with provider, desk(log) as here:
        options = EndpointOptions(url=provider.url, model="m", dialect=dialect, timeout_s=0.5, tries=30, concurrency=3)
        asker = here.asker("j", options)
        replies = await asyncio.gather(*(ask(asker, number) for number in range(24)))
    assert [reply for reply in replies if not (isinstance(reply, Said) and reply.text)] == []
    (calls,) = rows(log_url, "select count(*), sum(settled_at is null), sum(cost_usd is null) from judge_calls")
    assert tuple(calls) == (len(provider.requests), 0, 0)
    seen = Counter(row["outcome"] for row in rows(log_url, "select outcome from judge_calls"))
    assert seen["ok"] == 24
    assert {"rate_limited", "server_error", "broken", "unreadable", "timed_out"} <= seen.keys()
    assert max(row["attempt"] for row in rows(log_url, "select attempt from judge_calls")) > 1


async def test_several_workers_on_one_log_never_overspend_a_budget_together(log_url: str) -> None:
    logs = [open_score_log(log_url, "change") for _ in range(3)]
    watching, limit = open_score_log(log_url, "read"), 0.02
    most = 0.0

    async def watch(done: asyncio.Event) -> None:
        nonlocal most
        while not done.is_set():
            most = max(most, watching.spending("j").total_usd)
            await asyncio.sleep(0.005)

    async with ScriptedProvider(chunk_after_s=0.005) as provider:
        options = EndpointOptions(
            url=provider.url, model="m", budget_usd=limit, max_output_tokens=100, concurrency=4, cache="off"
        )
        desks = [desk(each, owner=f"w{number}") for number, each in enumerate(logs)]
        askers = [here.asker("j", options) for here in desks]
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(watch(done))
            replies = await asyncio.gather(*(ask(askers[number % 3], number) for number in range(150)))
            done.set()
        for here in desks:
            await here.aclose()
    spent = watching.spending("j")
    for each in (*logs, watching):
        each.close()
    reasons = Counter(reply.reason for reply in replies if isinstance(reply, Said))
    assert reasons.keys() == {None, "budget"}, reasons
    assert most <= limit + 1e-9
    assert 0.5 * limit < spent.usd <= limit
    assert (spent.open_calls, spent.calls) == (0, len(provider.requests))


async def test_what_was_kept_is_found_after_a_restart(log_url: str) -> None:
    async with ScriptedProvider() as provider:
        options = EndpointOptions(url=provider.url, model="m")
        texts = []
        for _ in range(2):
            log = open_score_log(log_url, "change")
            async with desk(log) as here:
                reply = await ask(here.asker("j", options), "same")
                assert isinstance(reply, Said)
                texts.append((reply.text, reply.cached))
            log.close()
    assert [cached for _, cached in texts] == [False, True]
    assert texts[0][0] == texts[1][0]
    assert len(provider.requests) == 1


KILLED = """
import asyncio, sys
from shadowbench.judges.calls.embeddings import build
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.metrics.view import PairView
from shadowbench.store.opening import open_score_log
from tests.integration.test_judge_calls import ask, desk

async def main():
    asker = desk(open_score_log(sys.argv[1], "change")).asker("j", EndpointOptions(url=sys.argv[2], model="m"))
    await asyncio.gather(ask(asker, 1), ask(asker, 2))

asyncio.run(main())
"""


BUSY = KILLED.replace("ask(asker, 1), ask(asker, 2)", "*(ask(asker, f'{sys.argv[3]}-{n}') for n in range(500))")


async def test_no_call_is_forgotten_by_workers_that_are_killed_again_and_again(log: ScoreLog, log_url: str) -> None:
    """What the endpoint saw is in the book, call by call; what was under way at a kill is open, and nothing else is."""
    dice, kills = random.Random(3), 4
    async with ScriptedProvider(chunk_after_s=0.01) as provider:
        for life in range(kills):
            enough = len(provider.requests) + dice.randint(5, 60)
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", BUSY, log_url, provider.url, str(life))
            await provider.until(lambda enough=enough: len(provider.requests) >= enough)
            process.kill()
            await process.wait()
            spent = log.spending("j")
            assert spent.calls + spent.open_calls >= len(provider.requests)
            assert spent.open_calls <= 8 * (life + 1)
        assert log.spending("j").calls + log.spending("j").open_calls <= len(provider.requests) + 8 * kills


async def test_what_a_killed_worker_had_under_way_stays_reserved(log: ScoreLog, log_url: str) -> None:
    async with ScriptedProvider(lambda request: Fault.HANG) as provider:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, log_url, provider.url)
        await provider.until(lambda: len(provider.requests) == 2)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    spent = log.spending("j")
    reserved = [row["reserved_usd"] for row in rows(log_url, "select reserved_usd from judge_calls")]
    assert (spent.calls, spent.open_calls) == (0, 2)
    assert spent.open_usd == pytest.approx(sum(reserved)) and min(reserved) > 0.01  # 1024 tokens and the prompt


def choosy(request: Received) -> Reply:
    """A server of an older kind: it knows no schema and no seed."""
    body = json.loads(request.body)
    if body.get("response_format", {}).get("type") == "json_schema":
        return refused("'response_format' of type 'json_schema' is not supported")
    if "seed" in body:
        return refused("Unrecognized request argument supplied: seed")
    message = {"role": "assistant", "content": '{"answer":"yes"}'}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return plain(200, json.dumps({"model": "m-1", "choices": choices}).encode())


def refused(message: str) -> Reply:
    return plain(400, json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode())


async def test_an_older_server_is_asked_as_it_can_be(log: ScoreLog, log_url: str) -> None:
    async with ScriptedServer(choosy) as server, desk(log) as here:
        asker = here.asker("j", EndpointOptions(url=server.url, model="m"))
        first, second = [await ask(asker, number) for number in range(2)]
    assert isinstance(first, Said) and (first.text, first.structured) == ('{"answer":"yes"}', False)
    assert isinstance(second, Said) and second.text
    sent = [json.loads(request.body) for request in server.requests]
    assert len(sent) == 4
    assert (sent[3].get("response_format"), "seed" in sent[3]) == ({"type": "json_object"}, False)
    outcomes = [(row["outcome"], row["attempt"]) for row in rows(log_url, "select outcome, attempt from judge_calls")]
    assert outcomes == [("rejected", 1), ("rejected", 2), ("ok", 3), ("ok", 1)]


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RATE_LIMITED, Fault.NO_HTTP, Fault.GARBAGE, Fault.CUT])
async def test_an_outage_is_told_and_makes_no_absences(log: ScoreLog, fault: Fault) -> None:
    state: dict[str, Fault | None] = {"fault": fault}
    async with ScriptedProvider(lambda request: state["fault"]) as provider, desk(log) as here:
        asker = here.asker("j", EndpointOptions(url=provider.url, model="m", tries=2, timeout_s=5))
        said = await asyncio.gather(*(ask(asker, number) for number in range(6)))
        assert all(isinstance(each, EndpointDownError) for each in said)


def echoing(request: Received) -> Reply:
    """A server that repeats in its error what it was sent."""
    return plain(500, json.dumps({"error": {"message": request.head.decode("latin-1")}}).encode())


@pytest.mark.parametrize("dialect", ["openai.chat", "anthropic.messages"])
@pytest.mark.parametrize("script", [echoing, None])
async def test_no_key_is_in_an_error_or_in_the_log(
    log: ScoreLog, log_url: str, dialect: Any, script: Callable[[Received], Reply] | None
) -> None:
    async with ScriptedServer(script or (lambda request: plain(401, b"{}"))) as server:
        async with desk(log, environ={"JUDGE_KEY": SECRET}) as here:
            options = EndpointOptions(
                url=server.url, model="m", dialect=dialect, api_key_env="JUDGE_KEY", tries=1, headers={"api-key": OTHER}
            )
            said = await ask(here.asker("j", options), 1)
    assert any(SECRET.encode() in request.head for request in server.requests)
    assert isinstance(said, EndpointDownError)
    assert SECRET not in repr(said) and OTHER not in repr(said)
    log.close()
    for file in Path(log_url.removeprefix("sqlite:///")).parent.iterdir():
        assert SECRET.encode() not in file.read_bytes()


async def test_the_server_does_not_see_more_than_it_may(log: ScoreLog) -> None:
    most = under_way = 0

    class Watched(ScriptedProvider):
        def _answer(self, request: Received) -> Reply:
            nonlocal most, under_way
            under_way += 1
            most = max(most, under_way)
            reply = super()._answer(request)
            return Reply(steps=_counted(reply), ending=reply.ending)

    def _counted(reply: Reply) -> Iterator[Any]:
        nonlocal under_way
        yield from reply.steps
        under_way -= 1

    async with Watched(chunk_after_s=0.01) as provider, desk(log) as here:
        asker = here.asker("j", EndpointOptions(url=provider.url, model="m", concurrency=3, cache="off"))
        await asyncio.gather(*(ask(asker, number) for number in range(30)))
    assert most == 3


async def test_vectors_are_fetched_once_and_paid_for(log_url: str) -> None:
    exchanges = [an_exchange(number, an_observation(f"text {number}", endpoint="a")) for number in range(1, 31)]
    pairs = [PairView(each, each.candidates[0], PairRef(number, 1)) for number, each in enumerate(exchanges, start=1)]
    writing = open_log(log_url, "write")
    writing.append(exchanges)
    writing.close()
    said = []
    async with ScriptedProvider() as provider:
        endpoint = EndpointOptions(url=provider.url, model="m", budget_usd=1.0)
        judge = build(JudgeOptions(name="embedding_cosine", kind="embedding", endpoint=endpoint, options={"batch": 8}))
        for _ in range(2):
            log = open_score_log(log_url, "change")
            async with desk(log) as here:
                said.append(await judge.scorer(here).score_pairs(pairs))
            spent = log.spending("embedding_cosine")
            log.close()
    assert [each.reason for each in said[0]] == [None] * 30
    assert len({each.value for each in said[0]}) == 30
    assert said[1] == said[0]
    assert len(provider.requests) == spent.calls == 4  # 31 texts: production says the same everywhere
    assert 0 < spent.usd < 1e-3
