"""Metrics that do everything wrong."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import time
from typing import Any

from shadowbench.metrics.base import Absent, metric
from shadowbench.metrics.view import PairView
from shadowbench.scores import Direction, Shape

_BACKTRACKS = re.compile(r"(a|a)*b")  # twice as long for every further letter, in C code that looks for no signals
promises: Any = metric(version="1", shape=Shape.PAIR, direction=Direction.HIGHER, low=0, high=1)


def _is_first(pair: PairView) -> bool:
    return pair.ref.number == 1


@promises
def raises(pair: PairView) -> float:
    """Raises, with a user's words in the message."""
    raise ValueError(pair.candidate.text)


@promises
def hangs(pair: PairView) -> float:
    """Hangs in Python at the first exchange, and catches what it can."""
    while _is_first(pair):
        try:
            time.sleep(0.01)
        except Exception:  # noqa: BLE001  some do
            pass
    return 1.0


@promises
def hangs_in_c(pair: PairView) -> float:
    """Hangs in C at the first exchange."""
    if _is_first(pair):
        _BACKTRACKS.fullmatch("a" * 60)
    return 1.0


@promises
def always_hangs(pair: PairView) -> float:
    """Hangs at every exchange."""
    time.sleep(1000)
    return 1.0


@promises
def crashes(pair: PairView) -> float:
    """Takes the process along at the first exchange."""
    if _is_first(pair):
        ctypes.string_at(0)
    return 1.0


@promises
def leaves(pair: PairView) -> float:
    """Ends the process at the first exchange, without a word."""
    if _is_first(pair):
        os._exit(0)
    return 1.0


@promises
def not_a_number(pair: PairView) -> float:
    """NaN."""
    return float("nan")


@promises
def beyond(pair: PairView) -> float:
    """More than it promises."""
    return 2.0


@promises
def words(pair: PairView) -> str:
    """Something else than a value."""
    return "good"


@promises
def sentence(pair: PairView) -> Absent:
    """An absence whose reason is a user's text."""
    return Absent(f"because of {pair.candidate.text}")


@promises
def prints(pair: PairView) -> float:
    """Writes where messages could be expected."""
    os.write(1, b"x" * 100_000)
    print(pair.candidate.text, flush=True)
    return 1.0


@promises
def spoils(pair: PairView) -> float:
    """Empties what it is given, down to the view itself."""
    list.clear(pair.candidate.words)  # type: ignore[arg-type]
    for each in (pair.production, pair.candidate, pair):
        each.__dict__.clear()
    return 1.0


@promises
def forks(pair: PairView) -> float:
    """Leaves a copy of the process behind that goes on like the first."""
    if _is_first(pair):
        os.fork()
    return 1.0


@promises
def leaves_a_program(pair: PairView) -> float:
    """Starts a program, which would outlive everything."""
    if _is_first(pair):
        subprocess.Popen(["sleep", "4242.4242"])
    return 1.0


METRICS = (
    raises, hangs, hangs_in_c, always_hangs, crashes, leaves, not_a_number, beyond, words, sentence, prints, forks, spoils,
    leaves_a_program,
)  # fmt: skip
