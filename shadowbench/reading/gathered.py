"""Several logs as one: which requests and pairs those that were read so far have. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shadowbench.stats.columns import BoolArray, IntArray
from shadowbench.store.columns import Coded, PairColumns

_LOG_PLACE = 48  # bits: an exchange's number in its log is below


def request_codes(log: IntArray | int, number: IntArray) -> IntArray:
    """One number for each request of several logs, (n,), from the log's place among them and the exchange's number in it."""
    return np.asarray((np.asarray(log, np.int64) << _LOG_PLACE) + number)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredColumns(PairColumns):
    """One log's pairs among those of several."""

    request: IntArray  # (n,): which request each is of


class Gathered:
    """Grows log by log. A request is known by its exchange's id, a pair by its request and the candidate's name: another log
    that has the request may have other candidates for it."""

    def __init__(self) -> None:
        self._requests: dict[str, int] = {}  # by the exchange's id, as the first log has it
        self._pairs: dict[str, IntArray] = {}  # requests by candidate

    def requests(self, log: int, ids: Sequence[str], numbers: IntArray, wanted: IntArray) -> IntArray:
        """The requests of these exchanges of a log, (n,): the code of the first log that has one. `ids` and `numbers`: all its
        exchanges, ascending. One that is not among them was deleted meanwhile; it is nobody else's."""
        own = request_codes(log, numbers)
        codes = np.array(
            [self._requests.setdefault(id, code) for id, code in zip(ids, own.tolist(), strict=True)], np.int64
        )
        if not codes.size:
            return request_codes(log, wanted)
        places = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
        return np.where(numbers[places] == wanted, codes[places], request_codes(log, wanted))

    def fresh(self, requests: IntArray, candidate: Coded) -> BoolArray:
        """Which of a log's pairs no log before has, (n,). From now on these are known, too."""
        found = np.ones(len(requests), np.bool_)
        for code, name in enumerate(candidate.texts):
            mine = candidate.codes == code
            known = self._pairs.get(name, np.empty(0, np.int64))
            found[mine] = ~np.isin(requests[mine], known)
            self._pairs[name] = np.concatenate([known, requests[mine]])
        return found
