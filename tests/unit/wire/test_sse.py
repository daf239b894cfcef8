"""Server-sent events as transcripts: bytes in, events out. Case numbers are those of the conformance list."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.wire.sse import SseDecoder, SseEvent

Cut = Callable[[bytes], list[bytes]]


def decode(chunks: list[bytes], max_event_bytes: int = 1 << 20) -> tuple[list[SseEvent], SseEvent | None]:
    decoder = SseDecoder(max_event_bytes)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events, decoder.finish()


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        pytest.param(b"data: a\n\ndata: b\n\n", [SseEvent(b"a"), SseEvent(b"b")], id="CT-04 LF"),
        pytest.param(b"data: a\r\n\r\ndata: b\r\n\r\n", [SseEvent(b"a"), SseEvent(b"b")], id="CT-04 CRLF"),
        pytest.param(b"data: a\r\rdata: b\r\r", [SseEvent(b"a"), SseEvent(b"b")], id="CT-04 CR"),
        pytest.param(b"data: a\r\n\ndata: b\n\r\n", [SseEvent(b"a"), SseEvent(b"b")], id="CT-04 mixed"),
        pytest.param(b"data: a\r\ndata: b\r\n\r\n", [SseEvent(b"a\nb")], id="CT-04 CRLF is one line end"),
        pytest.param(b"data:a\n\n", [SseEvent(b"a")], id="CT-05 no space"),
        pytest.param(b"data:  a\n\n", [SseEvent(b" a")], id="only one space is dropped"),
        pytest.param(b"data: a\ndata:\ndata: b\n\n", [SseEvent(b"a\n\nb")], id="CT-06 several data lines"),
        pytest.param(b"data\n\n", [SseEvent(b"")], id="field without colon"),
        pytest.param(b": ping\n\ndata: a\n\n: ping\n\n", [SseEvent(b"a")], id="CT-07 comments"),
        pytest.param(b": ping\ndata: a\n: ping\ndata: b\n\n", [SseEvent(b"a\nb")], id="CT-07 comment inside"),
        pytest.param(b"id: 7\nretry: 250\ndata: a\n\n", [SseEvent(b"a", None, "7", 250)], id="CT-08 id and retry"),
        pytest.param(b"id: 7\n\ndata: a\n\n", [SseEvent(b"a", None, "7")], id="CT-08 the id stays in force"),
        pytest.param(
            b"id: 7\ndata: a\n\nid\ndata: b\n\n", [SseEvent(b"a", None, "7"), SseEvent(b"b", None, "")], id="id reset"
        ),
        pytest.param(b"id: 7\x00\ndata: a\n\n", [SseEvent(b"a")], id="CT-08 id with NUL"),
        pytest.param(b"retry: 2s\ndata: a\n\n", [SseEvent(b"a")], id="CT-08 retry that is no number"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", [SseEvent(b"a")], id="CT-09 byte order mark"),
        pytest.param(
            b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [SseEvent(b"a")], id="CT-09 later it is part of a field name"
        ),
        pytest.param(b"event: x\ndata: a\n\ndata: b\n\n", [SseEvent(b"a", "x"), SseEvent(b"b")], id="CT-02 event name"),
        pytest.param(b"event: x\n\ndata: b\n\n", [SseEvent(b"b")], id="a name without data is dropped"),
        pytest.param(b" data: a\ndata: b\n\n", [SseEvent(b"b")], id="a leading blank makes another field"),
        pytest.param(b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [SseEvent(b"a"), SseEvent(b"b")], id="blank lines"),
        pytest.param("data: é€😀\n\n".encode(), [SseEvent("é€😀".encode())], id="CT-03 characters"),
        pytest.param(b"data: \xff\xfe\n\n", [SseEvent(b"\xff\xfe")], id="CT-16 invalid UTF-8 is passed on"),
        pytest.param("data: a\u2028b\n\n".encode(), [SseEvent("a\u2028b".encode())], id="U+2028 ends no line"),
        pytest.param(b"", [], id="nothing"),
    ],
)
def test_a_stream_gives_its_events(stream: bytes, events: list[SseEvent], cut: Cut) -> None:
    assert decode(cut(stream)) == (events, None)


@pytest.mark.parametrize(
    ("stream", "last"),
    [
        (b"data: a\n\ndata: b\n", SseEvent(b"b")),
        (b"data: a\n\ndata: b", SseEvent(b"b")),
        (b"data: a\r\n\r\nevent: x\r\ndata: b\r", SseEvent(b"b", "x")),
        (b"data: a\n\n: ping", None),
    ],
)
def test_ct_10_the_last_event_without_its_blank_line_is_told_apart(
    stream: bytes, last: SseEvent | None, cut: Cut
) -> None:
    assert decode(cut(stream)) == ([SseEvent(b"a")], last)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_ct_15_an_event_over_the_bound_is_flagged_and_the_next_one_is_read(line_end: bytes, cut: Cut) -> None:
    stream = (b"data: " + b"x" * 94 + b"|data: " + b"x" * 95 + b"|data: b||").replace(b"|", line_end * 2)

    events, last = decode(cut(stream), max_event_bytes=100)

    assert events == [SseEvent(b"x" * 94), SseEvent(b"", oversize=True), SseEvent(b"b")]
    assert last is None


def test_an_event_over_the_bound_that_never_ends_is_flagged_at_the_end(cut: Cut) -> None:
    assert decode(cut(b"data: " + b"x" * 200), max_event_bytes=100) == ([], SseEvent(b"", oversize=True))


def test_memory_stays_at_the_bound_while_an_oversize_event_comes_in() -> None:
    decoder = SseDecoder(max_event_bytes=100)
    for _ in range(1000):
        decoder.feed(b"x" * 50)
    assert len(decoder._buffer) <= 151


LINES = st.sampled_from(
    [b"data: a", b"data:b", b"data", b"event: e", b"id: 1", b"id: \x00", b"retry: 5", b": c", b"", b"x: y"]
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
STREAMS = st.lists(st.tuples(LINES, ENDS), max_size=30).map(lambda pairs: b"".join(a + b for a, b in pairs))


def decode_by_the_letter(stream: bytes) -> list[SseEvent]:
    """The standard's algorithm, line by line."""
    lines = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[:-1]
    events = []
    data: list[bytes] = []
    name = id_ = retry = None
    for line in lines:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if data:
                events.append(SseEvent(b"\n".join(data), name, id_, retry))
            data, name, retry = [], None, None
        elif field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode()
        elif field == b"id" and b"\0" not in value:
            id_ = value.decode()
        elif field == b"retry":
            retry = int(value)
    return events


@settings(deadline=None)  # the machine may be busy
@given(STREAMS, st.lists(st.integers(1, 12), max_size=60))
def test_any_mixture_of_lines_however_cut_is_read_as_the_standard_says(stream: bytes, lengths: list[int]) -> None:
    chunks, rest = [], stream
    for length in lengths:
        chunks.append(rest[:length])
        rest = rest[length:]
    assert decode([*chunks, rest])[0] == decode_by_the_letter(stream)


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=200), st.integers(1, 9), st.integers(1, 60))
def test_no_bytes_make_it_fail_or_depend_on_the_cuts(stream: bytes, length: int, bound: int) -> None:
    chunks = [stream[i : i + length] for i in range(0, len(stream), length)]
    assert decode(chunks, bound) == decode([stream], bound)
