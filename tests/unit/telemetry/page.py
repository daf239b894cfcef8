"""docs/metrics.md, from what is declared: `python -m tests.unit.telemetry.page` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shadowbench.telemetry.declaring import PREFIX, Part, Signal
from shadowbench.telemetry.meanings import PARTS

PATH = Path(__file__).parents[3] / "docs" / "metrics.md"
HEAD = Path(__file__).with_name("page_head.md")


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD.read_text("utf-8"), *(line for part in PARTS for line in _part(part))])


def _part(part: Part) -> Iterator[str]:
    yield f"## {part.title}\n"
    yield "| name | type | labels | unit | what it means |"
    yield "|---|---|---|---|---|"
    yield from (_row(signal) for signal in part.signals)
    yield ""


def _row(signal: Signal) -> str:
    labels = ", ".join(f"`{label}`" for label in signal.labels)
    meaning = signal.meaning.replace("|", "\\|")
    return f"| `{PREFIX}{signal.name}` | {signal.kind} | {labels} | {signal.unit} | {meaning} |"


if __name__ == "__main__":
    PATH.write_text(page(), "utf-8")
