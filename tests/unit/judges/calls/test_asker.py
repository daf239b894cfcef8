"""Questions and their replies, with memory and without."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shadowbench.judges.base import Reply
from shadowbench.scores import PairRef
from tests.unit.judges.calls.desks import Script, Stand, came, chat, endpoint, question, refusal
from tests.virtual_time import run

PAIR = PairRef(7, 1)
SAID = '{"why":"w","answer":"a"}'


def stand(*plays: Any, **more: Any) -> Stand:
    return Stand(Script(plays or [chat(SAID)], **more))


async def ask(here: Stand, *, purpose: str = "verdict", user: str = "Which?", nonce: str = "", **options: Any) -> Reply:
    asker = here.desk.asker("j", endpoint(**options))
    return await asker.ask(question(user, nonce=nonce), pair=PAIR, purpose=purpose)


def test_a_reply_says_who_said_it_and_in_what_form() -> None:
    async def story() -> None:
        assert await ask(stand()) == Reply(text=SAID, model="m-1", structured=True)
        assert await ask(stand(), structured=False) == Reply(text=SAID, model="m-1", structured=False)

    run(story())


def anthropic(*content: Any, stop_reason: str = "tool_use") -> Any:
    body = {"type": "message", "model": "c-1", "content": content, "stop_reason": stop_reason, "usage": {}}
    return came(200, body, dialect="anthropic.messages")


CALLED = anthropic({"type": "tool_use", "id": "t", "name": "verdict", "input": {"why": "w", "answer": "a"}})
IN_WORDS = anthropic({"type": "text", "text": SAID}, stop_reason="end_turn")


def test_anthropics_tool_call_is_the_reply() -> None:
    async def story() -> None:
        reply = await ask(stand(CALLED), dialect="anthropic.messages")
        assert reply == Reply(text=SAID, model="c-1", structured=True)
        in_words = await ask(stand(IN_WORDS), dialect="anthropic.messages")
        assert in_words == Reply(text=SAID, model="c-1", structured=False)

    run(story())


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (CALLED, "tools"),
        (IN_WORDS, "output_config"),
        (anthropic({"type": "text", "text": "Let me"}, stop_reason="max_tokens"), "output_config"),
        (anthropic(stop_reason="refusal"), "tools"),
    ],
)
def test_a_tool_that_is_passed_over_is_not_offered_again(first: Any, then: str) -> None:
    async def story() -> None:
        here = stand(first, IN_WORDS)
        asker = here.desk.asker("j", endpoint(dialect="anthropic.messages"))
        for text in ("one", "two"):
            await asker.ask(question(text), pair=PAIR, purpose="verdict")
        sent = here.script.sent[1].keys()
        assert {"tools", "output_config"} & sent == {then}

    run(story())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (chat("half of i", finish="length"), "cut"),
        (chat(None, refusal="I will not."), "refused"),
        (chat("", finish="stop"), "empty"),
        (refusal(413), "too_long"),
    ],
)
def test_no_reply_has_its_reason_is_in_the_book_and_is_not_kept(answer: Any, reason: str) -> None:
    async def story() -> None:
        here = stand(answer)
        reply = await ask(here)
        assert (reply.text, reply.reason) == (None, reason)
        assert here.book.outcomes == [reason]
        assert not here.book.kept

    run(story())


def test_no_money_is_no_reply_and_no_call() -> None:
    async def story() -> None:
        here = stand()
        assert await ask(here, budget_usd=0.0) == Reply(text=None, reason="budget")
        assert not here.script.sent and not here.book.calls
        assert here.counters.get("judge_refused_total", (("judge", "j"), ("reason", "budget"))) == 1

    run(story())


def test_what_was_asked_before_is_remembered_whatever_the_nonce() -> None:
    async def story() -> None:
        here = stand()
        first = await ask(here, user="<n1> x </n1>", nonce="n1")
        again = await ask(here, user="<n2> x </n2>", nonce="n2")
        assert (first.cached, again.cached, first.text, again.text) == (False, True, SAID, SAID)
        assert len(here.book.calls) == 1
        assert here.counters.get("judge_cached_total", (("judge", "j"),)) == 1

    run(story())


def test_what_is_remembered_needs_no_money() -> None:
    async def story() -> None:
        here = stand()
        await ask(here)
        assert (await ask(here, budget_usd=0.0)).text == SAID

    run(story())


def test_what_is_kept_is_known_to_be_about_its_exchange() -> None:
    async def story() -> None:
        here = stand()
        await ask(here)
        assert list(here.book.about.values()) == [7]
        assert here.book.about.keys() == here.book.kept.keys()

    run(story())


@pytest.mark.parametrize(("mode", "calls", "kept"), [("on", 1, 1), ("read", 2, 0), ("write", 2, 1), ("off", 2, 0)])
def test_each_mode_reads_and_writes_what_it_says(mode: Any, calls: int, kept: int) -> None:
    async def story() -> None:
        here = stand()
        for _ in range(2):
            await ask(here, cache=mode)
        assert (len(here.book.calls), len(here.book.kept)) == (calls, kept)

    run(story())


def test_reading_finds_what_another_wrote() -> None:
    async def story() -> None:
        here = stand()
        await ask(here, cache="write")
        assert (await ask(here, cache="read")).cached
        assert not (await ask(here, cache="off")).cached

    run(story())


def test_a_canary_is_never_answered_from_memory() -> None:
    async def story() -> None:
        here = stand()
        await ask(here)
        assert not (await ask(here, purpose="canary")).cached
        assert (len(here.book.calls), len(here.book.kept)) == (2, 1)

    run(story())


def test_a_kept_reply_that_cannot_be_read_is_asked_for_again() -> None:
    async def story() -> None:
        here = stand()
        await ask(here)
        here.book.kept = dict.fromkeys(here.book.kept, b"\xff")
        assert not (await ask(here)).cached
        assert (await ask(here)).cached

    run(story())


def test_judges_that_ask_the_same_at_the_same_time_ask_once() -> None:
    async def story() -> None:
        here = stand(after_s=1.0)
        askers = [here.desk.asker(name, endpoint()) for name in ("one", "two")]
        replies = await asyncio.gather(*(asker.ask(question(), pair=PAIR, purpose="verdict") for asker in askers))
        assert [reply.cached for reply in replies] == [False, True]
        assert [call.judge for call in here.book.calls.values()] == ["one"]
        assert here.counters.get("judge_cached_total", (("judge", "two"),)) == 1

    run(story())


def test_repeats_are_asked_each_by_itself() -> None:
    async def story() -> None:
        here = stand()
        asker = here.desk.asker("j", endpoint())
        for repetition in (0, 1):
            reply = await asker.ask(question(repetition=repetition), pair=PAIR, purpose="repeat")
            assert not reply.cached
        assert [sent["seed"] for sent in here.script.sent] == [0, 1]

    run(story())


def test_what_parameters_allow_is_reserved() -> None:
    async def story() -> None:
        here = stand()
        await ask(here, parameters={"max_completion_tokens": 50_000})
        assert here.book.calls[1].reserved_usd > 50_000 * 10e-6

    run(story())
