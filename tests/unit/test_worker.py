import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.worker import Parent, describe, from_json, to_json


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Inner:
    name: str
    timeout_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner
    many: tuple[Inner, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    salt: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    by_name: dict[str, Inner] = field(default_factory=dict)
    colour: Colour = Colour.RED
    folder: Path | None = None
    names: list[str] = field(default_factory=list)
    anything: Any = None


inners = st.builds(Inner, name=st.text(), timeout_s=st.none() | st.floats(0, 1e6))
outers = st.builds(
    Outer,
    inner=inners,
    many=st.lists(inners, max_size=3).map(tuple),
    pairs=st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple),
    salt=st.binary(),
    headers=st.dictionaries(st.text(), st.text(), max_size=3),
    by_name=st.dictionaries(st.text(), inners, max_size=3),
    folder=st.none() | st.just(Path("/tmp/x")),
    names=st.lists(st.text(), max_size=3),
    anything=st.none() | st.integers() | st.lists(st.integers(), max_size=2),
)


@given(outers)
def test_options_survive_json(options: Outer) -> None:
    assert from_json(Outer, json.loads(json.dumps(to_json(options)))) == options


def test_unknown_options_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match="Inner has no field colour"):
        from_json(Inner, {"name": "x", "colour": "red"})


def test_whole_numbers_become_floats_where_floats_are_meant() -> None:
    read = from_json(Inner, {"name": "x", "timeout_s": 5})
    assert isinstance(read.timeout_s, float)


def test_an_error_is_described_with_its_place() -> None:
    try:
        from_json(Inner, {"colour": "red"})
    except TypeError as error:
        text = describe(error)
    assert text.startswith("TypeError: Inner has no field colour at worker.py:")
    assert text.endswith("in _read")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("sk-canary"), "KeyError: '…'"),
        (ValueError("invalid literal for int() with base 10: b'sk-canary'"), "base 10: '…'"),
        (LookupError('unknown encoding: "sk-canary'), "unknown encoding: '…'"),
        (ValueError("can't read `sk-canary` here"), "ValueError: can't read '…' here"),
        (ValueError("'" + "sk-canary" * 50_000), "ValueError: '…'"),
        (FileNotFoundError(2, "No such file or directory", "/run/x"), "'/run/x'"),
        (ConfigurationError("there is no candidate 'small'"), "there is no candidate 'small'"),
        (AttributeError("'NoneType' object has no attribute 'x'"), "has no attribute 'x'"),
    ],
)
def test_what_an_exception_quotes_is_left_out_unless_it_speaks_of_code(error: Exception, told: str) -> None:
    assert told in describe(error) and "sk-canary" not in describe(error)


def test_what_repeats_is_told_rarely_and_says_how_often(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("shadowbench.worker.time.monotonic", lambda: now[0])
    parent = Parent("mirror")
    for _ in range(500):
        parent.log("warning", "a proxy was refused")
    parent.log("warning", "another matter")
    now[0] += 60.0
    parent.log("warning", "a proxy was refused")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["a proxy was refused"] * 20 + ["another matter", "a proxy was refused"]
    assert lines[-1]["suppressed"] == 480 and not any("suppressed" in line for line in lines[:-1])


# ── the control socket ──


class Wire:
    """The parent's end of a control socket, and a Parent at the other."""

    async def __aenter__(self) -> "Wire":
        ours, theirs = socket.socketpair()
        self.reader, self.writer = await asyncio.open_unix_connection(sock=ours)
        self.parent = Parent("proxy")
        await self.parent._connect(theirs.detach())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.writer.wait_closed()
        await self.parent._closed.wait()

    async def heard(self) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(await self.reader.readline())
        return fields


async def test_ready_and_snapshots_are_told_as_lines() -> None:
    async with Wire() as wire:
        wire.parent.ready()
        wire.parent.counters.add("requests_total", (("reason", "x"),), 2)
        wire.parent.before_snapshot(lambda: wire.parent.counters.gauge("open", 1))
        wire.parent.snapshot()
        assert await wire.heard() == {"ready": True}
        dropped, *counted = (await wire.heard())["snapshot"]
        assert dropped[0] == "log_dropped_lines_total"
        assert counted == [["open", [], 1, "gauge"], ["requests_total", [["reason", "x"]], 2, "counter"]]


async def test_the_word_to_drain_arrives_however_it_is_cut() -> None:
    async with Wire() as wire:
        wire.writer.write(b'{"hello": 1}\n{"dra')
        await wire.writer.drain()
        assert not wire.parent.draining.is_set()
        wire.writer.write(b'in": true}\n')
        await wire.parent.draining.wait()


async def test_questions_are_answered_in_order_after_what_they_ask_for_is_done() -> None:
    async with Wire() as wire:
        done: list[int] = []

        def change(message: Mapping[str, Any]) -> Mapping[str, Any]:
            done.append(message["to"])
            return {"changed": len(done)}

        wire.parent.on_message("change", change)
        wire.writer.write(b'{"ask": 1, "kind": "change", "to": 5}\n{"ask": 2, "kind": "change", "to": 6}\n')
        assert await wire.heard() == {"answer": 1, "with": {"changed": 1}}
        assert await wire.heard() == {"answer": 2, "with": {"changed": 2}}
        assert done == [5, 6]


async def test_what_cannot_be_done_is_refused_and_the_worker_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    async with Wire() as wire:

        def bug(message: Mapping[str, Any]) -> Mapping[str, Any]:
            raise KeyError("options")

        def wrong(message: Mapping[str, Any]) -> Mapping[str, Any]:
            raise ConfigurationError("candidates need a restart")

        wire.parent.on_message("bug", bug)
        wire.parent.on_message("wrong", wrong)
        wire.writer.write(b'{"ask": 1, "kind": "bug"}\n{"ask": 2, "kind": "wrong"}\n{"ask": 3, "kind": "what"}\n')
        assert (await wire.heard())["refusal"].startswith("KeyError: '…' at ")
        assert await wire.heard() == {"answer": 2, "refusal": "candidates need a restart"}
        assert await wire.heard() == {"answer": 3, "refusal": "it does not know what 'what' means"}
        assert not wire.parent.draining.is_set()
    assert capfd.readouterr().err.count("could not be obeyed") == 1  # a bug of ours is told in the log as well


async def test_the_end_of_the_parent_means_drain() -> None:
    async with Wire() as wire:
        wire.writer.close()
        await wire.parent.draining.wait()
        wire.parent.snapshot()  # goes nowhere, and hurts nobody


async def test_a_parent_that_does_not_read_costs_bounded_memory() -> None:
    async with Wire() as wire:
        for number in range(2000):
            wire.parent.counters.add(f"series_{number}_total")
        for _ in range(200):
            wire.parent.snapshot()
        assert wire.parent._transport is not None
        assert wire.parent._transport.get_write_buffer_size() < 2 * 262_144
        wire.reader._transport.abort()  # type: ignore[attr-defined]


async def test_ct_73_uncaught_errors_are_counted_and_told_once_per_kind(capfd: pytest.CaptureFixture[str]) -> None:
    parent = Parent("proxy")
    loop = asyncio.get_running_loop()
    for _ in range(3):
        parent._uncaught(loop, {"exception": ValueError("no"), "message": "in a callback"})
    assert parent.counters.get("worker_uncaught_errors_total") == 3
    (line,) = capfd.readouterr().err.splitlines()
    fields = json.loads(line)
    assert (fields["event"], fields["role"], fields["error"]) == ("uncaught", "proxy", "ValueError: no")


# ── a whole process ──

PROGRAM = """
import asyncio
from shadowbench.errors import ConfigurationError
from shadowbench.worker import run
async def main(parent, options):
    parent.ready()
    if options.get("wrong"):
        raise ConfigurationError("that cannot be")
    if options.get("broken"):
        raise ValueError("oh")
    if options.get("strays"):
        import logging, sys, warnings
        logging.getLogger("library").warning("it said %r", "sk-canary")
        warnings.warn("of 'sk-canary'")
        print("half a line", end="", file=sys.stderr)
    print("serving", flush=True)
    await parent.draining.wait()
run(main)
"""


def start(options: dict[str, Any]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={k: v for k, v in os.environ.items() if not k.startswith("SHADOWBENCH_")},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(options).encode())
    process.stdin.close()
    process.stdin = None
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_alone_a_worker_reads_options_from_stdin_and_drains_on_a_signal(number: signal.Signals) -> None:
    process = start({})
    assert process.stdout is not None
    assert process.stdout.readline() == b"serving\n"
    process.send_signal(number)
    assert process.communicate(timeout=20)[1] == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "code", "error"),
    [({"wrong": True}, 2, "that cannot be"), ({"broken": True}, 1, "ValueError: oh")],
)
def test_an_error_ends_a_worker_with_one_line(options: dict[str, Any], code: int, error: str) -> None:
    process = start(options)
    _, stderr = process.communicate(timeout=20)
    (line,) = stderr.splitlines()
    fields = json.loads(line)
    assert (process.returncode, fields["level"], fields["event"]) == (code, "error", "worker stops")
    assert fields["error"].startswith(error)


def test_what_libraries_say_is_said_in_our_lines_without_their_quotes() -> None:
    process = start({"strays": True})
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    lines = [json.loads(line) for line in process.communicate(timeout=20)[1].splitlines()]
    assert {line["event"] for line in lines} == {"stderr"}
    said = " ".join(line["text"] for line in lines)
    assert "it said '…'" in said and "UserWarning: of '…'" in said and "canary" not in said


def test_importing_a_worker_loads_no_library_of_the_roof() -> None:
    program = (
        "import sys, shadowbench.worker, shadowbench.proxy.__main__, shadowbench.mirror.__main__; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {"pydantic", "typer", "aiohttp", "prometheus_client", "structlog", "yaml", "httpx", "rich"} & set(
        loaded
    ) == set()
