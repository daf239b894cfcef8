"""Tries, pauses and refusals of one call, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from shadowbench.judges.base import EndpointDownError
from shadowbench.judges.calls.attempts import Errand, Refused
from shadowbench.judges.calls.bodies import body_of
from shadowbench.judges.calls.caller import Caller, Got
from shadowbench.judges.calls.faults import Came, failure_of
from shadowbench.judges.calls.lanes import Lane
from shadowbench.judges.options import EndpointOptions
from tests.unit.judges.calls.desks import Book, Script, caller_of, chat, endpoint, question, refusal
from tests.virtual_time import run

ANSWERED = chat("fine")


def errand(key: bytes = b"q") -> Errand:
    return Errand(key=key, pair=None, purpose="verdict", outputs=10, said=lambda came: "ok")


async def call(caller: Caller, options: EndpointOptions, key: bytes = b"q") -> Got | Refused:
    return await caller.call(errand(key), lambda accepted: body_of(options, question(key.hex()), accepted))


def lane_of(options: EndpointOptions, *, has_answered: bool = True) -> Lane:
    lane = Lane(concurrency=options.concurrency, per_minute=options.requests_per_minute)
    if has_answered:
        lane.health.answered()
    return lane


async def played(
    *plays: Came | Callable[[bytes], Came], has_answered: bool = True, **changed: Any
) -> tuple[Got | Refused, Script, Book]:
    script, book, options = Script(plays), Book(), endpoint(**changed)
    caller = caller_of(script, options, book=book, lane=lane_of(options, has_answered=has_answered))
    return await call(caller, options), script, book


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again_and_every_attempt_is_in_the_book(status: int) -> None:
    async def story() -> None:
        got, script, book = await played(refusal(status), refusal(status), ANSWERED)
        assert isinstance(got, Got) and got.came is ANSWERED
        assert [call.attempt for call in book.calls.values()] == [1, 2, 3]
        assert [result.status for result in book.results.values()] == [status, status, 200]
        assert script.times == pytest.approx([1.0, 1.25, 1.75])  # half of ½ s, half of 1 s

    run(story())


@pytest.mark.parametrize("fault", ["unreachable", "timed_out", "broken"])
def test_faults_of_the_network_are_tried_again(fault: str) -> None:
    async def story() -> None:
        got, script, _ = await played(Came(fault=fault), ANSWERED)
        assert isinstance(got, Got) and len(script.sent) == 2

    run(story())


def test_retry_after_is_waited_for_by_all() -> None:
    async def story() -> None:
        options = endpoint(concurrency=4)
        script = Script([refusal(429, retry_after_s=20.0), ANSWERED])
        caller = caller_of(script, options)
        first = asyncio.get_running_loop().create_task(call(caller, options))
        await asyncio.sleep(5.0)
        await call(caller, options, b"other")
        await first
        assert sorted(script.times) == pytest.approx([1.0, 21.0, 21.25])

    run(story())


def test_too_much_halves_what_goes_at_a_time() -> None:
    async def story() -> None:
        options = endpoint(concurrency=8)
        lane = lane_of(options)
        caller = caller_of(Script([refusal(529), ANSWERED], after_s=1.0), options, lane=lane)
        await call(caller, options)
        assert lane.allowance.allowed == 4

    run(story())


def test_more_go_at_a_time_when_it_keeps_up() -> None:
    async def story() -> None:
        options = endpoint(concurrency=8)
        lane = lane_of(options)
        lane.allowance.overloaded(lane.allowance.begin())
        caller = caller_of(Script([ANSWERED]), options, lane=lane)
        for number in range(4):
            await call(caller, options, b"%d" % number)
        assert lane.allowance.allowed == 5

    run(story())


def test_a_question_that_is_too_long_is_asked_once() -> None:
    async def story() -> None:
        got, script, _ = await played(refusal(400, "maximum context length is 10"), has_answered=False)
        assert got == Refused(reason="too_long")
        assert len(script.sent) == 1

    run(story())


def test_a_question_that_always_fails_is_given_up_when_others_are_answered() -> None:
    async def story() -> None:
        options = endpoint(tries=4)

        def by_question(body: bytes) -> Came:
            return refusal(500) if b"bad".hex().encode() in body else ANSWERED

        caller = caller_of(Script([by_question], after_s=0.1), options)

        async def others() -> None:
            for number in range(60):
                await call(caller, options, b"%d" % number)

        bad, _ = await asyncio.gather(call(caller, options, b"bad"), others())
        assert bad == Refused(reason="server_error")

    run(story())


def test_an_endpoint_that_fails_whoever_asks_is_out_of_order() -> None:
    async def story() -> None:
        options = endpoint(tries=4)
        script = Script([refusal(500, "boom")])
        caller = caller_of(script, options, lane=lane_of(options))
        with pytest.raises(EndpointDownError, match=r"judge j: http://judge.test/v1: server_error 500 .*boom") as first:
            await call(caller, options)
        assert (first.value.reason, first.value.retry_in_s) == ("server_error", 5.0)
        sent = len(script.sent)
        with pytest.raises(EndpointDownError, match="left alone for 5 s") as second:
            await call(caller, options, b"other")
        assert len(script.sent) == sent == 4
        assert second.value.retry_in_s == pytest.approx(5.0)

    run(story())


def test_others_that_wait_for_their_turn_are_not_sent_to_an_endpoint_that_is_out_of_order() -> None:
    async def story() -> None:
        options = endpoint(tries=1, concurrency=1)
        script = Script([refusal(401)], after_s=1.0)
        caller = caller_of(script, options)
        asked = [call(caller, options, b"%d" % number) for number in range(5)]
        raised = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(each, EndpointDownError) for each in raised)
        assert len(script.sent) == 1

    run(story())


def test_who_comes_when_it_is_out_of_order_is_told_at_once_though_all_turns_are_taken() -> None:
    async def story() -> None:
        options = endpoint(concurrency=1)
        lane = lane_of(options)
        caller = caller_of(Script([ANSWERED], after_s=100.0), options, lane=lane)
        slow = asyncio.get_running_loop().create_task(call(caller, options))
        await asyncio.sleep(1.0)
        failure = failure_of(refusal(401))
        assert failure is not None
        lane.health.pause(failure, now_s=asyncio.get_running_loop().time(), asked_s=None)
        with pytest.raises(EndpointDownError) as down:
            await call(caller, options, b"other")
        assert down.value.retry_in_s == 300.0
        await slow

    run(story())


def test_it_is_asked_again_after_the_pause_and_all_is_well_after_an_answer() -> None:
    async def story() -> None:
        options = endpoint(tries=1)
        caller = caller_of(Script([Came(fault="unreachable"), ANSWERED]), options)
        with pytest.raises(EndpointDownError) as down:
            await call(caller, options)
        await asyncio.sleep(down.value.retry_in_s)
        assert isinstance(await call(caller, options), Got)
        assert isinstance(await call(caller, options), Got)

    run(story())


def test_a_question_does_not_hold_up_a_judge_for_ever() -> None:
    async def story() -> None:
        options = endpoint(tries=1)
        caller = caller_of(Script([refusal(400)]), options)
        reasons = []
        for _ in range(6):
            try:
                got = await call(caller, options)
                assert isinstance(got, Refused)
                reasons.append(got.reason)
            except EndpointDownError as down:
                reasons.append("down")
                await asyncio.sleep(down.retry_in_s)
        assert reasons == ["down"] * 5 + ["rejected"]

    run(story())


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (refusal(401), "check the key in JUDGE_KEY"),
        (refusal(402), "no credit left"),
        (refusal(404), "check url and model"),
        (Came(fault="unreachable", detail="refused"), "check url, and that it runs"),
    ],
)
def test_an_error_says_what_to_do(seen: Came, hint: str) -> None:
    async def story() -> None:
        with pytest.raises(EndpointDownError, match=hint):
            await played(seen, api_key_env="JUDGE_KEY", url="http://u:p@judge.test/v1?k=v")

    run(story())


def test_an_endpoint_that_asks_for_more_patience_than_there_is_gets_its_pause() -> None:
    async def story() -> None:
        with pytest.raises(EndpointDownError) as down:
            await played(refusal(429, retry_after_s=3600.0))
        assert down.value.retry_in_s == 3600.0

    run(story())


def test_no_credit_is_not_tried_again() -> None:
    async def story() -> None:
        script, options = Script([refusal(429, "insufficient_quota")]), endpoint()
        with pytest.raises(EndpointDownError) as down:
            await call(caller_of(script, options), options)
        assert (down.value.reason, down.value.retry_in_s, len(script.sent)) == ("no_credit", 300.0, 1)

    run(story())


def test_what_waits_for_its_turn_is_asked_in_the_form_that_was_learnt_meanwhile() -> None:
    async def story() -> None:
        options = endpoint(concurrency=4)

        def formless(body: bytes) -> Came:
            return refusal(400, "response_format: no") if b"response_format" in body else ANSWERED

        script = Script([formless], after_s=1.0)
        caller = caller_of(script, options)
        got = await asyncio.gather(*(call(caller, options, b"%d" % number) for number in range(12)))
        assert all(isinstance(each, Got) for each in got)
        forms = [each.get("response_format", {}).get("type") for each in script.sent]
        assert forms.count("json_schema") == 4  # what was under way together, and nothing that came later
        assert forms.count("json_object") == 4 and forms.count(None) == 12

    run(story())


def test_what_was_learnt_from_words_that_meant_something_else_is_forgotten() -> None:
    async def story() -> None:
        options = endpoint(tries=1)

        def by_question(body: bytes) -> Came:
            is_bad = b"bad".hex().encode() in body
            return refusal(400, "the word 'response_format' is not welcome") if is_bad else ANSWERED

        script = Script([by_question])
        caller = caller_of(script, options)
        await call(caller, options, b"first")
        assert isinstance(await call(caller, options, b"bad"), Refused)
        await call(caller, options, b"other")
        assert script.sent[-1]["response_format"]["type"] == "json_schema"

    run(story())


def only_plain(body: bytes) -> Came:
    told = orjson.loads(body)
    for member in ("response_format", "temperature", "seed"):
        if member in told:
            return refusal(400, f"unknown parameter {member}: {told[member]}")
    return ANSWERED


def test_what_an_endpoint_refuses_is_left_out_from_then_on() -> None:
    async def story() -> None:
        script, options, book = Script([only_plain]), endpoint(tries=1), Book()
        caller = caller_of(script, options, book=book)
        assert isinstance(await call(caller, options), Got)
        assert [sorted(sent.keys() & {"response_format", "temperature", "seed"}) for sent in script.sent] == [
            ["response_format", "seed", "temperature"],
            ["response_format", "seed", "temperature"],
            ["seed", "temperature"],
            ["seed"],
            [],
        ]
        assert isinstance(await call(caller, options), Got)
        assert len(script.sent) == 6
        assert [call.attempt for call in book.calls.values()] == [1, 2, 3, 4, 5, 1]

    run(story())


def test_what_was_left_out_in_vain_is_not_remembered() -> None:
    async def story() -> None:
        script, options = Script([refusal(400, "temperature and more"), refusal(400), ANSWERED]), endpoint(tries=1)
        caller = caller_of(script, options, lane=lane_of(options))
        assert await call(caller, options) == Refused(reason="rejected")
        await call(caller, options)
        assert ["temperature" in sent for sent in script.sent] == [True, False, True]

    run(story())


def test_no_money_ends_it_even_between_tries() -> None:
    async def story() -> None:
        got, script, _ = await played(refusal(500), budget_usd=0.0005)
        assert got == Refused(reason="budget")
        assert 0 < len(script.sent) < 4

    run(story())
