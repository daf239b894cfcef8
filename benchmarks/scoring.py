"""How many pairs a scoring worker scores on one core, and what its memory does meanwhile.

    python -m benchmarks.scoring --pairs 100000

The log is made first, with answers of about two kilobytes: prose, JSON and tool calls, the candidate's a little different from
production's. Then one worker and its runner score it, both bound to one core, with the lowest priority as ever: what else runs
there goes first, so CPU time per pair is told as well.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shadowbench.records import Answer, Choice, Exchange, ToolCall
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import an_exchange, an_observation

METRICS = (
    "exact_match",
    "token_set_ratio",
    "rouge_l",
    "json_valid",
    "tool_call_match",
    "refusal_flip",
    "truncation",
    "length",
    "repetition",
    "language",
)
ANSWER_BYTES = 2048
_BATCH = 1000
_VOCABULARY = """
the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one
you were all her she there would their we him been has when who will no more if out so up said what its about than into
them can only other time new some could these two may first then do any like my now over such our man me even most made
after also did many must before through years where much your way well down should because each just state people those
"""
_WORDS = _VOCABULARY.split()
_TOOLS = [
    {"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {"query": {}}}}}
]


def main() -> None:
    """Make a log, have it scored, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--metric", action="append", help="only these; may be repeated")
    parser.add_argument("--folder", type=Path, help="where the log is made; default: a temporary one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        url = f"sqlite:///{folder}/pairs.db"
        fill(url, asked.pairs)
        print(told(run(url, asked.metric or METRICS, asked.pairs)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What scoring took. Memory is of worker and runner together, sampled each second."""

    pairs: int
    wall_s: float
    cpu_s: float
    resident_mb: list[float]


def run(url: str, metrics: tuple[str, ...] | list[str], pairs: int) -> Run:
    """Score all of it with one worker on one core."""
    options = {"store_url": url, "once": True, "metrics": [{"metric": name} for name in metrics]}
    core = max(os.sched_getaffinity(0))
    before, began = _children_cpu_s(), time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "shadowbench.scoring"],
        stdin=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(options).encode())
    process.stdin.close()
    resident: list[float] = []
    while process.poll() is None:
        resident.append(_resident_mb(process.pid))
        time.sleep(1.0)
    wall_s, cpu_s = time.monotonic() - began, _children_cpu_s() - before
    scored = _scored(url)
    if process.returncode or scored != pairs * len(metrics):
        raise SystemExit(f"{scored} scores of {pairs * len(metrics)}, exit code {process.returncode}")
    return Run(pairs=pairs, wall_s=wall_s, cpu_s=cpu_s, resident_mb=resident)


def told(took: Run) -> str:
    """In two lines."""
    tenth = max(1, len(took.resident_mb) // 10)
    memory = ", ".join(f"{mb:.0f}" for mb in took.resident_mb[::tenth])
    return (
        f"{took.pairs:,} pairs in {took.wall_s:.1f} s: {took.pairs / took.wall_s:,.0f} pairs/s; "
        f"CPU {1e6 * took.cpu_s / took.pairs:.0f} µs per pair: {took.pairs / took.cpu_s:,.0f} pairs/s of one core\n"
        f"memory of worker and runner over time, MB: {memory}"
    )


def fill(url: str, pairs: int) -> None:
    """Make the log."""
    chance, log = random.Random(5), open_log(url, "write")
    batch: list[Exchange] = []
    for exchange in _exchanges(pairs, chance):
        batch.append(exchange)
        if len(batch) == _BATCH:
            log.append(batch)
            batch.clear()
    log.append(batch)
    log.close()


def _exchanges(count: int, chance: random.Random) -> Iterator[Exchange]:
    for number in range(1, count + 1):
        asked = {
            "model": "large",
            "messages": [{"role": "user", "content": " ".join(chance.choices(_WORDS, k=40))}],
            "tools": _TOOLS,
        }
        production, candidate = _answers(number, chance)
        yield an_exchange(
            number,
            an_observation(endpoint="small", answer=candidate, body=None),
            production=an_observation(answer=production, body=None),
            request_body=json.dumps(asked).encode(),
        )


def _answers(number: int, chance: random.Random) -> tuple[Answer, Answer]:
    """Of ten, eight are prose, one is JSON, one calls a tool."""
    words = chance.choices(_WORDS, k=ANSWER_BYTES // 5)
    other = [chance.choice(_WORDS) if chance.random() < 0.1 else word for word in words]
    if number % 10 == 0:
        texts = [json.dumps({"items": each}) for each in (words, other)]
    elif number % 10 == 5:
        calls = [ToolCall(name="search", arguments=json.dumps({"query": " ".join(each)})) for each in (words, other)]
        one, two = (Answer(choices=(Choice(tool_calls=(call,), finish_reason="tool_calls"),)) for call in calls)
        return one, two
    else:
        texts = [" ".join(each) for each in (words, other)]
    one, two = (Answer(choices=(Choice(text=text, finish_reason="stop"),)) for text in texts)
    return one, two


def _scored(url: str) -> int:
    log, scores = open_log(url, "read"), open_score_log(url, "read")
    measures, newest = [each.id for each in scores.measures()], log.newest()
    steps = range(0, newest, _BATCH)
    count = sum(len(scores.scores_of(measures, after=after, upto=after + _BATCH)) for after in steps)
    log.close()
    scores.close()
    return count


def _resident_mb(pid: int) -> float:
    try:
        pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in pids)
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / 1e6


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
