"""What a run shows: the difference that scrapes make to the delay of chunks, its interval, and what is promised. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import t as student

PROMISED_MS = 0.5
_LEVEL = 0.95
_CHUNKS_SHARE = 0.98  # less came in time: something else than scrapes is the matter
_OWN_SHARE = 0.9  # of its core that the load may use before it measures itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One-way delays of the chunks of one window."""

    chunks: int
    p50_us: float
    p99_us: float
    max_us: float
    chunks_share: float  # of those that were to come
    ended: int  # streams that came to their end meanwhile
    broken: int  # connections lost since the streams began
    own_share: float  # of its core that the load itself used
    own_late_p99_us: float  # how late the load's own timer rang


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Its windows, in the order off, on, on, off: what drifts evenly falls on both alike."""

    off: tuple[Window, Window]
    on: tuple[Window, Window]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """One answer of /metrics. `status` is 0 where there was none."""

    status: int
    seconds: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Of milliseconds: the mean over rounds, and the interval in which the true one lies in 95 of 100 runs."""

    mean: float
    low: float
    high: float
    rounds: int

    def __str__(self) -> str:
        return f"{self.mean:+.3f} ms ({self.low:+.3f} to {self.high:+.3f})"


def interval(values: Sequence[float]) -> Difference:
    """Student's t over rounds. Raises ValueError unless there are two or more."""
    count = len(values)
    if count < 2:
        raise ValueError(f"an interval needs two rounds or more, not {count}")
    mean = statistics.fmean(values)
    half = float(student.ppf((1 + _LEVEL) / 2, count - 1)) * statistics.stdev(values) / math.sqrt(count)
    return Difference(mean=mean, low=mean - half, high=mean + half, rounds=count)


def made_by_scrapes(rounds: Sequence[Round], quantile: str = "p99_us") -> Difference:
    """With scrapes less without, round by round; `quantile` is a field of windows."""
    return interval([(_mean(each.on, quantile) - _mean(each.off, quantile)) / 1000 for each in rounds])


def made_by_nothing(rounds: Sequence[Round], quantile: str = "p99_us") -> Difference:
    """The same between the two windows without scrapes: what this machine does by itself."""
    return interval([(getattr(each.off[1], quantile) - getattr(each.off[0], quantile)) / 1000 for each in rounds])


def _mean(windows: Sequence[Window], quantile: str) -> float:
    return statistics.fmean(getattr(each, quantile) for each in windows)


def windows_of(rounds: Sequence[Round]) -> list[Window]:
    """All of them, as they were measured."""
    return [window for each in rounds for window in (each.off[0], *each.on, each.off[1])]


def shortfalls(rounds: Sequence[Round], scrapes: Sequence[Scrape], recorded: float) -> list[str]:
    """What was promised and did not come, and what makes a run worthless; one a line. `recorded`: exchanges in the log."""
    found = made_by_scrapes(rounds)
    windows = windows_of(rounds)
    told = []
    if not found.high < PROMISED_MS:
        words = f"p99 of the chunk delay: {found} does not end below {PROMISED_MS} ms"
        told.append(words + ("; 0 lies within: too noisy to tell" if found.low <= 0 else ""))
    if broken := windows[-1].broken:
        told.append(f"{broken} streams broke")
    if failed := sum(each.status != 200 for each in scrapes):
        told.append(f"{failed} of {len(scrapes)} scrapes were not answered")
    if not scrapes:
        told.append("nothing was scraped")
    if not recorded:
        told.append("nothing was recorded: mirroring was not at work")
    if (least := min(each.chunks_share for each in windows)) < _CHUNKS_SHARE:
        told.append(f"a window had only {least:.1%} of its chunks")
    if (most := max(each.own_share for each in windows)) > _OWN_SHARE:
        told.append(f"the load used {most:.0%} of its core: it measured itself")
    return told
