"""The one thread that owns the pair log: reads exchanges out of their bytes, and appends them in groups.

Why a thread of its own: a commit waits for the disk and an exchange of several MB takes a while to read, and meanwhile the
loop must keep the mirror's socket drained, or the mirror would have to drop copies. Reading happens here rather than on the
loop for the same reason; the interpreter switches threads every 5 ms, the socket buffers more than that.

Group commit: whatever has gathered while the last transaction ran goes into the next one, up to a bound. At low rates an
exchange waits 20 ms for others; while dozens come in that time, up to 80 ms, for a commit takes as long as four exchanges take
to read. Under load one fsync serves hundreds. Nothing is reported as recorded before its commit returned.

When the log refuses (disk full, locked, device fault) the batch is kept and tried again with back-off, until the store comes
back or the recorder has to leave. Meanwhile others wait, and `memory.Memory` decides how many. On leaving, a refusal that may
pass is waited out for a while; one that lasts (a damaged file) gets one last try.
An exchange that the log refuses by itself, whatever the state of the disk, must not block the others: after an error that is
not the surroundings', or that stays doubtful, the batch is appended one by one and what is refused alone is discarded.

Notes (counts of the funnel, marks) follow the batch in a transaction of their own and are kept like it while the log refuses.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from shadowbench.errors import ConfigurationError, ProtocolError, UnavailableError
from shadowbench.making import maker_of
from shadowbench.recorder.changes import ChangeWatch
from shadowbench.recorder.costs import SideCost, count_cost, side_costs
from shadowbench.recorder.ledger import Place
from shadowbench.recorder.memory import STORE_FAILED
from shadowbench.recorder.notes import Notepad, Notes
from shadowbench.recorder.raw import RawExchange
from shadowbench.records import Exchange, Observation
from shadowbench.signals import Counters
from shadowbench.store.base import LogError, LogSizes, PairLog
from shadowbench.store.retention import Retention

UNREADABLE = "unreadable"
UNSTORABLE = "unstorable"
_FIRST_DELAY_S = 0.05
_GATHER_S = 0.02  # what comes within this time goes into one transaction
_MOST_GATHERS = 4  # in a row, while each brings so many that a commit for them all is worth it
_MANY = 32  # per gather: 1,600 a second
_LONGEST_DELAY_S = 2.0
DOUBTFUL = "other"  # the reason of a `LogError` that may be the store's fault (no descriptors left) or an exchange's
_DOUBTFUL_TRIES = 4  # within a second
# These do not pass by themselves within the seconds that a leaving recorder has. "unavailable": no folder, a newer schema.
_LASTING = frozenset({"corrupt", "read_only", "unavailable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchBounds:
    """How much one transaction takes."""

    exchanges: int
    raw_bytes: int  # as they came
    body_bytes: int  # content-decoded


class Item(NamedTuple):
    """An exchange on its way to the log, and who waits for the news."""

    raw: RawExchange
    place: Place
    owner: object


class _Read(NamedTuple):
    """An item and what it says; None when it could not be read."""

    item: Item
    exchange: Exchange | None


class Settled(NamedTuple):
    """How it went for one exchange: `reason` is None when it is in the log."""

    item: Item
    reason: str | None
    costs: tuple[SideCost, ...] = ()  # of one that is in the log


_read, _settled = maker_of(_Read), maker_of(Settled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """News from the writer's thread. The loop handles reports in order."""

    settled: Sequence[Settled] = ()
    counters: Counters = field(default_factory=Counters)
    failure: str | None = None  # the store has just failed, and why
    told: str = ""  # of a failure: what the store said of it, with what to do
    works: Literal["opened", "committed"] | None = None  # what the store has just done
    sizes: LogSizes | None = None
    fatal: BaseException | None = None  # the thread has ended by this
    ended: bool = False


class Writer:
    """Owns the thread. `put`, `note`, `waiting` and `stop` are called from the loop, `deliver` from the thread."""

    def __init__(
        self,
        *,
        open_log: Callable[[], PairLog],
        read: Callable[[RawExchange, Counters], Exchange],
        bounds: BatchBounds,
        deliver: Callable[[Report], None],
        clock: Callable[[], float],
        retention: Retention | None = None,
    ) -> None:
        self._open_log = open_log
        self._read = read
        self._bounds = bounds
        self._deliver = deliver
        self._clock = clock
        self._retention = retention
        self._log: PairLog | None = None
        self._items: deque[Item] = deque()
        self._notepad = Notepad()
        self._changes = ChangeWatch()
        # Protects _notepad and _give_up_at, and wakes the thread out of waiting for work or for another try.
        self._changed = threading.Condition()
        self._give_up_at: float | None = None  # set once the recorder leaves
        self._gave_up = False  # it left while the store failed: nothing is tried any more
        self._thread = threading.Thread(target=self._live, name="recorder-writer", daemon=True)

    @property
    def waiting(self) -> int:
        """Exchanges not taken into a batch yet."""
        return len(self._items)

    def start(self) -> None:
        """Open the log and begin."""
        self._thread.start()

    def put(self, item: Item) -> None:
        """Queue one exchange. The caller bounds how much waits."""
        self._items.append(item)
        # Without the lock, which each exchange would take twice. Behind another item there is nobody to wake: the thread
        # does not wait while it sees one, and it looks with the lock held.
        if len(self._items) == 1:
            with self._changed:
                self._changed.notify()

    def note(self, notes: Notes) -> None:
        """Queue notes. How many wait is bounded; those beyond are counted."""
        with self._changed:
            self._notepad.add(notes)
            self._changed.notify()

    def stop(self, flush_s: float) -> None:
        """Append what waits, then end the thread. A store that still fails after `flush_s` costs the rest."""
        with self._changed:
            self._give_up_at = self._clock() + flush_s
            self._changed.notify()

    # ── the thread ──

    def _live(self) -> None:
        fatal: BaseException | None = None
        try:
            self._open_patiently()
            while (batch := self._gather()) is not None:
                if batch:
                    self._settle(batch)
                self._store_notes()
            self._close()
        except BaseException as error:  # noqa: BLE001  carried to the loop, which ends the process by it
            fatal = error
        self._deliver(Report(ended=True, fatal=fatal))

    def _open_patiently(self) -> None:
        delay_s = _FIRST_DELAY_S
        while True:
            try:
                self._opened()
            except UnavailableError as error:
                self._gave_up = not self._wait(failure_of(error) or DOUBTFUL, str(error), delay_s)
                if self._gave_up:
                    return
                delay_s = min(_LONGEST_DELAY_S, 2 * delay_s)
            else:
                self._deliver(Report(works="opened"))
                return

    def _gather(self) -> list[Item] | None:
        """The next batch, empty when only notes wait; None when there will be nothing more."""
        while not self._has_work(self._prune()):
            pass  # a slice of pruning each time, until something comes
        with self._changed:
            gathers = 0
            while self._give_up_at is None and goes_on_gathering(gathers, len(self._items), self._bounds.exchanges):
                # More comes while the first waits; not to be woken for each is a third of the work under load.
                self._changed.wait_for(lambda: self._give_up_at is not None, _GATHER_S)
                gathers += 1
            batch: list[Item] = []
            room = self._bounds.raw_bytes
            while self._items and len(batch) < self._bounds.exchanges and room > 0:
                batch.append(self._items.popleft())
                room -= batch[-1].raw.held_bytes
            return batch if batch or self._notepad else None

    def _has_work(self, patience_s: float | None) -> bool:
        """Wait for an item, a note or the word to leave; False when `patience_s` passed without either."""
        with self._changed:
            return self._changed.wait_for(
                lambda: bool(self._items or self._notepad) or self._give_up_at is not None, patience_s
            )

    def _prune(self) -> float | None:
        """A slice of retention. Returns in how many seconds there may be more to do; None: not before the next batch."""
        if self._retention is None or self._log is None or self._give_up_at is not None:
            return None
        counters = Counters()
        try:
            rest_s = self._retention.step(self._log.upkeep, counters)
        except LogError as error:
            counters.add("store_prune_failures_total", (("reason", error.reason),))
            rest_s = _LONGEST_DELAY_S
        self._deliver(Report(counters=counters))
        return rest_s

    def _settle(self, batch: list[Item]) -> None:
        """Read and append. A batch that unpacks to more than its bound (compressed bodies) takes several transactions."""
        counters = Counters()
        group: list[_Read] = []
        room = self._bounds.body_bytes
        for item in batch:
            exchange = self._try_read(item, counters)
            group.append(_read(item, exchange))
            room -= 0 if exchange is None else _body_bytes(exchange)
            if room <= 0:
                self._finish(group, counters)
                counters, group, room = Counters(), [], self._bounds.body_bytes
        if group:
            self._finish(group, counters)

    def _finish(self, group: list[_Read], counters: Counters) -> None:
        exchanges = [read.exchange for read in group if read.exchange is not None]
        reasons = iter(self._append(exchanges, counters))
        settled = []
        outcomes: Counter[tuple[str, str]] = Counter()
        for read in group:
            reason = UNREADABLE if read.exchange is None else next(reasons)
            if read.exchange is None or reason is not None:
                settled.append(_settled(read.item, reason))
                continue
            settled.append(_settled(read.item, None, side_costs(read.item.raw, read.exchange)))
            for seen in _observations(read.exchange):
                outcomes[seen.endpoint, seen.outcome._value_] += 1
                count_cost(seen, counters)
                self._notice_changes(seen, read.exchange.started_at, counters)
        for (endpoint, outcome), count in outcomes.items():
            counters.add("observations_total", (("target", endpoint), ("outcome", outcome)), count)
        # Without a commit there is no news of the store: nothing could be read, or the recorder gave up.
        works: Literal["committed"] | None = "committed" if any(s.reason is None for s in settled) else None
        self._deliver(Report(settled=settled, counters=counters, works=works, sizes=self._sizes()))

    def _notice_changes(self, seen: Observation, at: float, counters: Counters) -> None:
        if marks := self._changes.notice(seen, at):
            for mark in marks:
                what = mark.kind.removesuffix("_changed")
                counters.add("recorder_model_changes_total", (("target", seen.endpoint), ("what", what)))
            with self._changed:
                self._notepad.add(Notes(marks=marks))

    def _store_notes(self) -> None:
        """Store what waits, whatever it takes; notes that the log refuses by themselves are dropped."""
        with self._changed:
            notes, dropped = self._notepad.take()
        counters = Counters()
        if dropped:
            counters.add("recorder_dropped_notes_total", (("reason", "full"),), dropped)
        for count, put in (
            (len(notes.counts), lambda log: log.put_funnel(notes.counts)),
            (len(notes.marks), lambda log: log.put_marks(notes.marks)),
        ):
            reason = self._try_notes(put) if count else None
            if reason is not None:
                counters.add("recorder_dropped_notes_total", (("reason", reason),), count)
        if counters.snapshot():
            self._deliver(Report(counters=counters))

    def _try_notes(self, put: Callable[[PairLog], None], doubtful_tries: int = _DOUBTFUL_TRIES) -> str | None:
        """Why they are not in the log; None when they are."""
        delay_s = _FIRST_DELAY_S
        while not self._gave_up:
            try:
                put(self._opened())
            except ConfigurationError:
                raise
            except Exception as error:  # noqa: BLE001  whose fault it is decides the next lines
                failure, told = failure_of(error), str(error)
            else:
                if delay_s > _FIRST_DELAY_S:
                    self._deliver(Report(works="committed"))
                return None
            doubtful_tries -= failure == DOUBTFUL
            if failure is None or doubtful_tries < 0:
                return UNSTORABLE
            self._gave_up = not self._wait(failure, told, delay_s)
            delay_s = min(_LONGEST_DELAY_S, 2 * delay_s)
        return STORE_FAILED

    def _try_read(self, item: Item, counters: Counters) -> Exchange | None:
        try:
            return self._read(item.raw, counters)
        except Exception as error:  # noqa: BLE001  what is wrong with one exchange must not cost the others
            kind = "frames" if isinstance(error, ProtocolError) else type(error).__name__
            counters.add("recorder_read_errors_total", (("kind", kind),))
            return None

    def _append(
        self, exchanges: list[Exchange], counters: Counters, doubtful_tries: int = _DOUBTFUL_TRIES
    ) -> list[str | None]:
        """Append, whatever it takes. Per exchange the reason why it is not in the log, None when it is."""
        delay_s = _FIRST_DELAY_S
        while exchanges:
            if self._gave_up:
                return [STORE_FAILED] * len(exchanges)
            try:
                self._commit(exchanges, counters)
                return [None] * len(exchanges)
            except ConfigurationError:
                raise
            except Exception as error:  # noqa: BLE001  whose fault it is decides the next lines
                failure, told = failure_of(error), str(error)
            doubtful_tries -= failure == DOUBTFUL
            if failure is None or doubtful_tries < 0:
                return self._append_singly(exchanges, counters)
            self._gave_up = not self._wait(failure, told, delay_s)
            delay_s = min(_LONGEST_DELAY_S, 2 * delay_s)
        return []

    def _append_singly(self, exchanges: list[Exchange], counters: Counters) -> list[str | None]:
        if len(exchanges) == 1:
            return [UNSTORABLE]
        # The log had its tries: one that is refused alone is at fault itself.
        return [reason for exchange in exchanges for reason in self._append([exchange], counters, 0)]

    def _commit(self, exchanges: list[Exchange], counters: Counters) -> None:
        log = self._opened()
        began = self._clock()
        log.append(exchanges)
        counters.add("recorder_commit_seconds_count")
        counters.add("recorder_commit_seconds_sum", n=self._clock() - began)

    def _wait(self, failure: str, told: str, delay_s: float) -> bool:
        """Wait before another try, with the log closed: a fresh connection is free of whatever the fault left in the old
        one, and finds a file that was put back. False when there is no time for another try."""
        self._close()
        counters = Counters()
        counters.add("recorder_store_failures_total", (("reason", failure),))
        self._deliver(Report(failure=failure, told=told, counters=counters))
        with self._changed:
            if self._give_up_at is not None:
                left_s = 0.0 if failure in _LASTING else self._give_up_at - self._clock()
                delay_s = min(delay_s, left_s)
            if delay_s > 0:
                # Woken early by `stop` or by a new item; trying once too often is harmless.
                self._changed.wait(delay_s)
            return delay_s > 0

    def _opened(self) -> PairLog:
        if self._log is None:
            self._log = self._open_log()
        return self._log

    def _close(self) -> None:
        if self._log is not None:
            log, self._log = self._log, None
            log.close()

    def _sizes(self) -> LogSizes | None:
        return None if self._log is None else self._log.sizes()


def goes_on_gathering(gathers: int, waiting: int, bound: int) -> bool:
    """Whether a batch waits for more, having waited for so many gathers: what is full goes, and what grows slowly."""
    return waiting < bound and gathers < _MOST_GATHERS and waiting >= gathers * _MANY


def failure_of(error: Exception) -> str | None:
    """Why the surroundings refuse, as far as one can tell; None when the fault is in what was to be stored."""
    if isinstance(error, LogError):
        return error.reason
    return "unavailable" if isinstance(error, UnavailableError | OSError) else None


def _body_bytes(exchange: Exchange) -> int:
    return len(exchange.request_body or b"") + sum([len(seen.body or b"") for seen in _observations(exchange)])


def _observations(exchange: Exchange) -> list[Observation]:
    return [exchange.production, *[candidate.observation for candidate in exchange.candidates]]
