"""The parent: binds sockets, keeps the crew of workers alive, gathers their signals, and lets them leave in order.

Proxies start first and depend on nobody: that the mirror or the recorder is missing changes nothing for them. They leave
first, too: the mirror serves until its proxies said goodbye, the recorder until its mirror did.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import mmap
import os
import signal
import socket
import struct
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from shadowbench import __version__, orphans
from shadowbench.child import Child, WorkerSpec
from shadowbench.compiling import IS_COMPILED
from shadowbench.errors import UnavailableError
from shadowbench.links import private_folder, unusable
from shadowbench.listening import Address, bind
from shadowbench.outlet import STDERR, never_waiting
from shadowbench.signals import Counters, Sample
from shadowbench.telemetry.totals import Totals
from shadowbench.worker import describe, forbid_core_dumps

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from shadowbench.admin import AdminServer
    from shadowbench.control import ControlServer

# Others wait this long for the first role to be ready, so that on a small machine they do not take its processor.
_HEAD_START_S = 2.0
_CONFIGURATION_ERROR = 2
_SLOT = struct.Struct("=I")
_BUILD = (("version", __version__), ("compiled", "yes" if IS_COMPILED else "no"))
# Workers tell their signals each second, whatever they do. One that says nothing for so long does not serve; one that would
# have to be ended by hand is, after a while, unless it carries clients' answers: whoever waits for those decides.
_LISTEN_S = 1.0
_SILENT_S = 10.0
_HANGS_S = 60.0
_REPLACED = frozenset({"mirror", "recorder"})  # the others compute, and may have been asked for much
# `timeout` and shells signal the process and its group: what comes together is one wish, not an impatient second one.
_SAME_SIGNAL_S = 0.5
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Only our own user may reach a control port that is a unix socket.
_CONTROL_MODE = 0o600
_ALL_INTERFACES = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. Roles start, and leave, in the order of `workers`; the first role decides about readiness.

    `exclusive_folder` is the runtime folder of a parent that has a mirror: two of them there would take over each other's
    sockets, and with them the copies of each other's proxies.
    """

    workers: Sequence[WorkerSpec]
    listen: Sequence[Address] = ()
    socket_mode: int = 0o660
    admin: Address | None = None
    control: Address | None = None
    control_token: str | None = field(default=None, repr=False)
    exclusive_folder: Path | None = None


class Steered(Protocol):
    """What changes while workers run, and how: `steering.Steering`. What operators ask for is in `control.Controlled`."""

    async def state(self) -> dict[str, Any]: ...
    async def pause(self) -> dict[str, Any]: ...
    async def resume(self) -> dict[str, Any]: ...
    async def kill(self) -> dict[str, Any]: ...
    async def rates(self, fields: Mapping[str, Any]) -> dict[str, Any]: ...
    async def reload(self) -> dict[str, Any]: ...
    def on_hangup(self) -> None: ...
    def on_ready(self, child: Child) -> None: ...


class Supervisor:
    """Runs a Plan until a signal ends it. An instance runs once."""

    def __init__(self, plan: Plan, log: FilteringBoundLogger) -> None:
        self.draining = False
        self.steered: Steered | None = None  # set by who builds both
        self.counters = Counters()
        self._plan = plan
        self._log = log
        self._totals = Totals()
        self._children: list[Child] = []
        self._sockets: list[socket.socket] = []
        self._paths: list[str] = []  # of the unix sockets among them
        self._slots = _Slots(sum(spec.listens for spec in plan.workers))
        self._stop = asyncio.Event()
        self._first_ready = asyncio.Event()
        self._first_signal_at: float | None = None
        self._exit_code = 0
        self._group: asyncio.TaskGroup | None = None
        self._background: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT, then drain. The exit code. Raises UnavailableError when a port is taken."""
        forbid_core_dumps()
        with contextlib.ExitStack() as held:
            held.enter_context(contextlib.redirect_stderr(never_waiting()))  # for what libraries say
            held.callback(self._close)
            if self._plan.exclusive_folder is not None:
                held.callback(os.close, _lock(self._plan.exclusive_folder))
            self._bind()
            # Bound before anything starts, so that a port in use is told at once; served by aiohttp, imported after.
            admin = [held.enter_context(sock) for sock in bind(self._plan.admin)] if self._plan.admin else []
            control = [held.enter_context(sock) for sock in self._bind_control()]
            held.enter_context(self._handling_signals())
            await self._serve(admin, control)
        return self._exit_code

    async def _serve(self, admin: Sequence[socket.socket], control: Sequence[socket.socket]) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            if orphans.are_ours():
                self.in_background(orphans.reap(), "orphans")
            self.in_background(self._listen(), "listen")
            running = await self._start(group)
            servers: list[AdminServer | ControlServer] = [await self._serve_admin(admin)] if admin else []
            if control and self.steered is not None:
                servers.append(await self._serve_control(control, self.steered))
            await self._stop.wait()
            await self._leave(running)
            for server in servers:
                await server.stop()
            for task in self._background:
                task.cancel()

    async def _serve_admin(self, sockets: Sequence[socket.socket]) -> AdminServer:
        from shadowbench.admin import AdminServer

        server = AdminServer(self, sockets)
        await server.start()
        return server

    async def _serve_control(self, sockets: Sequence[socket.socket], steered: Steered) -> ControlServer:
        from shadowbench.control import Access, ControlServer

        assert self._plan.control is not None
        host = self._plan.control.host
        access = Access(host="" if host in _ALL_INTERFACES else host, token=self._plan.control_token)
        server = ControlServer(steered, sockets, access=access, counters=self.counters, log=self._log)
        await server.start()
        self._log.info("control port", address=str(self._plan.control))
        return server

    # ── for steering ──

    def crew_of(self, role: str) -> list[Child]:
        """The places of one role."""
        return [child for child in self._children if child.spec.role == role]

    def in_background(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something that nobody waits for; it ends with us at the latest, and its faults are not ours."""
        assert self._group is not None
        task = self._group.create_task(self._guarded(work, name), name=name)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  a bug in what changes a sidecar must not end it
            self._log.error("uncaught", task=name, error=describe(error))

    # ── state, for the admin server ──

    @property
    def is_live(self) -> bool:
        """Whether the role that counts has a living process. Restarts may fill the others later."""
        return any(child.pid is not None for child in self._first())

    @property
    def is_ready(self) -> bool:
        """Whether the role that counts serves and goes on serving. Candidates and the store do not matter."""
        return not self.draining and any(child.ready for child in self._first())

    def samples(self) -> list[Sample]:
        """The signals of all workers, and our own."""
        return [*self._totals.samples(), *self.counters.snapshot(), *self._own_samples()]

    def _own_samples(self) -> Iterable[Sample]:
        yield Sample(name="build_info", labels=_BUILD, value=1, kind="gauge")
        yield Sample(name="draining", labels=(), value=self.draining, kind="gauge")
        here = (("role", "parent"), ("worker", "0"))
        yield Sample(name="log_dropped_lines_total", labels=here, value=STDERR.dropped, kind="counter")
        for child in self._children:
            where = (("role", child.spec.role), ("worker", str(child.spec.number)))
            yield Sample(name="worker_up", labels=where, value=child.pid is not None, kind="gauge")
            yield Sample(
                name="worker_ready", labels=where, value=child.ready and child.silent_s < _SILENT_S, kind="gauge"
            )
            yield Sample(name="worker_silent_seconds", labels=where, value=child.silent_s, kind="gauge")
            yield Sample(name="worker_restarts_total", labels=where, value=child.restarts, kind="counter")
            if child.pid is not None:
                yield Sample(name="worker_resident_bytes", labels=where, value=_resident_bytes(child.pid), kind="gauge")

    # ── starting ──

    def _bind(self) -> None:
        for address in self._plan.listen:
            self._sockets += bind(address, unix_mode=self._plan.socket_mode)
            if address.path:
                self._paths.append(address.path)
            self._log.info("listening", address=str(address))

    def _bind_control(self) -> list[socket.socket]:
        address = self._plan.control
        if address is None:
            return []
        if address.path:
            self._paths.append(address.path)
        return bind(address, unix_mode=_CONTROL_MODE)

    async def _start(self, group: asyncio.TaskGroup) -> dict[Child, asyncio.Task[None]]:
        running: dict[Child, asyncio.Task[None]] = {}
        for index, role in enumerate(self._roles()):
            if index == 1:
                await self._head_start()
            for spec in self._plan.workers:
                if spec.role == role and not self._stop.is_set():
                    child = self._child(spec)
                    self._children.append(child)
                    running[child] = group.create_task(child.run(), name=f"{role}-{spec.number}")
        return running

    def _child(self, spec: WorkerSpec) -> Child:
        if not spec.listens:
            return Child(spec, self)
        fds = [sock.fileno() for sock in self._sockets]
        options = {
            **spec.options,
            "listen_fds": fds,
            "slots_fd": self._slots.fd,
            "slot": spec.number,
            "slots": self._slots.count,
        }
        return Child(replace(spec, options=options), self, fds=(*fds, self._slots.fd))

    async def _head_start(self) -> None:
        try:
            async with asyncio.timeout(_HEAD_START_S):
                await self._first_ready.wait()
        except TimeoutError:
            pass  # a slow start of one role holds up no other

    def _roles(self) -> list[str]:
        return list(dict.fromkeys(spec.role for spec in self._plan.workers))

    def _first(self) -> list[Child]:
        return [child for child in self._children if child.spec.role == self._plan.workers[0].role]

    # ── what the workers do ──

    def on_ready(self, child: Child) -> None:
        self._log.info("worker ready", role=child.spec.role, worker=child.spec.number, worker_pid=child.pid)
        if self.is_ready:
            self._first_ready.set()
        if self.steered is not None and not self.draining:
            self.steered.on_ready(child)

    def on_snapshot(self, child: Child, samples: list[Sample]) -> None:
        self._totals.push(child.spec.source, samples)
        STDERR.flush()

    def on_exit(self, child: Child, code: int, lived_s: float) -> None:
        spec = child.spec
        self._totals.end(spec.source)
        if spec.listens:
            self._slots.clear(spec.number)  # its connections went with it
        if self.draining:
            self._log.info("worker left", role=spec.role, worker=spec.number)
            return
        self._log.warning("worker ended", role=spec.role, worker=spec.number, exit_code=code, lived_s=round(lived_s, 3))
        if code == _CONFIGURATION_ERROR and not child.was_ready:
            # It said why; trying again would say the same.
            self._exit_code = _CONFIGURATION_ERROR
            self._end()

    async def _listen(self) -> None:
        """Notice who is silent. Time in which we did not listen ourselves, because we were stopped, is nobody's silence."""
        loop = asyncio.get_running_loop()
        while not self.draining:
            began = loop.time()
            await asyncio.sleep(_LISTEN_S)
            awake_s = min(loop.time() - began, 2 * _LISTEN_S)
            for child in self._children:
                self._heed(child, awake_s)

    def _heed(self, child: Child, awake_s: float) -> None:
        before = child.silent_s
        child.silent_s = before + awake_s if child.pid is not None else 0.0
        where = {"role": child.spec.role, "worker": child.spec.number, "silent_s": round(child.silent_s)}
        if before < _SILENT_S <= child.silent_s:
            self._log.warning("worker is silent", **where)
        if child.silent_s >= _HANGS_S and child.ready and child.spec.role in _REPLACED:
            self._log.error("worker hangs and is replaced", **where)
            child.replace()

    # ── leaving ──

    @contextlib.contextmanager
    def _handling_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal, number)
        # Whoever started us with SIGHUP ignored (nohup) wants to hear nothing of hang-ups; a reload goes by the control port.
        if hears := signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            loop.add_signal_handler(signal.SIGHUP, self._on_hangup)
        try:
            yield
        finally:
            for number in (*_SIGNALS, *([signal.SIGHUP] if hears else [])):
                loop.remove_signal_handler(number)

    def _on_hangup(self) -> None:
        if self.steered is not None and self._group is not None and not self.draining:
            self.steered.on_hangup()

    def _on_signal(self, number: int) -> None:
        now = asyncio.get_running_loop().time()
        if self._first_signal_at is None:
            self._first_signal_at = now
            self._log.info("draining", signal=signal.Signals(number).name)
            self._end()
        elif now - self._first_signal_at > _SAME_SIGNAL_S:
            self._log.warning("killing workers", signal=signal.Signals(number).name)
            self._exit_code = 128 + number  # as shells have it for a process ended by a signal
            for child in self._children:
                child.kill()

    def _end(self) -> None:
        self.draining = True
        # The workers hold these sockets as long as they accept; ours would keep the port open, and its clients waiting.
        for sock in self._sockets:
            sock.close()
        self._stop.set()
        self._first_ready.set()

    async def _leave(self, running: dict[Child, asyncio.Task[None]]) -> None:
        for role in self._roles():
            crew = {child: task for child, task in running.items() if child.spec.role == role}
            for child in crew:
                child.drain()
            await self._outlast(crew)
        self._log.info("stopped")

    async def _outlast(self, crew: dict[Child, asyncio.Task[None]]) -> None:
        if not crew:
            return
        _, late = await asyncio.wait(crew.values(), timeout=max(child.spec.drain_s for child in crew))
        for child, task in crew.items():
            if task in late:
                self._log.warning(
                    "worker killed, its time to drain is over", role=child.spec.role, worker=child.spec.number
                )
                child.kill()
        if late:
            await asyncio.wait(late)

    def _close(self) -> None:
        for sock in self._sockets:
            sock.close()
        for path in self._paths:
            try:
                os.unlink(path)
            except OSError:
                pass  # somebody removed it, or its folder, before us
        self._slots.close()


class _Slots:
    """A page shared with the listening workers: how many connections each holds, so that the busiest stand back."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.fd = os.memfd_create("shadowbench-slots")
        os.ftruncate(self.fd, max(mmap.PAGESIZE, count * _SLOT.size))
        self._page = mmap.mmap(self.fd, 0)

    def clear(self, index: int) -> None:
        _SLOT.pack_into(self._page, index * _SLOT.size, 0)

    def close(self) -> None:
        self._page.close()
        os.close(self.fd)


def _lock(folder: Path) -> int:
    """Hold `folder` as long as the returned descriptor is open. Raises UnavailableError when another parent does."""
    private_folder(folder)
    try:
        lock = os.open(folder / "mirror.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unusable(folder, f"mirror.lock: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise UnavailableError(
            f"another shadowbench has its mirror in {folder}: stop it, or give this one its own runtime.folder"
        ) from None
    return lock


def _resident_bytes(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * mmap.PAGESIZE
    except (OSError, IndexError, ValueError):
        return 0  # it ended meanwhile
