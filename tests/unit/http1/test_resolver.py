"""Names to addresses, with a memory."""

import socket

import pytest

from shadowbench.http1.resolver import TTL_S, Resolver


class Loop:
    """A loop with a resolver and a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.answer: list[str] | Exception = ["10.0.0.1"]
        self.asked = 0

    def time(self) -> float:
        return self.now

    async def getaddrinfo(self, host: str, port: int, *, type: int):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return [(socket.AF_INET, type, 6, "", (ip, port)) for ip in self.answer]


async def resolved(resolver: Resolver) -> list[str]:
    return [address.sockaddr[0] for address in await resolver.resolve("a.test", 80)]


async def test_answers_are_kept_for_their_time_in_their_order():
    loop = Loop()
    loop.answer = ["10.0.0.2", "10.0.0.1"]
    resolver = Resolver(loop)
    assert await resolved(resolver) == ["10.0.0.2", "10.0.0.1"]
    loop.now = TTL_S - 1
    loop.answer = ["10.0.0.3"]
    assert await resolved(resolver) == ["10.0.0.2", "10.0.0.1"]
    loop.now = TTL_S + 1
    assert await resolved(resolver) == ["10.0.0.3"]
    assert loop.asked == 2


async def test_an_old_answer_beats_an_error_and_the_resolver_is_not_pestered():
    loop = Loop()
    resolver = Resolver(loop)
    await resolved(resolver)
    loop.answer = socket.gaierror(-3, "temporary failure")
    loop.now = 1000.0
    assert await resolved(resolver) == ["10.0.0.1"]
    loop.now += TTL_S - 1
    assert await resolved(resolver) == ["10.0.0.1"] and loop.asked == 2
    loop.now += 2
    loop.answer = ["10.0.0.9"]
    assert await resolved(resolver) == ["10.0.0.9"]


async def test_a_name_that_was_never_known_is_an_error_each_time():
    loop = Loop()
    loop.answer = socket.gaierror(-2, "unknown")
    resolver = Resolver(loop)
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            await resolved(resolver)
    assert loop.asked == 2


async def test_ports_are_resolved_apart():
    loop = Loop()
    resolver = Resolver(loop)
    first, second = await resolver.resolve("a.test", 80), await resolver.resolve("a.test", 81)
    assert (first[0].sockaddr[1], second[0].sockaddr[1]) == (80, 81)
