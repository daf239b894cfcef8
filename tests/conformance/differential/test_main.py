"""The command for other proxies: against ours, and against one that splits requests."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.integration.proxying import eventually, on_uvloop, stage

Answer = tuple[int, str]


async def _ran(target_port: int, listen_port: int, only: str) -> Answer:
    """The command's exit code and what it printed."""
    command = [
        *(sys.executable, "-m", "tests.conformance.differential", "--target", f"http://127.0.0.1:{target_port}"),
        *("--origin-listen", f"127.0.0.1:{listen_port}", "--quiet", "0.5", "--only", only),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@on_uvloop
async def test_our_own_proxy_passes() -> None:
    listen = _free_port()
    async with stage(production={"url": f"http://127.0.0.1:{listen}"}) as it:
        code, told = await _ran(it.listening.getsockname()[1], listen, "a body that is a request")
        await eventually(lambda: not it.traffic.connections)
    assert (code, "1 cases, 0 failed" in told) == (0, True), told
    assert "ok        6.2      a body that is a request (well formed): POST /case, GET /next" in told


def _relay(to_port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """A proxy that takes every body for the next request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, up = await asyncio.open_connection("127.0.0.1", to_port)
        try:
            while data := await reader.read(65536):
                up.write(data.replace(b"Content-Length", b"X-Length"))
        finally:
            up.close()
            writer.close()

    return serve


async def test_a_proxy_that_splits_requests_fails() -> None:
    listen = _free_port()
    server = await asyncio.start_server(_relay(listen), "127.0.0.1", 0)
    async with server:
        code, told = await _ran(server.sockets[0].getsockname()[1], listen, "a body that is a request")
    assert (code, "1 cases, 1 failed" in told) == (1, True), told
    assert "2 requests were sent and 3 arrived" in told


@pytest.mark.parametrize("place", ["nowhere", "127.0.0.1:x"])
async def test_a_place_that_is_none_is_told(place: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.conformance.differential",
            "--target",
            "http://127.0.0.1:1",
            "--origin-listen",
            place,
        ),
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    _, said = await process.communicate()
    assert process.returncode == 2 and b"is not a place to listen like 127.0.0.1:9000" in said
