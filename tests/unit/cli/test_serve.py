"""What is said before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from shadowbench.cli.serve import tell_of_folder
from shadowbench.settings import Settings


class Log:
    """What was warned of."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def warning(self, event: str, **fields: Any) -> None:
        self.told.append({"event": event, **fields})


def told(url: str, **mirror: str) -> list[dict[str, Any]]:
    log = Log()
    settings = {"production": {"url": "http://p"}, "store": {"url": url}, "mirror": mirror}
    tell_of_folder(Settings(**settings), cast(Any, log))  # type: ignore[arg-type]
    return log.told


def test_a_folder_that_is_made_for_the_log_is_told(tmp_path: Path) -> None:
    (line,) = told(f"sqlite:///{tmp_path}/volume/logs/pairs.db")
    assert "if a volume should be there, it is not mounted" in line["event"]
    assert (line["folder"], line["within"]) == (f"{tmp_path}/volume/logs", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_or_is_not_made_is_not_spoken_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(f"sqlite:///{tmp_path}/pairs.db") == []
    assert told(f"sqlite:///{tmp_path}/volume/pairs.db", secret_file=f"{tmp_path}/secret") == []
    monkeypatch.setenv("SHADOWBENCH_SECRET", "ab" * 32)
    assert told(f"sqlite:///{tmp_path}/volume/pairs.db") == []
