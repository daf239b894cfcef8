"""What a worker and its runner say to each other: JSON with its length before it, over a stream socket. Pure.

    runner   {"running": WHAT}                   before a plugin's code runs for the first time; "" when it came back
             {"ready": [MEASURE, …]}             once; or {"refused": WHY}: the metrics cannot be used as configured
    worker   {"first": 1, "last": 64, "whole": 10, "pairs": [[NUMBER, SIDE, [METRIC, …]], …], "references": {NUMBER: TEXT}}
    runner   {"scores": [SCORE, …], "complete": true, "fresh": {CANDIDATE: 64}, "names": [[NUMBER, SIDE, CANDIDATE], …],
              "resident": BYTES};
             or {"failed": WHY}: the log could not be read

A METRIC is a place among the runner's metrics, and stands for the measure in a SCORE. `complete` is false when the runner
stopped before the end, because a metric had to be interrupted: what is left is asked for again. `fresh` are the
pairs that lacked every metric (`whole` of them are called now), by candidate. `names` says whose each scored pair is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson

from shadowbench.making import maker_of
from shadowbench.scores import Measure, PairRef, Score
from shadowbench.worker import from_json, to_json

LENGTH = struct.Struct("=I")
_score = maker_of(Score)


def pack(message: Mapping[str, Any]) -> bytes:
    """A message as it is sent."""
    text = orjson.dumps(message, option=orjson.OPT_NON_STR_KEYS)
    return LENGTH.pack(len(text)) + text


def unpack(text: bytes) -> dict[str, Any]:
    """The inverse, without the length."""
    message: dict[str, Any] = orjson.loads(text)
    return message


def received(incoming: BinaryIO) -> dict[str, Any]:
    """The next message of a stream. Raises EOFError where it ends, within a message or before."""
    head = incoming.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    text = incoming.read(length := LENGTH.unpack(head)[0])
    if len(text) < length:
        raise EOFError
    return unpack(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Pairs of the exchanges `first` to `last`, and the metrics that each lacks. A pair that lacks `whole` lacks all."""

    first: int
    last: int
    whole: int
    pairs: Mapping[PairRef, Sequence[int]]
    references: Mapping[int, str]

    def told(self) -> dict[str, Any]:
        """As a message."""
        pairs = [[ref.number, ref.side, list(metrics)] for ref, metrics in self.pairs.items()]
        return {
            "first": self.first,
            "last": self.last,
            "whole": self.whole,
            "pairs": pairs,
            "references": dict(self.references),
        }

    @staticmethod
    def of(message: Mapping[str, Any]) -> Task:
        """The inverse."""
        return Task(
            first=message["first"],
            last=message["last"],
            whole=message["whole"],
            pairs={PairRef(number, side): metrics for number, side, metrics in message["pairs"]},
            references={int(number): text for number, text in message["references"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a runner made of a task."""

    scores: Sequence[Score]
    complete: bool
    resident_bytes: int
    fresh: Mapping[str, int] = field(default_factory=dict)  # pairs that had no score before, by candidate
    names: Mapping[PairRef, str] = field(default_factory=dict)  # candidates of the pairs that have scores here

    def told(self) -> dict[str, Any]:
        """As a message."""
        scores = [tuple(score) for score in self.scores]  # a tuple with names is no JSON
        return {
            "scores": scores,
            "complete": self.complete,
            "resident": self.resident_bytes,
            "fresh": dict(self.fresh),
            "names": [[ref.number, ref.side, name] for ref, name in self.names.items()],
        }

    @staticmethod
    def of(message: Mapping[str, Any]) -> Done:
        """From a message."""
        scores = [_score(*row) for row in message["scores"]]
        return Done(
            scores=scores,
            complete=message["complete"],
            resident_bytes=message["resident"],
            fresh=message["fresh"],
            names={PairRef(number, side): name for number, side, name in message["names"]},
        )


def ready(measures: Iterable[Measure]) -> dict[str, Any]:
    """The runner's first word."""
    return {"ready": [to_json(measure) for measure in measures]}


def measures_of(message: Mapping[str, Any]) -> Sequence[Measure]:
    """The inverse."""
    return [from_json(Measure, fields) for fields in message["ready"]]
