"""Scorers that do as they are told: what the contract of the score log is tried with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from shadowbench.scores import PairRef, Score
from shadowbench.store.base import PairLog
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import Claim, ScoreLog


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder}/log.db"


@contextmanager
def logs_in(folder: Path) -> Iterator[tuple[PairLog, ScoreLog]]:
    with closing(open_log(url_in(folder), "write")) as log, closing(open_score_log(url_in(folder), "change")) as scores:
        yield log, scores


def scores_for(claim: Claim, value: float = 1.0) -> list[Score]:
    """One for everything that is missing."""
    return [
        Score(pair.number, pair.side, measure, value, None)
        for pair, missing in claim.missing.items()
        for measure in missing
    ]


def take(
    scores: ScoreLog,
    measures: Sequence[int],
    *,
    owner: str = "w",
    lane: str = "metrics",
    size: int = 4,
    now: float = 0.0,
    lease_s: float = 60.0,
) -> Claim | None:
    return scores.claim(owner=owner, lane=lane, measures=measures, size=size, now=now, lease_s=lease_s)


def drain(
    scores: ScoreLog,
    measures: Sequence[int],
    *,
    owner: str = "w",
    lane: str = "metrics",
    size: int = 4,
    now: float = 0.0,
) -> int:
    """Score until there is nothing to do; how many scores were new."""
    new = 0
    while claim := take(scores, measures, owner=owner, lane=lane, size=size, now=now):
        new += scores.settle(claim, scores_for(claim))
    return new


def pairs_in(log: PairLog) -> set[PairRef]:
    """All pairs of the log, by number and side."""
    found: set[PairRef] = set()
    after, upto, at_end = 0, log.newest(), False
    while not at_end:
        page = log.page(after=after, upto=upto, with_bodies=False)
        for number, exchange in zip(page.numbers, page.exchanges, strict=True):
            found |= {PairRef(number, side) for side in range(1, len(exchange.candidates) + 1)}
        after, at_end = page.last, page.at_end
    return found


def scored(scores: ScoreLog, measures: Sequence[int], upto: int = 2**62) -> list[tuple[int, int, int]]:
    return [score[:3] for score in scores.scores_of(measures, after=0, upto=upto)]


def everything(log: PairLog, measures: Sequence[int]) -> list[tuple[int, int, int]]:
    """What `scored` finds when all is done: each pair once with each measure, in order."""
    return sorted((pair.number, pair.side, measure) for pair in pairs_in(log) for measure in measures)
