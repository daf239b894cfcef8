"""Each target under hypothesis, and over the inputs that were kept. `make soak` gives each a million executions of atheris."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadowbench.http1.client import ClientConnection
from shadowbench.http1.server import ServerConnection
from shadowbench.wire.sse import SseDecoder, SseEvent
from tests.compiling import interpreted
from tests.fuzz.dictionary import HTTP, JSON
from tests.fuzz.script import Script, write
from tests.fuzz.targets import TARGETS
from tests.fuzz.words import Maker, known, word

CORPUS = Path(__file__).parent / "corpus"
KEPT = sorted(file for file in CORPUS.rglob("*") if file.is_file())

_steps = st.binary(max_size=31)
_wires = {
    "http1": st.lists(st.one_of(st.sampled_from([text.encode() for text in HTTP]), st.binary(max_size=3)), max_size=24),
    "other": st.lists(
        st.one_of(st.sampled_from([text.encode() for text in JSON]), st.binary(max_size=60)), max_size=24
    ),
}


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_hypothesis_thinks_of_goes_wrong(target: str) -> None:
    wires = _wires["http1" if target.startswith("http1") else "other"].map(b"".join)

    @settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(st.builds(write, _steps, wires))
    def run(data: bytes) -> None:
        TARGETS[target](data)

    run()


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_was_kept_goes_wrong(target: str) -> None:
    files = [file for file in KEPT if file.parent.name == target]
    assert files, f"no inputs are kept for {target}: python -m tests.fuzz {target} --minimise"
    for file in files:
        TARGETS[target](file.read_bytes())


def test_every_kept_input_has_a_target() -> None:
    assert {file.parent.name for file in KEPT} <= TARGETS.keys()


# ── the targets notice ──

REQUESTS = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_server_that_loses_a_piece_of_a_body_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    told = ServerConnection.on_body
    monkeypatch.setattr(ServerConnection, "on_body", lambda self, data: told(self, data[:2]))
    with pytest.raises(AssertionError, match="another body"):
        TARGETS["http1_server"](write(b"", REQUESTS))


def test_a_server_that_reads_a_body_as_a_request_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    received = ServerConnection.data_received
    monkeypatch.setattr(
        ServerConnection, "data_received", lambda self, data: received(self, data.replace(b"Length: 3", b"Length: 0"))
    )
    with pytest.raises(AssertionError):
        TARGETS["http1_server"](write(b"", REQUESTS.replace(b"abc", b"GET")))


def test_a_client_that_changes_a_body_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    told = ClientConnection.on_body
    monkeypatch.setattr(ClientConnection, "on_body", lambda self, data: told(self, data.upper()))
    with pytest.raises(AssertionError):
        TARGETS["http1_client"](write(b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))


@interpreted
def test_a_client_that_rests_with_bytes_that_nobody_asked_for_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClientConnection, "_die", lambda self: None)
    with pytest.raises(AssertionError, match="bytes that answer nothing"):
        TARGETS["http1_client"](write(b"\0\0\0\x07\x05\0", b"HTTP/1.1 204 No\r\n\r\nxx"))


def test_a_decoder_that_minds_the_cut_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SseDecoder, "feed", lambda self, chunk: [SseEvent(chunk)])
    with pytest.raises(AssertionError, match="the cut of the bytes matters"):
        TARGETS["wire_events"](write(b"\0\1\0\0", b"data: x\n\n"))


# ── what targets are made of ──


def test_a_script_is_sizes_and_a_wire() -> None:
    script = Script(write(b"\5\0", b"abcdefghij"))
    assert (list(script.pieces()), script.next(9), script.is_over) == ([b"abcde", b"f", b"ghij"], 0, True)


@given(st.binary())
def test_a_wire_is_whole_in_its_pieces(data: bytes) -> None:
    script = Script(data)
    assert b"".join(script.pieces()) == script.wire


def test_the_words_are_the_readers_own_and_stay_where_they_are() -> None:
    places, texts = known()
    assert {"messages", "tool_calls", "max_tokens", "input_text"} <= set(texts)
    assert all(word(place) in texts for place in (0, places[7], 0xFFFF))


@given(st.binary(max_size=400))
def test_any_bytes_make_a_bounded_value(choices: bytes) -> None:
    assert len(repr(Maker(choices).value())) < 200_000
