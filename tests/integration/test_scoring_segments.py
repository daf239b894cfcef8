"""A worker that scores a log leaves segments of it, and says the same with them as without."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np

import shadowbench
from shadowbench.store.opening import open_log
from shadowbench.store.segments import SPAN
from shadowbench.store.testing import an_exchange, an_observation

COUNT = SPAN + 10


def worked(url: str) -> subprocess.CompletedProcess[bytes]:
    """A worker that scores all there is and ends."""
    given = {"store_url": url, "once": True, "poll_s": 0.1, "metrics": [{"metric": "exact_match"}]}
    return subprocess.run(
        [sys.executable, "-m", "shadowbench.scoring"],
        input=json.dumps(given).encode(),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=100,
    )


def values(path: Path) -> list[float]:
    with shadowbench.read(path) as log:
        found = log.scores["exact_match"].value
        return [float(value) for value in np.asarray(found)]


def test_what_is_scored_becomes_segments(tmp_path: Path) -> None:
    path = tmp_path / "pairs.db"
    with closing(open_log(f"sqlite:///{path}", "write")) as log:
        said = {True: "Riga", False: "Oslo"}
        log.append([an_exchange(n, an_observation(said[n % 3 == 0], endpoint="small")) for n in range(1, COUNT + 1)])
    done = worked(f"sqlite:///{path}")
    assert (done.returncode, done.stderr) == (0, b"")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        made = connection.execute("SELECT source, page, columns IS NULL FROM segments ORDER BY source").fetchall()
        with_segments = values(path)
        connection.execute("DELETE FROM segments")
    assert made == [("exchanges", 0, 0), ("observations", 0, 0), ("scores", 0, 0)]
    assert len(with_segments) == COUNT
    assert values(path) == with_segments
    assert worked(f"sqlite:///{path}").returncode == 0, "there is nothing to score, and yet"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM segments").fetchone() == (3,)
