"""Where a case stands: the proxy under test between the suite's client and its servers, and a token of its own."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from tests.conformance.judging import NotApplicableError, fail
from tests.conformance.messages import message
from tests.conformance.peers.base import Peer
from tests.conformance.peers.own import Shadowbench
from tests.conformance.servers import OTHERWISE, Asked, Inbox, Server
from tests.conformance.wires import PATIENCE_S, Answer, Wire, connect
from tests.sidecars import Sidecar

CHAT = "/v1/chat/completions"
Headers = tuple[tuple[str, str], ...]


@dataclass(slots=True, kw_only=True)
class Stand:
    """One proxy between our servers, for many cases."""

    host: str
    port: int
    origin: Server
    candidate: Server | None
    folder: Path
    peer: Peer | None = None  # the proxy, where the suite started it
    patience_s: float = 2.0  # how long CT-68 streams
    variants: dict[str, Stand] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def is_shadowbench(self) -> bool:
        return self.peer is not None and self.peer.is_shadowbench

    @asynccontextmanager
    async def another(self, variant: str = "") -> AsyncIterator[Stand]:
        """A proxy of the same kind for one case alone, which may end it; with servers of its own."""
        if self.peer is None:
            raise NotApplicableError("the suite did not start this proxy, and may not stop it")
        async with started(
            type(self.peer), self.folder, with_candidate=self.candidate is not None, variant=variant
        ) as it:
            yield it

    async def variant(self, name: str) -> Stand:
        """A proxy with another configuration, shared by the cases that want it."""
        if name not in self.variants:
            self.variants[name] = await self.stack.enter_async_context(self.another(name))
        return self.variants[name]


@asynccontextmanager
async def started(
    peer_type: type[Peer], folder: Path, *, with_candidate: bool, variant: str = "", patience_s: float = 2.0
) -> AsyncIterator[Stand]:
    """Start a proxy in a folder of its own, between new servers."""
    async with AsyncExitStack() as stack:
        origin = await stack.enter_async_context(Server())
        candidate = await stack.enter_async_context(Server()) if with_candidate else None
        own = folder / f"{variant or 'main'}-{token_hex(3)}"
        own.mkdir(parents=True)
        peer = peer_type(own, origin.port, candidate.port if candidate else None, variant)
        await peer.start()
        stack.push_async_callback(peer.stop)
        stand = Stand(
            host="127.0.0.1",
            port=peer.port,
            origin=origin,
            candidate=candidate,
            folder=own,
            peer=peer,
            patience_s=patience_s,
        )
        stack.push_async_callback(stand.stack.aclose)
        yield stand


class It:
    """What one check works with. Everything that it opens is closed after it."""

    def __init__(self, stand: Stand, token: str, stack: AsyncExitStack) -> None:
        self.stand = stand
        self.token = token
        self._stack = stack
        self.origin: Inbox = stack.enter_context(stand.origin.inbox(token))
        self.copies: Inbox | None = (
            stack.enter_context(stand.candidate.inbox(token, answers=True)) if stand.candidate is not None else None
        )

    # ── the client ──

    async def client(self) -> Wire:
        """A new connection to the proxy."""
        wire = await connect(self.stand.host, self.stand.port)
        self._stack.push_async_callback(wire.gone.wait)
        self._stack.callback(wire.transport.abort)
        return wire

    def request(
        self, path: str = CHAT, body: bytes | None = None, *headers: tuple[str, str], method: str = "POST"
    ) -> bytes:
        """A request of this case on the wire; without a body, a chat request. It is named by `x-case`."""
        data = self.chat() if body is None else body
        length = (("Content-Length", str(len(data))),) if data or method == "POST" else ()
        kinds = {name.lower() for name, _ in headers}
        typed = (("Content-Type", "application/json"),) if data and "content-type" not in kinds else ()
        base = (("Host", "gateway.test"), ("X-Case", self.token))
        return message(f"{method} {path} HTTP/1.1", (*base, *typed, *headers, *length), data)

    def chat(self, **changes: Any) -> bytes:
        """A chat request whose question holds the token."""
        question = [{"role": "user", "content": f"Say {self.token}."}]
        return json.dumps({"model": "m", "messages": question} | changes).encode()

    # ── the servers ──

    async def asked(self, what: str = "the request at production", *, within_s: float = PATIENCE_S) -> Asked:
        """The next request of this case at production."""
        return await self.origin.get(what, within_s=within_s)

    async def copy(self, what: str = "the copy at the candidate", *, within_s: float = 3 * PATIENCE_S) -> Asked:
        """The next copy of this case at the candidate. Where cores are short, mirrors are not the first to run."""
        if self.copies is None:
            raise NotApplicableError("no mirror")
        return await self.copies.get(what, within_s=within_s)

    def hold_copies(self) -> None:
        """Copies are not answered at once: the check does it, or does not."""
        if self.copies is not None:
            self.copies.answers = False

    async def exchange(
        self,
        request: bytes,
        answer: bytes = OTHERWISE,
        *,
        client: Wire | None = None,
        is_head: bool = False,
        what: str = "the request",
    ) -> tuple[Asked, Answer]:
        """One request and its answer, whole, over a new connection or the given one."""
        wire = client or await self.client()
        wire.send(request)
        asked = await self.asked(f"{what} at production")
        await asked.body()
        asked.reply(answer)
        return asked, await wire.answer(is_head=is_head, what=f"the answer to {what}")

    async def copies_of(self, request: bytes) -> list[Asked]:
        """Send a request, answer it, and all copies of it: one that is sent afterwards has arrived by then."""
        if self.copies is None:
            raise NotApplicableError("no mirror")
        await self.exchange(request)
        await self.fence()
        return list(self.copies.all)

    async def fence(self) -> None:
        """Ordinary requests that must be copied, and their copies: what is not here now does not come.

        A mirror that had to wait for its turn sends what it found all at once, over several connections, and the candidate
        reads these in any order. What it finds after the first of ours had come is of a later turn.
        """
        async with case(self.stand, "fence") as other:
            for _ in range(2):
                await other.exchange(other.request())
                await other.copy("the copy of an ordinary request")

    @asynccontextmanager
    async def on_another(self) -> AsyncIterator[It]:
        """The same at a proxy of its own, which the check may end."""
        async with self.stand.another() as stand, case(stand, "another") as it:
            yield it

    @asynccontextmanager
    async def on_variant(self, name: str) -> AsyncIterator[It]:
        """The same at a proxy with another configuration."""
        async with case(await self.stand.variant(name), name) as it:
            yield it

    # ── the pair log, of shadowbench alone ──

    @property
    def sidecar(self) -> Sidecar:
        """The running shadowbench."""
        assert isinstance(self.stand.peer, Shadowbench)
        return self.stand.peer.sidecar

    async def pair(self, number: int = 0) -> sqlite3.Row:
        """The pair of this case's request with this number, once it is in the log."""
        return (await self.pairs(number + 1))[number]

    async def pairs(self, count: int) -> list[sqlite3.Row]:
        """So many pairs of this case, in the order in which they began."""
        sql = "select * from pairs where instr(request_body, ?) order by exchange_number"

        def rows() -> list[sqlite3.Row] | None:
            found = self.sidecar.rows(sql, self.token)
            return found if len(found) >= count else None

        # Where cores are short the recorder comes last.
        return await eventually(rows, f"{count} pair(s) in the log", within_s=25)

    def at_end(self, callback: Callable[[], Awaitable[object]]) -> None:
        """Do something after the check, however it ends."""
        self._stack.push_async_callback(callback)


@asynccontextmanager
async def case(stand: Stand, name: str) -> AsyncIterator[It]:
    """A case of its own, with a token that no other has."""
    async with AsyncExitStack() as stack:
        yield It(stand, f"{name.lower()}-{token_hex(6)}", stack)


async def eventually(holds: Callable[[], Any], what: str, *, within_s: float = 20.0) -> Any:
    """Ask again and again, as another process has no event for us; what it gives once it is true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while True:
        got = holds()
        if isinstance(got, Awaitable):
            got = await got
        if got:
            return got
        if loop.time() > deadline:
            fail(f"{what}: not within {within_s:g} s")
        await asyncio.sleep(0.02)
