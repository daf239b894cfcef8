"""Calls on their way to a receiver: a queue with an end to it, and the thread that empties it.

The recorder's writer puts calls in and goes on; nothing here makes it wait, and nothing that fails here reaches it. When the
receiver is slow or gone, calls are dropped and counted. What the receiver says of each signal is kept, for the loop to log
when it changes.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from shadowbench.otlp.call import Calls
from shadowbench.otlp.measuring import Measurement, Models, measurements_of
from shadowbench.otlp.options import OtlpOptions
from shadowbench.otlp.spans import Span, by_target, is_kept, spans_of, trace_id_of
from shadowbench.signals import Counters

_LOOK_EVERY_S = 0.25
_BATCH = 128  # exchanges: a few hundred spans, some 200 KB
_TRACES, _METRICS = "traces", "metrics"
_OWN_FAULT = "fault"


class Backend(Protocol):
    """What sends. Called by one thread; the two that send return why it failed, a code from a fixed set, or None."""

    def send_spans(self, spans: Sequence[Span]) -> str | None: ...
    def measure(self, measurements: Sequence[Measurement], span: Span | None) -> None: ...
    def send_metrics(self) -> str | None: ...
    def close(self) -> None: ...


class Outbox:
    """`put` is the writer thread's, `report` and `stop` the loop's; the rest is our own thread's."""

    def __init__(
        self, options: OtlpOptions, open_backend: Callable[[], Backend], *, clock: Callable[[], float]
    ) -> None:
        self._options = options
        self._open_backend = open_backend
        self._clock = clock
        self._destinations = by_target(options.destinations)
        self._models = Models()
        self._waiting: deque[Calls] = deque()
        self._leaving = threading.Event()
        self._give_up_at: float | None = None
        self._backend: Backend | None = None
        # Why the last export of each signal failed: what is so, and what was logged.
        self._now: dict[str, str | None] = {_TRACES: None, _METRICS: None}
        self._logged: dict[str, str | None] = dict(self._now)
        self._crowded_out = 0  # spans; the writer's thread counts
        self._faults = 0  # the writer's thread counts
        self._spans: Counter[str] = Counter()
        self._failures: Counter[tuple[str, str]] = Counter()
        self._thread = threading.Thread(target=self._live, name="otlp", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(self, make: Callable[[], Calls]) -> None:
        """Take the calls of an exchange, if there is room. `make` may fail: that is our fault, and costs these calls only."""
        try:
            calls = make()
            if not calls.calls or not (self._options.metrics or self._is_kept(calls)):
                return
            if len(self._waiting) < self._options.max_waiting:
                self._waiting.append(calls)
            elif self._is_kept(calls):
                self._crowded_out += len(calls.calls)
        except Exception:  # noqa: BLE001  what goes wrong with telling must not cost the exchange
            self._faults += 1

    def stop(self) -> None:
        """Send what waits, for at most `flush_s`. Blocks; not for the loop itself."""
        self._give_up_at = self._clock() + self._options.flush_s
        self._leaving.set()
        if self._thread.ident is None:
            return
        self._thread.join(self._options.flush_s)
        if self._thread.is_alive() and self._backend is not None:
            self._backend.close()  # wakes it where it waits for another try
            self._thread.join(_LOOK_EVERY_S)

    def report(self, counters: Counters) -> None:
        """As signals."""
        for result in ("sent", "failed"):
            counters.set_total("otlp_spans_total", self._spans[result], (("result", result),))
        dropped = self._spans["dropped"] + self._crowded_out
        counters.set_total("otlp_spans_total", dropped, (("result", "dropped"),))
        failures = Counter(dict(self._failures))
        failures[_TRACES, _OWN_FAULT] += self._faults
        for (signal, reason), count in failures.items():
            counters.set_total("otlp_failures_total", count, (("signal", signal), ("reason", reason)))
        counters.gauge("otlp_waiting_exchanges", len(self._waiting))

    def news(self) -> Iterator[tuple[str, str]]:
        """A level and a sentence for the log, where what the receiver says has changed since it was last asked."""
        for signal, failure in self._now.items():
            if failure == self._logged[signal]:
                continue
            self._logged[signal] = failure
            if failure is None:
                yield "info", f"the OTLP receiver takes {signal} again"
            else:
                yield "warning", f"the OTLP receiver does not take {signal}: {failure}"

    # ── the thread ──

    def _live(self) -> None:
        try:
            self._backend = backend = self._open_backend()
        except Exception as error:  # noqa: BLE001  without a way to send the queue fills, and what it drops is counted
            self._now[_TRACES] = type(error).__name__
            self._failures[_TRACES, _OWN_FAULT] += 1
            return
        metrics_due = self._clock() + self._options.every_s
        while not self._leaving.wait(_LOOK_EVERY_S):
            self._send_all(backend)
            if self._options.metrics and self._clock() >= metrics_due:
                self._send_metrics(backend)
                metrics_due = self._clock() + self._options.every_s
        self._send_all(backend)
        if self._options.metrics:
            self._send_metrics(backend)
        backend.close()

    def _send_all(self, backend: Backend) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            spans = [span for calls in batch for span in self._tell(backend, calls)]
            if not spans:
                continue
            if self._is_over():
                self._spans["dropped"] += len(spans)
                continue
            failure = backend.send_spans(spans)
            self._spans["sent" if failure is None else "failed"] += len(spans)
            self._note(_TRACES, failure)

    def _tell(self, backend: Backend, calls: Calls) -> list[Span]:
        """The spans of an exchange, its values measured."""
        try:
            spans = spans_of(calls, self._destinations) if self._is_kept(calls) else []
            if self._options.metrics:
                for number, call in enumerate(calls.calls):
                    found = list(measurements_of(call, self._destinations.get(call.target), self._models))
                    backend.measure(found, spans[number] if spans else None)
        except Exception:  # noqa: BLE001  a bug in telling of one exchange must not end the thread
            self._failures[_TRACES, _OWN_FAULT] += 1
            return []
        return spans

    def _send_metrics(self, backend: Backend) -> None:
        if not self._is_over():
            self._note(_METRICS, backend.send_metrics())

    def _note(self, signal: str, failure: str | None) -> None:
        self._now[signal] = failure
        if failure is not None:
            self._failures[signal, failure] += 1

    def _is_kept(self, calls: Calls) -> bool:
        return is_kept(calls.context, trace_id_of(calls), self._options.sample)

    def _is_over(self) -> bool:
        return self._give_up_at is not None and self._clock() >= self._give_up_at
