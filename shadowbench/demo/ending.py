"""What the demo shows at its end: the report, and what to try next."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from shadowbench import configuration
from shadowbench.demo.configuration import CANDIDATES, Places
from shadowbench.demo.model_server import MODEL
from shadowbench.demo.starting import Model

_QUERY = "select candidate, count(*), round(avg(candidate_latency_s), 3) from pairs group by 1"


def print_report(places: Places, now: float) -> None:
    """On stdout, the first chapters of what `shadowbench report` prints for this log."""
    import shadowbench  # numpy comes with what reads and analyses: the demo starts without it
    from shadowbench.policies.reading import read_policy
    from shadowbench.report.analysis.analysing import AnalysisOptions, analyse
    from shadowbench.report.chapters.contents import opening
    from shadowbench.report.policy import Policy
    from shadowbench.report.terminal import show_chapters

    declared = configuration.load(places.config).report.policy
    policy = Policy() if declared is None else read_policy(declared, "report.policy")
    options = AnalysisOptions(made_at=now, software=shadowbench.__version__, again=frozenset({CANDIDATES[0]}))
    with shadowbench.read(places.store_url) as log:
        document = analyse(log, policy, options)
    show_chapters(opening(document), Console(highlight=False))


def next_steps(console: Console, places: Places, model: Model, *, kept: bool, command: str) -> None:
    """What to read and try, on stderr. `command`: how to call us."""
    if model is Model.SCRIPTED:
        console.print("\nThe words above are a script's. The times, the pairs and the way here are real.")
    console.print("\nagain is production once more, hot has temperature 1.5, short stops after 8 tokens.")
    console.print("All of them share one model on this machine: each slows the others down.")
    console.print("[bold]Try next[/]")
    for what, line in _suggestions(places, kept, command):
        console.print(f"  {what}\n    {escape(line)}", soft_wrap=True, highlight=False)
    if kept:
        console.print("\nEverything goes on running. Ctrl-C ends it.")


def as_started(program: str, path: str | None) -> str:
    """What to type to call us again; `program` is `sys.argv[0]`, `path` the search path.

    The short name only where a shell finds this very program by it: `make demo` installs into a folder of its own.
    """
    if Path(program).name != "shadowbench" or not Path(program).is_file():
        return f"{shlex.quote(sys.executable)} -m shadowbench.cli"
    found = shutil.which("shadowbench", path=path)
    if found is not None and Path(found).samefile(program):
        return "shadowbench"
    # Without a slash a shell would search for it.
    return shlex.quote(program if os.sep in program else os.path.join(os.curdir, program))


def _suggestions(places: Places, kept: bool, command: str) -> list[tuple[str, str]]:
    log, config = shlex.quote(str(places.log)), shlex.quote(str(places.config))
    steps = [
        ("every pair is a row of the view `pairs`", f'sqlite3 {log} "{_QUERY}"'),
        ("the whole report", f"{command} report -c {config} --full"),
        ("all pairs as lines of JSON", f"{command} export -c {config} --format jsonl"),
    ]
    if not kept:
        return [*steps, ("leave it running, and send your own requests", f"{command} demo --keep")]
    body = json.dumps({"model": MODEL, "max_tokens": 32, "messages": [{"role": "user", "content": "Name a fruit."}]})
    header = "-H 'content-type: application/json'"
    curl = f"curl -s {places.proxy_url}/v1/chat/completions {header} -d '{body}'"
    metrics = f"curl -s http://127.0.0.1:{places.admin_port}/metrics"
    return [("a request of your own", curl), *steps, ("counters", metrics)]
