"""Who lets a client in, and when."""

import asyncio
import errno
import mmap
import os
import socket

import pytest

from shadowbench.proxy.doorman import ABSENT, Doorman, Slots
from shadowbench.signals import Counters
from tests.integration.proxying import eventually, on_uvloop


class Kept(asyncio.Protocol):
    def __init__(self, arrived: list[asyncio.BaseTransport]) -> None:
        self._arrived = arrived

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._arrived.append(transport)


class Door:
    """A doorman at a real socket; `slots` is its page."""

    def __init__(self, sock: socket.socket | None = None, slots: Slots | None = None) -> None:
        self.sock = sock or socket.create_server(("127.0.0.1", 0))
        self.sock.setblocking(False)
        self.counters = Counters()
        self.arrived: list[asyncio.BaseTransport] = []
        self.doorman = Doorman(
            [self.sock], lambda: Kept(self.arrived), slots=slots or Slots(-1, 0, 1), counters=self.counters, tls=None
        )
        self.doorman.start()

    async def knock(self) -> socket.socket:
        client = socket.socket()
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, self.sock.getsockname())
        return client

    def close(self, *clients: socket.socket) -> None:
        self.doorman.stop()
        for transport in self.arrived:
            transport.abort()  # type: ignore[attr-defined]
        for client in clients:
            client.close()
        self.sock.close()


def page(*counts: int) -> int:
    fd = os.memfd_create("slots")
    os.ftruncate(fd, mmap.PAGESIZE)
    os.write(fd, b"".join(count.to_bytes(4, "little") for count in counts))
    return fd


def test_slots_tell_who_holds_more_than_the_least_loaded():
    fd = page(7, 3, ABSENT)
    first, second = Slots(fd, 0, 3), Slots(fd, 1, 3)
    assert not first.has_more_than_least() and not second.has_more_than_least(), "both begin with none"
    first.hold(1)
    assert first.has_more_than_least() and not second.has_more_than_least()
    second.hold(1)
    assert not first.has_more_than_least()
    os.close(fd)


def test_an_absent_worker_is_nobody_to_stand_back_for():
    fd = page(0, ABSENT)
    slots = Slots(fd, 0, 2)
    slots.hold(1000)
    assert not slots.has_more_than_least()
    os.close(fd)


@on_uvloop
async def test_clients_are_let_in_until_it_stops():
    door = Door()
    clients = [await door.knock() for _ in range(5)]
    await eventually(lambda: len(door.arrived) == 5)
    address = door.sock.getsockname()
    waiting = socket.create_connection(address)  # nobody was told of it yet
    door.doorman.stop()
    await eventually(lambda: len(door.arrived) == 6)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
    door.close(*clients, waiting)


@on_uvloop
async def test_the_busier_worker_lets_a_client_in_when_nobody_else_does():
    fd = page(0, 0)
    slots = Slots(fd, 0, 2)
    slots.hold(5)
    door = Door(slots=slots)
    clients = [await door.knock() for _ in range(3)]
    await eventually(lambda: len(door.arrived) == 3)
    door.close(*clients)
    os.close(fd)


@on_uvloop
async def test_the_idle_worker_is_left_the_client():
    fd = page(0, 0)
    busy_slots, idle_slots = Slots(fd, 0, 2), Slots(fd, 1, 2)
    busy_slots.hold(5)
    busy = Door(slots=busy_slots)
    idle = Door(busy.sock.dup(), idle_slots)
    clients = [await busy.knock() for _ in range(4)]
    await eventually(lambda: len(busy.arrived) + len(idle.arrived) == 4)
    assert idle.arrived
    idle.doorman.stop()
    for transport in idle.arrived:
        transport.abort()  # type: ignore[attr-defined]
    busy.close(*clients)
    os.close(fd)


@on_uvloop
async def test_without_descriptors_it_counts_waits_and_goes_on():
    door = Door()
    real = door.sock

    class Exhausted:
        family = real.family
        left = 2

        def fileno(self) -> int:
            return real.fileno()

        def accept(self) -> tuple[socket.socket, object]:
            if self.left:
                self.left -= 1
                raise OSError(errno.EMFILE, "too many open files")
            return real.accept()

        def close(self) -> None:
            real.close()

    asyncio.get_running_loop().remove_reader(real.fileno())
    door.doorman._sockets = [Exhausted()]  # type: ignore[list-item]
    door.doorman.start()
    client = await door.knock()
    await eventually(lambda: len(door.arrived) == 1)
    assert door.counters.get("proxy_accept_errors_total", (("reason", "EMFILE"),)) == 2
    door.close(client)
