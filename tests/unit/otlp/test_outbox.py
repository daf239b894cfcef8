"""A queue that never makes its writer wait: what is sent, what is dropped, what is told of both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from shadowbench.otlp.call import Calls
from shadowbench.otlp.measuring import Measurement
from shadowbench.otlp.options import OtlpOptions
from shadowbench.otlp.outbox import Backend, Outbox
from shadowbench.otlp.spans import Span
from shadowbench.signals import Counters
from shadowbench.wire.trace_context import TraceContext
from tests.unit.otlp.test_spans import CALLS, SPAN, TRACE

OPTIONS = OtlpOptions(endpoint="http://collector.test", every_s=1000)


class Recorded:
    """A backend that remembers, and fails when told to. `held` makes it wait until it is set."""

    def __init__(self) -> None:
        self.failure: str | None = None
        self.spans: list[Span] = []
        self.measured: list[Measurement] = []
        self.exports_of_metrics = 0
        self.closed = threading.Event()
        self.held: threading.Event | None = None
        self.sending = threading.Event()

    def send_spans(self, spans: Sequence[Span]) -> str | None:
        self.sending.set()
        if self.held is not None:
            self.held.wait(20)
        if self.failure is None:
            self.spans += spans
        return self.failure

    def measure(self, measurements: Sequence[Measurement], span: Span | None) -> None:
        self.measured += measurements

    def send_metrics(self) -> str | None:
        self.exports_of_metrics += 1
        return self.failure

    def close(self) -> None:
        self.closed.set()
        if self.held is not None:
            self.held.set()


@contextmanager
def running(backend: Recorded, options: OtlpOptions = OPTIONS) -> Iterator[Outbox]:
    """Sends until the block ends, then all that waits."""
    outbox = Outbox(options, lambda: backend, clock=time.monotonic)
    outbox.start()
    try:
        yield outbox
    finally:
        outbox.stop()


def told(outbox: Outbox) -> dict[tuple[str, ...], float]:
    counters = Counters()
    outbox.report(counters)
    return {(each.name, *[value for _, value in each.labels]): each.value for each in counters.snapshot() if each.value}


def traced(calls: Calls = CALLS, *, sampled: bool = True) -> Callable[[], Calls]:
    return lambda: replace(calls, context=TraceContext(TRACE, SPAN, sampled))


def test_what_waits_is_sent_when_we_leave_and_counted() -> None:
    backend = Recorded()
    with running(backend) as outbox:
        outbox.put(traced())
    assert [span.attributes["shadowbench.target"] for span in backend.spans] == ["production", "small"]
    assert (len(backend.measured), backend.exports_of_metrics) == (10, 1)
    assert backend.closed.is_set()
    assert told(outbox) == {("otlp_spans_total", "sent"): 2}


def test_a_trace_that_is_not_kept_is_measured_and_has_no_spans() -> None:
    backend = Recorded()
    with running(backend) as outbox:
        outbox.put(traced(sampled=False))
    assert (backend.spans, len(backend.measured)) == ([], 10)
    assert told(outbox) == {}


def test_without_metrics_and_spans_nothing_is_done() -> None:
    backend = Recorded()
    with running(backend, replace(OPTIONS, metrics=False, sample=0.0)) as outbox:
        outbox.put(traced())
    assert (backend.spans, backend.measured, backend.exports_of_metrics) == ([], [], 0)


def test_what_does_not_fit_is_dropped_and_counted_and_nobody_waits() -> None:
    backend = Recorded()
    backend.held = threading.Event()
    with running(backend, replace(OPTIONS, max_waiting=3)) as outbox:
        outbox.put(traced())
        assert backend.sending.wait(20)  # the first is on its way, and stays there
        for _ in range(5):
            outbox.put(traced())
        assert told(outbox) == {("otlp_spans_total", "dropped"): 4, ("otlp_waiting_exchanges",): 3}
        backend.held.set()
    assert told(outbox) == {("otlp_spans_total", "sent"): 8, ("otlp_spans_total", "dropped"): 4}


def test_a_failure_is_counted_and_told_once_until_it_changes() -> None:
    backend = Recorded()
    backend.failure = "http_503"
    with running(backend) as outbox:
        outbox.put(traced())
        until(lambda: told(outbox).get(("otlp_spans_total", "failed")) == 2)
        assert list(outbox.news()) == [("warning", "the OTLP receiver does not take traces: http_503")]
        assert list(outbox.news()) == []
        backend.failure = None
        outbox.put(traced())
        until(lambda: told(outbox).get(("otlp_spans_total", "sent")) == 2)
        assert list(outbox.news()) == [("info", "the OTLP receiver takes traces again")]
    assert told(outbox)[("otlp_failures_total", "traces", "http_503")] == 1


def test_what_cannot_be_told_costs_only_itself() -> None:
    def broken() -> Calls:
        raise ValueError("a bug")

    backend = Recorded()
    with running(backend) as outbox:
        outbox.put(broken)
        outbox.put(traced())
    assert told(outbox) == {("otlp_spans_total", "sent"): 2, ("otlp_failures_total", "traces", "fault"): 1}


def test_a_receiver_of_traces_alone_is_told_of_once_however_often_metrics_fail() -> None:
    class TracesOnly(Recorded):
        def send_metrics(self) -> str | None:
            super().send_metrics()
            return "http_404"

    backend, said = TracesOnly(), []
    with running(backend, replace(OPTIONS, every_s=0.01)) as outbox:
        for exports in range(1, 4):
            outbox.put(traced())
            until(lambda exports=exports: backend.exports_of_metrics >= exports and len(backend.spans) == 2 * exports)
            said += outbox.news()
    assert said == [("warning", "the OTLP receiver does not take metrics: http_404")]


def test_a_bug_in_telling_of_one_exchange_does_not_end_the_telling() -> None:
    class Stumbling(Recorded):
        def measure(self, measurements: Sequence[Measurement], span: Span | None) -> None:
            if not self.measured:
                self.measured += measurements
                raise ValueError("a bug")

    backend = Stumbling()
    with running(backend) as outbox:
        outbox.put(traced())
        outbox.put(traced())
    assert told(outbox) == {("otlp_spans_total", "sent"): 2, ("otlp_failures_total", "traces", "fault"): 1}


def test_without_a_backend_what_comes_is_dropped_and_said() -> None:
    def missing() -> Backend:
        raise ImportError("no opentelemetry")

    outbox = Outbox(replace(OPTIONS, max_waiting=1), missing, clock=time.monotonic)
    outbox.start()
    outbox.put(traced())
    outbox.put(traced())
    until(lambda: [sentence[-11:] for _, sentence in outbox.news()] == ["ImportError"])
    outbox.stop()
    assert told(outbox)[("otlp_spans_total", "dropped")] == 2


def test_leaving_takes_no_longer_than_it_may() -> None:
    backend = Recorded()
    backend.held = threading.Event()
    with running(backend, replace(OPTIONS, flush_s=0.05)) as outbox:
        outbox.put(traced())
        assert backend.sending.wait(20)
        outbox.put(traced())
    assert backend.closed.is_set()  # it was called off, not waited for


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
