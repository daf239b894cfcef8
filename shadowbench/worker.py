"""A worker process's side of its parent: options in, signals out, questions answered, and the word to drain.

The parent passes two file descriptors by environment: `SHADOWBENCH_OPTIONS_FD`, a file with the options as JSON, and
`SHADOWBENCH_CONTROL_FD`, a stream socket carrying JSON lines. The worker says `{"ready": true}` once and
`{"snapshot": […]}` each second and at exit; the parent says `{"drain": true}`. When the parent dies the socket ends,
which means drain too. Without these variables a worker stands alone: options come from standard input, signals go
nowhere.

What may change while a worker runs comes as `{"ask": 7, "kind": "change", …}`. It is done, or not, before the answer goes
back: `{"answer": 7, "with": {…}}`, or `{"answer": 7, "refusal": "why not"}`.

A worker imports only what it uses, so nothing is used here but the standard library and uvloop.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import os
import re
import resource
import signal
import socket
import sys
import time
import types
import typing
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn, TypeVar, Union, cast

from shadowbench import streams
from shadowbench.errors import ShadowbenchError
from shadowbench.outlet import STDERR, LineStream, Throttle, as_line
from shadowbench.signals import Counters, to_wire

OPTIONS_FD = "SHADOWBENCH_OPTIONS_FD"
CONTROL_FD = "SHADOWBENCH_CONTROL_FD"
# For the C library, glibc's, which reads them when a process starts (mallopt(3)). By itself it gives the free end of the heap
# back to the system and soon asks for it again: a loop that reads into buffers of 256 KB does so once per read, and a large
# body costs 2.5 times as much. What stays with a process that rests is a few megabytes that it touched before.
ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": str(4 << 20), "MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
SNAPSHOT_S = 1.0
# What a parent that does not read (stopped, debugged) costs at most. Snapshots are cumulative: skipping is harmless.
_MAX_UNREAD_BYTES = 262_144
_FLUSH_S = 1.0
# Of one event: so many lines at once, then one in so many seconds. What goes wrong may do so for every request.
_BURST, _EVERY_S = 20, 3.0
# The messages of these speak of code and of the system. Others may quote what came over a socket.
_SPEAK_OF_CODE = (ShadowbenchError, OSError, AttributeError, NameError, TypeError, ImportError, AssertionError)
_QUOTED = re.compile(r"""(?<!\w)b?(?:'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z)|`[^`]*(?:`|\Z))""", re.DOTALL)

T = TypeVar("T")
# Does what a message asks for and says what came of it. Must be quick: the loop carries traffic.
Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def log(level: str, event: str, **fields: object) -> None:
    """One line of JSON on stderr; dropped rather than waited for. Never per request, never with bodies or secrets."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    STDERR.write(as_line({"timestamp": now, "level": level, "event": event, "pid": os.getpid(), **fields}))


class Parent(asyncio.Protocol):
    """What a worker's `main` gets: its counters, and the wire to its parent."""

    def __init__(self, role: str) -> None:
        self.counters = Counters()
        self.draining = asyncio.Event()
        self.is_orphan = False  # the parent died
        self._role = role
        self._before: list[Callable[[], None]] = []
        self._handlers: dict[str, Handler] = {}
        self._transport: asyncio.WriteTransport | None = None
        self._rest = b""
        self._closed = asyncio.Event()
        self._reported: set[str] = set()
        self._throttle = Throttle(burst=_BURST, every_s=_EVERY_S)

    def ready(self) -> None:
        """Say that this worker serves. What start-up allocated is taken out of the collector's sight first.

        The collector then looks at the young every few thousand objects instead of every 700: most die without it, and
        its looking was about a tenth of the work on an exchange.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(5_000, 20, 100)
        self._say({"ready": True})

    def before_snapshot(self, hook: Callable[[], None]) -> None:
        """Call `hook` before each snapshot, so that it sets gauges. It must be quick and may not raise."""
        self._before.append(hook)

    def on_message(self, kind: str, handler: Handler) -> None:
        """Answer messages of `kind` with what `handler` returns; what it raises is told as a refusal. Before `ready`."""
        self._handlers[kind] = handler

    def snapshot(self) -> None:
        """Push all counters and gauges, as of now."""
        for hook in self._before:
            hook()
        STDERR.flush()
        self.counters.set_total("log_dropped_lines_total", STDERR.dropped)
        if self._transport is None or self._transport.get_write_buffer_size() < _MAX_UNREAD_BYTES:
            self._say({"snapshot": to_wire(self.counters.snapshot())})

    def log(self, level: str, event: str, **fields: object) -> None:
        """One line on stderr, with this worker's role. Of what repeats, few: `suppressed` tells how many were not told."""
        untold = self._throttle.admit(event, time.monotonic())
        if untold is None:
            return
        if untold:
            fields["suppressed"] = untold
        log(level, event, role=self._role, **fields)

    # ── the control socket ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message.get("drain"):
                self.draining.set()
            elif "ask" in message:
                self._say({"answer": message["ask"], **self._answer(message)})

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.is_orphan = True
        self._closed.set()
        self.draining.set()

    def _say(self, fields: Mapping[str, Any]) -> None:
        if self._transport is not None:
            self._transport.write(json.dumps(fields, separators=(",", ":")).encode() + b"\n")

    def _answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        kind = str(message.get("kind"))
        handler = self._handlers.get(kind)
        if handler is None:
            return {"refusal": f"it does not know what {kind[:40]!r} means"}
        try:
            return {"with": dict(handler(message))}
        except ShadowbenchError as error:
            return {"refusal": str(error)}
        except Exception as error:  # noqa: BLE001  whatever is wrong with a wish, the traffic goes on
            self.log("error", "a message of the parent could not be obeyed", kind=kind, error=describe(error))
            return {"refusal": describe(error)}

    async def _connect(self, fd: int) -> None:
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=socket.socket(fileno=fd))

    async def _close(self) -> None:
        self.snapshot()
        if self._transport is None:
            return
        self._transport.close()
        try:
            async with asyncio.timeout(_FLUSH_S):
                await self._closed.wait()
        except TimeoutError:
            pass  # a parent that does not read keeps nobody alive

    # ── life ──

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self.snapshot()
        loop.call_later(SNAPSHOT_S, self._tick, loop)

    def _uncaught(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Exceptions of callbacks and tasks: all counted, each kind told once."""
        self.counters.add("worker_uncaught_errors_total")
        what = describe(context["exception"]) if "exception" in context else without_quotes(str(context.get("message")))
        if what not in self._reported and len(self._reported) < 100:
            self._reported.add(what)
            self.log("error", "uncaught", error=what)


Main = Callable[[Parent, dict[str, Any]], Awaitable[None]]


def run(main: Main) -> NoReturn:
    """Run a worker: `main` serves until `parent.draining` is set, finishes its work, and returns. Ends the process."""
    streams.make_whole()
    import uvloop

    role = _role()
    code = 0
    forbid_core_dumps()
    # Warnings, logging's last resort and the interpreter's own words are written to sys.stderr, and would wait there.
    sys.stderr = LineStream(lambda line: _tell_stray(role, line))
    try:
        options = _read_options()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_live(main, Parent(role), options))
    except ShadowbenchError as error:
        log("error", "worker stops", role=role, error=str(error))
        code = error.exit_code
    except Exception as error:  # noqa: BLE001  the end of the process: one line instead of a traceback
        log("error", "worker stops", role=role, error=describe(error))
        code = 1
    sys.exit(code)


def _tell_stray(role: str, line: str) -> None:
    """What others than we say. It is not known what they speak of: quotes are left out."""
    if line.strip():
        log("warning", "stderr", role=role, text=without_quotes(line))


def forbid_core_dumps() -> None:
    """Keep this process and its children from leaving their memory, with callers' credentials in it, in a file.

    The limit is 1 byte, not 0: a kernel that pipes core dumps into a program ignores every other limit (core(5)).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    least = 0 if hard == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (least, least))


def _role() -> str:
    # `python -m shadowbench.proxy` runs the module shadowbench.proxy.__main__.
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return str(spec.name).removesuffix(".__main__").rpartition(".")[2] if spec else "worker"


async def _live(main: Main, parent: Parent, options: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(parent._uncaught)
    loop.add_signal_handler(signal.SIGTERM, parent.draining.set)
    control = os.environ.pop(CONTROL_FD, None)
    if control is None:
        loop.add_signal_handler(signal.SIGINT, parent.draining.set)
    else:
        # Ctrl-C and a terminal that goes reach the whole group; what they mean is the parent's to decide.
        loop.add_signal_handler(signal.SIGINT, _nothing)
        loop.add_signal_handler(signal.SIGHUP, _nothing)
        await parent._connect(int(control))
    parent._tick(loop)
    try:
        await main(parent, options)
    finally:
        await parent._close()


def _nothing() -> None:
    return None


def _read_options() -> dict[str, Any]:
    fd = os.environ.pop(OPTIONS_FD, None)
    with os.fdopen(int(fd), "rb") if fd is not None else open(0, "rb", closefd=False) as file:
        if file.seekable():
            file.seek(0)
        fields = json.load(file)
    if not isinstance(fields, dict):
        raise ShadowbenchError("a worker's options are a JSON object")
    return fields


def describe(error: BaseException) -> str:
    """An exception in one line, with the place in our code that raised it, and without anything that it quotes of traffic."""
    place, traceback = "", error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if "shadowbench" in code.co_filename:
            place = f" at {Path(code.co_filename).name}:{traceback.tb_lineno} in {code.co_name}"
        traceback = traceback.tb_next
    message = str(error)[:200] if isinstance(error, _SPEAK_OF_CODE) else without_quotes(str(error))
    return f"{type(error).__name__}: {message}{place}"


def without_quotes(text: str) -> str:
    """At most 200 characters of a message, with … for what stands in quotation marks: it may be anybody's."""
    return _QUOTED.sub("'…'", text[:10_000])[:200]


# ── options as JSON ──


def to_json(value: Any) -> Any:
    """A frozen options dataclass (nested, with tuples, mappings, bytes, enums, paths) as JSON-ready values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [to_json(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def from_json(kind: type[T], fields: Any) -> T:
    """The inverse of `to_json` for the annotated type `kind`. Raises TypeError on fields it does not have."""
    return cast(T, _read(kind, fields))


def _read(kind: Any, value: Any) -> Any:
    if value is None or kind is Any or typing.get_origin(kind) is typing.Literal:
        return value
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        unknown = value.keys() - hints.keys()
        if unknown:
            raise TypeError(f"{getattr(kind, '__name__', kind)} has no field {', '.join(sorted(unknown))}")
        return cast(Any, kind)(**{name: _read(hints[name], item) for name, item in value.items()})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _read_union(arguments, value)
    if origin in (tuple, list, frozenset, set):
        if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
            return tuple(_read(item_kind, item) for item_kind, item in zip(arguments, value, strict=True))
        return origin(_read(arguments[0], item) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _read(arguments[1], item) for key, item in value.items()}
    if kind is bytes:
        return bytes.fromhex(value)
    if isinstance(kind, type) and issubclass(kind, Enum | Path):
        return kind(value)
    return float(value) if kind is float else value


def _read_union(arguments: tuple[Any, ...], value: Any) -> Any:
    # Unions in options are "X or None"; of a wider one the first member that is not None says how to read.
    kinds = [kind for kind in arguments if kind is not type(None)]
    return _read(kinds[0], value) if len(kinds) == 1 else value
