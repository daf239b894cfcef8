"""What the demo shows at its end: the report, and what to try next."""

from __future__ import annotations

import json

from rich.console import Console
from rich.markup import escape

from shadowbench.demo.configuration import Places
from shadowbench.demo.model_server import MODEL
from shadowbench.demo.starting import Model

_QUERY = "select candidate, count(*), round(avg(candidate_latency_s), 3) from pairs group by 1"


def print_report(places: Places) -> None:
    """The table, on stdout."""


def next_steps(console: Console, places: Places, model: Model, *, kept: bool) -> None:
    """What to read and try, on stderr."""
    again = " (A/A: what it differs in is noise)" if model is Model.REAL else ""
    console.print(f"\nagain is production once more{again}, hot has temperature 1.5, short stops after 12 tokens.")
    console.print("[bold]Try next[/]")
    for what, command in _suggestions(places, kept):
        console.print(f"  {what}\n    {escape(command)}", soft_wrap=True, highlight=False)
    if kept:
        console.print("\nEverything goes on running. Ctrl-C ends it.")


def _suggestions(places: Places, kept: bool) -> list[tuple[str, str]]:
    steps = [
        ("every pair is a row of the view `pairs`", f'sqlite3 {places.log} "{_QUERY}"'),
        ("the table once more", f"shadowbench report -c {places.config}"),
        ("all pairs as lines of JSON", f"shadowbench export -c {places.config} --format jsonl"),
    ]
    if not kept:
        return [*steps, ("leave it running, and send your own requests", "shadowbench demo --keep")]
    body = json.dumps({"model": MODEL, "max_tokens": 32, "messages": [{"role": "user", "content": "Name a fruit."}]})
    header = "-H 'content-type: application/json'"
    curl = f"curl -s {places.proxy_url}/v1/chat/completions {header} -d '{body}'"
    metrics = f"curl -s http://127.0.0.1:{places.admin_port}/metrics"
    return [("a request of your own", curl), *steps, ("counters", metrics)]
