"""What is packed comes back, and packs to the same bytes."""

from io import BytesIO
from typing import BinaryIO, cast

import pytest

from shadowbench.store.exporting.compression import DAMAGE, compressing, decompressing, ending_of

TEXT = b"a line\n" * 10_000


def packed(ending: str) -> bytes:
    out = BytesIO()
    with compressing(out, ending) as file:
        file.write(TEXT)
    assert not out.closed
    return out.getvalue()


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_it_comes_back_and_is_the_same_each_time(ending: str) -> None:
    once = packed(ending)
    assert once == packed(ending)
    file = decompressing(cast(BinaryIO, BytesIO(once)), ending)
    assert file.readline() == b"a line\n"
    assert file.read() == TEXT[7:]


def test_an_ending_tells() -> None:
    assert [ending_of(name) for name in ("a.gz", "a.jsonl.ZST", "a.csv", "gz", "")] == [".gz", ".zst", "", "", ""]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_what_is_no_such_file_is_damage(ending: str) -> None:
    with pytest.raises(DAMAGE):
        decompressing(cast(BinaryIO, BytesIO(b"something else, and long enough")), ending).read()
