"""What every implementation of `JudgeBook` keeps: no budget is overspent, no call forgotten, no verdict paid for twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadowbench.scores import CallResult, JudgeCall, PairRef, Position, Preferred, Spending, Verdict, VerdictSpending
from shadowbench.store.base import LogError, PairLog
from shadowbench.store.opening import open_score_log
from shadowbench.store.scoring import ScoreLog
from shadowbench.store.testing import FIRST_SECOND, a_measure, an_exchange
from tests.contract.scorers import logs_in, url_in

DAY_S = 86_400.0
MIDNIGHT = 1_760_054_400.0  # 2025-10-10 in UTC
PRICED = CallResult(outcome="ok", status=200, duration_s=0.5, input_tokens=10, output_tokens=5, cost_usd=0.25)
UNPRICED = CallResult(outcome="timed_out", cost_reason="no_usage")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[PairLog, ScoreLog]]:
    with logs_in(tmp_path) as both:
        both[0].append([an_exchange(number) for number in range(1, 5)])
        both[1].register([a_measure("judge", kind="judge"), a_measure("other", kind="judge")])
        yield both


@pytest.fixture
def log(both: tuple[PairLog, ScoreLog]) -> PairLog:
    return both[0]


@pytest.fixture
def scores(both: tuple[PairLog, ScoreLog]) -> ScoreLog:
    return both[1]


def a_call(usd: float = 0.5, **changes: Any) -> JudgeCall:
    call = JudgeCall(
        judge="quality",
        pair=PairRef(1, 1),
        purpose="verdict",
        attempt=1,
        model="large",
        owner="w",
        started_at=MIDNIGHT,
        reserved_usd=usd,
    )
    return replace(call, **changes)


def reserved(scores: ScoreLog, call: JudgeCall, limit_usd: float | None = None) -> int:
    number = scores.reserve(call, limit_usd=limit_usd)
    assert number is not None
    return number


# ── money ──


def test_a_call_counts_with_its_reservation_until_it_is_settled(scores: ScoreLog) -> None:
    number = reserved(scores, a_call(0.5))
    assert scores.spending("quality") == Spending(calls=0, usd=0.0, unpriced=0, open_calls=1, open_usd=0.5)
    assert scores.spending("quality").total_usd == 0.5
    scores.settle_call(number, PRICED, now=MIDNIGHT + 1)
    assert scores.spending("quality") == Spending(calls=1, usd=0.25, unpriced=0, open_calls=0, open_usd=0.0)


def test_settling_twice_changes_nothing(scores: ScoreLog) -> None:
    number = reserved(scores, a_call())
    for result in (PRICED, PRICED, UNPRICED):
        scores.settle_call(number, result, now=MIDNIGHT)
    scores.settle_call(number + 1, PRICED, now=MIDNIGHT)  # nobody reserved that one
    assert scores.spending("quality") == Spending(calls=1, usd=0.25, unpriced=0, open_calls=0, open_usd=0.0)


def test_a_call_of_unknown_cost_is_counted_as_such(scores: ScoreLog) -> None:
    scores.settle_call(reserved(scores, a_call()), UNPRICED, now=MIDNIGHT)
    scores.settle_call(reserved(scores, a_call()), replace(PRICED, cost_usd=0.0), now=MIDNIGHT)
    assert scores.spending("quality") == Spending(calls=2, usd=0.0, unpriced=1, open_calls=0, open_usd=0.0)


def test_what_verdicts_cost_is_told_without_frozen_sets_and_asked_is_not_tried(scores: ScoreLog) -> None:
    made = [("verdict", 1), ("verdict", 2), ("repair", 1), ("repeat", 1), ("canary", 1), ("embedding", 1)]
    for purpose, attempt in made:
        scores.settle_call(reserved(scores, a_call(purpose=purpose, attempt=attempt)), PRICED, now=MIDNIGHT)
    reserved(scores, a_call(purpose="verdict"))  # under way
    assert scores.verdict_spending("quality") == VerdictSpending(asked=2, usd=1.0, unpriced=0)
    scores.settle_call(reserved(scores, a_call()), UNPRICED, now=MIDNIGHT)
    assert scores.verdict_spending("quality") == VerdictSpending(asked=3, usd=1.0, unpriced=1)
    assert scores.verdict_spending("nobody") == VerdictSpending(asked=0, usd=0.0, unpriced=0)


def test_each_judge_has_a_purse_of_its_own(scores: ScoreLog) -> None:
    reserved(scores, a_call(0.5), limit_usd=0.5)
    assert scores.reserve(a_call(0.5), limit_usd=0.5) is None
    reserved(scores, a_call(0.5, judge="other"), limit_usd=0.5)
    assert scores.spending("nobody") == Spending(calls=0, usd=0.0, unpriced=0, open_calls=0, open_usd=0.0)


def test_a_refused_call_leaves_no_trace(scores: ScoreLog) -> None:
    assert scores.reserve(a_call(0.6), limit_usd=0.5) is None
    assert scores.spending("quality").open_calls == 0
    reserved(scores, a_call(0.5), limit_usd=0.5)


def test_a_limit_can_be_reached_exactly_whatever_the_rounding(scores: ScoreLog) -> None:
    calls = [scores.reserve(a_call(0.1), limit_usd=0.3) for _ in range(4)]
    assert [number is not None for number in calls] == [True, True, True, False]


def test_what_costs_nothing_is_let_through_at_the_limit(scores: ScoreLog) -> None:
    reserved(scores, a_call(0.5), limit_usd=0.5)
    reserved(scores, a_call(0.0), limit_usd=0.5)


def test_without_a_limit_there_is_none(scores: ScoreLog) -> None:
    reserved(scores, a_call(1e9))
    reserved(scores, a_call(1e9))


@pytest.mark.parametrize("usd", [-0.1, float("nan")])
def test_a_reservation_is_an_amount(scores: ScoreLog, usd: float) -> None:
    with pytest.raises(LogError):
        scores.reserve(a_call(usd), limit_usd=None)


def test_a_days_limit_counts_the_calls_that_began_on_that_utc_day_and_all_open_ones(scores: ScoreLog) -> None:
    settled = [
        reserved(scores, a_call(0.5, started_at=at)) for at in (MIDNIGHT - 0.001, MIDNIGHT, MIDNIGHT + DAY_S - 1)
    ]
    for number in settled:
        scores.settle_call(number, replace(PRICED, cost_usd=0.5), now=MIDNIGHT + DAY_S * 2)
    assert [scores.spending("quality", day=f"2025-10-{day:02}").usd for day in (9, 10, 11)] == [0.5, 1.0, 0.0]

    def fits(limit: float, at: float) -> bool:
        return scores.reserve(a_call(0.5, started_at=at), limit_usd=None, day_limit_usd=limit) is not None

    assert not fits(1.4, MIDNIGHT + 1)
    assert fits(1.5, MIDNIGHT + 1)  # and stays open
    assert scores.spending("quality", day="2025-10-09").open_usd == 0.5
    assert not fits(0.9, MIDNIGHT + DAY_S)
    assert fits(1.0, MIDNIGHT + DAY_S)


def test_both_limits_hold(scores: ScoreLog) -> None:
    assert scores.reserve(a_call(0.5), limit_usd=0.4, day_limit_usd=9.0) is None
    assert scores.reserve(a_call(0.5), limit_usd=9.0, day_limit_usd=0.4) is None
    assert scores.reserve(a_call(0.5), limit_usd=9.0, day_limit_usd=9.0) is not None


def test_a_call_about_no_pair_counts_too(scores: ScoreLog) -> None:
    reserved(scores, a_call(0.5, pair=None, purpose="canary"))
    assert scores.spending("quality").open_usd == 0.5


def test_money_does_not_come_back_when_an_exchange_is_deleted(log: PairLog, scores: ScoreLog) -> None:
    scores.settle_call(reserved(scores, a_call()), PRICED, now=MIDNIGHT)
    late = reserved(scores, a_call(0.5))
    log.upkeep.delete([1])
    assert scores.spending("quality") == Spending(calls=1, usd=0.25, unpriced=0, open_calls=1, open_usd=0.5)
    scores.settle_call(late, PRICED, now=MIDNIGHT)
    assert scores.spending("quality") == Spending(calls=2, usd=0.5, unpriced=0, open_calls=0, open_usd=0.0)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.floats(0.0, 3.0),
    steps=st.lists(
        st.tuples(st.floats(0.0, 1.0), st.sampled_from(["stays open", "costs less", "is not priced"])), max_size=12
    ),
)
def test_the_book_is_what_was_told_and_never_above_the_limit(
    scores: ScoreLog, limit: float, steps: list[tuple[float, str]]
) -> None:
    judge = f"judge-{scores.reserve(a_call(0.0, judge='names'), limit_usd=None)}"
    spent = open_usd = 0.0
    for usd, ending in steps:
        number = scores.reserve(a_call(usd, judge=judge), limit_usd=limit)
        if number is None:
            assert spent + open_usd + usd > limit
        elif ending == "stays open":
            open_usd += usd
        else:
            cost = usd / 2 if ending == "costs less" else None
            scores.settle_call(number, replace(PRICED, cost_usd=cost), now=MIDNIGHT)
            spent += cost or 0.0
        book = scores.spending(judge)
        assert (book.usd, book.open_usd) == (pytest.approx(spent), pytest.approx(open_usd))
        assert book.total_usd <= limit + 1e-6


# ── verdicts ──


def a_verdict(number: int = 1, **changes: Any) -> Verdict:
    verdict = Verdict(
        pair=PairRef(number, 1),
        measure=1,
        position=Position.CANDIDATE_FIRST,
        preferred=Preferred.CANDIDATE,
        strength=2,
        scores=(("clarity", 4.0), ("accuracy", 5.5)),
        rung="schema",
        analysis="Both are right.",
        flags=("own_family", "suspicious_output"),
        judged_at=MIDNIGHT,
    )
    return replace(verdict, **changes)


def test_verdicts_come_back_as_they_were_in_order(scores: ScoreLog) -> None:
    unscored = replace(
        a_verdict(2), preferred=None, strength=None, scores=(), reason="unparsed", rung=None, analysis=None, flags=()
    )
    put = [
        a_verdict(1),
        a_verdict(1, repetition=1),
        a_verdict(1, position=Position.PRODUCTION_FIRST),
        unscored,
        a_verdict(3, position=Position.ALONE),
        a_verdict(3, position=Position.PRODUCTION_ALONE),
    ]
    scores.put_verdicts([*put[::-1], a_verdict(1, measure=2)])
    assert scores.verdicts(1, after=0, upto=9) == put
    assert scores.verdicts(1, after=1, upto=2) == [unscored]
    assert scores.verdicts(2, after=0, upto=9) == [a_verdict(1, measure=2)]


def test_a_verdict_that_stands_is_left_as_it_is(scores: ScoreLog) -> None:
    scores.put_verdicts([a_verdict(1)])
    scores.put_verdicts([a_verdict(1, preferred=Preferred.TIE), a_verdict(2)])
    assert scores.verdicts(1, after=0, upto=9) == [a_verdict(1), a_verdict(2)]


def test_verdicts_on_what_is_not_there_are_passed_over(log: PairLog, scores: ScoreLog) -> None:
    log.upkeep.delete([2])
    scores.put_verdicts([a_verdict(2), a_verdict(1), a_verdict(77), a_verdict(1, pair=PairRef(1, 0))])
    assert scores.verdicts(1, after=0, upto=99) == [a_verdict(1)]


# ── what need not be asked again ──


def test_a_reply_is_kept_until_a_newer_one_of_its_key_comes(scores: ScoreLog) -> None:
    scores.keep_replies({b"a": b"1", b"b": b"\0\xff"}, kind="judge", now=1.0)
    scores.keep_replies({b"a": b"2"}, kind="embedding", now=2.0)
    assert (scores.reply(b"a"), scores.reply(b"b"), scores.reply(b"c")) == (b"2", b"\0\xff", None)
    assert scores.replies([b"b", b"c", b"a"]) == {b"a": b"2", b"b": b"\0\xff"}
    assert scores.replies([]) == {}


def test_old_replies_are_forgotten(scores: ScoreLog) -> None:
    for number in range(60):
        scores.keep_replies({bytes([number]): b"x"}, kind="judge", now=float(number))
    assert scores.forget_replies(50.0) == 50
    assert scores.forget_replies(50.0) == 0
    assert list(scores.replies([bytes([number]) for number in range(60)])) == [bytes([n]) for n in range(50, 60)]


def test_a_reply_goes_with_the_exchange_that_was_asked_about(log: PairLog, scores: ScoreLog) -> None:
    at = FIRST_SECOND + 100
    scores.keep_replies({b"1": b"x", b"2": b"x"}, kind="judge", now=at, exchanges={b"1": 1, b"2": 2})
    log.upkeep.delete([1])
    assert scores.replies([b"1", b"2"]) == {b"2": b"x"}
    scores.keep_replies({b"1": b"late"}, kind="judge", now=at, exchanges={b"1": 1})
    assert scores.reply(b"1") is None


def test_a_reply_about_nobody_knows_what_goes_with_any_exchange_that_it_may_be_about(
    log: PairLog, scores: ScoreLog
) -> None:
    scores.keep_replies({b"older": b"x"}, kind="judge", now=FIRST_SECOND + 1.5)
    scores.keep_replies({b"newer": b"x"}, kind="judge", now=FIRST_SECOND + 2.5)
    log.upkeep.delete([2])  # which started at two seconds
    assert scores.replies([b"older", b"newer"]) == {b"older": b"x"}


def test_two_that_have_the_log_open_see_each_others_book(tmp_path: Path, scores: ScoreLog) -> None:
    with closing(open_score_log(url_in(tmp_path), "change")) as other:
        first, second = (reserved(each, a_call(0.25)) for each in (scores, other))
        assert first != second
        assert other.reserve(a_call(0.25), limit_usd=0.6) is None
        scores.settle_call(second, PRICED, now=MIDNIGHT)
        scores.put_verdicts([a_verdict(1)])
        scores.keep_replies({b"k": b"v"}, kind="judge", now=1.0)
        assert other.spending("quality") == scores.spending("quality")
        assert other.verdicts(1, after=0, upto=1) == [a_verdict(1)]
        assert other.reply(b"k") == b"v"


def test_every_position_and_preference_can_be_kept(scores: ScoreLog) -> None:
    put = [
        a_verdict(1, position=position, preferred=preferred, repetition=number)
        for number, (position, preferred) in enumerate(product(Position, Preferred))
    ]
    scores.put_verdicts(put)
    found = scores.verdicts(1, after=0, upto=1)
    assert {each.repetition: each for each in found} == dict(enumerate(put))
