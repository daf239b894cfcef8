"""The two ends of a handoff socket: who may connect, what is counted, and how a sender comes back."""

import asyncio
import os
import random
import socket
from pathlib import Path

import pytest

from shadowbench import handoff, links
from shadowbench.errors import UnavailableError
from shadowbench.handoff import Frame, Kind
from shadowbench.links import HARD_BOUND_BYTES, SOFT_BOUND_BYTES, Sender
from shadowbench.signals import Counters
from tests.integration.proxying import MirrorListener, eventually, make_policy, on_uvloop
from tests.unit.http1.wires import Wire


class Owner:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.ready: list[str] = []
        self.frames: list[Frame] = []
        self.lost: list[tuple[str, int]] = []

    def on_ready(self, epoch: str) -> None:
        self.ready.append(epoch)

    def on_frame(self, frame: Frame) -> None:
        self.frames.append(frame)

    def on_lost(self, epoch: str, count: int) -> None:
        self.lost.append((epoch, count))


def make(path: Path = Path("/")) -> tuple[Sender, Owner, Counters]:
    owner, counters = Owner(), Counters()
    return (
        Sender(path, role="proxy", name="p", listener=owner, counters=counters, chance=random.Random(3)),
        owner,
        counters,
    )


def wired(sender: Sender) -> Wire:
    """A connection of `sender` that the other side welcomed."""
    sender._loop = asyncio.get_running_loop()
    wire = Wire(sender)
    wire.receive(handoff.pack(Kind.WELCOME, 0, b'{"version": 1}'))
    return wire


# ── life ──


@on_uvloop
async def test_a_sender_says_hello_and_is_ready_when_welcomed(tmp_path):
    listener = await MirrorListener(tmp_path / "run" / "mirror.sock").start()
    sender, owner, _ = make(listener.path)
    assert not sender.ready
    sender.start()
    mirror = await listener.connected()
    await eventually(lambda: sender.ready)
    assert mirror.hello == {"version": handoff.VERSION, "role": "proxy", "epoch": sender.epoch, "pid": os.getpid()}
    assert owner.ready == [sender.epoch] and sender.epoch.startswith("p-")
    await eventually(lambda: bool(owner.frames))
    assert handoff.Policy.from_json(owner.frames[0].payload) == make_policy()
    assert await sender.leave(1.0)
    await eventually(lambda: mirror.lost)
    assert mirror.said_goodbye
    await listener.stop()


@on_uvloop
async def test_a_sender_waits_for_a_mirror_that_is_not_there_yet(tmp_path):
    path = tmp_path / "run" / "mirror.sock"
    sender, _, counters = make(path)
    sender.start()
    await eventually(lambda: sender._timer is not None)
    listener = await MirrorListener(path).start()
    await eventually(lambda: sender.ready)
    assert counters.get("handoff_disconnects_total") == 0
    await sender.leave(0)
    await listener.stop()


@on_uvloop
async def test_waits_grow_up_to_a_bound_and_a_welcome_resets_them(tmp_path):
    sender, _, _ = make(tmp_path / "nobody.sock")
    sender._loop = asyncio.get_running_loop()
    delays = []
    for _ in range(9):
        sender._retry_later()
        assert sender._timer is not None
        delays.append(sender._delay_s)
        sender._timer.cancel()
    assert delays == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0, 2.0]
    wired(sender)
    assert sender._delay_s == 0.05


@on_uvloop
async def test_another_version_is_hung_up_on_with_longer_and_longer_waits():
    sender, owner, counters = make()
    sender._loop = asyncio.get_running_loop()
    for times in range(1, 4):
        wire = Wire(sender)
        wire.receive(handoff.pack(Kind.WELCOME, 0, b'{"version": 9}'))
        assert wire.was_aborted and not sender.ready
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert sender._timer is not None
        sender._timer.cancel()
        assert counters.get("handoff_refusals_total", (("reason", "version"),)) == times
    assert sender._delay_s == 0.4
    assert owner.ready == [] and owner.lost == [], "it was never ready, so nothing was lost"


@on_uvloop
async def test_a_peer_of_another_user_gets_nothing(monkeypatch):
    sender, owner, counters = make()
    sender._loop = asyncio.get_running_loop()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    wire = Wire(sender)
    assert wire.was_aborted and wire.sent == b"" and not sender.ready
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert counters.get("handoff_refusals_total", (("reason", "peer_user"),)) == 1
    assert owner.lost == [] and sender._timer is not None
    sender._timer.cancel()


@on_uvloop
async def test_the_peers_user_is_what_the_kernel_says():
    sender, _, _ = make()
    assert links.peer_uid(wired(sender)) == os.geteuid()


# ── counting ──


@on_uvloop
async def test_what_was_opened_and_not_settled_is_lost_with_the_connection():
    sender, owner, counters = make()
    wire = wired(sender)
    epoch = sender.epoch
    sender.opened = 5
    wire.receive(handoff.ack_frame(2, 1))
    assert (sender.recorded, sender.settled) == (2, 3)
    wire.break_()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert owner.lost == [(epoch, 2)] and not sender.ready
    assert counters.get("handoff_disconnects_total") == 1
    assert sender._timer is not None
    sender._timer.cancel()
    wired(sender)
    assert sender.epoch != epoch and (sender.opened, sender.settled, sender.recorded) == (0, 0, 0)


@on_uvloop
async def test_settlements_are_passed_on_to_who_asked():
    sender, _, _ = make()
    heard = []
    sender.on_ack = heard.append
    wired(sender).receive(handoff.ack_frame(2, 1) + handoff.ack_frame(4, 1))
    assert heard == [(2, 1), (4, 1)]


@on_uvloop
async def test_frames_are_read_however_they_are_cut():
    sender, owner, _ = make()
    wire = wired(sender)
    for byte in handoff.pack(Kind.DROP, 9) + handoff.pack(Kind.POLICY, 0, b"{}") + handoff.ack_frame(1, 0):
        wire.receive(bytes([byte]))
    assert [(frame.kind, frame.sequence) for frame in owner.frames] == [(Kind.DROP, 9), (Kind.POLICY, 0)]
    assert sender.settled == 1


# ── bounds ──


@on_uvloop
async def test_above_the_soft_bound_a_sender_is_full_and_below_half_of_it_ready_again(tmp_path):
    listener = await MirrorListener(tmp_path / "run" / "mirror.sock").start()
    sender, _, _ = make(listener.path)
    sender.start()
    mirror = await listener.connected()
    await eventually(lambda: sender.ready)
    mirror.transport.pause_reading()
    frame = handoff.pack(Kind.REQUEST, 1, b"x" * 60_000)
    sender.write([handoff.open_frame(1, 1, 1, b"")])
    while sender.ready:
        sender.write([frame])
    assert sender.full
    assert sender._transport is not None
    assert SOFT_BOUND_BYTES < sender._transport.get_write_buffer_size() < SOFT_BOUND_BYTES + 200_000
    mirror.transport.resume_reading()
    await eventually(lambda: sender.ready)
    assert not sender.full
    await sender.leave(0)
    await listener.stop()


@on_uvloop
async def test_when_even_ends_pile_up_the_sender_hangs_up():
    sender, owner, counters = make()
    wire = wired(sender)
    wire.holds = True
    sender.opened = 1
    sender.write([b"x" * (SOFT_BOUND_BYTES + 1)])
    assert sender.full and not sender.ready and not wire.was_aborted
    abort = handoff.abort_frame(1, 1, "handoff_full")
    count = (HARD_BOUND_BYTES - SOFT_BOUND_BYTES) // len(abort) + 1
    sender.write([abort * count])
    assert wire.was_aborted and counters.get("handoff_hangups_total") == 1
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert owner.lost == [(sender.epoch, 1)]
    assert sender._timer is not None
    sender._timer.cancel()


@on_uvloop
async def test_writing_without_a_connection_is_nothing():
    sender, _, _ = make()
    sender.write([b"x"])


# ── leaving ──


@on_uvloop
async def test_leaving_without_a_connection_is_immediate():
    sender, _, _ = make()
    sender.start()
    assert await sender.leave(10.0)
    assert sender._connecting is not None
    await sender._connecting
    assert sender._timer is None, "it does not try again"


@on_uvloop
async def test_leaving_waits_for_settlement_and_ends_when_the_mirror_dies():
    sender, owner, counters = make()
    wire = wired(sender)
    sender.opened = 2
    leaving = asyncio.get_running_loop().create_task(sender.leave(10.0))
    await asyncio.sleep(0)
    assert not sender.ready and wire.sent.endswith(handoff.pack(Kind.GOODBYE))
    wire.receive(handoff.ack_frame(1, 0))
    await asyncio.sleep(0)
    assert not leaving.done()
    wire.break_()
    assert not await leaving
    assert owner.lost == [(sender.epoch, 1)] and counters.get("handoff_disconnects_total") == 0


@on_uvloop
async def test_a_welcome_or_room_in_the_buffer_does_not_make_a_leaving_sender_ready():
    sender, _, _ = make()
    wire = wired(sender)
    sender.opened = 1
    leaving = asyncio.get_running_loop().create_task(sender.leave(10.0))
    await asyncio.sleep(0)
    sender.pause_writing()
    sender.resume_writing()
    assert not sender.ready
    wire.receive(handoff.ack_frame(1, 0))
    assert await leaving


# ── listening ──


@on_uvloop
async def test_a_listeners_folder_and_socket_are_ours_alone(tmp_path):
    path = tmp_path / "run" / "mirror.sock"
    server = await links.listen(path, asyncio.Protocol)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["mirror.sock"]
    server.close()


@on_uvloop
async def test_a_stale_socket_is_replaced(tmp_path):
    path = tmp_path / "run" / "mirror.sock"
    first = await links.listen(path, asyncio.Protocol)
    first.close()
    with socket.socket(socket.AF_UNIX) as stale:
        path.unlink(missing_ok=True)
        stale.bind(str(path))
    second = await links.listen(path, asyncio.Protocol)
    transport, _ = await asyncio.get_running_loop().create_unix_connection(asyncio.Protocol, str(path))
    transport.abort()
    second.close()


@on_uvloop
async def test_a_path_that_is_too_long_is_refused_with_advice(tmp_path):
    with pytest.raises(UnavailableError, match="107 bytes"):
        await links.listen(tmp_path / ("x" * 120), asyncio.Protocol)
    assert list(tmp_path.iterdir()) == []


@on_uvloop
async def test_a_folder_that_others_use_is_refused_and_left_alone(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    (folder / "something").touch()
    folder.chmod(0o755)
    with pytest.raises(UnavailableError, match="open to others and in use"):
        await links.listen(folder / "mirror.sock", asyncio.Protocol)
    assert folder.stat().st_mode & 0o777 == 0o755
    (folder / "something").rename(folder / "mirror.pid")
    links.private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


@on_uvloop
async def test_a_folder_of_another_user_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(UnavailableError, match="belongs to another user"):
        links.private_folder(tmp_path)
