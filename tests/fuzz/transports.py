"""What a protocol class needs around it, without sockets and without a loop that turns: an execution takes microseconds."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from shadowbench.http1.ticker import Ticker

_NEAR, _FAR = socket.socketpair()  # for protocols that ask the kernel about their peer: it is there, and silent


class Timer:
    """A TimerHandle."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class StillLoop:
    """The running loop, as far as protocols use it. Timers fire when told to."""

    def __init__(self) -> None:
        self.timers: list[Timer] = []

    def call_later(self, delay: float, call: Callable[..., None], *arguments: Any) -> Timer:
        self.timers.append(Timer(lambda: call(*arguments)))
        return self.timers[-1]

    def fire(self) -> None:
        """Every timer that was set."""
        timers, self.timers = self.timers, []
        for timer in timers:
            if not timer.is_cancelled:
                timer.call()


@contextmanager
def still_loop() -> Iterator[StillLoop]:
    """A `StillLoop` that is the running one."""
    before = asyncio._get_running_loop()
    loop = StillLoop()
    asyncio._set_running_loop(loop)  # type: ignore[arg-type]
    try:
        yield loop
    finally:
        asyncio._set_running_loop(before)


class Watch(Ticker):
    """A ticker whose time stands still."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.watched = 0

    def watch(self, _: object) -> int:
        self.watched += 1
        return self.watched

    def forget(self, _: object, ticket: int) -> None:
        self.watched -= 1


class Transport:
    """Keeps what is written. `close` and `abort` are told to the protocol by `lose`, as loops do it later."""

    def __init__(self, protocol: Any) -> None:
        self.protocol = protocol
        self.sent: list[bytes] = []
        self.is_reading = True
        self.wrote_eof = False
        self.was_aborted = False
        self._is_closing = False
        self.unsent = 0
        protocol.connection_made(self)

    def write(self, data: bytes) -> None:
        if not self._is_closing:
            assert not self.wrote_eof, "write behind write_eof"
            self.sent.append(data)

    def writelines(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def write_eof(self) -> None:
        self.wrote_eof = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self._is_closing = True

    def abort(self) -> None:
        self.was_aborted = self._is_closing = True

    def is_closing(self) -> bool:
        return self._is_closing

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def get_extra_info(self, name: str) -> Any:
        return _NEAR if name == "socket" else None

    @property
    def takes(self) -> bool:
        """Whether bytes that arrive would be told."""
        return self.is_reading and not self._is_closing

    def lose(self, error: Exception | None = None) -> None:
        """The connection is gone."""
        self._is_closing = True
        self.protocol.connection_lost(error)
