"""A small forward proxy: CONNECT tunnels, and requests with a whole URL as their target. It remembers what it was asked."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class ForwardProxy:
    """Listens on loopback. `answer`: refuse everything with this response instead. `reaches`: the only port it connects to."""

    def __init__(self, *, answer: bytes | None = None, reaches: int | None = None) -> None:
        self.heads: list[str] = []
        self.port = 0
        self._answer = answer
        self._reaches = reaches
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._arrive, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()
        while self._tasks:
            for writer in tuple(self._writers):
                writer.transport.abort()
            await asyncio.wait(self._tasks, timeout=0.01)

    async def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # either end left
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        if self._answer is not None:
            writer.write(self._answer)
            await writer.drain()
            while await reader.read(1 << 16):
                pass
            return
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        url = urlsplit(f"//{target}" if method == "CONNECT" else target)
        # The name in the request may be one that only the proxy knows: what it reaches is on loopback.
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._reaches or url.port)
        self._writers.add(far_writer)
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
            else:
                path = url.path + (f"?{url.query}" if url.query else "")
                far_writer.write(head.replace(target, path, 1).encode("latin-1"))
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.transport.abort()
            self._writers.discard(far_writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    if not writer.transport.is_closing():
        writer.write_eof()
