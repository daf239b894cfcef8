"""The isolation benchmark notices slower answers and other bytes, and does not take noise for them."""

import asyncio
import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.isolation import script
from benchmarks.isolation.__main__ import main
from benchmarks.isolation.answers import Answer
from benchmarks.isolation.companions import Companion, Works, idle_connections
from benchmarks.isolation.intervals import Ratio, limit, paired
from benchmarks.isolation.load import Exchange, Load, Window, WindowResult
from benchmarks.isolation.origin import Connection, Mood
from benchmarks.isolation.output import Report, copy_rows, latency_rows, shortfalls, verdict_rows
from benchmarks.isolation.page import markdown
from benchmarks.isolation.rounds import Arm, Course, ScenarioResult
from benchmarks.isolation.scenarios import REFERENCE, SCENARIOS, Scenario
from benchmarks.isolation.script import Ask, Kind
from benchmarks.machine import describe
from tests.sidecars import eventually

# ── the command ──


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ("--seconds 0", "--seconds: more than 0"),
        ("--seconds -1", "--seconds: more than 0"),
        ("--seconds nan", "--seconds: more than 0"),
        ("--seconds inf", "--seconds: more than 0, and at most 3,600"),
        ("--rate 0", "--rate: more than 0"),
        ("--rate inf", "--rate: more than 0, and at most 10,000"),
        ("--seconds 0.001", "a window of 0.0005 s would have 0.03 streams, too few for quantiles"),
        ("--rounds 1", "--rounds: an interval needs 6 or more"),
        ("--only z", "no scenario is called z"),
    ],
)
def test_what_cannot_be_measured_is_refused_at_once(given_: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given_.split())
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


# ── the script ──


@given(st.integers(0, 10**9), st.sampled_from(Kind))
def test_what_was_asked_is_read_back_from_a_requests_body(number: int, kind: Kind) -> None:
    assert script.asked(script.request(number, kind).partition(b"\r\n\r\n")[2]) == (number, kind)


def test_one_seed_makes_the_same_arrivals_at_the_wanted_rate() -> None:
    first, second = (list(script.schedule(seed=3, first=0, rate=300, seconds=100)) for _ in range(2))
    assert first == second
    assert len(first) == pytest.approx(30_000, rel=0.03)
    assert [ask.number for ask in first] == list(range(len(first)))
    shares = {kind: count / len(first) for kind, count in Counter(ask.kind for ask in first).items()}
    assert shares == pytest.approx({Kind.STREAM: 0.2, Kind.AT_ONCE: 0.4, Kind.WHOLE: 0.4}, abs=0.02)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def on_the_wire(number: int, kind: Kind, at: int = 50) -> bytes:
    """Production's answer; a stream in chunks cut at `at`."""
    body = script.expected(number, kind)
    if kind != Kind.STREAM:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    return CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(x), x) for x in (body[:at], body[at:])) + b"0\r\n\r\n"


def exchange(wire: bytes, kind: Kind, size: int) -> Exchange:
    came = Exchange(Ask(number=5, kind=kind, at_ns=0), 0, Answer())
    for at in range(0, len(wire), size):
        assert not came.answer.is_whole
        came.answer.feed(wire[at : at + size])
    came.last_ns = 1 if came.answer.is_whole else 0
    return came


@pytest.mark.parametrize("kind", [Kind.WHOLE, Kind.AT_ONCE, Kind.STREAM])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_answer_is_whole_with_its_last_byte_and_the_same_however_it_was_cut(kind: Kind, size: int) -> None:
    assert exchange(on_the_wire(5, kind), kind, size).fault() is None
    assert exchange(on_the_wire(5, kind)[:-1], kind, size).fault() == "unanswered"


@pytest.mark.parametrize("kind", [Kind.WHOLE, Kind.STREAM])
def test_one_wrong_byte_another_number_a_status_or_a_broken_connection_is_a_fault(kind: Kind) -> None:
    right = on_the_wire(5, kind)
    assert exchange(right.replace(b"stop" if kind == Kind.WHOLE else b"token 7", b"spot"), kind, 99).fault() in (
        "other bytes",
        "unanswered",
    )
    assert exchange(on_the_wire(6, kind), kind, 99).fault() == "other bytes"
    assert exchange(right.replace(b"200 OK", b"502 No"), kind, 99).fault() == "status 502"
    broken = exchange(right, kind, 99)
    broken.broken = True
    assert broken.fault() == "connection broken"


# ── the load ──


@asynccontextmanager
async def origin(mood: Mood) -> AsyncIterator[int]:
    """The port of an origin in this process."""
    open_ones: list[asyncio.BaseTransport] = []

    class Open(Connection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            open_ones.append(transport)

    server = await asyncio.get_running_loop().create_server(lambda: Open(mood, Counter()), "127.0.0.1", 0, backlog=4096)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for transport in open_ones:
            cast(asyncio.Transport, transport).abort()
        await asyncio.sleep(0)


WINDOW = Window(seed=1, first=0, rate=200, seconds=0.2)


async def test_a_load_compares_every_answer_and_counts_from_the_intended_times() -> None:
    async with origin(Mood.WELL) as port:
        load = Load(port)
        asks = list(script.schedule(seed=1, first=0, rate=200, seconds=0.2))
        result = await load.run(WINDOW)
        assert (result.asked, result.identical, result.errors) == (len(asks), len(asks), {})
        kinds = Counter(ask.kind for ask in asks)
        assert (len(result.whole_ns), len(result.at_once_ns)) == (kinds[Kind.WHOLE], kinds[Kind.AT_ONCE])
        assert len(result.first_byte_ns) == len(result.last_byte_ns) == kinds[Kind.STREAM]
        thinks_ns = 15_000_000  # at least: timers of milliseconds may ring early
        assert all(
            last > first > thinks_ns for first, last in zip(result.first_byte_ns, result.last_byte_ns, strict=True)
        )
        assert all(ns > thinks_ns for ns in result.whole_ns) and all(ns > 0 for ns in result.at_once_ns)
        load.close()


async def test_a_request_without_an_answer_is_told_and_does_not_reach_into_the_next_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("benchmarks.isolation.load._PATIENCE_S", 0.1)
    async with origin(Mood.HANG) as port:
        load = Load(port)
        for _ in range(2):
            result = await load.run(WINDOW)
            assert result.asked > 0 and result.errors == {"unanswered": result.asked}
        load.close()


@pytest.mark.parametrize("companion", [Companion.BIG, Companion.SLOW, Companion.IDLE])
async def test_a_companion_checks_what_it_gets_and_begins_anew_when_asked(companion: Companion) -> None:
    async with origin(Mood.WELL) as port:
        works = Works(port, companion)
        await works.begin()
        await works.again()
        if companion == Companion.IDLE:
            async with idle_connections(port, works.told):
                pass
        await eventually(lambda: works.told["identical"] > 0)
        await works.end()
        assert set(works.told) == {"identical"}


# ── intervals ──


def test_a_known_interval() -> None:
    """Logs 0.1 … 0.6: of six rounds the interval at 95 % goes from the least to the largest (2 of 64 signs are as extreme)."""
    ratio = paired([1] * 6, [math.exp(x / 10) for x in range(1, 7)])
    assert (ratio.middle, ratio.low, ratio.high) == pytest.approx([math.exp(x) for x in (0.35, 0.1, 0.6)])
    assert ratio.rounds == 6


def test_rounds_that_others_took_away_do_not_widen_it() -> None:
    calm = [1.01 + 0.001 * number for number in range(20)]
    taken = [*calm[:17], 9.0, 5.0, 0.1]
    found = paired([1.0] * 20, taken)
    assert 1.005 < found.low < found.middle < found.high < 1.035


def test_who_is_slower_in_most_rounds_is_not_taken_for_noise() -> None:
    assert paired([1.0] * 20, [1.2] * 14 + [1.0] * 6).low > 1.05


def test_an_interval_is_narrow_or_not_wherever_it_lies() -> None:
    for place in (0.5, 1.0, 3.0):
        narrow = Ratio(middle=place, low=place / 1.04, high=place * 1.04, rounds=10)
        assert narrow.would_show(1.05) and not narrow.would_show(1.03)


def test_intervals_hold_the_true_ratio_in_95_of_100_runs() -> None:
    chance = random.Random(1)
    held = 0
    for _ in range(2000):
        off = [chance.lognormvariate(0, 0.3) for _ in range(10)]
        on = [1.07 * each * chance.lognormvariate(0, 0.05) for each in off]
        found = paired(off, on)
        held += found.low < 1.07 < found.high
    assert held / 2000 == pytest.approx(0.951, abs=0.015)


@pytest.mark.parametrize(("off", "on"), [([1.0] * 5, [1.0] * 5), ([], []), ([1.0] * 7, [1.0] * 6)])
def test_what_cannot_be_paired_is_refused(off: list[float], on: list[float]) -> None:
    with pytest.raises(ValueError, match="6 of each"):
        paired(off, on)


@pytest.mark.parametrize(("low", "high"), [(0.99, 1.06), (0.94, 1.01)])
def test_a_long_tail_on_either_side_asks_for_more_rounds(low: float, high: float) -> None:
    assert not Ratio(middle=1, low=low, high=high, rounds=10).would_show(1.05)


def test_the_limit_is_the_promise_or_the_noise_where_that_is_wider() -> None:
    def itself(high: float) -> Ratio:
        return Ratio(middle=1, low=0.9, high=high, rounds=10)

    assert [limit(1.05, None), limit(1.05, itself(1.02)), limit(1.05, itself(1.2))] == [1.05, 1.05, 1.2]


# ── verdicts ──


def arm(scale: float, seed: int, *, errors: dict[str, int] | None = None, rounds: int = 10) -> Arm:
    """Rounds of answers of about 300 µs × scale."""
    made, chance = Arm(), random.Random(seed)
    for _ in range(rounds):
        made.new_round()
        times = [int(scale * chance.lognormvariate(0, 0.3) * 300_000) for _ in range(400)]
        streams = {"first_byte_ns": times[:100], "last_byte_ns": [35_000_000 + ns for ns in times[:100]]}
        asked = 500 + sum((errors or {}).values())
        came = WindowResult(
            asked=asked,
            identical=500,
            errors=errors or {},
            whole_ns=times,
            at_once_ns=[2 * ns for ns in times],
            own_delay_p99_us=20.0,
            goes_first=True,
            **streams,
        )
        made.add(came, 0.04)
    return made


def noisy(seed: int, rounds: int) -> Arm:
    """Half of the rounds twice as slow, the others twice as fast."""
    made = arm(1, seed, rounds=rounds)
    for number, times in enumerate(made.times_us["whole"]):
        times[:] = [us * (2 if number % 2 else 0.5) for us in times]
    return made


# ── how many rounds ──


def over(on: Callable[[int], Arm], course: Course) -> int:
    """After how many rounds a scenario ends."""
    return next(done for done in range(100) if course.is_over(done, arm(1, 1, rounds=done), on(done)))


COURSE = Course(rounds=10, most_rounds=30, seconds=4, rate=300)


def test_where_intervals_are_narrow_the_fewest_rounds_are_enough_even_of_a_proxy_that_is_slow() -> None:
    assert over(lambda done: arm(1, 2, rounds=done), COURSE) == 10
    assert over(lambda done: arm(1.3, 2, rounds=done), COURSE) == 10


def test_noise_is_answered_with_more_rounds_until_patience_ends() -> None:
    assert over(lambda done: noisy(2, done), COURSE) == 30
    assert over(lambda done: noisy(2, done) if done < 20 else arm(1, 2, rounds=done), COURSE) == 20


def test_between_the_steps_nobody_looks() -> None:
    quiet = arm(1, 1, rounds=12), arm(1, 2, rounds=12)
    assert not COURSE.is_over(12, *quiet)


def test_as_many_rounds_as_are_allowed_at_most() -> None:
    assert over(lambda done: noisy(2, done), replace(COURSE, most_rounds=10)) == 10


def result(scenario: Scenario, on: Arm, **given: Any) -> ScenarioResult:
    fields: dict[str, Any] = {"signals": {}, "candidate": {}, "companion": {}, "done": {}, "proxy_mib": (27.0, 28.0)}
    return ScenarioResult(scenario=scenario, off=arm(1, 1), on=on, goes_first=True, **(fields | given))


def report(*results: ScenarioResult) -> Report:
    return Report(at=datetime(2026, 1, 1, tzinfo=UTC), machine=describe(), course=COURSE, results=results, minutes=20)


def verdict(told: Report) -> str:
    """The last row's."""
    return list(verdict_rows(told))[-1][-1]


HEALTHY = SCENARIOS[1]
QUIET = result(REFERENCE, arm(1, 2))


def test_answers_that_are_as_fast_keep_the_promise() -> None:
    told = report(QUIET, result(HEALTHY, arm(1, 3)))
    assert shortfalls(told) == [] and verdict(told) == "yes"


def test_what_is_too_noisy_is_not_shown_and_not_kept() -> None:
    told = report(QUIET, result(HEALTHY, noisy(3, 10)))
    assert len(shortfalls(told)) == 2 and all(line.endswith("too noisy to tell") for line in shortfalls(told))
    assert verdict(told) == "not shown"


def test_answers_that_are_a_tenth_slower_do_not() -> None:
    told = report(QUIET, result(HEALTHY, arm(1.1, 3)))
    found = shortfalls(told)
    assert [line for line in found if line.startswith("(b) whole answer p50: ") and line.endswith("end below 1.050")]
    assert verdict(told) == "NO"
    assert not any("last byte" in line for line in found), "of a stream's 35 ms that is nothing"


def test_a_small_effect_that_is_certain_is_no_broken_promise() -> None:
    """Every round a little slower, and some much: above 1 for sure, on both sides of the promise."""
    slower = arm(1.01, 1)
    for times in slower.times_us["whole"][:3]:
        times[:] = [us * 1.5 for us in times]
    told = report(QUIET, result(HEALTHY, slower))
    found = [line for line in shortfalls(told) if "p50" in line]
    assert found and all("(1.0" in line and line.endswith("too noisy to tell") for line in found)
    assert verdict(told) == "not shown"


def test_of_answers_at_once_nothing_is_promised_and_the_page_has_them() -> None:
    slow_at_once = arm(1, 3)
    for times in slow_at_once.times_us["at_once"]:
        times[:] = [us * 1.3 for us in times]
    told = report(QUIET, result(HEALTHY, slow_at_once))
    assert shortfalls(told) == [] and verdict(told) == "yes"
    rows = [row for row in latency_rows(told, "at_once") if row[0].startswith("(b)")]
    assert 1.2 < float(rows[0][2].split()[0]) < 1.4 and " | ".join(rows[0]) in markdown(told)


def test_a_noisy_reference_widens_what_is_allowed() -> None:
    restless = result(REFERENCE, arm(1.3, 2))
    assert shortfalls(report(restless, result(HEALTHY, arm(1.1, 3)))) == []


def test_one_error_breaks_the_promise_however_fast_all_was_even_in_the_reference() -> None:
    wrong = arm(1, 3, errors={"other bytes": 1})
    assert shortfalls(report(result(HEALTHY, wrong))) == ["(b) 10 × other bytes"]
    assert shortfalls(report(result(REFERENCE, wrong))) == ["(a) 10 × other bytes"]
    beside = result(HEALTHY, arm(1, 3), companion={"identical": 3, "error: other bytes": 2})
    assert shortfalls(report(beside)) == ["(b) 2 × error: other bytes"]


def test_what_became_of_the_copies_is_told_by_reason() -> None:
    signals = {
        ("handoff_exchanges_total", 'decision="sampled"'): 5.0,
        ("handoff_exchanges_total", 'decision="handoff_full"'): 2.0,
        ("handoff_exchanges_total", 'decision="paused"'): 7.0,
        ("mirror_exchanges_total", 'stage="recorded",reason=""'): 4.0,
        ("handoff_lost_total", 'reason="lost_with_mirror"'): 1.0,
        ("recorder_store_failures_total", 'reason="disk_full"'): 3.0,
    }
    _, row = copy_rows(report(QUIET, result(HEALTHY, arm(1, 3), signals=signals, candidate={"asked": 4})))
    assert row[1:4] == ["7", "5", "handoff_full 2"]
    assert row[4:] == ["recorded 4, lost with mirror or recorder 1", "asked 4", "store failed: disk_full 3"]


def test_tables_and_the_page_hold_every_scenario() -> None:
    told = report(*(replace(QUIET, scenario=scenario) for scenario in SCENARIOS))
    for rows in (latency_rows(told, "whole"), verdict_rows(told)):
        assert [row[0] for row in rows][1:] == [f"({each.letter}) {each.title}" for each in SCENARIOS]
    page = markdown(told)
    assert all(each.title in page for each in SCENARIOS)
