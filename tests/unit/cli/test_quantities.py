"""Ages, sizes and moments as people write them."""

import pytest

from shadowbench.cli.quantities import as_size, bytes_of, counted, moment_of, seconds_of, span_of
from shadowbench.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("12h", 43200), ("30d", 2592000), ("1.5 W", 907200)]
)
def test_ages(text: str, seconds: float) -> None:
    assert seconds_of(text, "--older-than") == seconds


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "3 moons", "1e3d", "nan"])
def test_what_is_no_age_is_told_with_the_option(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--older-than: .* is no duration; write 90s"):
        seconds_of(text, "--older-than")


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("512", 512), ("1.5GB", 1_500_000_000), ("2 GiB", 2 << 30), ("3kb", 3000)]
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_of(text, "--max-bytes") == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1 flood"])
def test_what_is_no_size_is_told_with_the_option(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--max-bytes: .* is no size"):
        bytes_of(text, "--max-bytes")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-10-09", 1759968000.0),
        ("2025-10-09T12:00", 1760011200.0),
        ("2025-10-09T12:00+02:00", 1760004000.0),
        ("2025-10-09T12:00:00Z", 1760011200.0),
        ("1d", 1000.0 - 86400.0),
    ],
)
def test_moments(text: str, moment: float) -> None:
    assert moment_of(text, "--since", now=1000.0) == moment


def test_what_is_no_moment_is_told() -> None:
    with pytest.raises(ConfigurationError, match="--since: 'soon' is no time"):
        moment_of("soon", "--since", now=0.0)


@pytest.mark.parametrize("text", ["99999999999999d", "9" * 400 + "d", "0001-01-01T00:00+14:00"])
def test_a_moment_beyond_the_calendar_is_told_with_the_option(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--since: "):
        moment_of(text, "--since", now=1_760_000_000.0)


def test_a_span_has_its_begin_before_its_end() -> None:
    assert span_of(None, None, 0.0) == (None, None)
    assert span_of("2d", "1d", 1e6) == (1e6 - 172800, 1e6 - 86400)
    assert span_of("2025-10-09", None, 0.0) == (1759968000.0, None)
    for since, until in (("2025-10-10", "2025-10-09"), ("1d", "2d"), ("1d", "24h")):
        with pytest.raises(ConfigurationError, match=f"--until {until} is not after --since {since}: nothing lies"):
            span_of(since, until, 1e9)


def test_more_digits_than_there_are_numbers_for_are_no_size() -> None:
    with pytest.raises(ConfigurationError, match=r"--max-bytes: .* is no size"):
        bytes_of("9" * 400, "--max-bytes")


def test_for_reading() -> None:
    assert [as_size(size) for size in (0, 999, 1500, 250_000, 3_210_000, 7e9)] == [
        "0 bytes", "999 bytes", "1.5 kB", "250 kB", "3.2 MB", "7.0 GB",
    ]  # fmt: skip
    assert (counted(1, "pair"), counted(1234, "pair")) == ("1 pair", "1,234 pairs")
