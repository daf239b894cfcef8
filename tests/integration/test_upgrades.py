"""Releases that meet: logs and frames that an older one made, read by this one; and what this one does beside a newer one.

`tests/fixtures` holds what older code really wrote, not what today's thinks it did: pair logs as SQL dumps, and what a proxy
worker of handoff version 1 said to its mirror about a whole answer and a stream. When a version is left behind, record its
last release the same way and add it here.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shadowbench import handoff
from shadowbench.cli.app import app
from shadowbench.endpoints.testing import ScriptedProvider
from shadowbench.errors import UnavailableError
from shadowbench.handoff import FrameReader, Kind
from shadowbench.store.base import each_exchange
from shadowbench.store.migrating import newest_version
from shadowbench.store.opening import open_log, version_of
from shadowbench.store.testing import an_exchange
from tests.integration.proxying import OK, MirrorListener, Peer, RawOrigin, on_uvloop, post
from tests.integration.proxying import eventually as becomes
from tests.integration.workers import Worker
from tests.mirrors import candidate, eventually, mirror

FIXTURES = Path(__file__).parents[1] / "fixtures"
VERSIONS = sorted(int(path.stem.rpartition("_v")[2]) for path in FIXTURES.glob("pair_log_v*.sql"))


@pytest.fixture(params=VERSIONS, ids=lambda version: f"v{version}")
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A pair log as a release of that version left it."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript((FIXTURES / f"pair_log_v{request.param}.sql").read_text("utf-8"))
    assert version_of(f"sqlite:///{path}") == request.param
    yield path


def report_of(log: Path) -> dict[str, Any]:
    """What `shadowbench report` says of it."""
    told = CliRunner().invoke(app, ["report", str(log), "--format", "json"])
    assert told.exit_code == 0, told.stderr
    said: dict[str, Any] = json.loads(told.stdout)
    return said


# ── the log ──


def test_every_version_that_was_left_behind_is_recorded() -> None:
    assert [*range(1, newest_version())] == VERSIONS


def test_an_older_log_is_reported_on_as_it_is_and_says_the_same_when_it_was_brought_forward(old: Path) -> None:
    before, bytes_before = report_of(old), old.read_bytes()
    assert before["totals"]["pairs"] == 16
    assert old.read_bytes() == bytes_before
    with closing(open_log(f"sqlite:///{old}", "read")) as log:
        held = list(each_exchange(log))
    assert CliRunner().invoke(app, ["migrate", "--log", str(old)]).exit_code == 0
    assert version_of(f"sqlite:///{old}") == newest_version()
    with closing(open_log(f"sqlite:///{old}", "write")) as log:
        assert list(each_exchange(log)) == held
        log.append([an_exchange(99)])
        assert log.counts().exchanges == 9
    after = report_of(old)
    assert after["totals"]["pairs"] == 17
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("mode", ["read", "write", "change"])
def test_a_newer_log_is_refused_with_what_to_do_and_left_as_it_is(old: Path, mode: Any) -> None:
    open_log(f"sqlite:///{old}", "write").close()
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE of_the_future (x)")
        connection.execute(f"PRAGMA user_version = {newest_version() + 1}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = old.read_bytes()
    with pytest.raises(UnavailableError, match=r"this shadowbench reads up to \d+; install the newer shadowbench"):
        open_log(f"sqlite:///{old}", mode)
    assert old.read_bytes() == before
    for command in (["report", str(old)], ["migrate", "--log", str(old)], ["prune", "--log", str(old), "--keep", "0"]):
        told = CliRunner().invoke(app, command)
        assert isinstance(told.exception, UnavailableError | SystemExit)
        assert told.exit_code != 0
    assert old.read_bytes() == before


# ── frames ──


async def test_a_proxy_of_version_1_is_spoken_to_in_its_version_and_its_exchanges_become_pairs(tmp_path: Path) -> None:
    said = (FIXTURES / "proxy_v1.frames").read_bytes()
    kinds = [frame.kind for frame in FrameReader().feed(said)]
    assert kinds[0] == Kind.HELLO and kinds.count(Kind.END) == 2 and kinds[-1] == Kind.GOODBYE
    # What it says happened on another machine's clock.
    forever = 1e12
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url), stale_after_s=forever) as rig:
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "run/mirror.sock"))
        hello = handoff.HEADER.size + handoff.HEADER.unpack_from(said)[0]
        writer.write(said[:hello])
        heard, frames = FrameReader(), []
        while len(frames) < 2:
            frames += heard.feed(await reader.read(65536))
        assert [frame.kind for frame in frames] == [Kind.POLICY, Kind.WELCOME]
        assert handoff.read_json(frames[1].payload)["version"] == 1  # it reads no other
        policy = handoff.Policy.from_json(frames[0].payload)
        writer.write(under(policy.version, said[hello:]))
        await eventually(lambda: len(rig.recorder.exchanges) == 2)
        writer.close()
        # Candidates are asked side by side, so either may be recorded first.
        answers = [
            b"".join(c.data for part in each.sides[0].parts for c in handoff.read_part(part))
            for each in rig.recorder.exchanges
        ]
        whole, streamed = sorted(answers, key=lambda answer: answer.startswith(b"data: "))
        assert b"Riga." in whole
        assert b" three" in streamed
        assert [json.loads(each.body)["messages"] for each in provider.requests] == [
            [{"role": "user", "content": "What is the capital of Latvia?"}]
        ] * 2
        assert rig.recorder.errors == []


def under(version: int, said: bytes) -> bytes:
    """The same frames, opened under this version of the policy: the one thing that the proxy was told."""
    told = b""
    for frame in FrameReader().feed(said):
        payload = frame.payload
        if frame.kind == Kind.OPEN:
            payload = payload[:8] + version.to_bytes(4, "little") + payload[12:]
        told += handoff.pack(frame.kind, frame.sequence, payload, frame.side)
    return told


async def test_a_proxy_of_the_next_version_is_refused_and_counted_and_others_stay(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        fields = {"version": handoff.VERSION + 1, "role": "proxy", "epoch": "of-the-future"}
        for _ in range(3):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "run/mirror.sock"))
            writer.write(handoff.pack(Kind.HELLO, 0, json.dumps(fields).encode()))
            assert await reader.read() == b""
            writer.close()
        assert rig.parent.counters.get("mirror_refusals_total", (("reason", "version"),)) == 3
        proxy.exchange()
        await proxy.settled()
        assert proxy.sender.recorded == 1


@on_uvloop
async def test_beside_a_mirror_of_the_next_version_a_proxy_serves_tells_why_it_copies_nothing_and_heals(tmp_path: Path):
    listener = MirrorListener(tmp_path / "run" / "mirror.sock")
    listener.welcome = welcome(handoff.VERSION + 1)
    await listener.start()
    origin = RawOrigin()
    try:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            async with Worker(f"http://127.0.0.1:{origin.port}", sock, mirror_socket=str(listener.path)) as worker:
                await listener.connected(2)  # it tries again, politely
                production = await served(sock, origin)
                snapshot = await worker.said("snapshot")
                while not counted(snapshot, "handoff_refusals_total", "version"):
                    snapshot = await worker.said("snapshot")
                assert counted(snapshot, "handoff_connected") == 0
                # The mirror is replaced by one of a neighbouring release.
                listener.welcome = welcome(handoff.VERSION - 1)
                while not counted(await worker.said("snapshot"), "handoff_connected"):
                    pass
                await served(sock, origin, production)
                told = listener.connections[-1]
                await becomes(lambda: bool(told.exchanges) and told.exchanges[0].end is not None)
                told.ack(1)
                worker.terminate()
                assert await worker.ended() == 0
                line = json.loads(worker.stderr().splitlines()[0])
    finally:
        origin.close()
        await listener.stop()
    assert line["event"] == "the mirror was refused"
    assert line["error"].startswith(f"the peer speaks handoff version {handoff.VERSION + 1}, this side reads 1 and 2: ")


def welcome(version: int) -> bytes:
    """A mirror's, of a release that speaks this version."""
    return json.dumps({"version": version, "role": "mirror"}).encode()


async def served(sock: socket.socket, origin: RawOrigin, production: Peer | None = None) -> Peer:
    """One request is answered. The connection to production that served it."""
    raw = socket.socket()
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, sock.getsockname())
    client = Peer(raw)
    await client.send(post())
    production = await (origin.accept() if production is None else origin.asked(production))
    await production.message()
    await production.send(OK)
    assert await client.message() == OK
    client.close()
    return production


def counted(snapshot: list[Any], name: str, reason: str | None = None) -> float:
    """The value of a series in a worker's snapshot."""
    labels = [] if reason is None else [["reason", reason]]
    return sum(value for each, of, value, _ in snapshot if each == name and of == labels)
