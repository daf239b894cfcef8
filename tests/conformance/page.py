"""docs/conformance.md, from the recorded results of every proxy. Pure but for reading and writing files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.peers import PEERS
from tests.conformance.running import Result

PATH = Path(__file__).parents[2] / "docs" / "conformance.md"
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A run of all cases against one proxy."""

    proxy: str
    version: str
    results: dict[str, Result]  # by case


def as_json(proxy: str, version: str | None, results: list[Result]) -> str:
    """A run as a file."""
    cases = {result.case: {"verdict": result.verdict, "reason": result.reason} for result in results}
    return json.dumps({"proxy": proxy, "version": version, "cases": cases}, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Recorded:
    """What `as_json` wrote."""
    told = json.loads(text)
    results = {case: Result(case=case, **fields) for case, fields in told["cases"].items()}
    return Recorded(proxy=told["proxy"], version=told["version"], results=results)


def recorded() -> list[Recorded]:
    """The runs that are kept beside the suite, shadowbench's first."""
    return [from_json((RESULTS / f"{name}.json").read_text()) for name in PEERS]


def render(runs: list[Recorded]) -> str:
    """The page."""
    raise NotImplementedError
