"""`python -m dashboards` writes config/grafana and docs/grafana.md; with `--check` it fails where one is not up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards import comparison, operations, overview
from dashboards.page import page

ROOT = Path(__file__).parents[1]
BOARDS = {"overview": overview.BOARD, "comparison": comparison.BOARD, "operations": operations.BOARD}


def files() -> dict[Path, str]:
    """What there is to write."""
    found = {ROOT / "config" / "grafana" / f"{name}.json": board.text() for name, board in BOARDS.items()}
    return {**found, ROOT / "docs" / "grafana.md": page(list(BOARDS.values()))}


def main(arguments: list[str]) -> int:
    """The exit code: 1 where something would have to be written, and only looked at."""
    stale = {path: text for path, text in files().items() if not path.exists() or path.read_text("utf-8") != text}
    if "--check" in arguments:
        if stale:
            names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
            sys.stderr.write(f"not up to date: {names}. Run script/dashboards\n")
        return 1 if stale else 0
    for path, text in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
