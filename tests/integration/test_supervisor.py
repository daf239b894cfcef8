"""The parent with small workers of its own: order, restarts, signals, readiness, counters over deaths."""

import asyncio
import io
import json
import os
import pickle
import signal
import socket
import struct
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from shadowbench import supervisor
from shadowbench.child import Child, WorkerSpec
from shadowbench.errors import UnavailableError
from shadowbench.listening import Address
from shadowbench.supervisor import Plan, Supervisor
from shadowbench.telemetry import logs
from tests.virtual_time import VirtualLoop, run

# Accepts connections when it listens, counts them, and writes what happens to it into a journal.
WORKER = """
import asyncio, mmap, os, socket, struct, sys
from shadowbench.errors import ConfigurationError
from shadowbench.worker import run

async def main(parent, options):
    def note(what):
        with open(options["journal"], "a") as file:
            file.write(f"{options['name']} {what}\\n")
    if options.get("wrong"):
        raise ConfigurationError("that cannot be")
    if options.get("slow_start"):
        await asyncio.sleep(60)

    async def answer(reader, writer):
        parent.counters.add("connections_total")
        if await reader.read(1) == b"x":
            parent.snapshot()
            await asyncio.sleep(0.1)
            os._exit(9)
        writer.write(str(os.getpid()).encode())
        await writer.drain()
        writer.close()

    for fd in options.get("listen_fds", ()):
        await asyncio.start_server(answer, sock=socket.socket(fileno=fd))
    if "slots_fd" in options:
        page = mmap.mmap(options["slots_fd"], 0)
        struct.pack_into("=I", page, 4 * options["slot"], 41 + options["slot"])
    note("ready")
    parent.ready()
    await parent.draining.wait()
    note("told")
    await asyncio.sleep(options.get("drain_s", 0))
    note("leaves")
run(main)
"""


class Crew:
    """A Supervisor under test, in this process."""

    def __init__(self, folder: Path, *roles: str, **options: dict[str, Any]) -> None:
        self.journal = folder / "journal"
        self.journal.touch()
        self.told = False
        self.log = io.StringIO()
        with ExitStack() as held:
            sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
            self.port, self.admin_port, self.control_port = (sock.getsockname()[1] for sock in sockets)
        self.plan = Plan(
            workers=tuple(self._spec(role, options.get(role.partition("-")[0], {})) for role in roles),
            listen=(Address(host="127.0.0.1", port=self.port),),
            admin=Address(host="127.0.0.1", port=self.admin_port),
            control=Address(host="127.0.0.1", port=self.control_port),
            exclusive_folder=folder / "run",
        )
        self.supervisor = Supervisor(self.plan, logs.configure(self.log))

    def _spec(self, name: str, options: dict[str, Any]) -> WorkerSpec:
        role, _, number = name.partition("-")
        return WorkerSpec(
            role=role,
            number=int(number or 0),
            command=(sys.executable, "-c", WORKER),
            options={"journal": str(self.journal), "name": name, **options},
            listens=role == "proxy",
            drain_s=options.get("killed_after_s", 20.0),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[int]]:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            task = group.create_task(self.supervisor.run())
            try:
                yield task
            finally:
                if not task.done() and not self.told:
                    self.tell(signal.SIGTERM)

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor: to this very process."""
        self.told = True
        os.kill(os.getpid(), number)

    def events(self) -> list[str]:
        return self.journal.read_text().splitlines()

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():  # noqa: ASYNC110  what holds is mostly another process's doing
            await asyncio.sleep(0.01)

    async def until_ready(self, *names: str) -> None:
        await self.until(lambda: {f"{name} ready" for name in names} <= set(self.events()))
        await self.until(lambda: sum(child.ready for child in self.supervisor._children) >= len(names))

    async def ask(self, word: bytes = b"?") -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(word)
        answer = await reader.read()
        writer.close()
        return answer

    async def admin(self, path: str) -> int:
        def get() -> int:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=5) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                error.close()
                return error.code

        return await asyncio.to_thread(get)

    async def until_admin(self) -> None:
        while True:
            try:
                await self.admin("/livez")
                return
            except OSError:
                await asyncio.sleep(0.01)

    def value(self, name: str, role: str) -> float:
        return sum(s.value for s in self.supervisor.samples() if s.name == name and ("role", role) in s.labels)


async def test_the_crew_starts_proxies_first_and_leaves_in_order(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0", "proxy-1", "mirror", "recorder")
    async with crew.running() as task:
        await crew.until_ready("proxy-0", "proxy-1", "mirror", "recorder")
        crew.tell(signal.SIGTERM)
    assert task.result() == 0
    events = crew.events()
    assert events[0].startswith("proxy")
    left = [event for event in events if "ready" not in event]
    assert sorted(left[:4]) == ["proxy-0 leaves", "proxy-0 told", "proxy-1 leaves", "proxy-1 told"]
    assert left[4:] == ["mirror told", "mirror leaves", "recorder told", "recorder leaves"]


async def test_a_proxy_is_ready_though_the_mirror_never_is(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0", "mirror", mirror={"slow_start": True, "killed_after_s": 0.5})
    async with crew.running() as task:
        await crew.until_ready("proxy-0")
        await crew.until_admin()
        assert await crew.admin("/readyz") == 200
        assert (await crew.ask()).isdigit()
    assert task.result() == 0
    assert crew.logged("worker killed, its time to drain is over")


async def test_a_killed_worker_is_replaced_and_its_counters_go_on(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0")
    async with crew.running():
        await crew.until_ready("proxy-0")
        first = await crew.ask()
        assert await crew.ask(b"x") == b""  # it dies, having told what it counted
        await crew.until(lambda: crew.events().count("proxy-0 ready") == 2)
        second = await crew.ask()  # the parent's socket was there all the time
        assert second != first
        await crew.until(lambda: crew.value("connections_total", "proxy") >= 3)
        assert crew.value("worker_restarts_total", "proxy") == 1
        assert crew.value("worker_up", "proxy") == 1
    assert [line["exit_code"] for line in crew.logged("worker ended")] == [9]
    assert crew.value("connections_total", "proxy") == 3


async def test_who_hangs_is_not_ready_and_a_mirror_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_SILENT_S", 2.5)
    monkeypatch.setattr(supervisor, "_HANGS_S", 4.0)
    crew = Crew(tmp_path, "proxy-0", "mirror", "scorer")
    async with crew.running():
        await crew.until_ready("proxy-0", "mirror", "scorer")
        proxy, mirror, scorer = crew.supervisor._children
        for child in (proxy, mirror, scorer):
            assert child.pid is not None
            os.kill(child.pid, signal.SIGSTOP)
        try:
            await crew.until(lambda: crew.value("worker_ready", "mirror") == 0)
            assert crew.value("worker_silent_seconds", "mirror") >= 2.5
            assert crew.supervisor.is_ready, "whether clients are served is another question"
            await crew.until(lambda: crew.events().count("mirror ready") >= 2)
            await crew.until(lambda: scorer.silent_s > 6)
            assert (proxy.restarts, scorer.restarts) == (0, 0)
            assert crew.value("worker_ready", "proxy") == 0
        finally:
            for child in (proxy, scorer):
                os.kill(child.pid, signal.SIGCONT)
        await crew.until(lambda: crew.value("worker_ready", "proxy") == 1)
    assert crew.logged("worker hangs and is replaced")[0]["role"] == "mirror"


def test_the_parents_own_pause_is_nobodys_silence(tmp_path: Path) -> None:
    async def story() -> None:
        loop = cast(VirtualLoop, asyncio.get_running_loop())
        supervisor = Crew(tmp_path, "mirror").supervisor
        child = Child(supervisor._plan.workers[0], supervisor)
        child.pid, child.ready = 1, True
        supervisor._children = [child]
        listening = loop.create_task(supervisor._listen())
        await asyncio.sleep(3.5)
        assert child.silent_s == pytest.approx(3.0)
        loop.now_s += 500.0  # stopped with all its workers
        await asyncio.sleep(0.6)
        assert child.silent_s == pytest.approx(5.0)
        supervisor.draining = True
        await listening

    run(story())


async def test_connections_that_come_while_no_worker_lives_wait_for_the_next(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0")
    async with crew.running():
        await crew.until_ready("proxy-0")
        child = crew.supervisor._children[0]
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        answers = await asyncio.gather(*(crew.ask() for _ in range(20)))
        assert all(answer.isdigit() for answer in answers if answer)


async def test_a_dead_workers_slot_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crew = Crew(tmp_path, "proxy-0", "proxy-1")
    seen: list[tuple[int, ...]] = []
    on_exit = Supervisor.on_exit

    def look(supervisor: Supervisor, child: Child, code: int, lived_s: float) -> None:
        on_exit(supervisor, child, code, lived_s)
        seen.append(struct.unpack_from("=II", supervisor._slots._page))

    monkeypatch.setattr(Supervisor, "on_exit", look)
    async with crew.running():
        await crew.until_ready("proxy-0", "proxy-1")
        assert struct.unpack_from("=II", crew.supervisor._slots._page) == (41, 42)
        crew.supervisor._children[1].kill()
        await crew.until(lambda: bool(seen))
    assert seen[0] == (41, 0)


async def test_readiness_ends_with_the_first_signal_and_liveness_does_not(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0", proxy={"drain_s": 1.0})
    async with crew.running():
        await crew.until_ready("proxy-0")
        await crew.until_admin()
        assert (await crew.admin("/livez"), await crew.admin("/readyz")) == (200, 200)
        crew.tell(signal.SIGTERM)
        await crew.until(lambda: "proxy-0 told" in crew.events())
        assert (await crew.admin("/livez"), await crew.admin("/readyz")) == (200, 503)


async def test_a_second_signal_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_SAME_SIGNAL_S", 0.0)
    crew = Crew(tmp_path, "proxy-0", proxy={"drain_s": 60})
    async with crew.running() as task:
        await crew.until_ready("proxy-0")
        crew.tell(signal.SIGINT)
        await crew.until(lambda: "proxy-0 told" in crew.events())
        crew.tell(signal.SIGINT)
    assert task.result() == 128 + signal.SIGINT
    assert "proxy-0 leaves" not in crew.events()


async def test_a_signal_to_the_process_and_to_its_group_is_one_wish(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0")
    async with crew.running() as task:
        await crew.until_ready("proxy-0")
        crew.tell(signal.SIGTERM)
        crew.tell(signal.SIGTERM)
    assert task.result() == 0
    assert "proxy-0 leaves" in crew.events()


async def test_a_worker_that_calls_the_configuration_wrong_ends_the_parent(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0", "mirror", mirror={"wrong": True})
    async with crew.running() as task:
        await task
    assert task.result() == 2
    assert crew.events()[-1] == "proxy-0 leaves"


@pytest.mark.parametrize("taken", ["port", "admin_port", "control_port"])
async def test_a_port_in_use_ends_the_parent_before_anything_starts(tmp_path: Path, taken: str) -> None:
    crew = Crew(tmp_path, "proxy-0")
    with socket.create_server(("127.0.0.1", getattr(crew, taken))):
        with pytest.raises(UnavailableError, match="in use"):
            await crew.supervisor.run()
    assert crew.events() == []
    for port in (crew.port, crew.admin_port, crew.control_port):
        socket.create_server(("127.0.0.1", port)).close()  # given back


async def test_two_mirrors_do_not_share_a_runtime_folder(tmp_path: Path) -> None:
    first, second = Crew(tmp_path, "proxy-0"), Crew(tmp_path, "proxy-0")
    async with first.running():
        await first.until_ready("proxy-0")
        with pytest.raises(UnavailableError, match="another shadowbench has its mirror in"):
            await second.supervisor.run()


async def test_workers_drain_when_their_parent_is_killed(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0")
    program = (
        "import asyncio, sys, pickle; from shadowbench.supervisor import Supervisor; "
        "from shadowbench.telemetry import logs; "
        "asyncio.run(Supervisor(pickle.load(sys.stdin.buffer), logs.configure()).run())"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(60):
        assert parent.stdin is not None
        parent.stdin.write(pickle.dumps(crew.plan))
        parent.stdin.close()
        await crew.until(lambda: "proxy-0 ready" in crew.events())
        parent.kill()
        await parent.wait()
        await crew.until(lambda: "proxy-0 leaves" in crew.events())


class Steered:
    """Notes what the supervisor tells, and what operators ask for."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_hangup(self) -> None:
        self.heard.append("hang-up")

    def on_ready(self, child: Child) -> None:
        self.heard.append(f"{child.name} ready")

    async def state(self) -> dict[str, Any]:
        return {"mirroring": "on"}

    async def _note(self) -> dict[str, Any]:
        self.heard.append("asked")
        return {}

    pause = resume = kill = reload = _note

    async def rates(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return await self._note()


async def test_a_hang_up_is_a_wish_to_reload_and_ends_nothing(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0")
    steered = crew.supervisor.steered = Steered()
    async with crew.running() as task:
        await crew.until_ready("proxy-0")
        crew.tell(signal.SIGHUP)
        await crew.until(lambda: "hang-up" in steered.heard)
        assert not task.done()
        assert not crew.supervisor.draining
        crew.tell(signal.SIGTERM)
        crew.tell(signal.SIGHUP)  # too late
    assert steered.heard == ["proxy 0 ready", "hang-up"]
    assert "proxy-0 leaves" in crew.events()


async def test_a_hang_up_that_was_ignored_at_the_start_stays_ignored(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0")
    steered = crew.supervisor.steered = Steered()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        async with crew.running():
            await crew.until_ready("proxy-0")
            crew.tell(signal.SIGHUP)
            await crew.ask()
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            crew.tell(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert "hang-up" not in steered.heard


async def test_the_control_port_is_served_beside_the_admin_port(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0")
    crew.supervisor.steered = Steered()

    def get(port: int, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    async with crew.running():
        await crew.until_ready("proxy-0")
        await crew.until_admin()
        assert await asyncio.to_thread(get, crew.control_port, "/v1/state") == 200
        assert await asyncio.to_thread(get, crew.control_port, "/metrics") == 404
        assert await asyncio.to_thread(get, crew.admin_port, "/v1/state") == 404
        counted = {
            dict(s.labels).get("action"): s.value for s in crew.supervisor.samples() if s.name.startswith("control")
        }
        assert counted == {"state": 1, "other": 1}


async def test_a_fault_in_the_background_ends_nothing(tmp_path: Path) -> None:
    async def faulty() -> None:
        raise KeyError("a bug")

    crew = Crew(tmp_path, "proxy-0")
    async with crew.running() as task:
        await crew.until_ready("proxy-0")
        crew.supervisor.in_background(faulty(), "reload")
        await crew.until(lambda: bool(crew.logged("uncaught")))
        assert not task.done()
    assert crew.logged("uncaught")[0]["task"] == "reload"


async def test_what_is_done_in_the_background_ends_with_the_parent(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy-0")
    async with crew.running() as task:
        await crew.until_ready("proxy-0")
        crew.supervisor.in_background(asyncio.sleep(3600), "long")
        crew.tell(signal.SIGTERM)
    assert task.result() == 0
