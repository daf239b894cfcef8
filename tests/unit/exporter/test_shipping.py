"""Files of new pairs in a folder: each pair once, none half, none empty."""

import gzip
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.exporter.options import ExporterOptions
from shadowbench.exporter.shipping import Shipped, Shipper, reason_of
from shadowbench.store.base import LogError
from shadowbench.store.exporting.objects import ObjectError
from shadowbench.store.opening import open_log, path_of
from shadowbench.store.testing import an_exchange

Make = Callable[..., Shipper]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def make(url: str, out: Path) -> Make:
    clock = iter(range(1_760_000_000, 1_760_100_000))

    def shipper(**changes: object) -> Shipper:
        options = ExporterOptions(store_url=url, url=f"file://{out}", max_exchanges=10, **changes)  # type: ignore[arg-type]
        return Shipper(options, now=lambda: float(next(clock)))

    return shipper


def append(url: str, *numbers: int, candidates: bool = True) -> None:
    log = open_log(url, "write")
    changes = {} if candidates else {"candidates": ()}
    log.append([an_exchange(number, **changes) for number in numbers])
    log.close()


def remove(url: str, *, upto: int, since: int = 0) -> None:
    connection = sqlite3.connect(path_of(url))
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("DELETE FROM exchanges WHERE number BETWEEN ? AND ?", (since, upto))
    connection.commit()
    connection.close()


def send_all(shipper: Shipper) -> list[Shipped]:
    sent = []
    while (shipped := shipper.step()) is not None:
        sent.append(shipped)
    return sent


def in_files(out: Path) -> list[int]:
    lines = [line for file in sorted(out.iterdir()) for line in gzip.decompress(file.read_bytes()).splitlines()]
    return [json.loads(line)["exchange"]["sequence"] for line in lines]


def test_what_is_new_is_sent_in_files_of_bounded_size(make: Make, url: str, out: Path) -> None:
    shipper = make()
    with pytest.raises(UnavailableError, match="there is no pair log"):
        shipper.step()
    append(url, *range(1, 26))
    assert [shipped.pairs for shipped in send_all(shipper)] == [10, 10, 5]
    assert send_all(shipper) == []
    append(url, 26)
    assert [shipped.pairs for shipped in send_all(make())] == [1]  # another process goes on
    assert in_files(out) == list(range(1, 27))
    assert [file.stat().st_mode & 0o777 for file in out.iterdir()] == [0o600] * 4


def test_a_range_without_pairs_makes_no_file(make: Make, url: str, out: Path) -> None:
    append(url, 1, 2, candidates=False)
    assert send_all(make()) == [Shipped(name=None, pairs=0)]
    assert not out.exists()


def test_what_went_before_it_was_sent_is_counted(make: Make, url: str, out: Path) -> None:
    append(url, *range(1, 6))
    remove(url, upto=2)
    assert [shipped.missed for shipped in send_all(make())] == [0]  # before the first export there was no wish for one
    append(url, *range(6, 31))
    remove(url, upto=18)
    assert [(shipped.pairs, shipped.missed) for shipped in send_all(make())] == [(0, 10), (7, 3), (5, 0)]


def test_a_gap_that_retention_did_not_make_is_not_missed(make: Make, url: str) -> None:
    append(url, *range(1, 6))
    send_all(make())
    append(url, 6, 7)
    remove(url, upto=6, since=6)  # erased: older ones are there still
    assert [shipped.missed for shipped in send_all(make())] == [0]


@pytest.mark.parametrize("dies", ["before the file", "before the bookmark"])
def test_a_crash_doubles_nothing(make: Make, url: str, out: Path, monkeypatch: pytest.MonkeyPatch, dies: str) -> None:
    append(url, 1, 2, 3)
    with monkeypatch.context() as patch:
        if dies == "before the file":
            patch.setattr("shadowbench.exporter.shipping.put", lambda *_: 1 / 0)
        else:
            patch.setattr("shadowbench.exporter.shipping.Bookmark", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make().step()
    append(url, 4, 5)
    assert [shipped.pairs for shipped in send_all(make())] == [3, 2]
    assert in_files(out) == [1, 2, 3, 4, 5]
    assert len(list(out.iterdir())) == 2


@pytest.mark.parametrize(("format", "begins"), [("csv", b"\x1f\x8b"), ("parquet", b"PAR1")])
def test_other_formats(make: Make, url: str, out: Path, format: str, begins: bytes) -> None:
    append(url, 1)
    (shipped,) = send_all(make(format=format))
    assert shipped.name is not None
    assert (out / shipped.name).read_bytes().startswith(begins)


def test_a_folder_that_cannot_be_made_is_an_error_and_tried_again(make: Make, url: str, out: Path) -> None:
    append(url, 1)
    out.write_text("in the way")
    with pytest.raises(OSError):
        make().step()
    out.unlink()
    assert [shipped.pairs for shipped in send_all(make())] == [1]


def test_every_failure_has_a_reason() -> None:
    assert reason_of(ObjectError("denied", "")) == "denied"
    assert reason_of(LogError("busy", "")) == "log"
    assert reason_of(UnavailableError("")) == "log"
    assert reason_of(OSError()) == "disk"
    assert reason_of(ConfigurationError("")) == "configuration"
    assert reason_of(ValueError()) == "other"
