"""Pairs per second that a recorder process takes from frames to the log, and where its time goes.

    python -m benchmarks.recorder [--pairs 20000] [--streamed] [--rate N | --stages | --profile]

Starts a real recorder process, writes a mirror's frames to its socket as fast as it reads them (or N pairs a second, as they
come under load), and waits for the acknowledgement of the last exchange. CPU seconds are the process's own (user + system):
pairs per CPU second is what one core gives, however busy the machine is. `--stages` runs the same path in this process, stage
after stage, without socket, thread and collector, and prints the best of several rounds, so that what else the machine does
counts little. `--profile` runs it under cProfile.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import os
import pstats
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from shadowbench import handoff
from shadowbench.handoff import FrameReader, Kind
from shadowbench.pricing import Pricer, PricingOptions
from shadowbench.recorder.assembly import Assembly
from shadowbench.recorder.exchange import Reader
from shadowbench.recorder.memory import Memory
from shadowbench.recorder.raw import RawExchange
from shadowbench.recorder.redact import CredentialRedactor
from shadowbench.recorder.testing import (
    CHAT_REQUEST_HEAD,
    OK_HEAD,
    STREAM_HEAD,
    ScriptedExchange,
    ScriptedSide,
    plan_fields,
)
from shadowbench.signals import Counters
from shadowbench.store.opening import open_log
from shadowbench.wire.reading import ReadingLimits

MS = 1_000_000
REQUEST_HEAD = CHAT_REQUEST_HEAD + (
    b"Host: 127.0.0.1:8080\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate\r\nContent-Length: 420\r\n"
    b"User-Agent: OpenAI/Python 1.109.1\r\nX-Stainless-Lang: python\r\nX-Stainless-Runtime: CPython\r\n"
    b"Authorization: hash:0123456789abcdef01234567\r\n"
)
RESPONSE_LINES = b"Date: Thu, 20 Nov 2025 12:06:07 GMT\r\nServer: uvicorn\r\nX-Request-Id: req_0123456789\r\n"
WORDS = re.findall(
    r"\S+", "The capital of France is Paris, on the Seine, and has been so for most of a thousand years."
)


def request_body() -> bytes:
    messages = [
        {"role": "system", "content": "You are a helpful assistant that answers briefly. " * 4},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    return json.dumps({"model": "gpt-4o-mini", "messages": messages, "temperature": 0}).encode()


def whole_side(t0_ns: int) -> ScriptedSide:
    choice = {"index": 0, "message": {"role": "assistant", "content": " ".join(WORDS)}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 52, "completion_tokens": 24, "total_tokens": 76}
    fields = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18"}
    body = json.dumps(fields | {"choices": [choice], "usage": usage, "system_fingerprint": "fp_1"}).encode()
    chunks = ((t0_ns + 21 * MS, body),)
    return side(t0_ns, OK_HEAD, chunks)


def streamed_side(t0_ns: int) -> ScriptedSide:
    fields = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini-2024-07-18"}
    deltas = [{"role": "assistant", "content": ""}, *({"content": f"{word} "} for word in WORDS), {}]
    events = [json.dumps(fields | {"choices": [{"index": 0, "delta": delta}]}) for delta in deltas]
    data = [f"data: {event}\n\n".encode() for event in [*events, "[DONE]"]]
    return side(t0_ns, STREAM_HEAD, tuple((t0_ns + (20 + n) * MS, chunk) for n, chunk in enumerate(data)))


def side(t0_ns: int, head: bytes, chunks: tuple[tuple[int, bytes], ...]) -> ScriptedSide:
    end_ns = chunks[-1][0] + 1
    return ScriptedSide(
        t0_ns=t0_ns, head=head + RESPONSE_LINES, head_ns=t0_ns + 20 * MS, chunks=chunks, end_ns=end_ns, queue_us=80
    )


def templates(count: int, *, streamed: bool) -> list[bytes]:
    """Frames of `count` exchanges, one item each."""
    make, body = (streamed_side if streamed else whole_side), request_body()
    made = []
    for number in range(count):
        script = ScriptedExchange(
            plan=plan_fields(id=f"01900000-0000-7000-8000-{number:012x}"),
            head=REQUEST_HEAD,
            body=body,
            production=make(1000 * MS),
            candidates={1: make(1001 * MS)},
        )
        made.append(b"".join(script.frames(number)))
    return made


def measure(frames: list[bytes], folder: Path, rate: float | None = None) -> None:
    # The sender here knows no restraint; with the default bound the recorder would rightly discard.
    options = {"runtime_folder": str(folder), "store_url": f"sqlite:///{folder}/pairs.db", "max_held_bytes": 2**31}
    (folder / "options.json").write_text(json.dumps(options))
    with (folder / "options.json").open("rb") as stdin:
        process = subprocess.Popen([sys.executable, "-m", "shadowbench.recorder"], stdin=stdin)
    try:
        with connected(folder / "recorder.sock") as sock:
            cpu_before, began = cpu_s(process.pid), time.perf_counter()
            writer = threading.Thread(target=send, args=(sock, frames, rate))
            writer.start()
            recorded, discarded = wait_for(sock, len(frames))
            took_s, cpu = time.perf_counter() - began, cpu_s(process.pid) - cpu_before
            writer.join()
    finally:
        process.terminate()
        process.wait()
    size = sum(map(len, frames)) / len(frames)
    print(f"{recorded:,} pairs recorded, {discarded:,} discarded, {size:,.0f} bytes of frames each")
    print(
        f"{recorded / took_s:,.0f} pairs/s; {recorded / cpu:,.0f} per CPU second ({1e6 * cpu / len(frames):.0f} µs each)"
    )


def send(sock: socket.socket, frames: list[bytes], rate: float | None) -> None:
    """All at once, or every 5 ms what is due."""
    began, sent = time.perf_counter(), 0
    while sent < len(frames):
        due = len(frames) if rate is None else min(len(frames), int(rate * (time.perf_counter() - began)))
        sock.sendall(b"".join(frames[sent:due]))
        sent = due
        time.sleep(0.005)


def connected(path: Path) -> socket.socket:
    for _ in range(500):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(str(path))
        except OSError:
            sock.close()
            time.sleep(0.02)
        else:
            sock.sendall(handoff.hello_frame(role="mirror", epoch="bench"))
            return sock
    raise SystemExit("the recorder does not listen")


def wait_for(sock: socket.socket, count: int) -> tuple[int, int]:
    reader, recorded, discarded = FrameReader(), 0, 0
    while recorded + discarded < count:
        data = sock.recv(65536)
        if not data:
            raise SystemExit("the recorder hung up")
        for frame in reader.feed(data):
            if frame.kind == Kind.ACK:
                recorded, discarded = handoff.read_ack(frame.payload)
    return recorded, discarded


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def profile(frames: list[bytes], folder: Path) -> None:
    """The same path in one thread."""
    log = open_log(f"sqlite:///{folder}/pairs.db", "write")
    reader, redactor = (
        Reader(request_id_header=None, limits=ReadingLimits(), pricer=Pricer(PricingOptions())),
        CredentialRedactor(),
    )
    stream = b"".join(frames)
    profiler = cProfile.Profile()
    profiler.enable()
    assembly, frame_reader, batch = Assembly(Memory(10**10), max_body_bytes=10**7), FrameReader(), []
    for at in range(0, len(stream), 262_144):
        for frame in frame_reader.feed(stream[at : at + 262_144]):
            closed = assembly.take(frame)
            if isinstance(closed, RawExchange):
                batch.append(redactor.redact(reader.read(closed), Counters()))
        if len(batch) >= 256:
            log.append(batch)
            batch = []
    log.append(batch)
    profiler.disable()
    log.close()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(28)


def stages(frames: list[bytes], folder: Path, rounds: int = 5) -> None:
    """CPU microseconds per pair, by stage."""
    gc.disable()  # as good as in the recorder, which has it look seldom
    best: dict[str, float] = {}
    for number in range(rounds):
        for stage, took_s in one_round(b"".join(frames), folder / f"{number}.db"):
            best[stage] = min(best.get(stage, took_s), took_s)
    for stage, took_s in [*best.items(), ("all", sum(best.values()))]:
        print(f"{stage:>9} {1e6 * took_s / len(frames):7.1f} µs")


def one_round(stream: bytes, path: Path) -> Iterator[tuple[str, float]]:
    """Each stage over all exchanges, and what it took."""
    pricer = Pricer(PricingOptions(providers={"production": "openai", "small": "openai"}))
    reader = Reader(request_id_header=None, limits=ReadingLimits(), pricer=pricer)
    pricer.tariff("production", "gpt-4o-mini", None)  # the library is imported once, not per pair
    assembly, frame_reader, redactor = (
        Assembly(Memory(10**10), max_body_bytes=10**7),
        FrameReader(),
        CredentialRedactor(),
    )
    began = time.process_time()
    frames = [frame for at in range(0, len(stream), 262_144) for frame in frame_reader.feed(stream[at : at + 262_144])]
    yield "frames", time.process_time() - began
    began = time.process_time()
    raw = [closed for frame in frames if isinstance(closed := assembly.take(frame), RawExchange)]
    yield "assembly", time.process_time() - began
    began = time.process_time()
    exchanges = [reader.read(each) for each in raw]
    yield "read", time.process_time() - began
    began = time.process_time()
    exchanges = [redactor.redact(each, Counters()) for each in exchanges]
    yield "redact", time.process_time() - began
    log = open_log(f"sqlite:///{path}", "write")
    began = time.process_time()
    for at in range(0, len(exchanges), 256):
        log.append(exchanges[at : at + 256])
    yield "append", time.process_time() - began
    log.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument(
        "--streamed", action="store_true", help="streamed answers of some 25 chunks instead of whole ones"
    )
    parser.add_argument("--rate", type=float, help="pairs sent per second; default: as fast as they are read")
    parser.add_argument("--stages", action="store_true")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    frames = templates(arguments.pairs, streamed=arguments.streamed)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.profile or arguments.stages:
            (profile if arguments.profile else stages)(frames, Path(folder))
        else:
            measure(frames, Path(folder), arguments.rate)


if __name__ == "__main__":
    main()
