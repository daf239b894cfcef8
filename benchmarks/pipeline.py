"""What one mirror with its recorder takes on one core, from a proxy's frames to the log.

    python -m benchmarks.pipeline [--seconds 10] [--rate N | --window N] [--streams N]

A real mirror and a real recorder share core 0. On core 1 run the candidate (nginx for whole answers, streams of 50 events
a second for streams) and a feeder that speaks the proxy's side of the handoff. Every request is different and sampled.

    whole answers   a window of exchanges is kept under way, so that pairs/s is what the core gives (--rate: an open loop)
    streams         N at a time on both sides, 50 chunks/s each; chunks are counted on both sides

Promised: 3,000 pairs/s of small whole answers; 10,000 streamed chunks/s. CPU is each process's own (user + system).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.table import Table

from benchmarks.nginx import COMPLETION, start_origin
from benchmarks.output import wide_console
from benchmarks.processes import cpu_seconds, free_port, resident_mib, start, start_module, wait_for_port
from shadowbench import handoff, links
from shadowbench.handoff import Frame, Kind, PartWriter
from shadowbench.signals import Counters

_MIRROR_CORE, _LOAD_CORE = 0, 1
HEAD = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: application/json\r\n"
    b"Content-Type: application/json\r\nUser-Agent: OpenAI/Python 1.109.1\r\nX-Stainless-Lang: python\r\n"
    b"Authorization: hash:0123456789abcdef01234567\r\nContent-Length: 300\r\n"
)
_ANSWER_LINES = b"Date: Thu, 20 Nov 2025 12:06:07 GMT\r\nServer: uvicorn\r\nX-Request-Id: req_0123456789\r\n"
ANSWER_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + _ANSWER_LINES
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + _ANSWER_LINES
_EVENT = (
    b'data: {"id":"chatcmpl-benchmark","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":'
    b'[{"index":0,"delta":{"content":" token"},"finish_reason":null}]}\n\n'
)
_DONE = b"data: [DONE]\n\n"
_CHUNKS = 150
_PERIOD_S = 0.02
_PATIENCE_S = 20.0


def body(number: int, *, stream: bool) -> bytes:
    """A small chat request like no other."""
    fields = {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant that answers briefly and to the point."},
            {"role": "user", "content": f"Question {number}: what is the capital of France, and on which river?"},
        ],
        "temperature": 0,
    }
    return json.dumps(fields | ({"stream": True} if stream else {})).encode()


class Feeder:
    """A proxy worker's end of the handoff."""

    def __init__(self, path: Path) -> None:
        self.policy_version = 0
        self.number = 0
        self.sender = links.Sender(
            path, role="proxy", name="feeder", listener=self, counters=Counters(), chance=random.Random(1)
        )
        self.room = asyncio.Event()
        self._ready = asyncio.Event()

    async def connect(self) -> None:
        self.sender.start()
        self.sender.on_ack = lambda _: self.room.set()
        async with asyncio.timeout(_PATIENCE_S):
            await self._ready.wait()

    def on_ready(self, epoch: str) -> None:
        self.number = 0
        self._ready.set()

    def on_frame(self, frame: Frame) -> None:
        if frame.kind == Kind.POLICY:
            self.policy_version = handoff.Policy.from_json(frame.payload).version

    def on_lost(self, epoch: str, count: int) -> None:
        raise RuntimeError("the mirror hung up")

    @property
    def under_way(self) -> int:
        return self.sender.opened - self.sender.settled

    def open(self, *, stream: bool) -> int:
        self.number += 1
        self.sender.opened += 1
        now_ns = time.monotonic_ns()
        request = body(self.number, stream=stream)
        self.sender.write_joined(
            handoff.open_frame(self.number, now_ns, self.policy_version, HEAD)
            + handoff.request_header(self.number, len(request))
            + request
            + handoff.request_end_frame(self.number, now_ns)
        )
        return self.number

    def whole(self) -> None:
        number = self.open(stream=False)
        now_ns = time.monotonic_ns()
        answer = COMPLETION.encode()
        self.sender.write_joined(
            handoff.head_frame(number, now_ns, ANSWER_HEAD)
            + handoff.part_header(number, now_ns, len(answer))
            + answer
            + handoff.end_frame(number, now_ns)
        )


async def whole_answers(feeder: Feeder, seconds: float, *, window: int, rate: float | None) -> None:
    """Exchanges that end at once."""
    began = time.monotonic()
    while (passed_s := time.monotonic() - began) < seconds:
        if rate is None:
            for _ in range(window - feeder.under_way):
                feeder.whole()
            feeder.room.clear()
            await feeder.room.wait()
        else:
            for _ in range(int(passed_s * rate) - feeder.number):
                feeder.whole()
            await asyncio.sleep(0.002)


async def streams(feeder: Feeder, seconds: float, count: int) -> int:
    """`count` streams at a time; how many chunks production sent."""
    chunks = 0
    writers: dict[int, tuple[PartWriter, int]] = {}
    chance = random.Random(2)
    # Streams begin spread over one length, as they do in life.
    starts = sorted(chance.uniform(0, _CHUNKS * _PERIOD_S) for _ in range(count))
    began = time.monotonic()
    due = began
    while (passed_s := time.monotonic() - began) < seconds:
        while starts and starts[0] <= passed_s:
            starts.pop(0)
            number = feeder.open(stream=True)
            feeder.sender.write([handoff.head_frame(number, time.monotonic_ns(), _STREAM_HEAD)])
            writers[number] = PartWriter(number), 0
        now_ns = time.monotonic_ns()
        for number, (writer, sent) in list(writers.items()):
            feeder.sender.write(writer.add(now_ns, _DONE if sent == _CHUNKS else _EVENT) or [])
            chunks += 1
            writers[number] = writer, sent + 1
            if sent == _CHUNKS:
                feeder.sender.write([*writer.flush(), handoff.end_frame(number, now_ns)])
                del writers[number]
                starts.append(0.0)
        due += _PERIOD_S
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    for number, (writer, _) in writers.items():
        end = handoff.abort_frame(number, time.monotonic_ns(), "client_cancelled")
        feeder.sender.write([*writer.flush(), end])
    return chunks


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run."""

    seconds: float
    opened: int
    recorded: int
    answered: int
    production_chunks: int
    candidate_chunks: int
    mirror_cpu_s: float
    recorder_cpu_s: float
    mirror_mib: float
    recorder_mib: float


def measure(folder: Path, wanted: argparse.Namespace, *, streamed: bool) -> Result:
    """Start everything, feed, wait for the last settlement."""
    with ExitStack() as stack:
        port = free_port()
        log = folder / "log"
        if streamed:
            origin = start_module("benchmarks.stream_candidate", port, core=_LOAD_CORE, stack=stack, log=log)
            wait_for_port(port, origin, log)
        else:
            start_origin(port, folder=folder, core=_LOAD_CORE, stack=stack)
        run = folder / "run"
        candidate = {
            "name": "small",
            "url": f"http://127.0.0.1:{port}",
            "sample_rate": 1.0,
            "concurrency": 4096 if streamed else 64,
            "queue": 4096,
        }
        workers = {}
        for role, options in (
            ("recorder", {"store_url": f"sqlite:///{folder}/pairs.db", "secret_file": str(folder / "secret")}),
            ("mirror", {"candidates": [candidate], "duplicate_window_s": 0.0, "secret_file": str(folder / "secret")}),
        ):
            text = folder / f"{role}.json"
            text.write_text(json.dumps(options | {"runtime_folder": str(run)}))
            # A worker without a parent reads its options from standard input, which `start` leaves to /dev/null.
            command = ["sh", "-c", f'exec "$0" -P -m shadowbench.{role} < {text}', sys.executable]
            workers[role] = start(command, core=_MIRROR_CORE, stack=stack, log=log)
            time.sleep(0.5)
        result = uvloop.run(_feed(folder, workers, wanted, streamed=streamed))
    return result


async def _feed(folder: Path, workers: dict[str, object], wanted: argparse.Namespace, *, streamed: bool) -> Result:
    pids = {role: process.pid for role, process in workers.items()}  # type: ignore[attr-defined]
    feeder = Feeder(folder / "run" / "mirror.sock")
    await feeder.connect()
    await asyncio.sleep(1.0)
    before = {role: cpu_seconds([pid]) for role, pid in pids.items()}
    began = time.monotonic()
    chunks = 0
    if streamed:
        chunks = await streams(feeder, wanted.seconds, wanted.streams)
    else:
        await whole_answers(feeder, wanted.seconds, window=wanted.window, rate=wanted.rate)
    seconds = time.monotonic() - began
    settled = feeder.sender.settled if not streamed and wanted.rate is None else None
    async with asyncio.timeout(_PATIENCE_S):
        while feeder.under_way:
            feeder.room.clear()
            await feeder.room.wait()
    used = {role: cpu_seconds([pid]) - before[role] for role, pid in pids.items()}
    mib = {role: resident_mib([pid]) for role, pid in pids.items()}
    with closing(sqlite3.connect(f"file:{folder}/pairs.db?mode=ro", uri=True)) as connection:
        answered, theirs = connection.execute(
            "SELECT count(*) FILTER (WHERE outcome = 'ok' OR status = 200), coalesce(sum(content_chunks), 0)"
            " FROM observations WHERE side = 1"
        ).fetchone()
    return Result(
        seconds=seconds,
        opened=feeder.sender.opened if settled is None else settled,
        recorded=feeder.sender.recorded,
        answered=answered,
        production_chunks=chunks,
        candidate_chunks=theirs,
        mirror_cpu_s=used["mirror"],
        recorder_cpu_s=used["recorder"],
        mirror_mib=mib["mirror"],
        recorder_mib=mib["recorder"],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Both kinds of load, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, help="exchanges per second, open loop; default: as many as it takes")
    parser.add_argument("--window", type=int, default=256, help="exchanges under way (default %(default)s)")
    parser.add_argument("--streams", type=int, default=120, help="at a time (default %(default)s)")
    parser.add_argument("--only", choices=("whole", "streams"))
    wanted = parser.parse_args(arguments)
    table = Table(title="one mirror with its recorder, on one core", title_justify="left")
    for column in ("", "whole answers", "streams"):
        table.add_column(column, justify="left" if not column else "right")
    results: list[Result | None] = []
    for streamed in (False, True):
        if wanted.only == ("whole" if streamed else "streams"):
            results.append(None)
            continue
        with tempfile.TemporaryDirectory(prefix="shadowbench-pipeline-") as name:
            results.append(measure(Path(name), wanted, streamed=streamed))
    for label, tell in _ROWS.items():
        table.add_row(label, *("–" if result is None else tell(result) for result in results))
    wide_console().print(table)
    return 0


def _per(seconds: float, count: int) -> str:
    return f"{1e6 * seconds / max(1, count):,.1f} µs"


_ROWS = {
    "exchanges": lambda r: f"{r.opened:,} in {r.seconds:.1f} s",
    "pairs recorded": lambda r: f"{r.recorded:,}",
    "candidate answered": lambda r: f"{r.answered:,}",
    "pairs/s": lambda r: f"{r.opened / r.seconds:,.0f}",
    "chunks/s, both sides": lambda r: f"{(r.production_chunks + r.candidate_chunks) / r.seconds:,.0f}",
    "mirror CPU per pair": lambda r: _per(r.mirror_cpu_s, r.recorded),
    "recorder CPU per pair": lambda r: _per(r.recorder_cpu_s, r.recorded),
    "CPU per chunk": lambda r: (
        _per(r.mirror_cpu_s + r.recorder_cpu_s, r.production_chunks + r.candidate_chunks)
        if r.production_chunks
        else "–"
    ),
    "share of the core": lambda r: f"{(r.mirror_cpu_s + r.recorder_cpu_s) / r.seconds:.0%}",
    "memory, mirror + recorder": lambda r: f"{r.mirror_mib:.0f} + {r.recorder_mib:.0f} MiB",
}


if __name__ == "__main__":
    sys.exit(main())
