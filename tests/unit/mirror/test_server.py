"""Work in slices, and peers that do not read. Greetings and settlements are in tests/integration/test_mirror.py."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any, cast

from shadowbench import handoff
from shadowbench.handoff import FrameReader, Kind
from shadowbench.mirror import server as server_module
from shadowbench.mirror.clock import Clock
from shadowbench.mirror.options import MirrorOptions
from shadowbench.mirror.plan import Planner, Terms
from shadowbench.mirror.server import MAX_UNREAD_BYTES, SLICE_NS, MirrorServer, ProxyConnection
from tests.mirrors import eventually
from tests.unit.mirror.doubles import Bench, small
from tests.unit.mirror.test_dispatcher import answer, request


class FakeTransport:
    """Keeps what is written, and whether reading is paused."""

    def __init__(self) -> None:
        self.written = b""
        self.pauses: list[bool] = []
        self.aborted = False
        self.unread = 0

    def is_closing(self) -> bool:
        return self.aborted

    def writelines(self, frames: list[bytes]) -> None:
        self.written += b"".join(frames)

    def get_write_buffer_size(self) -> int:
        return self.unread

    def pause_reading(self) -> None:
        self.pauses.append(True)

    def resume_reading(self) -> None:
        self.pauses.append(False)

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.aborted = True

    @property
    def kinds(self) -> list[str]:
        return [Kind(frame.kind).name for frame in FrameReader().feed(self.written)]


def connected(bench: Bench, clock: Clock) -> tuple[MirrorServer, ProxyConnection, FakeTransport]:
    terms: Terms = bench.intake._planner.terms
    server = MirrorServer(
        planner=Planner(terms),
        memory=bench.memory,
        clock=clock,
        counters=bench.counters,
        loop=asyncio.get_running_loop(),
        log=lambda *_, **__: None,
    )
    server.dispatcher = bench.dispatcher
    bench.dispatcher._settled = server.settled
    bench.dispatcher._drop = server.drop
    connection = ProxyConnection(server)
    transport = FakeTransport()
    connection._transport = cast(Any, transport)
    connection.data_received(handoff.hello_frame(role="proxy", epoch="e"))
    return server, connection, transport


async def test_a_burst_is_worked_off_in_slices_with_reading_paused() -> None:
    ticks = itertools.count()
    clock = Clock(lambda: 0.0, lambda: next(ticks) * SLICE_NS // 10)
    bench = Bench()
    server, connection, transport = connected(bench, clock)
    assert transport.kinds == ["POLICY", "WELCOME"] and server.connections == 1
    burst = b"".join(frame for number in range(1, 51) for frame in request(number) + answer(number))
    connection.data_received(burst)
    assert transport.pauses == [True]
    opened = bench.counters.get("mirror_exchanges_total", (("stage", "opened"), ("reason", "")))
    assert 0 < opened < 10
    connection.data_received(burst[:7])  # what was in flight when reading was paused waits its turn
    await eventually(lambda: transport.pauses != [True])
    assert transport.pauses == [True, False]
    assert bench.counters.get("mirror_exchanges_total", (("stage", "opened"), ("reason", ""))) == 50
    for connected_origin in bench.origins:
        for call in connected_origin.given:
            call.fault("reset")


async def test_settlements_are_told_together(monkeypatch: Any) -> None:
    monkeypatch.setattr(server_module, "ACK_DELAY_S", 0.0)
    server, connection, transport = connected(Bench(), Clock())
    for number in range(1, 4):
        connection.data_received(b"".join(request(number, b"[")))
    connection.data_received(handoff.pack(Kind.END, 1, b"late"))
    await eventually(lambda: transport.kinds[2:] == ["DROP"] * 3)
    await eventually(lambda: transport.kinds[-1] == "ACK")
    (ack,) = [f for f in FrameReader().feed(transport.written) if f.kind == Kind.ACK]
    assert handoff.read_ack(ack.payload) == (0, 3)
    assert server.counters.get("mirror_late_frames_total") == 1
    connection.connection_lost(None)
    assert server.counters.get("mirror_proxies_lost_total") == 1 and server.connections == 0


async def test_the_recorder_hears_of_ends_before_the_proxy_does(monkeypatch: Any) -> None:
    monkeypatch.setattr(server_module, "ACK_DELAY_S", 0.0)
    bench = Bench()
    server, connection, transport = connected(bench, Clock())
    acknowledged_before: list[bool] = []
    bench.sender.flush = lambda: acknowledged_before.append("ACK" in transport.kinds)
    connection.data_received(b"".join(request(1, b"[")))
    await eventually(lambda: transport.kinds[-1] == "ACK")
    assert acknowledged_before == [False]
    (told,) = [frame for frame in bench.sender.frames if frame.kind == Kind.FUNNEL]
    assert told.sequence == handoff.INTERIM
    counts = {tuple(row[2:4]): row[4] for row in json.loads(told.payload)}
    assert counts == {("opened", ""): 1, ("ineligible", "not_json"): 1}
    connection.connection_lost(None)
    assert server.connections == 0


async def test_a_proxy_that_does_not_read_is_cut_off() -> None:
    server, connection, transport = connected(Bench(), Clock())
    transport.unread = MAX_UNREAD_BYTES + 1
    connection.data_received(b"".join(request(1, b"[")))
    await eventually(lambda: transport.aborted)
    assert server.counters.get("mirror_refusals_total", (("reason", "not_reading"),)) == 1


async def test_a_mirror_that_leaves_hears_no_more() -> None:
    bench = Bench()
    server, connection, transport = connected(bench, Clock())
    connection.data_received(request(1)[0])
    server.stop_listening()
    connection.data_received(request(2)[0])
    assert transport.pauses == [True]
    assert bench.counters.get("mirror_exchanges_total", (("stage", "opened"), ("reason", ""))) == 1
    assert bench.counters.get("mirror_exchanges_total", (("stage", "ineligible"), ("reason", "shutdown"))) == 1
    server.close()
    assert transport.kinds[-1] == "ACK"


async def test_a_change_is_announced_to_those_that_are_there_and_those_that_come() -> None:
    server, _, transport = connected(Bench(), Clock())
    options = MirrorOptions(runtime_folder="r", secret_file="s", candidates=(small(sample_rate=0.25),))
    version = server.planner.change(options, 1_000.0).version
    server.announce()
    policies = [
        handoff.Policy.from_json(frame.payload)
        for frame in FrameReader().feed(transport.written)
        if frame.kind == Kind.POLICY
    ]
    assert [(policy.version, policy.rate) for policy in policies] == [(3, 1.0), (version, 0.25)]
    late = ProxyConnection(server)
    late._transport = cast(Any, second := FakeTransport())
    late.data_received(handoff.hello_frame(role="proxy", epoch="f"))
    (policy,) = [frame for frame in FrameReader().feed(second.written) if frame.kind == Kind.POLICY]
    assert handoff.Policy.from_json(policy.payload).rate == 0.25
