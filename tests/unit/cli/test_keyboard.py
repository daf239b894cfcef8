"""Keys from a terminal come one by one; from anything else, line by line."""

import io
import os
import pty
import termios

import pytest

from shadowbench.cli.keyboard import Lines, Terminal, keyboard


def test_lines_are_read_by_their_first_letter() -> None:
    keys = Lines(io.StringIO("1\n Tie \n\n2"))
    assert [keys.read() for _ in range(5)] == ["1", "t", "", "2", None]


def test_a_terminals_keys_come_without_enter_and_it_is_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        before = termios.tcgetattr(theirs)
        with keyboard() as keys:
            for sent, read in ((b"T", "t"), (b"\x1b[A", ""), ("ä".encode(), ""), (b"2", "2"), (b"\x04", None)):
                os.write(ours, sent)
                assert keys.read() == read
        assert termios.tcgetattr(theirs) == before
    os.close(ours)


def test_a_terminal_that_went_away_has_no_more_keys() -> None:
    read, write = os.pipe()
    os.close(write)
    assert Terminal(read).read() is None
    os.close(read)


def test_what_is_no_terminal_gives_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("q\n"))
    with keyboard() as keys:
        assert keys.read() == "q"
