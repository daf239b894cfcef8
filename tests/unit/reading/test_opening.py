"""Opening logs to read: what is said about what cannot be, and what is not loaded before somebody reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import shadowbench
from shadowbench.errors import ConfigurationError, UnavailableError
from tests.contract.columns import make_log


def test_importing_the_package_loads_nothing_of_it() -> None:
    """Every worker imports it."""
    code = (
        "import sys, shadowbench; print([m for m in sys.modules if m.startswith(('numpy', 'sqlite3', 'shadowbench.'))])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_reading_needs_no_frames() -> None:
    code = "import sys, shadowbench; shadowbench.read; print({'pandas', 'polars', 'scipy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_package_has_nothing_else() -> None:
    with pytest.raises(AttributeError, match="no attribute 'write'"):
        shadowbench.write  # noqa: B018 - asking is the test


def test_a_file_a_path_and_a_url_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "what? 100%#1"
    make_log(tmp_path / "plain", count=12)
    (tmp_path / "plain").rename(folder)
    quoted = str(folder).replace("%", "%25").replace("?", "%3F").replace("#", "%23")
    for place in (folder / "log.db", str(folder / "log.db"), f"sqlite:///{quoted}/log.db"):
        with shadowbench.read(place) as log:
            assert log.pairs.n > 0


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="there is no pair log at"):
        shadowbench.read(tmp_path / "nothing.db")
    with pytest.raises(ConfigurationError, match="which pair log"):
        shadowbench.read([])
    with pytest.raises(ConfigurationError, match=r"no column 'latency'; there are .*production_latency_s"):
        shadowbench.read(tmp_path / "nothing.db", columns=["latency"])
    with pytest.raises(ConfigurationError, match="no column 'team'"):
        shadowbench.read(tmp_path / "nothing.db", slice="team=a")
