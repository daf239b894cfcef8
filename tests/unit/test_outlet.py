"""Lines onto descriptors of every kind, above all those that take nothing."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import select
import socket
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench import outlet
from shadowbench.outlet import MAX_LINE_BYTES, LineStream, Outlet, Throttle, as_line

LINE = b"x" * 99 + b"\n"


@contextmanager
def pipe(size: int = 65536) -> Iterator[tuple[int, int]]:
    """Both ends, blocking as those are that a log collector reads."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, size)
    try:
        yield reading, writing
    finally:
        for fd in (reading, writing):
            try:
                os.close(fd)
            except OSError as error:
                assert error.errno == errno.EBADF  # the test closed it


def read_all(fd: int) -> bytes:
    os.set_blocking(fd, False)
    found = b""
    try:
        while data := os.read(fd, 1 << 16):
            found += data
    except BlockingIOError:
        pass
    return found


def test_a_pipe_that_nobody_reads_takes_what_it_can_and_nobody_waits() -> None:
    with pipe(4096) as (reading, writing):
        out = Outlet(writing)
        numbered = [b"%04d %b" % (number, LINE) for number in range(2000)]
        taken = [out.write(line) for line in numbered]
        assert not taken[-1] and out.dropped == taken.count(False)
        assert os.get_blocking(writing)  # others have it, too
        found = b""
        while data := read_all(reading):
            found += data
            out.flush()
        assert found == b"".join(line for line, was_taken in zip(numbered, taken, strict=True) if was_taken)
        assert 4096 + 60_000 < len(found) < 4096 + 70_000  # what the pipe took, and what was kept meanwhile
        assert out.write(b"again\n") and read_all(reading) == b"again\n"
        out.close()


def test_a_line_that_is_not_worth_keeping_is_dropped_at_once() -> None:
    with pipe(4096) as (reading, writing):
        out = Outlet(writing)
        while out.write(LINE, keep=False):
            pass
        assert out.dropped == 1
        kept = b"k" * 99 + b"\n"
        assert out.write(kept) and not out.write(b"short\n", keep=False)  # which would fit, and would come too early
        assert set(read_all(reading)) == set(LINE)
        assert out.flush() and read_all(reading) == kept
        out.close()


def test_lines_of_two_writers_are_whole() -> None:
    with pipe(8192) as (reading, writing):
        both = [Outlet(writing), Outlet(writing)]
        for number in range(100):
            both[number % 2].write(b"%d" % (number % 2) * 999 + b"\n", keep=False)
        lines = read_all(reading).split(b"\n")[:-1]
        assert len(lines) >= 4 and set(lines) == {b"0" * 999, b"1" * 999}
        for out in both:
            out.close()


def test_a_reader_that_is_gone_costs_a_line_each() -> None:
    with pipe() as (reading, writing):
        out = Outlet(writing)
        os.close(reading)
        assert out.write(LINE) and out.write(LINE)
        assert out.dropped == 2
        out.close()


def test_a_descriptor_that_is_closed_costs_a_line_each() -> None:
    with pipe() as (_, writing):
        out = Outlet(writing)
        out.write(LINE)
        os.close(writing)
        assert out.write(LINE) and out.dropped == 1
        out.close()


def test_a_socket_that_nobody_reads_does_not_hold_us_up() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        out = Outlet(ours.fileno())
        while not out.dropped:
            out.write(LINE)
        assert ours.getblocking()
        found = b""
        while data := read_all(theirs.fileno()):
            found += data
            out.flush()
        assert found and found.strip(LINE) == b"" and len(found) % len(LINE) == 0  # half lines were finished
        out.close()


def test_a_terminal_that_is_stopped_does_not_hold_us_up() -> None:
    far, near = pty.openpty()
    try:
        out = Outlet(near)
        termios.tcflow(near, termios.TCOOFF)  # Ctrl-S
        while not out.dropped:
            out.write(LINE)
        out.close()
    finally:
        os.close(near)
        os.close(far)


def test_a_file_is_written_where_others_write_too(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb", buffering=0) as file:  # not for appending: the offset is shared
        out = Outlet(file.fileno())
        out.write(b"one\n")
        file.write(b"two\n")
        out.write(b"three\n")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\nthree\n"


def test_a_descriptor_that_is_given_to_another_file_is_looked_up(tmp_path: Path) -> None:
    with pipe() as (reading, writing), (tmp_path / "log").open("wb") as file:
        out = Outlet(writing)
        out.write(b"one\n")
        os.dup2(file.fileno(), writing)
        out.write(b"two\n")
        assert (read_all(reading), (tmp_path / "log").read_bytes()) == (b"one\n", b"two\n")


def test_where_it_cannot_be_opened_again_it_is_looked_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError

    with pipe(4096) as (reading, writing):
        monkeypatch.setattr(outlet.os, "open", refuse)
        out = Outlet(writing)
        while not out.dropped:
            out.write(LINE)
        assert set(read_all(reading)) == set(LINE)


# ── lines ──


@given(
    st.dictionaries(
        st.text(max_size=30),
        st.none() | st.integers() | st.text(max_size=9000) | st.lists(st.text(max_size=2000), max_size=5),
        max_size=30,
    )
)
def test_a_line_is_json_and_fits_a_pipe_whatever_is_said(fields: dict[str, object]) -> None:
    line = as_line(fields)
    assert len(line) <= MAX_LINE_BYTES == select.PIPE_BUF
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert json.loads(line).keys() <= fields.keys()


def test_what_comes_first_stays_longest() -> None:
    fields = {"event": "e", **{f"f{number:03}": "y" * 400 for number in range(50)}}
    read = json.loads(as_line(fields))
    assert list(read)[:3] == ["event", "f000", "f001"]
    assert read["f000"] == "y" * 300 + "…"


# ── what repeats ──


def test_of_what_repeats_few_are_told_and_the_next_says_how_many_were_not() -> None:
    throttle = Throttle(burst=2, every_s=10.0)
    assert [throttle.admit("a", 0.0) for _ in range(5)] == [0, 0, None, None, None]
    assert throttle.admit("b", 0.0) == 0
    assert [throttle.admit("a", 9.9), throttle.admit("a", 10.0), throttle.admit("a", 10.1)] == [None, 4, None]
    assert [throttle.admit("a", 1000.0) for _ in range(3)] == [1, 0, None]


def test_keys_without_end_are_not_kept_without_end() -> None:
    throttle = Throttle(burst=1, every_s=10.0)
    for number in range(5000):
        assert throttle.admit(str(number), 0.0) == 0
    assert len(throttle._states) <= 256


# ── what libraries say ──


def test_what_libraries_print_goes_out_line_by_line() -> None:
    told: list[str] = []
    stream = LineStream(told.append)
    sys.stdout.flush()
    print("one\ntw", file=stream, end="")
    assert told == ["one"]
    print("o", file=stream)
    stream.write("the rest")
    stream.flush()
    assert told == ["one", "two"]
    stream.close()
    assert told == ["one", "two", "the rest"]


def test_a_line_without_end_is_not_kept_without_end() -> None:
    stream = LineStream(lambda line: None)
    for _ in range(100):
        stream.write("x" * 1000)
    assert len(stream._begun) <= MAX_LINE_BYTES
