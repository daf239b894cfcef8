"""A process that somebody stopped is not one that hangs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from shadowbench.scoring.beat import At
from shadowbench.scoring.stops import CallClock, is_stopped


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_a_process_is_stopped_or_it_is_not(child: subprocess.Popen[bytes]) -> None:
    assert not is_stopped(child.pid)
    os.kill(child.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED)
    assert is_stopped(child.pid)
    os.kill(child.pid, signal.SIGCONT)
    os.waitid(os.P_PID, child.pid, os.WCONTINUED)
    assert not is_stopped(child.pid)


def test_one_that_is_gone_is_not_stopped(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.communicate()
    assert not is_stopped(child.pid)


def called(started: float, sequence: int = 1) -> At:
    return At(sequence, 7, 1, 0, started)


def test_a_call_has_lasted_since_it_began_and_a_task_since_it_was_given() -> None:
    clock = CallClock(100.0, look_s=1.0)
    assert clock.look(None, 101.0, was_stopped=False) == (0.0, 1.0)
    assert clock.look(called(101.5), 102.0, was_stopped=False) == (0.5, 2.0)
    assert clock.look(called(101.5), 103.0, was_stopped=False) == (1.5, 3.0)


def test_while_the_process_is_stopped_neither_goes_on() -> None:
    clock = CallClock(100.0, look_s=1.0)
    clock.look(called(100.5), 101.0, was_stopped=False)
    for second in range(102, 160):
        call_s, task_s = clock.look(called(100.5), second, was_stopped=True)
        assert (call_s, task_s) == (0.5, 1.0)
    assert clock.look(called(100.5), 160.0, was_stopped=False) == (1.5, 2.0)


def test_one_that_is_stopped_for_ever_is_given_up() -> None:
    clock = CallClock(100.0, look_s=1.0)
    lasted = [clock.look(called(100.5), 101.0 + second, was_stopped=True)[0] for second in range(700)]
    assert max(lasted[:600]) <= 1.0 and lasted[-1] > 90.0


def test_a_watcher_that_comes_back_late_was_stopped_itself() -> None:
    clock = CallClock(100.0, look_s=1.0)
    clock.look(called(100.5), 101.0, was_stopped=False)
    assert clock.look(called(100.5), 600.0, was_stopped=False) == (0.5, 1.0)


def test_the_next_call_begins_anew() -> None:
    clock = CallClock(100.0, look_s=1.0)
    clock.look(called(100.5), 101.0, was_stopped=True)
    clock.look(called(100.5), 102.0, was_stopped=True)
    assert clock.look(called(102.5, sequence=2), 103.0, was_stopped=False) == (0.5, 1.0)


def test_a_call_that_began_while_nobody_looked_has_not_lasted_for_less_than_nothing() -> None:
    clock = CallClock(100.0, look_s=1.0)
    assert clock.look(called(104.5), 105.0, was_stopped=False)[0] == 0.0
