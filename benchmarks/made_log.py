"""Writes a large invented pair log, fast: what reports and gates are measured on, and checked against the truth.

    python -m benchmarks.made_log FILE [--pairs 1000000] [--metrics 6] [--seed 1]

The log is as the mirror, the recorder and scorers would leave it, by the statements of the store; `made_pairs.py` has its
numbers. Prints the true effects as JSON, of pairs where both sides answered and with failures at the worst score. The same
arguments give the same rows.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks.made_pairs import (
    CANDIDATES,
    JUDGED,
    PROBABILITIES,
    PRODUCTION,
    SHARES,
    STRATA,
    TWIN_GIVEN_SMALL,
    Floats,
    Ints,
    MadeChunk,
    MadeSide,
    intended_effects,
    made_chunks,
    true_effects,
)
from shadowbench.records import Answer, Choice, FunnelCount, Mark
from shadowbench.scores import Direction, Measure, Shape
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.queries import statements
from shadowbench.store.rows import encode_answer
from shadowbench.store.transactions import NULL

_LOG, _SCORES = statements("pair_log"), statements("scores")

MEASURES = tuple(
    Measure(
        name=name, kind=kind, shape=shape, direction=direction, low=0.0, high=high, version="1", config_hash="made",
    )
    for name, kind, shape, direction, high in (
        ("contains", "metric", Shape.SIDES, Direction.HIGHER, 1.0),
        ("rubric", "judge", Shape.SIDES, Direction.HIGHER, 1.0),
        ("embedding_cosine_ngrams", "metric", Shape.PAIR, Direction.HIGHER, 1.0),
        ("json_valid", "metric", Shape.SIDES, Direction.HIGHER, 1.0),
        ("pairwise", "judge", Shape.PAIR, Direction.HIGHER, 1.0),
        ("word_count", "metric", Shape.SIDES, Direction.NEITHER, None),
    )
)  # fmt: skip
FAULTS = (
    ("ok", None, 200),
    ("http_error", "status", 429),
    ("timed_out", "timed_out_first_byte", None),
    ("truncated", "reset", 200),
    ("not_sent", "not_sent:stale", None),
)
NOT_SENT = 4
_MODELS = ("small-1", "large-1", "large-1")
_ENDPOINTS = (*CANDIDATES, "production")
_QUESTION = orjson.dumps({"model": "large", "messages": [{"role": "user", "content": "What is said here? " * 8}]})
_SAID = tuple(
    encode_answer(Answer(choices=(Choice(text=text * 5, finish_reason="stop"),)))
    for text in ("The capital of Latvia is Riga. ", "97 is a prime above 90. ", "In Danish one says 'godmorgen'. ")
)
_USAGE = {True: "reported", False: "missing"}


def make_log(path: Path, *, pairs: int, metrics: int, seed: int) -> None:
    """Write the log to `path`, which must not exist. Raises ValueError for a number of metrics that there are not."""
    if not 0 <= metrics <= len(MEASURES):
        raise ValueError(f"metrics must be between 0 and {len(MEASURES)}")
    if path.exists():
        raise ValueError(f"{path} is there already; name another file")
    url = f"sqlite:///{path}"
    with closing(open_log(url, "write")) as log:
        log.put_marks(
            [Mark(at=1_760_400_000.0, kind="model_changed", endpoint="small", before="small-0", after="small-1")]
        )
    with closing(open_score_log(url, "change")) as scores:
        ids = scores.register(MEASURES[:metrics])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # whoever loses it makes it again
        connection.execute("PRAGMA cache_size = -100000")
        newest = 0
        for chunk in made_chunks(pairs, seed):
            connection.execute("BEGIN IMMEDIATE")
            _write(connection, chunk, ids)
            connection.execute("COMMIT")
            newest = chunk.first + len(chunk) - 1
        connection.execute("UPDATE measures SET done_upto = ?", (newest,))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with closing(open_log(url, "write")) as log:
        log.put_funnel(_funnel(newest))
    with closing(open_score_log(url, "change")) as scores:
        while scores.make_segment(ids, token="made"):
            pass


def _write(connection: sqlite3.Connection, chunk: MadeChunk, ids: Sequence[int]) -> None:
    numbers = np.arange(chunk.first, chunk.first + len(chunk))
    connection.executemany(_LOG["insert_exchange"], _exchange_rows(chunk, numbers))
    connection.executemany(_LOG["insert_request"], zip(numbers.tolist(), repeat("[]"), repeat(_QUESTION.decode())))
    # Production is side 0 in the log and comes last here; rows go in by (exchange, side), as their table keeps them.
    connection.executemany(_LOG["insert_observation"], _in_order(chunk, numbers, _observation_rows))
    connection.executemany(_LOG["insert_response"], _in_order(chunk, numbers, _response_rows))
    connection.executemany(_SCORES["insert_score"], _score_rows(chunk, numbers, ids))
    pairs = sum(int(side.is_there.sum()) for side in chunk.sides[:PRODUCTION])
    connection.execute(_LOG["keep_count"], (len(chunk), pairs))


def _exchange_rows(chunk: MadeChunk, numbers: Ints) -> Iterator[tuple[Any, ...]]:
    strata = [STRATA[place] for place in chunk.stratum.tolist()]
    return (
        (number, f"0199c2b0-0000-7000-8000-{number:012x}", at, "POST", "/v1/chat/completions", "openai.chat", NULL,
         f"{cluster * 0x9E3779B97F4A7C15 % 2**128:032x}", f"tenant-{cluster % 7}", NULL, stratum, "e1", number, 1, "m1",
         len(_QUESTION), NULL)
        for number, at, cluster, stratum in zip(
            numbers.tolist(), chunk.started_at.tolist(), chunk.cluster.tolist(), strata, strict=True
        )
    )  # fmt: skip


def _in_order(chunk: MadeChunk, numbers: Ints, rows_of: Any) -> Iterator[tuple[Any, ...]]:
    small, twin, production = (rows_of(chunk, numbers, place) for place in (0, 1, PRODUCTION))
    for three in zip(production, small, twin, strict=True):
        yield from (row for row in three if row is not None)


def _observation_rows(chunk: MadeChunk, numbers: Ints, place: int) -> Iterator[tuple[Any, ...] | None]:
    side = chunk.sides[place]
    number_of_side = 0 if place == PRODUCTION else place + 1
    chances: Iterable[float] = repeat(NULL)
    if place != PRODUCTION:
        chances = (PROBABILITIES * (TWIN_GIVEN_SMALL if place else 1.0))[chunk.stratum].tolist()
    endpoint, model, config = _ENDPOINTS[place], _MODELS[place], NULL if place == PRODUCTION else f"c-{place}"
    for number, chance, there, fault, streamed, latency, ttft, lag, asked, said, usd in zip(
        numbers.tolist(), chances, *_listed(side), strict=False
    ):
        outcome, reason, status = FAULTS[fault]
        answered = not fault
        yield (
            number, number_of_side, chance, config, "stop" if answered else NULL, usd,
            NULL if answered or fault == NOT_SENT else "no_usage", NULL, 0,
            endpoint, outcome, reason or NULL, status or NULL, int(streamed), NULL, model, model if answered else NULL,
            NULL, NULL, _USAGE[answered], asked, said, NULL, NULL, NULL,
            NULL if place == PRODUCTION else 0.001, NULL, ttft, ttft, ttft, latency, said, 0.01, 0.03, 0.05, 0.0, lag,
            600, 0, "openai.chat",
        ) if there else None  # fmt: skip


def _listed(side: MadeSide) -> tuple[list[Any], ...]:
    columns = (side.is_there, side.fault, side.streamed, side.latency_s, side.ttft_s, side.lag_s)
    return tuple(column.tolist() for column in (*columns, side.input_tokens, side.output_tokens, side.cost_usd))


def _response_rows(chunk: MadeChunk, numbers: Ints, place: int) -> Iterator[tuple[Any, ...] | None]:
    side = chunk.sides[place]
    number_of_side = 0 if place == PRODUCTION else place + 1
    answered = (side.is_there & (side.fault == 0)).tolist()
    for number, is_answer in zip(numbers.tolist(), answered, strict=True):
        yield (number, number_of_side, NULL, _SAID[(number + place) % 3], NULL) if is_answer else None


def _score_rows(chunk: MadeChunk, numbers: Ints, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    production, both = chunk.sides[PRODUCTION], chunk.sides[:PRODUCTION]
    lanes = [
        [_scored(chunk, place, measure, side, production) for measure in range(len(ids))]
        for place, side in enumerate(both)
    ]
    there = [side.is_there.tolist() for side in both]
    for row, number in enumerate(numbers.tolist()):
        for place, lane in enumerate(lanes):
            if there[place][row]:
                for id, columns in zip(ids, lane, strict=True):
                    yield (number, place + 1, id, *[column[row] for column in columns], NULL)


def _scored(
    chunk: MadeChunk, place: int, measure: int, side: MadeSide, production: MadeSide
) -> tuple[list[Any], list[Any], list[Any], list[Any], list[Any]]:
    """Value, reason, production's value and reason, probability."""
    values, theirs = _values(chunk, place, measure, side, production)
    reasons, their_reasons = [[_fault_reason(fault) for fault in each.fault.tolist()] for each in (side, production)]
    what = MEASURES[measure]
    if what.name == "json_valid":
        reasons, their_reasons = (_where_asked(each, chunk.stratum.tolist()) for each in (reasons, their_reasons))
    if what.shape is Shape.PAIR:  # both answers or nothing
        reasons = [_first(ours, other) for ours, other in zip(reasons, their_reasons, strict=True)]
    elif (
        what.kind == "judge"
    ):  # the side that has an answer is judged; where none has, the candidate's reason stands for both
        their_reasons = [
            ours if isinstance(ours, str) and isinstance(other, str) else other
            for ours, other in zip(reasons, their_reasons, strict=True)
        ]
    if what.kind == "judge":  # draws before it looks at the pair
        drawn = chunk.drawn[:, place].tolist()
        reasons, their_reasons = (
            [why if yes else "not_drawn" for why, yes in zip(each, drawn, strict=True)]
            for each in (reasons, their_reasons)
        )
    if what.shape is Shape.PAIR:
        their_reasons = [NULL] * len(chunk)
    probability = [JUDGED if what.kind == "judge" else 1.0] * len(chunk)
    return (_where_none(values, reasons), reasons, _where_none(theirs, their_reasons), their_reasons, probability)


def _first(one: str | float, other: str | float) -> str | float:
    return one if isinstance(one, str) else other


def _where_asked(reasons: Sequence[str | float], strata: Sequence[int]) -> list[str | float]:
    """JSON was asked for where the stratum says so; that the side failed is seen before."""
    return [
        why if stratum == 2 or isinstance(why, str) else "json_not_asked"
        for why, stratum in zip(reasons, strata, strict=True)
    ]


def _values(chunk: MadeChunk, place: int, measure: int, side: MadeSide, production: MadeSide) -> tuple[Floats, Floats]:
    nothing = np.full(len(chunk), np.nan)
    if measure == 1:
        return side.holds[:, 1:5].mean(axis=1), production.holds[:, 1:5].mean(axis=1)
    if measure == 2:
        return chunk.likeness[:, place], nothing
    if measure == 4:
        return (1 + side.holds[:, 5].astype(float) - production.holds[:, 5]) / 2, nothing
    if measure == 5:
        return side.words, production.words
    which = 0 if measure == 0 else 4
    return side.holds[:, which].astype(float), production.holds[:, which].astype(float)


def _fault_reason(fault: int) -> str | float:
    return f"fault_{FAULTS[fault][0]}" if fault else NULL


def _where_none(values: Floats, reasons: Sequence[str | float]) -> list[float]:
    return [NULL if isinstance(why, str) else value for value, why in zip(values.tolist(), reasons, strict=True)]


def _funnel(recorded: int) -> list[FunnelCount]:
    """Traffic of which so many requests were drawn, and all of those recorded: as much as they stand for."""
    seen = round(recorded / float(SHARES @ PROBABILITIES))
    proxy = [FunnelCount(epoch="p1", candidate="", stage="seen", reason="handed_off", count=seen)]
    stages = {"opened": seen, "eligible": seen, "unsampled": seen - recorded, "sampled": recorded, "recorded": recorded}
    return proxy + [
        FunnelCount(epoch="m1", candidate="", stage=stage, reason="", count=count) for stage, count in stages.items()
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--metrics", type=int, default=len(MEASURES))
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    started = time.perf_counter()
    try:
        make_log(wanted.file, pairs=wanted.pairs, metrics=wanted.metrics, seed=wanted.seed)
    except ValueError as error:
        sys.exit(str(error))
    sys.stderr.write(f"{wanted.file}: {wanted.pairs} pairs in {time.perf_counter() - started:.0f} s\n")
    print(json.dumps({"answered": true_effects(), "intended": intended_effects()}))


if __name__ == "__main__":
    main()
