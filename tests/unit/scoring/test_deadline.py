"""Calls that do not end are interrupted."""

import signal
import threading
from collections.abc import Iterator

import pytest

from shadowbench.metrics.running import DeadlineError
from shadowbench.scoring import deadline
from shadowbench.scoring.deadline import Deadline


@pytest.fixture(autouse=True)
def _alarm_as_before() -> Iterator[None]:
    # pytest-timeout has the timer of this process: it gets it back.
    handler, timer = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    yield
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, *timer)


def for_ever() -> float:
    while True:
        try:
            threading.Event().wait(10)
        except Exception:  # noqa: BLE001  a metric that catches what it can
            pass


def test_a_call_that_ends_returns_what_it_returns() -> None:
    assert Deadline(10)(lambda: 0.5) == 0.5


def test_a_call_that_does_not_is_interrupted_whatever_exceptions_it_catches() -> None:
    with pytest.raises(DeadlineError):
        Deadline(0.02)(for_ever)


def test_what_it_raises_goes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        Deadline(10)(lambda: 1 / 0)


def test_time_between_calls_is_nobodys() -> None:
    guard = Deadline(0.02)
    guard(lambda: 1.0)
    for _ in range(5):
        signal.raise_signal(signal.SIGALRM)
        threading.Event().wait(0.01)
    assert guard(lambda: 0.5) == 0.5


def test_it_rings_no_more_when_it_is_stopped() -> None:
    guard = Deadline(10)
    guard.stop()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_time_that_the_process_did_not_have_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was stopped, or others had the processor: nothing rang meanwhile, and it used no time."""
    now, used = [100.0], [1.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(deadline.time, "process_time", lambda: used[0])
    monkeypatch.setattr(signal, "setitimer", lambda *_: None)
    guard = Deadline(8.0)

    def call() -> float:
        for gone_s, used_s in ((1.0, 1.0), (60.0, 0.1), (1.0, 0.0), (2.5, 2.5)):
            now[0] += gone_s
            used[0] += used_s
            signal.raise_signal(signal.SIGALRM)
        return 0.5

    assert guard(call) == 0.5


@pytest.mark.parametrize("used_s", [9.0, 5.0])
def test_time_without_a_ring_counts_when_the_process_had_it(used_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """C code hears no signals, and uses time."""
    now, used = [100.0], [1.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(deadline.time, "process_time", lambda: used[0])
    monkeypatch.setattr(signal, "setitimer", lambda *_: None)
    guard = Deadline(8.0)

    def call() -> float:
        now[0] += 9.0
        used[0] += used_s
        signal.raise_signal(signal.SIGALRM)
        return 0.5

    with pytest.raises(DeadlineError):
        guard(call)
