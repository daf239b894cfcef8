"""The recorder as its own process, over its unix socket, with a real log."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shadowbench import handoff
from shadowbench.handoff import Frame, FrameReader, Kind
from shadowbench.limits.budget import Why
from shadowbench.recorder.raw import RawAttempt
from shadowbench.recorder.testing import (
    STREAM_HEAD,
    ScriptedExchange,
    ScriptedSide,
    plan_fields,
)
from shadowbench.records import Cost, Exchange, FunnelCount, Mark, Outcome
from shadowbench.store.base import each_exchange
from shadowbench.store.opening import open_log

WAIT_S = 20


@dataclass
class Running:
    """A recorder process and where it keeps things."""

    folder: Path
    process: subprocess.Popen[bytes]
    closing: contextlib.ExitStack

    @property
    def log_path(self) -> Path:
        return self.folder / "pairs.db"

    def connect(self, hello: bytes | None = None) -> Mirror:
        deadline = time.monotonic() + WAIT_S
        while True:
            sock = self.closing.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
            try:
                sock.connect(str(self.folder / "recorder.sock"))
                return Mirror(sock, hello=hello)
            except OSError:
                assert self.process.poll() is None, "the recorder ended"
                assert time.monotonic() < deadline, "the recorder does not listen"
                time.sleep(0.02)

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)

    def exchanges(self) -> list[Exchange]:
        log = open_log(f"sqlite:///{self.log_path}", "read")
        try:
            return list(each_exchange(log))
        finally:
            log.close()


class Mirror:
    """The mirror's end: blocking, one thread."""

    def __init__(self, sock: socket.socket, *, hello: bytes | None = None) -> None:
        self.sock = sock
        self.sock.settimeout(WAIT_S)
        self.reader = FrameReader()
        self.recorded = self.discarded = 0
        self.say(hello or handoff.hello_frame(role="mirror", epoch="mirror-0-1"))

    def say(self, *frames: bytes) -> None:
        self.sock.sendall(b"".join(frames))

    def hear(self) -> list[int]:
        """Read once; the kinds of frames that came, nothing when the recorder hung up."""
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            return []
        kinds = []
        for frame in self.reader.feed(data):
            kinds.append(frame.kind)
            if frame.kind == Kind.ACK:
                self.recorded, self.discarded = handoff.read_ack(frame.payload)
        return kinds

    def hear_until(self, settled: int) -> None:
        while self.recorded + self.discarded < settled:
            assert self.hear(), "the recorder hung up"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rec")


@contextlib.contextmanager
def recorder(folder: Path, **options: object) -> Iterator[Running]:
    fields = {"runtime_folder": str(folder), "store_url": f"sqlite:///{folder}/pairs.db", "drain_s": 5.0} | options
    (folder / "options.json").write_text(json.dumps(fields))
    with (folder / "options.json").open("rb") as stdin:
        process = subprocess.Popen([sys.executable, "-m", "shadowbench.recorder"], stdin=stdin)
    with contextlib.ExitStack() as closing:
        closing.callback(process.wait)
        closing.callback(process.kill)
        yield Running(folder, process, closing)


CHAT = (
    b'data: {"id":"c1","object":"chat.completion.chunk","model":"big-1","system_fingerprint":"fp",'
    b'"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n',
    b'data: {"id":"c1","object":"chat.completion.chunk","model":"big-1","choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n',
    b'data: {"id":"c1","object":"chat.completion.chunk","model":"big-1","choices":[{"index":0,"delta":{"content":"lo"}}]}\n\n',
    b'data: {"id":"c1","object":"chat.completion.chunk","model":"big-1",'
    b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
)
REQUEST = b'{"model": "big", "stream": true, "messages": [{"role": "user", "content": "Say hello"}]}'


def id_of(number: int) -> str:
    return f"01900000-0000-7000-8000-{number:012x}"


def chat(number: int, **plan: object) -> ScriptedExchange:
    chunks = tuple((1_200_000_000 + 100_000_000 * n, data) for n, data in enumerate(CHAT))
    return ScriptedExchange(
        plan=plan_fields(**({"id": id_of(number)} | plan)),
        body=REQUEST,
        production=ScriptedSide(head=STREAM_HEAD + b"X-Request-Id: req_1\r\n", chunks=chunks, end_ns=1_500_000_001),
        candidates={1: ScriptedSide(t0_ns=None, head=None, reason="refused")},
    )


def frames_of(numbers: Sequence[int]) -> list[bytes]:
    return [frame for number in numbers for frame in chat(number).frames(number)]


def test_exchanges_reach_the_log_and_only_then_are_acknowledged(folder: Path) -> None:
    with recorder(folder) as running:
        mirror = running.connect()
        mirror.say(*frames_of(range(5)))
        mirror.hear_until(5)
        assert (mirror.recorded, mirror.discarded) == (5, 0)
        seen = running.exchanges()
    assert [exchange.id for exchange in seen] == [id_of(number) for number in range(5)]
    production, small = seen[0].production, seen[0].candidates[0].observation
    assert production.outcome is Outcome.OK
    assert production.answer is not None
    assert (production.answer.first.text, production.fingerprint) == ("Hello", "fp")
    assert production.timing.first_content_s == pytest.approx(0.3)
    assert seen[0].request_id == "req_1"
    assert (small.outcome, small.reason) == (Outcome.UNREACHABLE, "refused")


def test_a_goodbye_is_answered_before_the_recorder_leaves(folder: Path) -> None:
    with recorder(folder) as running:
        mirror = running.connect()
        mirror.say(*chat(0).frames(0)[:-1])
        assert mirror.hear() == [Kind.WELCOME]
        running.process.send_signal(signal.SIGTERM)
        mirror.say(*frames_of([1]), handoff.pack(Kind.GOODBYE), chat(0).frames(0)[-1])
        mirror.hear_until(2)
        assert mirror.hear() == []
        assert running.process.wait(WAIT_S) == 0
        assert [exchange.id for exchange in running.exchanges()] == [id_of(1), id_of(0)]


def test_the_recorder_leaves_a_silent_mirror_after_the_deadline(folder: Path) -> None:
    with recorder(folder, drain_s=0.2) as running:
        mirror = running.connect()
        mirror.say(*frames_of([0]), *chat(1).frames(1)[:-1])
        mirror.hear_until(1)
        assert running.terminate() == 0
        assert [exchange.id for exchange in running.exchanges()] == [id_of(0)]


def test_without_mirrors_the_recorder_leaves_at_once(folder: Path) -> None:
    with recorder(folder) as running:
        running.connect().sock.close()
        assert running.terminate() == 0


def test_a_store_url_that_cannot_be_meant_ends_the_recorder_with_the_code_for_configuration(folder: Path) -> None:
    with recorder(folder, store_url="sqlite:///") as running:
        assert running.process.wait(WAIT_S) == 2


@pytest.mark.parametrize(
    "hello",
    [
        handoff.hello_frame(role="proxy", epoch="x"),
        handoff.pack(Kind.HELLO, 0, b'{"version": 99, "role": "mirror"}'),
        handoff.pack(Kind.HELLO, 0, b"nonsense"),
        handoff.pack(Kind.GOODBYE),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_a_stranger_is_refused_and_others_are_served(folder: Path, hello: bytes) -> None:
    with recorder(folder) as running:
        good = running.connect()
        assert running.connect(hello).hear() == []
        good.say(*frames_of([0]))
        good.hear_until(1)
        assert good.recorded == 1


def test_each_loss_is_acknowledged_in_its_place(folder: Path) -> None:
    lost = ScriptedExchange(plan=plan_fields(()), production=ScriptedSide(reason="handoff_full"))
    with recorder(folder) as running:
        mirror = running.connect()
        mirror.say(*frames_of([0]), *lost.frames(1), *frames_of([2]))
        mirror.hear_until(3)
        assert (mirror.recorded, mirror.discarded) == (2, 1)


# ── costs, notes ──

PRICES = {"entries": [{"models": ["small-*"], "input_per_mtok": 1.0, "output_per_mtok": 2.0}]}
ANSWER = (
    b'{"model":"small-1","choices":[{"index":0,"message":{"content":"Hi"}}],'
    b'"usage":{"prompt_tokens":5,"completion_tokens":2}}'
)


def answered(number: int, body: bytes = ANSWER, **plan: object) -> ScriptedExchange:
    tried = (RawAttempt("http_429", 429, 10, 20),)
    small = ScriptedSide(chunks=((1_200_000_000, body),), attempts=tried)
    return replace(chat(number, **plan), candidates={1: small})


def heard(mirror: Mirror, settled: int) -> list[Frame]:
    """All frames until so many exchanges are settled."""
    frames: list[Frame] = []
    while not frames or sum(handoff.read_ack(frames[-1].payload)) < settled:
        data = mirror.sock.recv(65536)
        assert data, "the recorder hung up"
        frames += [frame for frame in mirror.reader.feed(data) if frame.kind != Kind.WELCOME]
    return frames


def test_costs_are_told_before_the_settlement_and_kept_in_the_log(folder: Path) -> None:
    with recorder(folder, pricing=PRICES) as running:
        mirror = running.connect()
        mirror.say(*answered(0).frames(7), *answered(1, b"{}").frames(8))
        frames = heard(mirror, 2)
        kept = running.exchanges()
    costs = [(each.sequence, each.side, *handoff.read_cost(each.payload)) for each in frames if each.kind == Kind.COST]
    assert costs == [(7, 1, pytest.approx(9e-6), 7, Why.KNOWN), (8, 1, None, None, Why.UNREADABLE)]
    assert frames[-1].kind == Kind.ACK
    small = kept[0].candidates[0].observation
    assert small.cost is not None
    assert small.cost.usd == pytest.approx(9e-6)
    assert [attempt.reason for attempt in small.attempts] == ["http_429"]
    assert kept[0].production.cost == Cost(usd=None, reason="unknown_model")


def test_a_discarded_exchange_tells_no_cost(folder: Path) -> None:
    with recorder(folder, pricing=PRICES) as running:
        mirror = running.connect()
        lost = replace(answered(0), production=ScriptedSide(reason="handoff_full"))
        mirror.say(*lost.frames(1))
        assert [frame.kind for frame in heard(mirror, 1)] == [Kind.ACK]


def test_a_mirror_of_version_1_is_spoken_to_in_version_1(folder: Path) -> None:
    with recorder(folder, pricing=PRICES) as running:
        mirror = running.connect(handoff.pack(Kind.HELLO, 0, b'{"version": 1, "role": "mirror", "epoch": "old"}'))
        (welcome,) = mirror.reader.feed(mirror.sock.recv(65536))
        assert handoff.read_json(welcome.payload)["version"] == 1
        mirror.say(*chat(0).frames(1))
        assert [frame.kind for frame in heard(mirror, 1)] == [Kind.ACK]


def test_the_funnel_and_marks_reach_the_log(folder: Path) -> None:
    mark = {"at": 5.0, "kind": "policy_changed", "endpoint": None, "before": "1", "after": "2"}
    with recorder(folder) as running:
        mirror = running.connect()
        for count in (3, 4):
            mirror.say(
                handoff.json_frame(Kind.FUNNEL, [["m", "", "opened", "", count], ["m", "small", "fault", "x", 1]])
            )
        mirror.say(handoff.json_frame(Kind.MARK, mark), handoff.pack(Kind.GOODBYE))
        assert running.terminate() == 0
    with contextlib.closing(open_log(f"sqlite:///{running.log_path}", "read")) as log:
        assert {(count.candidate, count.stage, count.count) for count in log.funnel()} == {
            ("", "opened", 4),
            ("small", "fault", 1),
        }
        assert list(log.marks()) == [Mark(**mark)]


def test_counts_that_a_mirror_would_have_told_again_reach_the_log_when_it_dies(folder: Path) -> None:
    def told(stage: str, count: int, sequence: int = 0) -> bytes:
        return handoff.json_frame(Kind.FUNNEL, [["m", "", stage, "", count]], sequence)

    with recorder(folder) as running:
        mirror = running.connect()
        mirror.say(told("opened", 2, handoff.INTERIM), told("recorded", 9, handoff.INTERIM))
        mirror.say(told("recorded", 10), told("opened", 5), told("opened", 7, handoff.INTERIM))
        mirror.sock.close()
        assert running.terminate() == 0
    with contextlib.closing(open_log(f"sqlite:///{running.log_path}", "read")) as log:
        # What was told for good after it is newer than what was told in between.
        assert {(count.stage, count.count) for count in log.funnel()} == {("recorded", 10), ("opened", 7)}


def test_a_funnel_that_is_none_is_refused(folder: Path) -> None:
    with recorder(folder) as running:
        mirror = running.connect()
        mirror.say(handoff.json_frame(Kind.FUNNEL, [["m", "", "opened"]]))
        while mirror.hear():
            pass  # WELCOME, then nothing


# ── the store fails ──


def test_while_another_process_holds_the_log_exchanges_wait_and_then_go_in(folder: Path) -> None:
    with recorder(folder) as running:
        mirror = running.connect()
        mirror.say(*frames_of([0]))
        mirror.hear_until(1)
        with contextlib.closing(sqlite3.connect(running.log_path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            mirror.say(*frames_of([1, 2]))
            mirror.sock.settimeout(0.5)
            with pytest.raises(TimeoutError):
                mirror.hear()
            other.execute("ROLLBACK")
        mirror.sock.settimeout(WAIT_S)
        mirror.hear_until(3)
        assert (mirror.recorded, mirror.discarded) == (3, 0)
        assert len(running.exchanges()) == 3


def test_what_is_recorded_after_its_mirror_died_is_counted_for_the_log_alone(folder: Path) -> None:
    with recorder(folder) as running:
        mirror = running.connect(handoff.hello_frame(role="mirror", epoch="mirror-7"))
        mirror.say(*frames_of([0]))
        mirror.hear_until(1)
        with contextlib.closing(sqlite3.connect(running.log_path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            mirror.say(*frames_of([1, 2, 3]))
            mirror.sock.close()
            running.connect().hear()  # welcomed: the recorder has read what came before
            other.execute("ROLLBACK")
        deadline = time.monotonic() + WAIT_S
        while not (counts := _funnel(running)):
            assert time.monotonic() < deadline, "nothing was counted"
            time.sleep(0.02)
        assert [(each.epoch, each.stage, each.count) for each in counts] == [("mirror-7", "unheard", 3)]
        assert len(running.exchanges()) == 4


def _funnel(running: Running) -> Sequence[FunnelCount]:
    with contextlib.closing(open_log(f"sqlite:///{running.log_path}", "read")) as log:
        return log.funnel()


def test_a_full_disk_costs_what_memory_cannot_hold_and_the_log_goes_on_when_there_is_room(folder: Path) -> None:
    with recorder(folder, max_held_bytes=400_000) as running:
        mirror = running.connect()
        mirror.say(*frames_of([0]))
        mirror.hear_until(1)
        # The kernel refuses to let files of this process grow, as a full disk does; Python ignores SIGXFSZ.
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        mirror.say(*frames_of(range(1, 200)))
        mirror.say(*frames_of(range(200, 201)))
        mirror.sock.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while mirror.hear():
                pass
        assert (mirror.recorded, mirror.discarded) == (1, 0)  # in order: the first are kept, and wait
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        mirror.sock.settimeout(WAIT_S)
        mirror.hear_until(201)
        assert mirror.discarded > 0
        assert mirror.recorded > 1
        kept = mirror.recorded
        mirror.say(*frames_of([500]))
        mirror.hear_until(202)
        ids = [exchange.id for exchange in running.exchanges()]
        assert ids == [*map(id_of, range(kept)), id_of(500)]


def test_a_damaged_log_does_not_hold_up_a_recorder_that_leaves(folder: Path) -> None:
    (folder / "pairs.db").write_bytes(random.Random(1).randbytes(60_000))
    with recorder(folder, drain_s=1000.0, flush_s=1000.0) as running:
        mirror = running.connect()
        mirror.say(*frames_of(range(3)), handoff.pack(Kind.GOODBYE))
        assert mirror.hear() == [Kind.WELCOME]
        running.process.send_signal(signal.SIGTERM)
        mirror.hear_until(3)
        assert (mirror.recorded, mirror.discarded) == (0, 3)
        assert running.process.wait(WAIT_S) == 0


# ── two recorders ──


def test_a_second_recorder_on_a_log_refuses_and_names_the_first(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = folder / "other"
    other.mkdir(mode=0o700)
    (folder / "link.db").symlink_to(folder / "pairs.db")
    with recorder(folder) as first:
        first.connect()
        with recorder(other, store_url=f"sqlite:///{folder}/link.db") as second:
            assert second.process.wait(WAIT_S) == 4
        said = capfd.readouterr().err
        assert f"pid {first.process.pid} writes the pair log" in said
        assert "store.url" in said
        mirror = first.connect()
        mirror.say(*frames_of([0]))
        mirror.hear_until(1)
        assert mirror.recorded == 1


def test_a_recorder_waits_a_moment_for_one_that_is_about_to_leave(folder: Path) -> None:
    with recorder(folder) as first:
        first.connect().sock.close()
        other = folder / "other"
        other.mkdir(mode=0o700)
        with recorder(other, store_url=f"sqlite:///{folder}/pairs.db") as second:
            assert first.terminate() == 0
            second.connect().sock.close()
            assert second.terminate() == 0


# ── killed at any moment ──


@pytest.mark.parametrize("seed", range(4))
def test_what_was_acknowledged_survives_a_kill_at_any_moment(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    count = 1000
    frames = b"".join(frames_of(range(count)))
    with recorder(folder) as running:
        mirror = running.connect()
        assert mirror.hear() == [Kind.WELCOME]
        mirror.sock.setblocking(False)
        kill_at_acks = chance.randint(1, count // 2)
        while mirror.recorded < kill_at_acks:
            readable, writable, _ = select.select([mirror.sock], [mirror.sock] if frames else [], [], WAIT_S)
            if writable:
                frames = frames[mirror.sock.send(frames[:100_000]) :]
            if readable:
                mirror.hear()
        time.sleep(chance.random() * 0.01)  # not for luck: any moment will do
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
        with contextlib.suppress(BlockingIOError):
            while mirror.hear():
                pass
        # Opened for writing as the next recorder would, so that the WAL is recovered.
        open_log(f"sqlite:///{running.log_path}", "write").close()
        ids = [exchange.id for exchange in running.exchanges()]
        assert mirror.discarded == 0
        assert ids == [id_of(number) for number in range(len(ids))]
        assert kill_at_acks <= mirror.recorded <= len(ids)
        with contextlib.closing(sqlite3.connect(running.log_path)) as log:
            assert log.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_the_log_goes_on_after_a_kill(folder: Path) -> None:
    with recorder(folder) as running:
        mirror = running.connect()
        mirror.say(*frames_of([0]))
        mirror.hear_until(1)
        running.process.kill()
    with recorder(folder) as running:
        mirror = running.connect()
        mirror.say(*frames_of([1]))
        mirror.hear_until(1)
        assert [exchange.id for exchange in running.exchanges()] == [id_of(0), id_of(1)]
