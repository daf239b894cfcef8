"""Which candidates an exchange is sampled for. Pure.

One salted hash per exchange, compared with every candidate's rate: a candidate with a lower rate sees a subset of what one with
a higher rate sees, so that candidates can be compared on the same exchanges.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from shadowbench import keyed
from shadowbench.mirror.head import RequestHead

BY_REQUEST = "request"
_BY_HEADER = "header:"


def header_of_key(sample_key: str) -> bytes | None:
    """The lower-case header name in a sample key, None when every request draws for itself."""
    if sample_key.startswith(_BY_HEADER):
        return sample_key.removeprefix(_BY_HEADER).strip().lower().encode("latin-1")
    return None


def sampling_key(sample_header: bytes | None, head: RequestHead, epoch: str, sequence: int) -> bytes:
    """What is hashed. A request without the header draws for itself. A credential stands as its placeholder.

    The proxy computes the same: it must be the same point that both compare with their rates.
    """
    value = head.headers.get(sample_header) if sample_header is not None else None
    return value if value is not None else keyed.request_key(epoch, sequence)


def inclusion_probabilities(point: int, rates: Sequence[float], admitted: float) -> dict[int, float]:
    """Index of each candidate that `point` admits → the probability that it did.

    `admitted` is the rate below which the proxy let points pass when it opened the exchange.
    """
    bounds = ((index, min(rate, admitted)) for index, rate in enumerate(rates))
    return {index: bound for index, bound in bounds if bound > 0 and point < keyed.threshold(bound)}


def cluster_key(salt: bytes, value: bytes) -> str:
    """A keyed hash of what groups dependent pairs: equal for equal values, useless otherwise."""
    return blake2b(value, digest_size=12, key=salt, person=b"cluster").hexdigest()
