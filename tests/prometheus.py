"""A real Prometheus for tests: it scrapes every second, and answers."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from tests.sidecars import eventually, free_ports

PROGRAM = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")
JOB = "shadowbench"


class RefusedError(Exception):
    """An expression that it does not take; the message is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What one series of an answer has."""

    labels: dict[str, str]
    values: Sequence[float]


class Prometheus:
    """Scrapes /metrics of some ports of this machine. Use it as `async with`."""

    def __init__(self, folder: Path, ports: Sequence[int], *, every_s: int = 1) -> None:
        self._folder = folder
        self._ports = ports
        self._every_s = every_s
        (self.port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        assert PROGRAM is not None, "prometheus is not installed"
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "prometheus.yaml"
        config.write_text(yaml.safe_dump(self._config()))
        with (self._folder / "prometheus.txt").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    PROGRAM,
                    f"--config.file={config}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    "--enable-feature=exemplar-storage",
                    "--log.level=warn",
                ],
                stdout=log,
                stderr=log,
            )
        await eventually(self._is_ready, within_s=30)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, 20)

    def _config(self) -> dict[str, Any]:
        scraped = {"job_name": JOB, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in self._ports]}]}
        often = {"scrape_interval": f"{self._every_s}s", "scrape_timeout": f"{self._every_s}s"}
        return {"global": often, "scrape_configs": [scraped]}

    async def _is_ready(self) -> bool:
        try:
            return (await asyncio.to_thread(self._get, "/-/ready"))[0] == 200
        except OSError:
            return False

    async def at(self, expression: str, time_s: float) -> list[Series]:
        """An expression at one moment. Raises RefusedError."""
        return await self._asked("query", query=expression, time=f"{time_s:.3f}")

    async def between(self, expression: str, start_s: float, end_s: float, *, step_s: int = 1) -> list[Series]:
        """An expression over time. Raises RefusedError."""
        times = {"start": f"{start_s:.3f}", "end": f"{end_s:.3f}", "step": str(step_s)}
        return await self._asked("query_range", query=expression, **times)

    async def exemplars(self, expression: str, start_s: float, end_s: float) -> list[dict[str, str]]:
        """The labels of the exemplars of an expression's series."""
        times = {"start": f"{start_s:.3f}", "end": f"{end_s:.3f}"}
        found = await self._data("query_exemplars", query=expression, **times)
        return [each["labels"] for series in found for each in series["exemplars"]]

    async def label_values(self, label: str, expression: str) -> list[str]:
        """The values of a label of some series."""
        found: list[str] = await self._data(f"label/{label}/values", **{"match[]": expression})
        return found

    async def _asked(self, what: str, **fields: str) -> list[Series]:
        data = await self._data(what, **fields)
        if data["resultType"] == "scalar":
            return [Series(labels={}, values=[float(data["result"][1])])]
        return [Series(labels=each["metric"], values=list(_values(each))) for each in data["result"]]

    async def _data(self, what: str, **fields: str) -> Any:
        _, text = await asyncio.to_thread(self._get, f"/api/v1/{what}?{urllib.parse.urlencode(fields)}")
        said = json.loads(text)
        if said["status"] != "success":
            raise RefusedError(said["error"])
        return said["data"]

    def _get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def _values(series: dict[str, Any]) -> Iterator[float]:
    for _, value in series.get("values") or [series["value"]]:
        yield float(value)
