"""One place in the crew, seen from the parent: the worker process that fills it, its control socket, its restarts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

from shadowbench import worker
from shadowbench.errors import UnavailableError
from shadowbench.signals import Sample, from_wire
from shadowbench.telemetry.totals import Source

_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 5.0
# A worker that lived this long did not die of its start: the next restart is immediate again.
_STEADY_S = 10.0
# The last snapshot of a process that has ended may still be on its way.
_LAST_WORDS_S = 1.0
_COULD_NOT_START = 127  # as shells have it


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """What to run at one place. `listens`: it gets the listening sockets and its slot in the shared page."""

    role: str
    number: int
    command: Sequence[str]
    options: Mapping[str, Any] = field(default_factory=dict)
    listens: bool = False
    drain_s: float = 30.0  # after the word to drain: how long it may take before it is killed
    withheld: Sequence[str] = ()  # environment variables that are the parent's alone

    @property
    def source(self) -> Source:
        """Its name in signals."""
        return Source(self.role, self.number)


def restart_delay_s(quick_deaths: int) -> float:
    """How long to wait before a worker is started again: not at all the first time, then doubling."""
    return 0.0 if quick_deaths <= 1 else min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** (quick_deaths - 2))


class RefusedError(UnavailableError):
    """A worker answered that it will not do what it was asked, and why."""


class Observer(Protocol):
    """What a Child tells its owner."""

    def on_ready(self, child: Child) -> None:
        """The worker serves."""

    def on_snapshot(self, child: Child, samples: list[Sample]) -> None:
        """Its signals, cumulative since the process started."""

    def on_exit(self, child: Child, code: int, lived_s: float) -> None:
        """The process ended; `code` is negative for a signal."""


class Child:
    """Runs `spec` again and again until `drain` or `kill`."""

    def __init__(self, spec: WorkerSpec, observer: Observer, *, fds: Sequence[int] = ()) -> None:
        self.spec = spec
        self.pid: int | None = None
        self.ready = False
        self.was_ready = False  # ever
        self.restarts = 0
        self.silent_s = 0.0  # since it was last heard of, as far as its owner was awake to hear
        self._observer = observer
        self._fds = tuple(fds)
        self._control: _Control | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._leaving = asyncio.Event()
        self._serves = asyncio.Event()
        self._works_by: Mapping[str, Any] = {}

    async def run(self) -> None:
        """Keep the place filled. Returns after the process ended that was told to drain or killed."""
        quick_deaths = 0
        loop = asyncio.get_running_loop()
        while not self._leaving.is_set():
            started = loop.time()
            code = await self._run_once()
            lived_s = loop.time() - started
            self._observer.on_exit(self, code, lived_s)
            if self._leaving.is_set():
                return
            quick_deaths = quick_deaths + 1 if lived_s < _STEADY_S else 1
            self.restarts += 1
            await self._rest(restart_delay_s(quick_deaths))

    @property
    def is_outdated(self) -> bool:
        """Whether its options were amended, and its process does not know."""
        return self.spec.options is not self._works_by

    def amend(self, changes: Mapping[str, Any]) -> None:
        """Change options for the next process at this place. The one that runs is told by `ask`."""
        self.spec = replace(self.spec, options={**self.spec.options, **changes})

    def works_by(self, options: Mapping[str, Any]) -> None:
        """The process said that `options` hold."""
        self._works_by = options

    async def ask(self, message: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """What the worker answers to `message`, which has a `kind`. One that is being started again is waited for.

        When the process ends before it answers, its successor is asked. Raises UnavailableError when nobody answers in time,
        RefusedError when the worker does not want to.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    await self._serves.wait()
                    assert self._control is not None
                    try:
                        return await self._control.ask(message)
                    except _EndedError:
                        continue
        except TimeoutError:
            what = "did not answer" if self.ready else "was not there"
            raise UnavailableError(f"{self.name} {what} within {timeout_s:g} s") from None
        except RefusedError as error:
            raise RefusedError(f"{self.name} refused: {error}") from None

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.spec.role} {self.spec.number}" if self.spec.listens else self.spec.role

    def drain(self) -> None:
        """Tell the worker to finish what runs and go; do not start another."""
        self._leaving.set()
        if self._control is not None:
            self._control.say({"drain": True})

    def kill(self) -> None:
        """End the process now."""
        self._leaving.set()
        self.replace()

    def replace(self) -> None:
        """End a process that hangs; another fills its place."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()  # also one that is stopped

    async def _rest(self, delay_s: float) -> None:
        try:
            async with asyncio.timeout(delay_s):
                await self._leaving.wait()
        except TimeoutError:
            pass  # nobody asked us to leave: go on

    async def _run_once(self) -> int:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            try:
                process = self._process = await self._spawn(theirs.fileno())
            except OSError:
                ours.close()  # no memory, too many processes: as if it had died at once
                return _COULD_NOT_START
        self.pid, self.silent_s = process.pid, 0.0
        _, control = await asyncio.get_running_loop().create_unix_connection(
            lambda: _Control(self._on_message, self._serves.clear), sock=ours
        )
        self._control = control
        if self._leaving.is_set():
            control.say({"drain": True})  # told to leave while it was being started
        code = await process.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await control.closed.wait()
        self.pid, self._control, self._process, self.ready = None, None, None, False
        return code

    async def _spawn(self, control_fd: int) -> asyncio.subprocess.Process:
        self._works_by = self.spec.options
        options = os.memfd_create("shadowbench-options")
        with os.fdopen(options, "wb", buffering=0) as file:
            file.write(json.dumps(self.spec.options).encode())
            return await asyncio.create_subprocess_exec(
                *self.spec.command,
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(control_fd, options, *self._fds),
                env={**self._environ(), worker.CONTROL_FD: str(control_fd), worker.OPTIONS_FD: str(options)},
            )

    def _environ(self) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if name not in self.spec.withheld}
        return {**worker.ALLOCATOR, **given}

    def _on_message(self, message: Mapping[str, Any]) -> None:
        self.silent_s = 0.0
        if message.get("ready"):
            self.ready = self.was_ready = True
            self._serves.set()
            self._observer.on_ready(self)
        if "snapshot" in message:
            self._observer.on_snapshot(self, from_wire(message["snapshot"]))


class _EndedError(Exception):
    """The process is gone, and will not answer."""


class _Control(asyncio.Protocol):
    """The parent's end of the control socket: JSON lines."""

    def __init__(self, on_message: Callable[[Mapping[str, Any]], None], on_lost: Callable[[], None]) -> None:
        self.closed = asyncio.Event()
        self._on_message = on_message
        self._on_lost = on_lost
        self._transport: asyncio.WriteTransport | None = None
        self._rest = b""
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "answer" in message:
                self._answered(message)
            else:
                self._on_message(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._on_lost()
        self.closed.set()
        for question in self._asked.values():
            if not question.done():
                question.set_exception(_EndedError)

    async def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Raises _EndedError and RefusedError. Waits for as long as the worker lives."""
        if self._transport is None:
            raise _EndedError
        self._number = number = self._number + 1
        question = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self.say({**message, "ask": number})
            answer: dict[str, Any] = await question
            return answer
        finally:
            del self._asked[number]

    def _answered(self, message: Mapping[str, Any]) -> None:
        question = self._asked.get(message["answer"])
        if question is None or question.done():
            return  # nobody waits any more
        if "with" in message:
            question.set_result(message["with"])
        else:
            question.set_exception(RefusedError(message.get("refusal")))

    def say(self, fields: Mapping[str, Any]) -> None:
        if self._transport is not None:
            self._transport.write(json.dumps(fields).encode() + b"\n")
