"""Proxy workers as processes, started as their parent starts them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from shadowbench.proxy.doorman import ABSENT


class Slots:
    """The shared page of connection counts, as the parent makes it."""

    def __init__(self, count: int) -> None:
        self.fd = os.memfd_create("slots")
        os.ftruncate(self.fd, mmap.PAGESIZE)
        self._page = mmap.mmap(self.fd, mmap.PAGESIZE)
        self._counts = memoryview(self._page).cast("I")[:count]
        for slot in range(count):
            self._counts[slot] = ABSENT

    @property
    def counts(self) -> list[int]:
        return self._counts.tolist()

    def absent(self, slot: int) -> None:
        self._counts[slot] = ABSENT

    def close(self) -> None:
        self._counts.release()
        self._page.close()
        os.close(self.fd)


class Worker:
    """One `python -m shadowbench.proxy`."""

    def __init__(
        self, url: str, listening: socket.socket, *, slots: Slots | None = None, slot: int = 0, **given: Any
    ) -> None:
        options = {"production": {"url": url}, "listen_fds": [listening.fileno()], **given}
        if slots is not None:
            options |= {"slots_fd": slots.fd, "slot": slot, "slots": len(slots.counts)}
        listening.setblocking(False)
        self._options = os.memfd_create("options")
        os.write(self._options, json.dumps(options).encode())
        self._control, theirs = socket.socketpair()
        fds = [listening.fileno(), self._options, theirs.fileno(), *([slots.fd] if slots else [])]
        env = os.environ | {
            "SHADOWBENCH_OPTIONS_FD": str(self._options),
            "SHADOWBENCH_CONTROL_FD": str(theirs.fileno()),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shadowbench.proxy"],
            env=env,
            pass_fds=fds,
            cwd=Path(__file__).parents[2],
            stderr=subprocess.PIPE,
        )
        theirs.close()
        self._came = b""

    async def __aenter__(self) -> Self:
        self._control.setblocking(False)
        await self.said("ready")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        self._control.close()
        with contextlib.suppress(OSError):
            os.close(self._options)

    async def said(self, what: str) -> Any:
        """The next line that says `what`."""
        while True:
            while b"\n" not in self._came:
                data = await asyncio.get_running_loop().sock_recv(self._control, 1 << 16)
                if not data:
                    raise EOFError(self.stderr())
                self._came += data
            line, _, self._came = self._came.partition(b"\n")
            fields = json.loads(line)
            if what in fields:
                return fields[what]

    def stderr(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def hang_up(self) -> None:
        """The parent dies."""
        self._control.close()

    async def ended(self) -> int:
        return await asyncio.to_thread(self.process.wait)


def certificate(folder: Path) -> tuple[str, str, str]:
    """Paths of a CA, and of a certificate and key for localhost and 127.0.0.1 signed by it."""

    def openssl(*given: str) -> None:
        subprocess.run(["openssl", *given], check=True, capture_output=True, cwd=folder)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test CA")
    openssl("req", *key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
    (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions")
    openssl("x509", "-req", "-in", "request.pem", "-out", "cert.pem", *signing)
    return str(folder / "ca.pem"), str(folder / "cert.pem"), str(folder / "key.pem")
