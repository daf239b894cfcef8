"""The writer's thread: group commit, a store that fails and comes back, exchanges that cannot be stored.

The store is real SQLite made to refuse: by a page limit (a full disk) or a lock. The seam `open_log` lets tests slow it down
or count its calls; nothing is mocked.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from shadowbench.errors import ConfigurationError, ProtocolError, UnavailableError
from shadowbench.handoff import EndPayload, OpenPayload
from shadowbench.recorder.ledger import Place
from shadowbench.recorder.notes import Notes
from shadowbench.recorder.plan import Plan
from shadowbench.recorder.raw import RawExchange, RawSide
from shadowbench.recorder.writer import BatchBounds, Item, Report, Writer, failure_of, goes_on_gathering
from shadowbench.records import Dialect, Exchange, FunnelCount, Mark, Observation, Outcome
from shadowbench.signals import Counters
from shadowbench.store.base import LogError, PairLog, each_exchange
from shadowbench.store.opening import open_log
from shadowbench.store.retention import Retention, RetentionOptions

WAIT_S = 20
END = EndPayload(2, 0.0, 0.0, "reset")


def item(number: int, held_bytes: int = 1000) -> Item:
    plan = Plan(
        id=f"01900000-0000-7000-8000-{number:012x}",
        proxy_epoch="e",
        proxy_sequence=number,
        started_at=0,
        policy_version=1,
        config_hash="c",
        cluster_key="k",
        request_id=None,
        dialect=Dialect.UNKNOWN,
        candidates=(),
    )
    side = RawSide(t0_ns=1, head=None, parts=(), body_bytes=0, overflow=False, end=END)
    raw = RawExchange(
        opened=OpenPayload(1, 1, b"", 1.0),
        plan=plan,
        request=(),
        request_overflow=False,
        sides={0: side},
        held_bytes=held_bytes,
    )
    return Item(raw, Place(), None)


def read(raw: RawExchange, counters: Counters) -> Exchange:
    return Exchange(
        id=raw.plan.id,
        started_at=0,
        method="POST",
        path="/",
        dialect=Dialect.UNKNOWN,
        request_id=None,
        cluster_key="k",
        epoch="e",
        sequence=raw.plan.proxy_sequence,
        policy_version=1,
        config_hash="c",
        request_body=b"x" * raw.held_bytes,
        request_headers=(),
        production=Observation(endpoint="production", outcome=Outcome.OK),
        candidates=(),
    )


class Gate:
    """A real log whose appends wait until let through, and are counted."""

    def __init__(self, log: PairLog, sizes: list[int], may_append: threading.Event) -> None:
        self._log = log
        self._sizes = sizes
        self._may_append = may_append

    def append(self, exchanges: Sequence[Exchange]) -> None:
        assert self._may_append.wait(WAIT_S)
        self._sizes.append(len(exchanges))
        self._log.append(exchanges)

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)


class Bench:
    """A writer, and its reports collected in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"
        self.reports: SimpleQueue[Report] = SimpleQueue()
        self.settled: list[str | None] = []
        self.failures: list[str | None] = []
        self.works: list[str | None] = []
        self.counters = Counters()
        self.end: Report | None = None

    def start(
        self,
        opener: Callable[[], PairLog] | None = None,
        *,
        reader: Callable[[RawExchange, Counters], Exchange] = read,
        exchanges: int = 100,
        raw_bytes: int = 10**7,
        body_bytes: int = 10**7,
    ) -> Writer:
        self.writer = Writer(
            open_log=opener or (lambda: open_log(self.url, "write")),
            read=reader,
            bounds=BatchBounds(exchanges=exchanges, raw_bytes=raw_bytes, body_bytes=body_bytes),
            deliver=self.reports.put,
            clock=time.monotonic,
        )
        self.writer.start()
        return self.writer

    def next_report(self) -> Report:
        report = self.reports.get(timeout=WAIT_S)
        self.settled += [settled.reason for settled in report.settled]
        if report.ended:
            self.end = report
        else:
            self.failures.append(report.failure)
            self.works.append(report.works)
        for sample in report.counters.snapshot():
            self.counters.add(sample.name, sample.labels, sample.value)
        return report

    def until(self, is_so: Callable[[], object]) -> None:
        while not is_so():
            self.next_report()

    def finish(self, flush_s: float = WAIT_S) -> None:
        self.writer.stop(flush_s)
        self.until(lambda: self.end)

    def logged(self) -> list[int]:
        with contextlib.closing(open_log(self.url, "read")) as log:
            return [exchange.sequence for exchange in each_exchange(log)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "pairs.db")
    yield bench
    bench.writer.stop(0)


def test_exchanges_are_appended_in_order_and_reported(bench: Bench) -> None:
    writer = bench.start()
    for number in range(250):
        writer.put(item(number))
    bench.finish()
    assert bench.settled == [None] * 250
    assert bench.logged() == list(range(250))
    assert bench.counters.get("observations_total", (("target", "production"), ("outcome", "ok"))) == 250
    assert bench.counters.get("recorder_commit_seconds_count") >= 3
    assert bench.end is not None
    assert bench.end.fatal is None


def gated(bench: Bench) -> tuple[threading.Event, list[int], Callable[[], PairLog]]:
    may_append, sizes = threading.Event(), []
    return may_append, sizes, lambda: Gate(open_log(bench.url, "write"), sizes, may_append)


def test_what_gathers_during_a_commit_goes_into_the_next_one_up_to_the_bound(bench: Bench) -> None:
    may_append, sizes, opener = gated(bench)
    writer = bench.start(opener, exchanges=10)
    writer.put(item(0))
    while writer.waiting:  # the thread has taken the first
        time.sleep(0.001)
    for number in range(1, 26):
        writer.put(item(number))
    may_append.set()
    bench.finish()
    assert sizes == [1, 10, 10, 5]


@pytest.mark.parametrize(
    ("gathers", "waiting", "goes_on"),
    [
        (0, 1, True),  # one alone waits for others, once
        (1, 31, False),
        (1, 32, True),
        (2, 63, False),  # fewer came in the second than in the first
        (2, 64, True),
        (3, 96, True),
        (4, 200, False),  # nobody waits longer than four
        (0, 256, False),  # full
        (1, 256, False),
    ],
)
def test_a_batch_waits_for_more_while_many_come_and_it_is_not_full(gathers: int, waiting: int, goes_on: bool) -> None:
    assert goes_on_gathering(gathers, waiting, 256) is goes_on


def test_a_batch_is_bounded_in_bytes_but_never_empty(bench: Bench) -> None:
    may_append, sizes, opener = gated(bench)
    writer = bench.start(opener, raw_bytes=5000)
    writer.put(item(0))
    while writer.waiting:
        time.sleep(0.001)
    for number, size in enumerate((9000, 9000, 2000, 2000, 2000, 2000), 1):
        writer.put(item(number, size))
    may_append.set()
    bench.finish()
    assert sizes == [1, 1, 1, 3, 1]


def test_a_batch_that_unpacks_to_much_takes_several_transactions(bench: Bench) -> None:
    may_append, sizes, opener = gated(bench)
    writer = bench.start(opener, body_bytes=3000)
    writer.put(item(0))
    while writer.waiting:
        time.sleep(0.001)
    for number in range(1, 9):
        writer.put(item(number))  # each has a body of 1,000 bytes
    may_append.set()
    bench.finish()
    assert sizes == [1, 3, 3, 2]
    assert bench.logged() == list(range(9))


# ── a store that fails ──


def test_a_full_disk_keeps_the_batch_until_there_is_room(bench: Bench) -> None:
    pages = [40]

    def opener() -> PairLog:
        log = open_log(bench.url, "write")
        log._connection.execute(f"PRAGMA max_page_count = {pages[0]}")
        return log

    writer = bench.start(opener, exchanges=5)
    for number in range(40):
        writer.put(item(number, 20_000))
    bench.until(lambda: "disk_full" in bench.failures)
    stored = len(bench.settled)
    assert stored < 40
    assert bench.logged() == list(range(stored))
    pages[0] = 100_000
    bench.until(lambda: len(bench.settled) == 40)
    assert bench.failures[-1] is None
    assert bench.settled == [None] * 40
    assert bench.logged() == list(range(40))
    assert bench.counters.get("recorder_store_failures_total", (("reason", "disk_full"),)) >= 1


def impatient(bench: Bench) -> Callable[[], PairLog]:
    def opener() -> PairLog:
        log = open_log(bench.url, "write")
        log._connection.execute("PRAGMA busy_timeout = 20")
        return log

    return opener


def test_a_locked_log_is_waited_for(bench: Bench) -> None:
    writer = bench.start(impatient(bench))
    bench.next_report()  # it is open
    with contextlib.closing(sqlite3.connect(bench.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.put(item(0))
        bench.until(lambda: "busy" in bench.failures)
        other.execute("ROLLBACK")
    bench.until(lambda: bench.settled)
    assert bench.settled == [None]


def test_leaving_with_a_locked_log_costs_what_waits_and_says_so(bench: Bench) -> None:
    writer = bench.start(impatient(bench), exchanges=2)
    bench.next_report()
    with contextlib.closing(sqlite3.connect(bench.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(5):
            writer.put(item(number))
        bench.finish(flush_s=0.2)
        other.execute("ROLLBACK")
    assert bench.settled == ["store_failed"] * 5
    assert bench.logged() == []


def test_after_giving_up_nothing_more_is_tried(bench: Bench) -> None:
    tries: list[int] = []

    def opener() -> PairLog:
        tries.append(1)
        raise LogError("io_error", "gone")

    writer = bench.start(opener, exchanges=1)
    for number in range(50):
        writer.put(item(number))
    bench.finish(flush_s=0)
    assert bench.settled == ["store_failed"] * 50
    assert len(tries) <= 3


@pytest.mark.parametrize("reason", ["corrupt", "read_only"])
def test_leaving_waits_for_no_refusal_that_lasts(bench: Bench, reason: str) -> None:
    tries: list[int] = []

    def opener() -> PairLog:
        tries.append(1)
        raise LogError(reason, "not a pair log")

    writer = bench.start(opener)
    bench.until(lambda: reason in bench.failures)
    for number in range(5):
        writer.put(item(number))
    bench.finish(flush_s=10**6)  # it would take days
    assert bench.settled == ["store_failed"] * 5
    assert bench.works == [None] * len(bench.works)
    assert len(tries) >= 2


def test_leaving_tries_a_refusal_that_may_pass_until_it_does(bench: Bench) -> None:
    full = threading.Event()
    full.set()

    def opener() -> PairLog:
        if full.is_set():
            raise LogError("disk_full", "")
        return open_log(bench.url, "write")

    writer = bench.start(opener)
    writer.put(item(0))
    writer.stop(WAIT_S)
    bench.until(lambda: "disk_full" in bench.failures)
    full.clear()
    bench.until(lambda: bench.end)
    assert bench.settled == [None]
    assert bench.works[-1] == "committed"


def test_a_log_that_cannot_be_opened_yet_is_tried_again(bench: Bench) -> None:
    writer = bench.start(lambda: open_log(f"sqlite:///{bench.path.parent}/later/pairs.db", "write"))
    writer.put(item(0))
    bench.until(lambda: "unavailable" in bench.failures)
    (bench.path.parent / "later").mkdir()
    bench.until(lambda: bench.settled)
    assert bench.settled == [None]


def test_a_log_that_is_moved_away_holds_what_came_before_and_a_new_one_what_comes(bench: Bench, tmp_path: Path) -> None:
    writer = bench.start()
    writer.put(item(1))
    bench.until(lambda: bench.settled == [None])
    bench.path.rename(tmp_path / "pairs.db.1")
    writer.put(item(2))
    bench.until(lambda: bench.settled == [None, None])
    bench.finish()
    assert bench.logged() == [2]
    bench.url = f"sqlite:///{tmp_path}/pairs.db.1"
    assert bench.logged() == [1]
    assert bench.counters.get("recorder_store_failures_total", (("reason", "moved"),)) == 1


def test_a_failure_comes_with_what_to_do(bench: Bench) -> None:
    with contextlib.closing(sqlite3.connect(bench.path)) as other:
        other.execute("CREATE TABLE things (a)")
    bench.start()
    report = bench.next_report()
    assert report.failure == "unavailable"
    assert (
        report.told == f"{bench.path}: this SQLite file belongs to something else; choose another path for the pair log"
    )


def test_a_url_that_cannot_be_meant_is_fatal(bench: Bench) -> None:
    bench.start(lambda: open_log("nowhere", "write"))
    bench.until(lambda: bench.end)
    assert bench.end is not None
    assert isinstance(bench.end.fatal, ConfigurationError)


# ── one exchange is the fault ──


@pytest.mark.parametrize("error", [ProtocolError("stamps"), ZeroDivisionError("a defect")])
def test_an_exchange_that_cannot_be_read_costs_only_itself(bench: Bench, error: Exception) -> None:
    def reader(raw: RawExchange, counters: Counters) -> Exchange:
        if raw.plan.proxy_sequence == 3:
            raise error
        return read(raw, counters)

    writer = bench.start(reader=reader)
    for number in range(6):
        writer.put(item(number))
    bench.finish()
    assert bench.settled == [None, None, None, "unreadable", None, None]
    assert bench.logged() == [0, 1, 2, 4, 5]


ALLOWED = threading.Event()
ALLOWED.set()


class Picky(Gate):
    """Refuses every batch that holds exchange 3."""

    def append(self, exchanges: Sequence[Exchange]) -> None:
        if any(exchange.sequence == 3 for exchange in exchanges):
            raise LogError("other", "string or blob too big")
        super().append(exchanges)


def test_an_exchange_that_the_log_refuses_costs_only_itself(bench: Bench) -> None:
    writer = bench.start(lambda: Picky(open_log(bench.url, "write"), [], ALLOWED))
    for number in range(6):
        writer.put(item(number))
    bench.finish()
    assert bench.settled == [None, None, None, "unstorable", None, None]
    assert bench.logged() == [0, 1, 2, 4, 5]


def test_a_doubtful_error_is_given_some_tries_before_an_exchange_is_blamed(bench: Bench) -> None:
    opened: list[int] = []

    def opener() -> PairLog:
        opened.append(1)
        if len(opened) in (2, 3):
            raise LogError("other", "unable to open database file")
        log = open_log(bench.url, "write")
        return Picky(log, [], ALLOWED) if len(opened) == 1 else log

    writer = bench.start(opener)
    writer.put(item(3))
    bench.finish()
    assert bench.settled == [None]
    assert bench.logged() == [3]
    assert len(opened) == 4


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (LogError("busy", ""), "busy"),
        (LogError("other", ""), "other"),
        (UnavailableError(""), "unavailable"),
        (PermissionError(), "unavailable"),
        (OverflowError(), None),
    ],
)
def test_failures_are_classed_by_whose_they_are(error: Exception, failure: str | None) -> None:
    assert failure_of(error) == failure


# ── retention ──


def test_what_is_beyond_its_bounds_goes_between_batches_and_while_nothing_comes(tmp_path: Path) -> None:
    reports: SimpleQueue[Report] = SimpleQueue()
    url = f"sqlite:///{tmp_path}/log.db"
    writer = Writer(
        open_log=lambda: open_log(url, "write"),
        read=read,
        bounds=BatchBounds(exchanges=256, raw_bytes=1 << 30, body_bytes=1 << 30),
        deliver=reports.put,
        clock=time.monotonic,
        retention=Retention(RetentionOptions(max_exchanges=5), clock=time.monotonic, now=lambda: 0.0),
    )
    for number in range(1, 101):
        writer.put(item(number))
    writer.start()
    pruned = 0.0
    while pruned < 95:  # nothing more is put: the thread goes on by itself
        pruned += reports.get(timeout=WAIT_S).counters.get("store_pruned_exchanges_total", (("reason", "count"),))
    writer.stop(0)
    while not reports.get(timeout=WAIT_S).ended:
        pass
    log = open_log(url, "read")
    assert [exchange.sequence for exchange in each_exchange(log)] == list(range(96, 101))
    log.close()


# ── notes ──


def notes(count: int, *marks: str) -> Notes:
    made = [Mark(at=1.0, kind=kind, endpoint=None, before=None, after=None) for kind in marks]
    return Notes(counts=[FunnelCount(epoch="e", candidate="", stage="opened", reason="", count=count)], marks=made)


def noted(bench: Bench) -> tuple[list[int], list[str]]:
    with contextlib.closing(open_log(bench.url, "read")) as log:
        return [count.count for count in log.funnel()], [mark.kind for mark in log.marks()]


def test_notes_reach_the_log_without_any_exchange(bench: Bench) -> None:
    writer = bench.start()
    writer.note(notes(3, "policy_changed"))
    writer.note(notes(5))
    bench.finish()
    assert noted(bench) == ([5], ["policy_changed"])
    assert bench.settled == []


def test_notes_are_kept_while_the_log_is_locked(bench: Bench) -> None:
    writer = bench.start(impatient(bench))
    bench.next_report()  # it is open
    with contextlib.closing(sqlite3.connect(bench.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.note(notes(3, "policy_changed"))
        bench.until(lambda: "busy" in bench.failures)
        writer.note(notes(4))
        other.execute("ROLLBACK")
    bench.until(lambda: bench.works[-1] == "committed")
    bench.finish()
    assert noted(bench) == ([4], ["policy_changed"])


class Refusing(Gate):
    """A log that takes exchanges and counts, and marks never."""

    def put_marks(self, marks: Sequence[Mark]) -> None:
        self._sizes.append(-len(marks))
        raise ValueError("a mark it cannot store")


def test_notes_that_the_log_refuses_by_themselves_hold_up_no_exchange(bench: Bench) -> None:
    may_append, sizes = threading.Event(), []
    may_append.set()
    writer = bench.start(lambda: Refusing(open_log(bench.url, "write"), sizes, may_append))
    writer.note(notes(3, "a", "b"))
    bench.until(lambda: bench.counters.get("recorder_dropped_notes_total", (("reason", "unstorable"),)) == 2)
    writer.put(item(0))
    bench.until(lambda: bench.settled)
    bench.finish()
    assert sizes == [-2, 1]
    assert noted(bench) == ([3], [])


def test_leaving_a_locked_log_costs_the_notes_and_says_so(bench: Bench) -> None:
    writer = bench.start(impatient(bench))
    bench.next_report()
    with contextlib.closing(sqlite3.connect(bench.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.note(notes(3, "a"))
        bench.finish(flush_s=0.2)
        other.execute("ROLLBACK")
    assert bench.counters.get("recorder_dropped_notes_total", (("reason", "store_failed"),)) == 2


def test_a_model_that_changes_is_marked_and_counted(bench: Bench) -> None:
    def reading(raw: RawExchange, counters: Counters) -> Exchange:
        exchange = read(raw, counters)
        model = "m-1" if raw.plan.proxy_sequence < 3 else "m-2"
        seen = replace(exchange.production, requested_model="m", reported_model=model)
        return replace(exchange, production=seen)

    writer = bench.start(reader=reading)
    for number in range(6):
        writer.put(item(number))
    bench.finish()
    assert noted(bench) == ([], ["model_changed"])
    labels = (("target", "production"), ("what", "model"))
    assert bench.counters.get("recorder_model_changes_total", labels) == 1
