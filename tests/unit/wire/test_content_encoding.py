"""Content codings undone: every coding, every cut, and everything that goes wrong as a value."""

import gzip
import random
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.wire.content_encoding import decoder_for

Cut = Callable[[bytes], list[bytes]]
TEXT = ("A hat, a cat; é€😀. " * 40).encode() + random.Random(1).randbytes(300)


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return coder.compress(data) + coder.flush()


def decode(header: str | None, chunks: list[bytes], bound: int = 1 << 20) -> tuple[bytes, str | None]:
    decoder = decoder_for(header, bound)
    out = b"".join([decoder.feed(chunk) for chunk in chunks])
    return out, decoder.finish()


CODED = [
    pytest.param(None, TEXT, id="none"),
    pytest.param("identity", TEXT, id="identity"),
    pytest.param("gzip", gzip.compress(TEXT), id="gzip"),
    pytest.param("X-GZIP", gzip.compress(TEXT), id="x-gzip"),
    pytest.param("gzip", gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]), id="gzip, two members"),
    pytest.param("deflate", zlib.compress(TEXT), id="deflate in zlib"),
    pytest.param("deflate", raw_deflate(TEXT), id="deflate raw"),
    pytest.param("br", brotli.compress(TEXT), id="br"),
    pytest.param("zstd", zstandard.compress(TEXT), id="zstd"),
    pytest.param("zstd", zstandard.compress(TEXT[:50]) + zstandard.compress(TEXT[50:]), id="zstd, two frames"),
    pytest.param("gzip, br", brotli.compress(gzip.compress(TEXT)), id="gzip, then br"),
    pytest.param("identity,deflate , zstd", zstandard.compress(zlib.compress(TEXT)), id="deflate, then zstd"),
    pytest.param(None, gzip.compress(TEXT), id="CT-42 gzip undeclared"),
]
WHERE_THE_END_SHOWS = [param for param in CODED if param.values[1] != TEXT and "two" not in str(param.id)]


@pytest.mark.parametrize(("header", "coded"), CODED)
def test_every_coding_gives_the_body_back_however_it_is_cut(header: str | None, coded: bytes, cut: Cut) -> None:
    assert decode(header, cut(coded)) == (TEXT, None)


@pytest.mark.parametrize("header", [None, "gzip", "deflate", "br", "zstd", "gzip, br"])
def test_a_body_without_bytes_is_whole(header: str | None) -> None:
    assert decode(header, []) == (b"", None)


@pytest.mark.parametrize(("header", "coded"), CODED)
def test_output_stops_at_the_bound(header: str | None, coded: bytes, cut: Cut) -> None:
    assert decode(header, cut(coded), bound=100) == (TEXT[:100], "over_bound")


@pytest.mark.parametrize(("header", "coded"), CODED)
def test_a_body_that_just_fits_the_bound_is_whole(header: str | None, coded: bytes, cut: Cut) -> None:
    assert decode(header, cut(coded), bound=len(TEXT)) == (TEXT, None)


@pytest.mark.parametrize(("header", "coded"), WHERE_THE_END_SHOWS)
def test_coded_data_that_ends_early_is_cut(header: str | None, coded: bytes, cut: Cut) -> None:
    out, fault = decode(header, cut(coded[:-3]))
    assert fault == "cut"
    assert TEXT.startswith(out)


@pytest.mark.parametrize("header", ["gzip", "deflate", "zstd"])
def test_rubbish_after_the_end_is_ignored(header: str, cut: Cut) -> None:
    coded = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.compress}[header](TEXT)
    assert decode(header, cut(coded + b"\0\0\0\0\0")) == (TEXT, None)


def test_rubbish_after_brotli_is_corrupt(cut: Cut) -> None:
    assert decode("br", cut(brotli.compress(TEXT) + b"\0"))[1] == "corrupt"


@pytest.mark.parametrize("header", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_is_not_what_the_header_says_is_corrupt(header: str, cut: Cut) -> None:
    assert decode(header, cut(b'\xff\xfe{"no": "coding at all", "but": "some text"}')) == (b"", "corrupt")


@pytest.mark.parametrize("header", ["compress", "gzip, aws-chunked", "gzip, " * 4 + "gzip", "br;q=1"])
def test_an_unknown_coding_is_a_value_and_costs_nothing(header: str) -> None:
    assert decode(header, [b"anything"]) == (b"", "unknown_coding")


def test_after_a_fault_nothing_more_comes_out() -> None:
    decoder = decoder_for("gzip", 10)
    assert decoder.feed(gzip.compress(TEXT)) == TEXT[:10]
    assert decoder.feed(gzip.compress(TEXT)) == b""
    assert decoder.finish() == "over_bound"


@pytest.mark.parametrize("header", ["gzip", "deflate", "br", "zstd"])
def test_each_chunk_of_a_flushed_stream_comes_out_at_once(header: str) -> None:
    """A compressed event stream keeps its clock: servers flush after each event."""
    coder, flush = {
        "gzip": (zlib.compressobj(wbits=zlib.MAX_WBITS | 16), lambda c: c.flush(zlib.Z_SYNC_FLUSH)),
        "deflate": (zlib.compressobj(), lambda c: c.flush(zlib.Z_SYNC_FLUSH)),
        "br": (brotli.Compressor(), lambda c: c.flush()),
        "zstd": (zstandard.ZstdCompressor().compressobj(), lambda c: c.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)),
    }[header]
    compress = coder.process if header == "br" else coder.compress
    decoder = decoder_for(header)
    for event in (b"data: a\n\n", b"data: b\n\n", b"data: c\n\n"):
        assert decoder.feed(compress(event) + flush(coder)) == event


@pytest.mark.parametrize(
    ("header", "bomb"),
    [
        ("gzip", gzip.compress(bytes(20_000_000))),
        ("br", brotli.compress(bytes(20_000_000), quality=1)),
        ("zstd", zstandard.compress(bytes(20_000_000))),
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(20_000_000)))),
    ],
)
def test_a_bomb_costs_the_bound(header: str, bomb: bytes) -> None:
    out, fault = decode(header, [bomb], bound=100_000)
    assert fault == "over_bound"
    assert len(out) == 100_000


@settings(deadline=None)  # the machine may be busy
@given(
    st.binary(max_size=3000),
    st.lists(st.sampled_from(["gzip", "deflate", "br", "zstd"]), min_size=1, max_size=3),
    st.integers(1, 50),
)
def test_any_body_through_any_stack_comes_back(body: bytes, stack: list[str], length: int) -> None:
    coders = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}
    coded = body
    for name in stack:
        coded = coders[name](coded)
    chunks = [coded[i : i + length] for i in range(0, len(coded), length)]
    assert decode(", ".join(stack), chunks) == (body, None)


@settings(deadline=None)  # the machine may be busy
@given(st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]), st.binary(max_size=300), st.integers(1, 20))
def test_no_bytes_make_it_raise(header: str, coded: bytes, length: int) -> None:
    decode(header, [coded[i : i + length] for i in range(0, len(coded), length)], bound=1000)
