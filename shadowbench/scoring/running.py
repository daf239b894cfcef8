"""The worker's side of its runner: starts it, gives it tasks, ends it when a call does not end, says whose fault that was."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from shadowbench.errors import ConfigurationError, ShadowbenchError, UnavailableError
from shadowbench.scores import Measure
from shadowbench.scoring.beat import At, Beat
from shadowbench.scoring.messages import LENGTH, Done, Task, measures_of, pack, unpack
from shadowbench.scoring.options import RunnerOptions
from shadowbench.scoring.stops import CallClock, is_stopped
from shadowbench.worker import to_json

# The alarm in the runner goes first; one that does not end of it is in C code, or keeps everything from ending it.
_GRACE_S = 1.0
# A call of which nothing is seen, as in reading the log from a disk that hangs.
_TASK_S = 600.0
# Of one plugin with all that it imports, on a machine that is busy starting.
_START_S = 120.0
# Caches of libraries and fragmentation grow slowly; a fresh process begins small.
_RENEW_BYTES = 1 << 30
# Scoring takes one core at most, whatever libraries make of linear algebra.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class RunnerDiedError(Exception):
    """The runner ended within a task, or was ended. `culprit`: the call that it was in, when it was in one."""

    def __init__(self, culprit: At | None, *, is_overdue: bool) -> None:
        super().__init__("the runner ended")
        self.culprit = culprit
        self.is_overdue = is_overdue  # it was ended because the call took too long; else it crashed


class MetricRunner:
    """A runner process, started when there is something to do. `environ`: what it starts with, keys of judges left out."""

    def __init__(self, options: RunnerOptions, environ: Mapping[str, str]) -> None:
        self._options = options
        self._environ = environ
        self._process: asyncio.subprocess.Process | None = None
        self._beat: Beat | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.starts = 0
        self.resident_bytes = 0

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> Sequence[Measure]:
        """Start the process; what it measures, in the order of its options. Raises ShadowbenchError when it cannot."""
        await self._spawn()
        message = await self._first_word()
        if "refused" in message:
            await self.stop()
            raise _error(message)
        return measures_of(message)

    async def _first_word(self) -> dict[str, Any]:
        """What the process says when its metrics are there, or cannot be. Raises UnavailableError, which names the plugin."""
        at, why = "", ""
        try:
            while True:
                async with asyncio.timeout(_START_S):
                    message = await self._receive()
                if "running" not in message:
                    return message
                at = message["running"]
        except TimeoutError:
            why = f"{at or 'its start'} is not done after {_START_S:g} s"
        except (EOFError, OSError):
            why = f"{at or 'something'} ended it"
        await self.stop()
        raise UnavailableError(f"the process that runs metrics does not start: {why}")

    async def run(self, task: Task) -> Done:
        """Have a task done. Raises RunnerDiedError, and UnavailableError when the log cannot be read."""
        if self._process is None:
            await self.start()
        try:
            message = await self._watched(task)
        except (EOFError, OSError):
            culprit = self._beat.look() if self._beat else None
            await self.stop()
            raise RunnerDiedError(culprit, is_overdue=False) from None
        if "failed" in message:
            raise UnavailableError(message["failed"])
        done = Done.of(message)
        self.resident_bytes = done.resident_bytes
        if done.resident_bytes > _RENEW_BYTES:
            await self.stop()
        return done

    async def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what metrics have started
            await process.wait()
        if self._writer is not None:
            self._writer.close()
            self._writer = self._reader = None
        if self._beat is not None:
            self._beat.close()
            self._beat = None

    async def _spawn(self) -> None:
        self.starts += 1
        ours, theirs = socket.socketpair()
        page = Beat.make()
        try:
            self._beat = Beat(page)
            options = replace(self._options, socket_fd=theirs.fileno(), page_fd=page)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "shadowbench.scoring.runner"),
                env={**_ONE_THREAD, **self._environ, "SHADOWBENCH_RUNNER": orjson.dumps(to_json(options)).decode()},
                pass_fds=(theirs.fileno(), page),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # a group of its own, which ends as a whole
            )
        finally:
            theirs.close()
            os.close(page)
        self._reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=1 << 20)

    async def _watched(self, task: Task) -> dict[str, Any]:
        assert self._writer is not None
        self._writer.write(pack(task.told()))
        answer = asyncio.get_running_loop().create_task(self._receive())
        try:
            await self._until(answer)
        except BaseException:
            answer.cancel()
            with contextlib.suppress(asyncio.CancelledError, EOFError, OSError):
                await answer
            raise
        return answer.result()

    async def _until(self, answer: asyncio.Task[dict[str, Any]]) -> None:
        """Wait for the answer, with an eye on the call that is under way."""
        limit_s = self._options.timeout_s + _GRACE_S
        clock = CallClock(time.monotonic(), look_s=limit_s / 4)
        suspect: At | None = None
        while not answer.done():
            await asyncio.wait([answer], timeout=limit_s / 4)
            assert self._beat is not None and self._process is not None
            at = self._beat.look()
            call_s, task_s = clock.look(at, time.monotonic(), was_stopped=is_stopped(self._process.pid))
            is_overdue = call_s > limit_s
            # Seen twice, with time between: what has run on after a stop is to hear its own alarm first.
            if not answer.done() and ((is_overdue and at == suspect) or task_s > _TASK_S):
                await self.stop()
                raise RunnerDiedError(at, is_overdue=True)
            suspect = at if is_overdue else None

    async def _receive(self) -> dict[str, Any]:
        assert self._reader is not None
        try:
            (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
            return unpack(await self._reader.readexactly(length))
        except asyncio.IncompleteReadError:
            raise EOFError from None


def _error(message: Mapping[str, Any]) -> ShadowbenchError:
    kind = ConfigurationError if message.get("exit_code") == ConfigurationError.exit_code else UnavailableError
    return kind(message["refused"])
