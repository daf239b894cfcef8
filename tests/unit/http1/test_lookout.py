"""Looking after a peer from which nothing is read, on a real pair of sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from shadowbench.http1.lookout import Lookout
from tests.mirrors import eventually


class Transport:
    """As much of one as is asked."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str) -> Any:
        return {"socket": self.sock}[name]


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


class Looking:
    """A look-out that looks all the time, and how often it told that the peer left."""

    def __init__(self, here: socket.socket) -> None:
        self.transport = Transport(here)
        self.told = 0
        self.lookout = Lookout(self.transport, self._tell, every_s=0.0)  # type: ignore[arg-type]

    def _tell(self) -> None:
        self.told += 1


async def some_turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_peer_that_is_there_is_not_told_whatever_it_sent(pair: tuple[socket.socket, socket.socket]) -> None:
    looking = Looking(pair[0])
    looking.lookout.begin()
    pair[1].send(b"more than anybody reads")
    await some_turns()
    assert looking.told == 0
    looking.lookout.end()


@pytest.mark.parametrize("how", [socket.SHUT_WR, None])
async def test_a_peer_that_left_is_told_once(how: int | None, pair: tuple[socket.socket, socket.socket]) -> None:
    looking = Looking(pair[0])
    looking.lookout.begin()
    await some_turns()
    if how is None:
        pair[1].close()
    else:
        pair[1].shutdown(how)
    await eventually(lambda: looking.told > 0)
    await some_turns()
    assert looking.told == 1


async def test_nobody_looks_once_reading_goes_on(pair: tuple[socket.socket, socket.socket]) -> None:
    looking = Looking(pair[0])
    looking.lookout.begin()
    looking.lookout.end()
    looking.lookout.end()
    pair[1].close()
    await some_turns()
    assert looking.told == 0
    looking.lookout.begin()
    await eventually(lambda: looking.told == 1)


async def test_a_connection_that_is_being_closed_is_not_looked_after(pair: tuple[socket.socket, socket.socket]) -> None:
    looking = Looking(pair[0])
    looking.lookout.begin()
    looking.transport.closing = True
    pair[1].close()
    await some_turns()
    assert looking.told == 0
