"""Which candidates an exchange is sampled for, and how likely that was. Pure.

Two numbers are drawn for an exchange, both uniform, both fixed by keyed hashes:

    point   by the sampling key, compared with rates. All exchanges with one key have the same, and all candidates: one with
            a lower rate sees a subset of what one with a higher rate sees, so that they can be compared on the same exchanges.
    lot     by the exchange itself, compared with the shares that load leaves (`thinning`).

What the proxy did bounds it from above. With key request or header it compared the same point with the rate it had in force,
`admitted`: together they are one comparison with the lower of both. With key conversation it cannot know the key, which is in
the body, and drew by the request: two independent draws, whose probabilities multiply.

    request, header:NAME   probability = min(rate, admitted) × share
    conversation           probability = rate × admitted × share
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from shadowbench import keyed
from shadowbench.making import maker_of
from shadowbench.mirror.head import RequestHead

_BY_HEADER = "header:"
_BY_CONVERSATION = "conversation"
THINNED = "thinned"
WARMING_UP = "warming_up"


class SampleKey(NamedTuple):
    """What draws the point."""

    header: bytes | None  # lower case
    is_conversation: bool = False

    @staticmethod
    def of(text: str) -> SampleKey:
        """From request | header:NAME | conversation."""
        if text.startswith(_BY_HEADER):
            return SampleKey(text.removeprefix(_BY_HEADER).strip().lower().encode("latin-1"))
        return SampleKey(None, text == _BY_CONVERSATION)

    def point(self, salt: bytes, head: RequestHead, request_key: bytes) -> int:
        """With key request or header: as the proxy computed it. A request whose header is missing or blank draws for itself."""
        value = head.headers.get(self.header) if self.header is not None else None
        return keyed.sample_point(salt, request_key if value is None or keyed.is_blank(value) else value)

    @staticmethod
    def conversation_point(salt: bytes, conversation: bytes | None, request_key: bytes) -> int:
        """With key conversation. Never the proxy's point, from which it must be independent."""
        own = b"conversation:%b" % conversation if conversation is not None else b"alone:%b" % request_key
        return keyed.sample_point(salt, own)


class Bound(NamedTuple):
    """How far the proxy let points pass when it opened the exchange."""

    admitted: float
    is_independent: bool  # it compared another point than ours

    def limit(self, rate: float) -> float:
        """What our point is compared with."""
        return rate if self.is_independent else min(rate, self.admitted)

    def probability(self, rate: float, share: float) -> float:
        """That both sides let the exchange pass."""
        return (rate * self.admitted if self.is_independent else min(rate, self.admitted)) * share


class Draw(NamedTuple):
    """For whom an exchange is sampled."""

    probabilities: dict[int, float]  # candidate's index → how likely it was
    eligible: tuple[int, ...]  # candidates whose rate let it pass, before shares
    reason: str  # why nobody is left, where shares decided


_new_draw = maker_of(Draw)


def draw(point: int, own_lot: int, rates: Sequence[float], shares: Sequence[float], bound: Bound) -> Draw:
    """Compare the point with every candidate's rate and the lot with its share."""
    passed: list[int] = []
    chosen: dict[int, float] = {}
    for index, rate in enumerate(rates):
        limit = bound.limit(rate)
        if limit <= 0 or point >= keyed.threshold(limit):
            continue
        passed.append(index)
        share = shares[index]
        if share >= 1.0 or own_lot < keyed.threshold(share):
            chosen[index] = bound.probability(rate, share)
    if chosen or not passed:
        return _new_draw(chosen, tuple(passed), "")
    return Draw({}, tuple(passed), THINNED if any(shares[index] > 0 for index in passed) else WARMING_UP)


def lot(salt: bytes, request_key: bytes) -> int:
    """The exchange's own number on [0, 2**64), independent of every point."""
    return int.from_bytes(blake2b(request_key, digest_size=8, key=salt, person=b"lot").digest(), "big")
