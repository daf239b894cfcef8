"""Starting the real command for tests, looking at its processes, and making sure that none is left."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

READY_WITHIN_S = 20.0


def command() -> list[str]:
    """The command under test: SHADOWBENCH_COMMAND, else this environment's `shadowbench`."""
    if given := os.environ.get("SHADOWBENCH_COMMAND"):
        return shlex.split(given)
    return [str(Path(sys.executable).with_name("shadowbench"))]


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


async def eventually(
    holds: Callable[[], Awaitable[object]] | Callable[[], object], *, within_s: float = 15.0, every_s: float = 0.02
) -> None:
    """Ask until it holds, `every_s`; fail after `within_s`."""
    deadline = time.monotonic() + within_s
    while True:
        answer = holds()
        if await answer if isinstance(answer, Awaitable) else answer:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true within {within_s:g} s: {holds}")
        await asyncio.sleep(every_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an admin path said."""

    status: int
    text: str


class Sidecar:
    """`shadowbench serve` (or another role) with a configuration of its own, in a folder of its own."""

    def __init__(self, folder: Path, production_url: str, *, role: str = "serve", **config: Any) -> None:
        self.folder = folder
        self.role = role
        self.port, self.admin_port, self.control_port = free_ports(3)
        self.config = {
            "proxy": {"listen": f"127.0.0.1:{self.port}"} | config.pop("proxy", {}),
            "admin": {"listen": f"127.0.0.1:{self.admin_port}"},
            "control": {"listen": f"127.0.0.1:{self.control_port}"},
            "production": {"url": production_url} | config.pop("production", {}),
            # Tests ask the same again and again.
            "mirror": {"duplicate_window_s": 0} | config.pop("mirror", {}),
            "store": {"url": f"sqlite:////{str(self.log_path).lstrip('/')}"} | config.pop("store", {}),
            # A scorer takes half a second of processor time to start: for tests that look at scores.
            "scoring": {"enabled": False} | config.pop("scoring", {}),
            "runtime": {"folder": str(folder / "run")},
        } | config
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log_path(self) -> Path:
        return self.folder / "pairs.db"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None, "not started"
        return self.process.pid

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr.txt").read_text(errors="replace")

    # ── life ──

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            error.add_note(await self._state())
        await self.stop()

    async def _state(self) -> str:
        """What a test that failed would want to know."""
        try:
            samples = {name: value for name, value in (await self.metrics()).items() if name.startswith("shadowbench_")}
        except (OSError, http.client.HTTPException) as gone:
            samples = {f"no metrics: {gone!r}": 0.0}
        lines = [f"{name} {value:g}" for name, value in samples.items() if value and "_bucket" not in name]
        return "\n".join(["the sidecar's metrics:", *lines, "and its words:", self.stderr[-8000:]])

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        path = self.folder / "shadowbench.yaml"
        path.write_text(yaml.safe_dump(self.config))
        with (self.folder / "stderr.txt").open("ab") as log:
            self.process = subprocess.Popen(
                self.command_line(path),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                start_new_session=True,
            )
        try:
            # Each answer costs the processes that are starting what they need to start.
            await eventually(self._is_ready, within_s=READY_WITHIN_S, every_s=0.1)
        except AssertionError:
            self.kill_all()
            raise AssertionError(f"{self.role} did not become ready:\n{self.stderr}") from None

    def command_line(self, config: Path) -> list[str]:
        """What starts it."""
        return [*command(), self.role, "-c", str(config)]

    async def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"{self.role} ended with {self.process.returncode}:\n{self.stderr}")
        try:
            ready = (await self.admin("/readyz")).status == 200
            # Ready means that clients are served. That copies are taken as well comes a little later.
            return ready and (self.role != "serve" or await self.total("shadowbench_handoff_connected") > 0)
        except OSError:
            return False

    async def stop(self, *, within_s: float = 20.0) -> int:
        """SIGTERM, and its exit code. Nothing of it is left afterwards, or the test fails."""
        assert self.process is not None
        family = {self.pid, *self.children()}
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = await asyncio.to_thread(self.process.wait, within_s)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise AssertionError(f"did not end within {within_s:g} s of SIGTERM:\n{self.stderr}") from None
        await eventually(lambda: not any(is_running(pid) for pid in family), within_s=5.0)
        return code

    def kill_all(self) -> None:
        """No mercy, for a test that failed already."""
        assert self.process is not None
        for pid in [self.pid, *self.children()]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it was faster
        self.process.wait()

    # ── looking at it ──

    async def admin(self, path: str) -> Answer:
        """Ask the admin port."""
        return await asyncio.to_thread(_get, self.admin_port, path)

    async def control(self, action: str, fields: object = None, **headers: str) -> tuple[int, dict[str, Any]]:
        """Ask the control port: GET for the state, POST for all else. The status, and what the answer says."""
        return await asyncio.to_thread(_control, self.control_port, action, fields, headers)

    async def metrics(self) -> dict[str, float]:
        """All samples, by name with labels as Prometheus writes them."""
        lines = (await self.admin("/metrics")).text.splitlines()
        pairs = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    async def total(self, name: str, *labels: str) -> float:
        """The sum of a metric's series, of those with all `labels`, each as `reason="x"`."""
        samples = await self.metrics()
        return sum(v for k, v in samples.items() if k.partition("{")[0] == name and all(label in k for label in labels))

    def children(self, job: str = "") -> list[int]:
        """The process ids of its workers, or of one job's."""
        pids = _children_of(self.pid)
        return [pid for pid in pids if f"shadowbench.{job}" in _command_line(pid)] if job else pids

    def child(self, job: str) -> int:
        (pid,) = self.children(job)
        return pid

    # ── the pair log ──

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """What a query of the pair log gives; nothing while there is no log yet."""
        if not self.log_path.exists():
            return []
        connection = sqlite3.connect(f"file:{self.log_path}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()

    def count(self, table: str = "exchanges") -> int:
        """How many rows a table or view has."""
        (row,) = self.rows(f"select count(*) from {table}") or [(0,)]
        return int(row[0])

    async def until_recorded(self, exchanges: int, *, within_s: float = 15.0) -> None:
        """Wait until so many exchanges are in the log."""
        try:
            await eventually(lambda: self.count() >= exchanges, within_s=within_s)
        except AssertionError:
            counters = {k: v for k, v in (await self.metrics()).items() if v and k.startswith("shadowbench_")}
            raise AssertionError(
                f"{self.count()} of {exchanges} exchanges in the log; {counters}\n{self.stderr}"
            ) from None


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _children_of(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    direct = [int(word) for word in text.split()]
    return [*direct, *(grandchild for child in direct for grandchild in _children_of(child))]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _get(port: int, path: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Answer(status=response.status, text=response.read().decode())
    finally:
        connection.close()


def _control(port: int, action: str, fields: object, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = None if fields is None else json.dumps(fields)
    kind = {} if body is None else {"Content-Type": "application/json"}
    try:
        connection.request("GET" if action == "state" else "POST", f"/v1/{action}", body, {**kind, **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def chat(prompt: str, **changes: Any) -> dict[str, Any]:
    """An OpenAI chat request."""
    return {"model": "m", "temperature": 0, "messages": [{"role": "user", "content": prompt}]} | changes


def as_sse(body: bytes) -> list[dict[str, Any]]:
    """The JSON events of a stream."""
    lines = (line.removeprefix(b"data: ") for line in body.split(b"\n") if line.startswith(b"data: {"))
    return [json.loads(line) for line in lines]
