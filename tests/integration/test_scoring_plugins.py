"""Other people's packages, installed for real: their metrics score, and what they do wrong costs nobody else a score."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import an_exchange, an_observation

PACKAGE = Path(__file__).parents[1] / "plugins" / "shouting"
PAIRS = 8


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built and installed into a folder of its own by pip, without the network."""
    folder = tmp_path_factory.mktemp("installed")
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", str(folder), str(PACKAGE)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    return folder


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/pairs.db"
    log = open_log(url, "write")
    log.append([an_exchange(n, an_observation("It is RIGA indeed", endpoint="small")) for n in range(1, PAIRS + 1)])
    log.close()
    return url


def worked(url: str, installed: Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """A worker that scores all there is and ends."""
    given = {"store_url": url, "once": True, "poll_s": 0.1, **options}
    return subprocess.run(
        [sys.executable, "-m", "shadowbench.scoring"],
        input=json.dumps(given).encode(),
        env=os.environ | {"PYTHONPATH": str(installed)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=100,
    )


def scores_of(url: str) -> dict[str, list[Any]]:
    """By measure: each pair's value, or the reason why there is none."""
    log = open_score_log(url, "read")
    try:
        names = {each.id: each.measure.name for each in log.measures()}
        found: dict[str, list[Any]] = {name: [] for name in names.values()}
        for score in log.scores_of(list(names), after=0, upto=10**6):
            found[names[score.measure]].append(score.value if score.reason is None else score.reason)
        return found
    finally:
        log.close()


def test_a_metric_and_a_judge_of_another_package_score_like_ours(url: str, installed: Path) -> None:
    metrics = [{"metric": "shouting", "options": {"least": 3}}, {"metric": "exact_match"}]
    done = worked(url, installed, metrics=metrics, judges=[{"name": "brief", "kind": "quiet"}])
    assert (done.returncode, done.stderr) == (0, b"")
    assert scores_of(url) == {"shouting": [0.5] * PAIRS, "exact_match": [0.0] * PAIRS, "brief": [0.0] * PAIRS}


def test_by_module_and_attribute(url: str, installed: Path) -> None:
    metrics = [{"metric": "shouting.metrics:shouting", "name": "loud"}]
    done = worked(url, installed, metrics=metrics, judges=[{"name": "brief", "kind": "shouting.judge:KIND"}])
    assert done.returncode == 0, done.stderr
    assert scores_of(url) == {"loud": [0.25] * PAIRS, "brief": [0.0] * PAIRS}


@pytest.mark.parametrize(
    ("name", "first", "others"),
    [
        ("raises", "metric_raised", "metric_raised"),
        ("hangs", "timed_out", 1.0),
        ("hangs_in_c", "timed_out", 1.0),
        ("crashes", "crashed", 1.0),
        ("leaves", "crashed", 1.0),
        ("not_a_number", "not_a_number", "not_a_number"),
        ("beyond", "out_of_range", "out_of_range"),
        ("words", "not_a_value", "not_a_value"),
        ("sentence", "not_a_value", "not_a_value"),
        ("prints", 1.0, 1.0),
        ("forks", 1.0, 1.0),
        ("spoils", 1.0, 1.0),
    ],
)
def test_what_a_metric_does_wrong_is_its_own_absence(
    url: str, installed: Path, name: str, first: Any, others: Any
) -> None:
    done = worked(url, installed, metrics=[{"metric": name}, {"metric": "exact_match"}], metric_timeout_s=0.2)
    assert done.returncode == 0, done.stderr
    assert scores_of(url) == {name: [first, *[others] * (PAIRS - 1)], "exact_match": [0.0] * PAIRS}
    assert b"RIGA" not in done.stderr + done.stdout


def test_a_metric_that_always_hangs_is_suspended(url: str, installed: Path) -> None:
    done = worked(url, installed, metrics=[{"metric": "always_hangs"}, {"metric": "exact_match"}], metric_timeout_s=0.1)
    assert done.returncode == 0, done.stderr
    found = scores_of(url)
    assert found["always_hangs"] == ["timed_out"] * 3, "the others wait"
    assert found["exact_match"] == [0.0] * PAIRS
    assert b"a metric is suspended for a while" in done.stderr


def test_a_plugin_that_is_not_there_is_told(url: str, installed: Path) -> None:
    done = worked(url, installed, metrics=[{"metric": "whispering"}])
    assert done.returncode == 2
    assert b"there is no metric 'whispering'" in done.stderr


@pytest.fixture
def stopping(tmp_path: Path) -> Path:
    """A metric that stops its own process at the first exchange, and says which that is; it takes a while to go on."""
    (tmp_path / "stopping.py").write_text(
        dedent("""
            import os, signal, time
            from shadowbench.metrics.base import metric
            from shadowbench.scores import Direction, Shape

            @metric(version="1", shape=Shape.PAIR, direction=Direction.HIGHER, low=0, high=1)
            def stops(pair):
                if pair.ref.number == 1:
                    with open(os.environ["STOPPED_FILE"], "x") as file:
                        file.write(f"{os.getpid()} ")
                    os.kill(os.getpid(), signal.SIGSTOP)
                return 1.0
            """)
    )
    return tmp_path


def test_a_runner_that_was_stopped_for_longer_than_a_metric_may_take_loses_no_score(url: str, stopping: Path) -> None:
    told = stopping / "stopped"
    given = {
        "store_url": url,
        "once": True,
        "poll_s": 0.1,
        "metric_timeout_s": 0.2,
        "metrics": [{"metric": "stopping:stops"}],
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "shadowbench.scoring"],
        stdin=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(stopping), "STOPPED_FILE": str(told)},
        cwd=Path(__file__).parents[2],
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(given).encode())
    process.stdin.close()
    while not (told.exists() and told.read_text().endswith(" ")):
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(3.0)  # the time-out, its grace, and as long again
    os.kill(int(told.read_text()), signal.SIGCONT)
    assert process.wait(60) == 0
    assert scores_of(url) == {"stops": [1.0] * PAIRS}


def test_a_plugin_that_ends_the_process_is_told_by_its_name(url: str, tmp_path: Path) -> None:
    (tmp_path / "leaving.py").write_text("import os\nos._exit(0)\n")
    done = worked(url, tmp_path, metrics=[{"metric": "leaving:x"}])
    assert done.returncode == 4
    assert b"does not start: metric leaving:x: the import of leaving:x ended it" in done.stderr


def test_a_kind_of_judge_that_ends_the_process_is_told_by_its_name(url: str, tmp_path: Path) -> None:
    (tmp_path / "leaving.py").write_text("import os\nos._exit(0)\n")
    done = worked(url, tmp_path, judges=[{"name": "j", "kind": "leaving:KIND"}])
    assert done.returncode == 2
    assert b"the import of leaving:KIND ended the process (exit code 0)" in done.stderr


def test_what_a_metric_has_started_ends_with_its_process(url: str, installed: Path) -> None:
    assert worked(url, installed, metrics=[{"metric": "leaves_a_program"}]).returncode == 0
    assert scores_of(url) == {"leaves_a_program": [1.0] * PAIRS}
    assert not any(b"4242.4242" in command for command in commands())


def commands() -> Iterator[bytes]:
    """Of all processes that there are."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            yield file.read_bytes()
