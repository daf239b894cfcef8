"""Whatever happens in whatever order: each exchange ends once, each opened copy is ended or aborted once, bytes are bytes."""

import asyncio

import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadowbench import handoff
from shadowbench.handoff import Kind
from shadowbench.http1.requests import ServerOptions
from tests.integration.proxying import CHUNKED, GET, LAST, OK, chunks, head, make_policy, post
from tests.unit.http1.wires import Bench, Wire

REQUESTS = (
    post(b'{"model": "m"}', "Authorization: Bearer canary-of-a-key"),
    head("Transfer-Encoding: chunked") + chunks(b"one", b"two" * 5000) + b"0\r\nX-T: u\r\n\r\n",
    post(b"x" * 100_000, "Cookie: canary-of-a-cookie"),
    GET,
    head(first="HEAD / HTTP/1.1"),
    head("Connection: Upgrade", "Upgrade: websocket", first="GET /v1/realtime HTTP/1.1") + b"early",
    head("Content-Length: 3", "Expect: 100-continue") + b"abc",
    b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}",
    b"nonsense\r\n\r\n",
)
UNTIL_EOF = b"HTTP/1.1 200 OK\r\nSet-Cookie: session\r\n\r\nuntil the end"
RESPONSES = (
    OK,
    CHUNKED + chunks(*[b"data: %d\n\n" % n for n in range(300)]) + LAST,
    CHUNKED + chunks(b"y" * 150_000) + LAST,
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    UNTIL_EOF,
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst",
    b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXCESS",
    b"nonsense\r\n",
)

Step = tuple[str, int, int, int]  # what, on which peer, how much, turns of the loop behind it
NAMES = (
    *("say", "say", "say", "answer", "answer", "answer", "answer"),
    *("client_ends", "client_breaks", "client_holds", "client_reads"),
    *("origin_ends", "origin_breaks", "origin_holds", "origin_reads"),
    *("time", "loop", "drop", "policy", "link_fills", "link_drains", "link_breaks", "welcome", "acks", "thins"),
    *("tells", "tells"),
)
SIZES = (0, 1, 7, 90, 400, 5_000, 70_000, 200_000)
steps = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 2), st.sampled_from(SIZES), st.integers(0, 6)),
    min_size=10,
    max_size=80,
)


class Script:
    """Peers that go through their lines at the pace of the steps."""

    def __init__(self, bench: Bench, requests: list[bytes], responses: list[bytes]) -> None:
        self.bench = bench
        self.client_lines: dict[Wire, bytes] = {}
        self.origin_lines: dict[Wire, bytes] = {}
        self.requests, self.responses = b"".join(requests), responses
        self.dropped: set[int] = set()

    def wire(self, wires: list[Wire], index: int) -> Wire | None:
        return wires[index % len(wires)] if wires else None

    async def act(self, name: str, index: int, size: int) -> None:
        bench = self.bench
        client = self.wire(bench.clients, index)
        origin = self.wire(bench.origin.wires, index)
        if name == "say" and (client is None or len(bench.clients) <= index):
            client = bench.client()
        if name == "loop":
            await asyncio.sleep(0)
        elif name == "time":
            bench.ticker.pass_time(size / 1000)
        elif name.startswith("link") or name in ("drop", "policy", "welcome", "acks", "thins", "tells"):
            self._link(name, size)
        else:
            wire = client if name.startswith(("say", "client")) else origin
            if wire is not None and not wire.is_lost:
                self._peer(name, wire, size)

    def _peer(self, name: str, wire: Wire, size: int) -> None:
        if name in ("say", "answer") and not wire.takes:
            return
        if name == "say":
            lines = self.client_lines.setdefault(wire, self.requests)
            piece, self.client_lines[wire] = lines[: size + 1], lines[size + 1 :]
            if piece:
                wire.receive(piece)
        elif name == "answer":
            lines = self.origin_lines.get(wire, b"")
            if not lines and wire.sent:
                lines = self.responses[size % len(self.responses)]
            piece, self.origin_lines[wire] = lines[: size + 1], lines[size + 1 :]
            if piece:
                wire.receive(piece)
        elif name.endswith("ends") and not wire.is_closing():
            wire.end()
        elif name.endswith("breaks"):
            wire.break_()
        elif name.endswith("holds"):
            wire.holds = True
        elif name.endswith("reads"):
            wire.release()

    def _link(self, name: str, size: int) -> None:
        bench, link = self.bench, self.bench.links[-1]
        assert bench.tap is not None
        if name == "tells":
            bench.tell()
        elif name == "thins":
            bench.tap._adapt()
            assert bench.tap._timer is not None
            bench.tap._timer.cancel()
        elif name == "welcome":
            if link.is_lost:
                assert bench.tap.link._timer is not None
                bench.tap.link._timer.cancel()
                self.dropped.clear()
                bench.connect_mirror(make_policy(version=size))
        elif link.is_closing():
            return
        elif name == "link_fills":
            link.high_water, link.holds = size, True
        elif name == "link_drains":
            link.release()
        elif name == "link_breaks":
            link.break_()
        elif name == "drop":
            seen = sorted(bench.told())
            if seen:
                self.dropped.add(seen[size % len(seen)])
                bench.say(Kind.DROP, sequence=seen[size % len(seen)])
        elif name == "acks":
            opened = bench.tap.link.opened
            bench.say(Kind.ACK, handoff.ack_frame(opened // 2, opened // 3)[16:])
        else:
            bench.say(Kind.POLICY, make_policy(version=size, rate=(size % 5) / 4).to_json())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=5),
    st.lists(st.sampled_from(RESPONSES), min_size=1, max_size=3),
    steps,
)
def test_each_exchange_and_each_copy_ends_exactly_once(requests, responses, script):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play(requests, responses, script))


async def play(requests: list[bytes], responses: list[bytes], script: list[Step]) -> None:
    uncaught: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: uncaught.append(context))
    bench = Bench(
        policy=make_policy(),
        server=ServerOptions(body_timeout_s=60, head_timeout_s=30, idle_s=300),
        first_byte_timeout_s=90,
        idle_timeout_s=90,
    )
    told = Script(bench, requests, responses)
    for name, index, size, turns in script:
        await told.act(name, index, size)
        for _ in range(turns):
            await asyncio.sleep(0)
    await bench.settle()
    await bench.close()
    assert not uncaught
    last = len(bench.links) - 1
    for index, link in enumerate(bench.links):
        link.release()
        whole = index == last and not link.is_lost
        for sequence, exchange in bench.told(index).items():
            assert exchange.end is not None or not whole or sequence in told.dropped, exchange.kinds
        assert b"canary" not in link.sent
    assert bench.tap is not None
    if not bench.links[last].is_lost:
        assert bench.tap.link.opened == len(bench.told(last))
    if bench.tap.link._timer is not None:
        bench.tap.link._timer.cancel()
    if bench.tap._timer is not None:
        bench.tap._timer.cancel()
    if UNTIL_EOF not in responses and not bench.traffic.tunnels:  # to these anything belongs that comes
        assert not any(b"EXCESS" in client.sent for client in bench.clients)
