"""`prune` says how much went, and `--dry-run` only how much would."""

from pathlib import Path

import pytest

from shadowbench.cli.prune import PruneOptions, run_prune
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.store.base import each_exchange
from shadowbench.store.erasing import Clocks
from shadowbench.store.opening import open_log
from shadowbench.store.retention import RetentionOptions
from shadowbench.store.testing import FIRST_SECOND, an_exchange

CLOCKS = Clocks(clock=iter(range(10**9)).__next__, now=lambda: FIRST_SECOND + 101, rest=lambda seconds: None)
KEEP_40 = RetentionOptions(max_exchanges=40)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/log.db"
    log = open_log(url, "write")
    log.append([an_exchange(number) for number in range(1, 101)])
    log.close()
    return url


def left(url: str) -> list[int]:
    log = open_log(url, "read")
    numbers = [exchange.sequence for exchange in each_exchange(log, with_bodies=False)]
    log.close()
    return numbers


@pytest.mark.parametrize("rewrite", [False, True])
def test_it_says_what_went_and_what_is_left(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], rewrite: bool
) -> None:
    size = (tmp_path / "log.db").stat().st_size
    assert run_prune(PruneOptions(log_url=url, bounds=KEEP_40, rewrite=rewrite), CLOCKS) == 0
    out, err = capsys.readouterr()
    assert out.startswith("60 exchanges removed, 40 exchanges left; ")
    assert out.endswith("B given back\n")
    assert err == ""
    assert left(url) == list(range(61, 101))
    assert (tmp_path / "log.db").stat().st_size < size


def test_a_dry_run_touches_nothing(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (tmp_path / "log.db").read_bytes()
    assert run_prune(PruneOptions(log_url=url, bounds=RetentionOptions(max_age_s=30.0), dry_run=True), CLOCKS) == 0
    assert capsys.readouterr().out == "70 of 100 exchanges would be removed\n"
    size = RetentionOptions(max_bytes=100_000)
    assert run_prune(PruneOptions(log_url=url, bounds=size, dry_run=True), CLOCKS) == 0
    assert capsys.readouterr().out.startswith("about ")
    assert (tmp_path / "log.db").read_bytes() == before


def test_without_a_bound_it_asks_for_one(url: str) -> None:
    with pytest.raises(ConfigurationError, match="what shall go"):
        run_prune(PruneOptions(log_url=url, bounds=RetentionOptions()), CLOCKS)


def test_a_log_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="there is no pair log at"):
        run_prune(PruneOptions(log_url=f"sqlite:///{tmp_path}/none.db", bounds=KEEP_40), CLOCKS)
    assert list(tmp_path.iterdir()) == []
