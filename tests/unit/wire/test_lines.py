"""JSON lines as transcripts: bytes in, events out."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.wire.lines import LineDecoder
from shadowbench.wire.sse import SseEvent

Cut = Callable[[bytes], list[bytes]]
OVERSIZE = SseEvent(b"", oversize=True)


def decode(chunks: list[bytes], max_line_bytes: int = 1 << 20) -> tuple[list[SseEvent], SseEvent | None]:
    decoder = LineDecoder(max_line_bytes)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events, decoder.finish()


@pytest.mark.parametrize(
    ("stream", "lines", "last"),
    [
        pytest.param(b"1\n2\n", [b"1", b"2"], None, id="CT-04 LF"),
        pytest.param(b"1\r\n2\r\n", [b"1", b"2"], None, id="CT-04 CRLF"),
        pytest.param(b"1\r2\r", [b"1", b"2"], None, id="CT-04 CR"),
        pytest.param(b"\n\n1\n\r\n \n2\n\n", [b"1", b"2"], None, id="empty lines"),
        pytest.param(b"1\n2", [b"1"], b"2", id="CT-10 a last line without its end"),
        pytest.param(b"\xef\xbb\xbf1\n\xef\xbb\xbf2\n", [b"1", b"\xef\xbb\xbf2"], None, id="CT-09 byte order mark"),
        pytest.param(
            '"gr\u00fc\u00df\u4e16\U0001f600"\n'.encode(),
            ['"gr\u00fc\u00df\u4e16\U0001f600"'.encode()],
            None,
            id="CT-03 UTF-8",
        ),
        pytest.param(b"", [], None, id="nothing"),
        pytest.param(b" \t", [], None, id="nothing but blanks"),
    ],
)
def test_lines_are_what_stands_between_line_ends(
    stream: bytes, lines: list[bytes], last: bytes | None, cut: Cut
) -> None:
    assert decode(cut(stream)) == ([SseEvent(line) for line in lines], None if last is None else SseEvent(last))


def test_ct_15_a_line_over_the_bound_is_said_and_the_next_is_read(cut: Cut) -> None:
    assert decode(cut(b"12345\n123456\n1\n"), 5) == ([SseEvent(b"12345"), OVERSIZE, SseEvent(b"1")], None)


def test_a_last_line_over_the_bound_is_said(cut: Cut) -> None:
    assert decode(cut(b"1\n123456"), 5) == ([SseEvent(b"1")], OVERSIZE)


def test_a_line_without_end_is_not_kept() -> None:
    decoder = LineDecoder(1000)
    for _ in range(5000):
        assert decoder.feed(b"x" * 100) == []
        assert len(decoder._buffer) <= 1000
    assert decoder.feed(b"\n") == [OVERSIZE]


@given(st.lists(st.binary(max_size=12)), st.integers(0, 8))
def test_cuts_do_not_matter(chunks: list[bytes], bound: int) -> None:
    assert decode(chunks, bound) == decode([b"".join(chunks)], bound)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1).filter(lambda t: not t.isspace())
    )
)
def test_every_line_comes_back(lines: list[str]) -> None:
    encoded = [b"x" + line.encode() for line in lines]
    assert decode([b"".join(line + b"\n" for line in encoded)]) == ([SseEvent(line) for line in encoded], None)
