"""A caller's credential is nowhere but at production: not at a candidate, in a frame, in the log, in a message, in a core dump.

Secrets that stand nowhere else in the world are sent in every place that clients put credentials, while things fail. Then all
that can be looked at is searched for them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import random
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from shadowbench import handoff, links
from shadowbench.endpoints.testing import Fault, ScriptedProvider, ScriptedServer, answer
from shadowbench.handoff import Frame, FrameReader, Kind, Policy
from tests.origins import RawClient, json_request
from tests.sidecars import Sidecar, chat, eventually

CHAT = "/v1/chat/completions"
CANARY = "cAnArY-7f3a9e-Zq"
HEADERS = (
    ("Authorization", f"Bearer {CANARY}-1"),
    ("authorization", f"Basic {base64.b64encode(f'user:{CANARY}-2'.encode()).decode()}"),
    ("X-Api-Key", f"{CANARY}-3"),
    ("API-Key", f"{CANARY}-4"),
    ("x-goog-api-key", f"{CANARY}-5"),
    ("Cookie", f"session={CANARY}-6; theme=dark"),
    ("Proxy-Authorization", f"Basic {CANARY}-7"),
    ("OpenAI-Organization", f"org-{CANARY}-8"),
    ("OpenAI-Project", f"proj-{CANARY}-9"),
    ("X-Amz-Security-Token", f"{CANARY}-10"),
    ("x-auth-token", f"{CANARY}-11"),
    ("x-litellm-api-key", f"{CANARY}-12"),
    ("Helicone-Auth", f"Bearer {CANARY}-13"),
    ("Ocp-Apim-Subscription-Key", f"{CANARY}-14"),
    ("X-CSRF-Token", f"{CANARY}-15"),
)
QUERY = f"?api-key={CANARY}-16&access_token={CANARY}-17&key={CANARY}-18&sig={CANARY}-19&x=1"
# The candidate's own, from the environment of the sidecar.
OWN_KEY = "oWn-KeY-51c2d8-Zq"


def forms() -> Iterator[bytes]:
    """What a search looks for: the canary as it is, and as others write it."""
    plain = CANARY.encode()
    yield plain
    yield quote(CANARY).encode()
    yield plain.hex().encode()
    for offset in range(3):
        # Within base64 the text's letters depend on where it begins.
        yield base64.b64encode(b"x" * offset + plain)[4:-4]


def leaks(what: bytes) -> list[bytes]:
    return [form for form in forms() if form in what]


def request(prompt: str, *, stream: bool = False, model: str = "m") -> bytes:
    return json_request(CHAT + QUERY, chat(prompt, stream=stream, model=model), *HEADERS)


def port_that_nobody_is_given() -> int:
    """A free one below those that the kernel gives away: when production is gone, no server of a test beside this one gets it,
    and answers in its place."""
    lowest, _ = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    for port in random.sample(range(max(1024, lowest // 2), lowest), 100):
        with contextlib.suppress(OSError), socket.socket() as sock:
            sock.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free")


async def ask_in_every_way(sidecar: Sidecar, rounds: int) -> None:
    """Whole answers and streams, refusals, nonsense, and clients that leave."""
    for number in range(rounds):
        async with await RawClient.connect(sidecar.port) as client:
            await client.ask(request(f"Question {number}"))
            await client.ask(request(f"Stream {number}", stream=True))
        for head in (
            b"POST "
            + CHAT.encode()
            + QUERY.encode()
            + b" HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %b\r\nBad Name: 1\r\n\r\n",
            b"POST " + CHAT.encode() + b" HTTP/1.1\r\nHost: a\r\nCookie: %b\r\nContent-Length: nonsense\r\n\r\n",
            b"POST " + CHAT.encode() + b" HTTP/1.1\r\nHost: a\r\nX-Api-Key: %b\r\nContent-Length: 900\r\n\r\n{",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", sidecar.port)
            writer.write(head % CANARY.encode())
            writer.write_eof()
            async with asyncio.timeout(60):
                await reader.read()
            writer.close()


@pytest.mark.e2e
async def test_ct_78_a_callers_credential_is_nowhere_but_at_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TEST_KEY", OWN_KEY)
    moods = [None, Fault.SERVER_ERROR, Fault.RESET_MID_BODY, Fault.GARBAGE, Fault.NO_HTTP, Fault.RATE_LIMITED]
    turn = iter(range(10**6))
    async with (
        ScriptedProvider(port=port_that_nobody_is_given()) as production,
        ScriptedServer(lambda asked: answer(asked, fault=moods[next(turn) % len(moods)])) as candidate,
    ):
        candidates = {
            "same": {"url": candidate.url, "sample_rate": 1, "api_key_env": "CANARY_TEST_KEY"},
            "other": {"url": candidate.url, "sample_rate": 1, "dialect": "anthropic.messages", "model": "x"},
            "gone": {"url": "http://127.0.0.1:9", "sample_rate": 1},
        }
        sidecar = Sidecar(tmp_path, production.url, candidates=candidates)
        async with sidecar:
            await ask_in_every_way(sidecar, 6)
            await sidecar.until_recorded(6)
            for job in ("mirror", "recorder"):
                os.kill(sidecar.child(job), signal.SIGKILL)
                await ask_in_every_way(sidecar, 2)
                await eventually(lambda job=job: sidecar.children(job))
            await production.stop()
            await ask_in_every_way(sidecar, 1)
            seen = (await sidecar.admin("/metrics")).text + str(await sidecar.control("state"))
            limits = [Path(f"/proc/{pid}/limits").read_text() for pid in [sidecar.pid, *sidecar.children()]]
            before = sidecar.count()
            await sidecar.until_recorded(before)
        at_production = b"".join(bytes(each.received) for each in production.connections)
        at_candidate = b"".join(bytes(each.received) for each in candidate.connections)

    # The search finds what is there, or all of this would prove nothing.
    assert leaks(at_production) and all(f"{CANARY}-{n}".encode() in at_production for n in (1, 3, 6, 12, 16, 19))
    assert at_candidate and OWN_KEY.encode() in at_candidate
    assert sidecar.count() >= 6
    assert leaks(at_candidate) == []
    assert leaks(seen.encode()) == [] and OWN_KEY not in seen
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sidecar.log_path in files and tmp_path / "stderr.txt" in files
    assert not [path.name for path in files if leaks(path.read_bytes())]
    assert not [path for path in files if OWN_KEY.encode() in path.read_bytes()]
    # 1, not 0: a kernel that pipes core dumps into a program ignores 0 (core(5)), and 1 makes it drop them.
    assert all("Max core file size        1                    1" in each for each in limits), limits[0]


class _Listener(asyncio.Protocol):
    """A mirror that wants everything and keeps every byte."""

    def __init__(self, heard: bytearray) -> None:
        self._heard = heard
        self._reader = FrameReader()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        endpoints = (("POST", "/chat/completions"),)
        policy = Policy(version=1, salt=bytes(32), rate=1.0, endpoints=endpoints)
        welcome = b'{"version": %d}' % handoff.VERSION
        transport.write(handoff.pack(Kind.POLICY, 0, policy.to_json()) + handoff.pack(Kind.WELCOME, 0, welcome))

    def data_received(self, data: bytes) -> None:
        self._heard += data
        frames: list[Frame] = list(self._reader.feed(data))
        ends = sum(frame.kind in (Kind.END, Kind.ABORT) for frame in frames)
        if ends:
            self._transport.write(handoff.ack_frame(0, ends))


@pytest.mark.e2e
async def test_ct_78_a_callers_credential_is_in_no_frame(tmp_path: Path) -> None:
    heard = bytearray()
    server = await links.listen(tmp_path / "run" / "mirror.sock", lambda: _Listener(heard))
    async with ScriptedProvider() as production:
        async with Sidecar(tmp_path, production.url, role="proxy") as sidecar:
            await eventually(lambda: sidecar.total("shadowbench_handoff_connected"))
            await ask_in_every_way(sidecar, 3)
            await eventually(lambda: heard.count(b"Question") >= 3 and heard.count(b"Stream") >= 3)
        at_production = b"".join(bytes(each.received) for each in production.connections)
    server.close()
    assert leaks(at_production)
    assert b"hash:" in heard and leaks(bytes(heard)) == []
