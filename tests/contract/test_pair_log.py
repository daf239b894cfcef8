"""What every implementation of `PairLog` keeps. `OPENERS` has one entry per implementation."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadowbench.records import (
    Answer,
    Attempt,
    CandidateResult,
    Choice,
    Cost,
    Dialect,
    Embeddings,
    Exchange,
    FunnelCount,
    Mark,
    Observation,
    Outcome,
    Timing,
    ToolCall,
    Usage,
    UsageSource,
)
from shadowbench.store.base import LogError, PairLog, each_exchange, pairs_of
from shadowbench.store.opening import Mode, open_log
from shadowbench.store.testing import an_exchange, an_observation, invented_traffic

Opener = Callable[[Mode], PairLog]


def sqlite_opener(folder: Path) -> Opener:
    return lambda mode: open_log(f"sqlite:///{folder}/log.db", mode)


OPENERS = {"sqlite": sqlite_opener}


@pytest.fixture(params=OPENERS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same log, as often as asked; what was opened is closed at the end."""
    logs: list[PairLog] = []

    def remember(mode: Mode) -> PairLog:
        logs.append(OPENERS[request.param](tmp_path)(mode))
        return logs[-1]

    yield remember
    for log in logs:
        log.close()


@pytest.fixture
def log(opened: Opener) -> PairLog:
    return opened("write")


def ids(log: PairLog) -> list[str]:
    return [exchange.id for exchange in each_exchange(log, with_bodies=False)]


# ── append and read ──


def test_what_was_appended_is_read_back_equal_and_in_order(log: PairLog, opened: Opener) -> None:
    traffic = list(invented_traffic(60))
    log.append(traffic[:1])
    log.append(traffic[1:])
    assert list(each_exchange(log)) == traffic
    assert list(each_exchange(opened("read"))) == traffic


def test_without_bodies_the_rest_is_the_same(log: PairLog) -> None:
    (exchange,) = traffic = [an_exchange()]
    log.append(traffic)
    (slim,) = each_exchange(log, with_bodies=False)
    candidate = exchange.candidates[0]
    assert slim == replace(
        exchange,
        request_body=None,
        request_headers=(),
        production=replace(exchange.production, body=None),
        candidates=(replace(candidate, observation=replace(candidate.observation, body=None)),),
    )


def test_with_the_request_alone_its_body_is_there_and_nothing_else_that_is_large(log: PairLog) -> None:
    traffic = [an_exchange(1), an_exchange(2, request_body=None), an_exchange(3, request_headers=(), request_body=None)]
    log.append(traffic)
    slim = list(each_exchange(log, with_bodies=False))
    found = list(each_exchange(log, with_bodies="request"))
    assert found == [
        replace(each, request_body=exchange.request_body) for each, exchange in zip(slim, traffic, strict=True)
    ]


def test_a_page_tells_the_numbers_of_its_exchanges(log: PairLog) -> None:
    log.append([an_exchange(number) for number in range(1, 7)])
    log.upkeep.delete([2, 3])
    page = log.page(after=0, upto=log.newest(), size=3)
    assert [(number, each.sequence) for number, each in zip(page.numbers, page.exchanges, strict=True)] == [
        (1, 1),
        (4, 4),
        (5, 5),
    ]
    assert log.page(after=6, upto=6).numbers == ()


def test_an_empty_log_is_empty(log: PairLog) -> None:
    log.append([])
    assert log.newest() == 0
    assert list(each_exchange(log)) == []
    assert (log.counts().exchanges, log.counts().pairs) == (0, 0)


def test_an_exchange_has_one_pair_per_candidate(log: PairLog) -> None:
    log.append([an_exchange(1, an_observation(endpoint="a"), an_observation(endpoint="b")), an_exchange(2)])
    assert (log.counts().exchanges, log.counts().pairs) == (2, 3)
    pairs = [pair for exchange in each_exchange(log) for pair in pairs_of(exchange)]
    assert [(pair.exchange.sequence, pair.candidate.observation.endpoint) for pair in pairs] == [
        (1, "a"),
        (1, "b"),
        (2, "small"),
    ]


def test_the_same_id_is_stored_once(log: PairLog) -> None:
    first = [an_exchange(number) for number in (3, 1, 2)]
    log.append(first)
    log.append(first)
    again = an_exchange(2, method="PUT")
    log.append([an_exchange(4), again, an_exchange(5), an_exchange(5, method="PUT")])
    assert [(exchange.sequence, exchange.method) for exchange in each_exchange(log)] == [
        (number, "POST") for number in (3, 1, 2, 4, 5)
    ]


def test_an_appended_batch_survives_its_log(log: PairLog, opened: Opener) -> None:
    log.append([an_exchange()])
    log.close()
    assert ids(opened("read")) == ids(opened("write")) != []


def test_another_thread_may_append(log: PairLog) -> None:
    thread = threading.Thread(target=log.append, args=([an_exchange()],))
    thread.start()
    thread.join()
    assert log.counts().exchanges == 1


def test_two_writers_take_turns(log: PairLog, opened: Opener) -> None:
    other = opened("write")
    for number in range(0, 10, 2):
        log.append([an_exchange(number)])
        other.append([an_exchange(number + 1)])
    assert [exchange.sequence for exchange in each_exchange(log)] == list(range(10))


def test_closing_twice_does_nothing(log: PairLog) -> None:
    log.close()
    log.close()


def test_a_closed_log_refuses(log: PairLog) -> None:
    log.close()
    with pytest.raises(LogError):
        log.append([an_exchange()])


def test_sizes_grow(log: PairLog) -> None:
    before = log.sizes()
    log.append(list(invented_traffic(50)))
    after = log.sizes()
    assert after.file_bytes + after.wal_bytes > before.file_bytes + before.wal_bytes
    assert after.free_bytes is None or after.free_bytes > 0


# ── marks and the funnel ──


def test_a_funnel_count_that_is_told_again_is_replaced(log: PairLog, opened: Opener) -> None:
    first = FunnelCount(epoch="e1", candidate="", stage="seen", reason="", count=3)
    lane = FunnelCount(epoch="e1", candidate="small", stage="not_sent", reason="stale", count=1)
    log.put_funnel([first, lane])
    log.put_funnel([replace(first, count=9), replace(first, epoch="e2", count=1)])
    expected = [replace(first, count=9), lane, replace(first, epoch="e2", count=1)]
    assert list(log.funnel()) == expected
    assert list(opened("read").funnel()) == expected


def test_marks_come_back_in_the_order_of_their_time_each_once(log: PairLog, opened: Opener) -> None:
    changed = Mark(at=200.5, kind="model_changed", endpoint="small", before="a", after="b")
    paused = Mark(at=100.0, kind="mirroring_paused", endpoint=None, before=None, after=None)
    log.put_marks([changed, paused])
    log.put_marks([paused, replace(paused, at=300.0)])
    assert list(log.marks()) == [paused, changed, replace(paused, at=300.0)]
    assert list(opened("read").marks()) == list(log.marks())


# ── reading pages ──


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pages_of_any_size_cover_the_log_once(log: PairLog, size: int) -> None:
    log.append([an_exchange(number) for number in range(1, 8)])
    upto, after, seen, pages = log.newest(), 0, [], 0
    while True:
        page = log.page(after=after, upto=upto, size=size)
        assert len(page.exchanges) <= size
        seen += [exchange.sequence for exchange in page.exchanges]
        after, pages = page.last, pages + 1
        if page.at_end:
            break
    assert seen == list(range(1, 8))
    assert pages <= 7 // size + 1


def test_a_reader_sees_nothing_newer_than_where_it_started(log: PairLog) -> None:
    log.append([an_exchange(1), an_exchange(2)])
    upto = log.newest()
    log.append([an_exchange(3)])
    page = log.page(after=0, upto=upto)
    assert ([exchange.sequence for exchange in page.exchanges], page.at_end) == ([1, 2], True)
    page = log.page(after=upto, upto=log.newest())
    assert [exchange.sequence for exchange in page.exchanges] == [3]


def test_large_bodies_make_short_pages(log: PairLog) -> None:
    log.append([an_exchange(number, request_body=b"x" * 5_000_000) for number in range(1, 9)])
    page = log.page(after=0, upto=log.newest())
    assert 1 <= len(page.exchanges) < 8
    assert not page.at_end
    assert [exchange.sequence for exchange in each_exchange(log)] == list(range(1, 9))


def test_one_reads_while_another_appends(log: PairLog, opened: Opener) -> None:
    traffic, reader = list(invented_traffic(400)), opened("read")
    whole = {exchange.id: exchange for exchange in traffic}

    def write() -> None:
        for start in range(0, 400, 4):
            log.append(traffic[start : start + 4])

    thread = threading.Thread(target=write)
    thread.start()
    seen = 0
    try:
        while seen < 400:
            found = list(each_exchange(reader))
            assert all(whole[exchange.id] == exchange for exchange in found)
            assert len(found) >= seen
            assert len(found) % 4 == 0  # batches are visible whole
            seen = len(found)
            if not thread.is_alive() and seen < 400:
                seen = len(list(each_exchange(reader)))
                assert seen == 400
    finally:
        thread.join()


# ── whatever a provider may say comes back as it was ──

texts = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.sampled_from(["", "\0", "a\0b", "\ufeffx", "😀", "\u2028", "'; DROP TABLE exchanges; --", '{"a":1}', "NaN"]),
)
wild_texts = st.one_of(texts, st.text(max_size=20), st.sampled_from(["\ud800", "\udfff\ud800", "\ud800\0"]))
counts = st.integers(min_value=0, max_value=2**63 - 1)
seconds = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
bodies = st.one_of(st.none(), st.binary(max_size=40), texts.map(str.encode))


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


tool_calls = st.builds(ToolCall, name=wild_texts, arguments=wild_texts, id=maybe(wild_texts), kind=texts)
choices = st.builds(
    Choice,
    index=st.integers(0, 5),
    text=maybe(wild_texts),
    reasoning=maybe(wild_texts),
    refusal=maybe(wild_texts),
    tool_calls=st.lists(tool_calls, max_size=2).map(tuple),
    finish_reason=maybe(texts),
)
observations = st.builds(
    Observation,
    endpoint=texts,
    outcome=st.sampled_from(Outcome),
    reason=maybe(texts),
    status=maybe(st.integers(100, 999)),
    error_type=maybe(texts),
    error_message=maybe(texts),
    streamed=maybe(st.booleans()),
    answer=maybe(
        st.builds(
            Answer,
            choices=st.lists(choices, max_size=2).map(tuple),
            embeddings=maybe(st.builds(Embeddings, count=counts, dimensions=maybe(counts))),
        )
    ),
    usage=st.builds(
        Usage,
        source=st.sampled_from(UsageSource),
        input_tokens=maybe(counts),
        output_tokens=maybe(counts),
        cached_input_tokens=maybe(counts),
        cache_write_tokens=maybe(counts),
        reasoning_tokens=maybe(counts),
    ),
    timing=st.builds(
        Timing,
        queue_s=maybe(seconds),
        connect_s=maybe(seconds),
        head_s=maybe(seconds),
        first_byte_s=maybe(seconds),
        first_content_s=maybe(seconds),
        last_byte_s=maybe(seconds),
        content_chunks=maybe(counts),
        gap_p50_s=maybe(seconds),
        gap_p95_s=maybe(seconds),
        gap_max_s=maybe(seconds),
        paused_s=seconds,
        loop_lag_s=seconds,
    ),
    requested_model=maybe(texts),
    reported_model=maybe(texts),
    fingerprint=maybe(texts),
    provider_request_id=maybe(texts),
    response_bytes=counts,
    body=bodies,
    body_truncated=st.booleans(),
    dialect=st.sampled_from(Dialect),
    cost=maybe(
        st.builds(Cost, usd=seconds, reason=st.none(), price=maybe(texts))
        | st.builds(Cost, usd=st.none(), reason=texts, price=maybe(texts))
    ),
    attempts=st.lists(
        st.builds(
            Attempt,
            reason=texts,
            status=maybe(st.integers(100, 999)),
            started_s=st.floats(-9, 0),
            duration_s=seconds,
            cost_usd=maybe(seconds),
        ),
        max_size=3,
    ).map(tuple),
)
exchanges = st.builds(
    Exchange,
    id=st.uuids().map(str),
    started_at=st.floats(0, 4e9),
    method=texts,
    path=texts,
    dialect=st.sampled_from(Dialect),
    request_id=maybe(texts),
    cluster_key=texts,
    tenant_key=maybe(texts),
    user_key=maybe(texts),
    stratum=maybe(texts),
    redactions=st.dictionaries(texts, st.integers(1, 99), max_size=2).map(lambda found: tuple(found.items())),
    epoch=texts,
    sequence=counts,
    policy_version=counts,
    config_hash=texts,
    request_body=bodies,
    request_headers=st.lists(st.tuples(texts, wild_texts), max_size=3).map(tuple),
    production=observations,
    candidates=st.lists(
        st.builds(
            CandidateResult,
            observation=observations,
            inclusion_probability=st.floats(0, 1, exclude_min=True),
            config_hash=texts,
        ),
        max_size=3,
    ).map(tuple),
)


slow_and_shared = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def renamed(batch: list[Exchange]) -> list[Exchange]:
    """With ids that are in no log: examples share one."""
    return [replace(exchange, id=str(uuid4())) for exchange in batch]


@slow_and_shared
@given(batch=st.lists(exchanges, max_size=2).map(renamed))
def test_any_exchange_comes_back_equal(log: PairLog, batch: list[Exchange]) -> None:
    before = log.newest()
    log.append(batch)
    page = log.page(after=before, upto=log.newest())
    assert page.exchanges == tuple(batch)


def test_what_no_store_can_hold_is_bent_and_the_batch_lives(log: PairLog) -> None:
    bent = an_observation(endpoint="small", reported_model="m\udc80", error_message="\ud800!", reason="r\udc80")
    bent = replace(bent, usage=replace(bent.usage, output_tokens=10**30))
    log.append([an_exchange(1), an_exchange(2, bent), an_exchange(3)])
    log.append([an_exchange(4)])
    found = list(each_exchange(log))
    assert [exchange.sequence for exchange in found] == [1, 2, 3, 4]
    seen = found[1].candidates[0].observation
    assert (seen.reported_model, seen.error_message, seen.reason) == ("m\ufffd", "\ufffd!", "r\ufffd")
    assert seen.usage.output_tokens is None


@slow_and_shared
@given(batch=st.lists(exchanges, min_size=1, max_size=1).map(renamed))
def test_the_view_reads_any_exchange_with_plain_tools(tmp_path: Path, batch: list[Exchange]) -> None:
    log = sqlite_opener(tmp_path)("write")
    log.append(batch)
    log.close()
    connection = sqlite3.connect(tmp_path / "log.db")  # no text_factory, no functions of ours
    rows = connection.execute("SELECT * FROM pairs WHERE exchange_id = ?", (batch[0].id,)).fetchall()
    connection.close()
    assert len(rows) == len(batch[0].candidates)
