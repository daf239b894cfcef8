"""One helper for all stream tests: a transcript runs whole, byte by byte, and in random cuts."""

import random
from collections.abc import Callable

import pytest

Cut = Callable[[bytes], list[bytes]]


def whole(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def at_random(data: bytes) -> list[bytes]:
    chance = random.Random(20251121)
    chunks = []
    while data:
        length = chance.randint(1, 9)
        chunks.append(data[:length])
        data = data[length:]
    return chunks


@pytest.fixture(params=[whole, byte_by_byte, at_random], ids=lambda way: way.__name__)
def cut(request: pytest.FixtureRequest) -> Cut:
    """How the bytes are cut into chunks."""
    way: Cut = request.param
    return way
