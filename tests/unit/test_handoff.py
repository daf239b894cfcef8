"""Frames: what goes in comes out, however the bytes were cut; nonsense is a ProtocolError and nothing else."""

import itertools
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.handoff import MAX_PAYLOAD, Frame, FrameReader, Kind, PartWriter, Policy

sequences = st.integers(0, 2**64 - 1)
times = st.integers(0, 2**64 - 1)
micros = st.integers(0, handoff.ABSENT_US - 1)
sides = st.integers(0, 255)
frames = st.builds(
    Frame, kind=st.sampled_from(list(Kind)).map(int), side=sides, sequence=sequences, payload=st.binary(max_size=200)
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(places)]


def read(*written: bytes) -> list[Frame]:
    return list(FrameReader().feed(b"".join(written)))


# ── reading ──


@given(st.lists(frames, max_size=20), st.lists(st.integers(0, 5000), max_size=30))
def test_frames_come_out_as_they_went_in_however_they_were_cut(sent, cuts):
    data = b"".join(handoff.pack(Kind(f.kind), f.sequence, f.payload, f.side) for f in sent)
    reader = FrameReader()
    assert [frame for piece in pieces(data, cuts) for frame in reader.feed(piece)] == sent


def test_frames_come_out_byte_by_byte():
    data = handoff.pack(Kind.PART, 7, b"abc", 2) + handoff.pack(Kind.CLOSE, 8)
    reader = FrameReader()
    found = [(at, frame) for at in range(len(data)) for frame in reader.feed(data[at : at + 1])]
    assert found == [(18, Frame(Kind.PART, 2, 7, b"abc")), (34, Frame(Kind.CLOSE, 0, 8, b""))]


def test_a_payload_of_64_kib_is_the_largest():
    (frame,) = read(handoff.pack(Kind.REQUEST, 1, b"x" * MAX_PAYLOAD))
    assert len(frame.payload) == MAX_PAYLOAD
    with pytest.raises(ValueError, match="at most 65536 bytes, not 65537"):
        handoff.pack(Kind.REQUEST, 1, b"x" * (MAX_PAYLOAD + 1))


@given(st.integers(MAX_PAYLOAD + 1, 2**32 - 1))
def test_a_length_that_no_writer_produces_is_refused_before_it_is_waited_for(length):
    with pytest.raises(ProtocolError, match="announces"):
        list(FrameReader().feed(struct.pack("<IBBHQ", length, 1, 0, 0, 0)))


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_nonsense_is_a_protocol_error_or_frames_never_anything_else(data, cuts):
    reader = FrameReader()
    payload_readers = (
        handoff.read_open,
        handoff.read_request_end,
        handoff.read_head,
        handoff.read_part,
        handoff.read_end,
        handoff.read_ack,
        handoff.read_json,
        Policy.from_json,
    )
    try:
        for piece in pieces(data, cuts):
            list(reader.feed(piece))
    except ProtocolError:
        pass
    for read_payload in payload_readers:
        try:
            read_payload(data)
        except ProtocolError:
            pass


def test_frames_read_before_an_error_in_the_callers_loop_are_not_read_again():
    reader = FrameReader()
    data = handoff.pack(Kind.CLOSE, 1) + handoff.pack(Kind.CLOSE, 2) + b"\x00"
    for frame in reader.feed(data):
        assert frame.sequence == 1
        break
    assert list(reader.feed(b"")) == []


# ── each kind ──


@given(sequences, times, st.integers(0, 2**32 - 1), st.binary(max_size=500), st.floats(0, 1, exclude_min=True))
def test_open_round_trip(sequence, now_ns, version, head, admitted):
    (frame,) = read(handoff.open_frame(sequence, now_ns, version, head, admitted))
    assert frame[:3] == (Kind.OPEN, 0, sequence)
    assert handoff.read_open(frame.payload) == (now_ns, version, head, admitted)


@given(sequences, st.integers(0, 200_000))
def test_request_round_trip(sequence, size):
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    found = read(*handoff.request_frames(sequence, body))
    assert b"".join(frame.payload for frame in found) == body
    assert all(frame[:3] == (Kind.REQUEST, 0, sequence) and len(frame.payload) <= MAX_PAYLOAD for frame in found)


@given(sequences, times, sides)
def test_request_end_round_trip(sequence, sent_ns, side):
    (frame,) = read(handoff.request_end_frame(sequence, sent_ns, side))
    assert frame[:3] == (Kind.REQUEST_END, side, sequence)
    assert handoff.read_request_end(frame.payload) == sent_ns


@given(sequences, times, st.binary(max_size=500), st.none() | micros, st.none() | micros, sides)
def test_head_round_trip(sequence, head_ns, head, connect_us, queue_us, side):
    given_us = {
        name: value for name, value in {"connect_us": connect_us, "queue_us": queue_us}.items() if value is not None
    }
    (frame,) = read(handoff.head_frame(sequence, head_ns, head, side=side, **given_us))
    assert frame[:3] == (Kind.HEAD, side, sequence)
    found = handoff.read_head(frame.payload)
    assert (found.head_ns, found.head) == (head_ns, head)
    assert found.connect_s == (None if connect_us is None else connect_us / 1e6)
    assert found.queue_s == (None if queue_us is None else queue_us / 1e6)


@given(sequences, times, st.integers(0, 2**40), st.integers(0, 2**40), sides)
def test_end_round_trip_with_times_that_are_bounded(sequence, end_ns, paused_us, lag_us, side):
    (frame,) = read(handoff.end_frame(sequence, end_ns, paused_us, lag_us, side))
    assert frame[:3] == (Kind.END, side, sequence)
    bound = handoff.ABSENT_US - 1
    assert handoff.read_end(frame.payload) == (end_ns, min(paused_us, bound) / 1e6, min(lag_us, bound) / 1e6, None)


@given(sequences, times, st.from_regex(r"[a-z_:]{1,60}", fullmatch=True), sides)
def test_abort_round_trip(sequence, end_ns, reason, side):
    (frame,) = read(handoff.abort_frame(sequence, end_ns, reason, 5, 6, side))
    assert frame[:3] == (Kind.ABORT, side, sequence)
    assert handoff.read_end(frame.payload) == (end_ns, 5e-6, 6e-6, reason)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_ack_round_trip(recorded, discarded):
    (frame,) = read(handoff.ack_frame(recorded, discarded))
    assert handoff.read_ack(frame.payload) == (recorded, discarded)


# ── parts ──

chunk_sizes = st.lists(st.integers(1, 2000) | st.integers(60_000, 140_000), max_size=12) | st.lists(
    st.integers(1, 3), min_size=250, max_size=900
)


@given(chunk_sizes, st.integers(0, 3), sequences)
def test_parts_keep_every_byte_and_the_time_of_each_chunk(sizes, side, sequence):
    writer = PartWriter(sequence, side)
    written: list[bytes] = []
    chunks = [bytes([at % 256]) * size for at, size in enumerate(sizes)]
    for at, chunk in enumerate(chunks):
        written += writer.add(1000 + at, chunk) or []
    written += writer.flush()
    assert writer.flush() == []
    found = read(*written)
    assert all(frame[:3] == (Kind.PART, side, sequence) and len(frame.payload) <= MAX_PAYLOAD for frame in found)
    by_time: dict[int, bytes] = {}
    parts = [part for frame in found for part in handoff.read_part(frame.payload)]
    for part in parts:
        by_time[part.at_ns] = by_time.get(part.at_ns, b"") + part.data
    assert by_time == {1000 + at: chunk for at, chunk in enumerate(chunks)}
    assert [part.at_ns for part in parts] == sorted(part.at_ns for part in parts)


@given(chunk_sizes)
def test_a_part_writer_holds_less_than_64_kib(sizes):
    writer = PartWriter(1)
    for size in sizes:
        writer.add(1, b"x" * size)
        assert writer._size < PartWriter.FLUSH_BYTES and len(writer._stamps) < 2 * PartWriter.FLUSH_STAMPS


def test_a_part_whose_lengths_do_not_add_up_is_refused():
    good = struct.pack("<HQI", 1, 5, 3) + b"abc"
    assert handoff.read_part(good) == [handoff.Chunk(5, b"abc")]
    for bad in (good + b"d", good[:-1], good[:10], struct.pack("<H", 65535), b"\x01", b""):
        with pytest.raises(ProtocolError):
            handoff.read_part(bad)


# ── policies and hellos ──

policies = st.builds(
    Policy,
    version=st.integers(0, 2**32 - 1),
    salt=st.binary(min_size=1, max_size=64),
    rate=st.floats(0, 1),
    key=st.sampled_from(["request", "header:x-user"]) | st.text(max_size=30),
    endpoints=st.lists(st.tuples(st.sampled_from(["POST", "GET"]), st.text(max_size=30)), max_size=5).map(tuple),
)


@given(policies)
def test_policy_round_trip(policy):
    assert Policy.from_json(policy.to_json()) == policy


@pytest.mark.parametrize(
    "changes",
    [
        {"salt": ""},
        {"salt": "00" * 65},
        {"salt": "zz"},
        {"salt": 5},
        {"rate": -0.1},
        {"rate": 1.1},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"rate": None},
        {"version": -1},
        {"version": 2**32},
        {"version": float("inf")},
        {"endpoints": [["POST"]]},
        {"endpoints": 5},
        {"key": ...},
    ],
)
def test_a_policy_out_of_bounds_is_refused_before_a_request_finds_out(changes):
    fields = json.loads(Policy(version=1, salt=b"s", rate=1.0).to_json()) | changes
    if fields["key"] is ...:
        del fields["key"]
    with pytest.raises(ProtocolError):
        Policy.from_json(json.dumps(fields).encode())


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"1", b"\xff", b"[" * 60_000, b'{"a":' * 10_000])
def test_control_frames_that_are_no_json_object_are_refused(payload):
    with pytest.raises(ProtocolError):
        handoff.read_json(payload)


@pytest.mark.parametrize("bound", [None, 0, 2 * 1024 * 1024])
def test_a_policy_says_how_large_a_request_may_be(bound):
    policy = Policy(version=1, salt=b"s", rate=1.0, max_request_bytes=bound)
    assert Policy.from_json(policy.to_json()) == policy


def test_a_policy_of_a_release_that_knew_no_bound_has_none():
    fields = json.loads(Policy(version=1, salt=b"s", rate=1.0).to_json())
    del fields["max_request_bytes"]
    assert Policy.from_json(json.dumps(fields).encode()).max_request_bytes is None


def test_hello_names_version_role_and_epoch():
    (frame,) = read(handoff.hello_frame(role="proxy", epoch="e-1", extra={"pid": 5}))
    assert frame.kind == Kind.HELLO
    assert handoff.read_json(frame.payload) == {"version": 2, "role": "proxy", "epoch": "e-1", "pid": 5}


@pytest.mark.parametrize("fields", [{}, {"version": 0}, {"version": 3}, {"version": "1"}, {"version": None}])
def test_versions_we_cannot_read_are_refused_with_advice(fields):
    assert [handoff.check_version({"version": version}) for version in (1, 2)] == [1, 2]
    with pytest.raises(ProtocolError, match="neighbouring releases"):
        handoff.check_version(fields)


@given(usd=st.none() | st.floats(0, 1e6), tokens=st.none() | st.integers(0, 2**40), side=st.integers(1, 255))
def test_a_cost_and_what_is_not_known_of_it(usd, tokens, side):
    (frame,) = read(handoff.cost_frame(7, side, usd, tokens))
    assert (frame.kind, frame.sequence, frame.side) == (Kind.COST, 7, side)
    cost = handoff.read_cost(frame.payload)
    assert (cost.usd, cost.tokens) == (usd, tokens)
