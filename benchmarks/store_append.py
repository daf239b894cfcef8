"""How many pairs a second one core appends to the pair log, durably, and how large they get.

    python benchmarks/store_append.py [--pairs 20000] [--folder /where/the/log/would/be]

One candidate per exchange; "small" bodies are about 500 bytes each of the three, "large" ones about 8 kB. A batch is one
transaction, synced to the device on return; the recorder's batches are whatever gathered during the last commit.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from unittest import mock

from shadowbench.records import Answer, Choice, Exchange
from shadowbench.store import opening
from shadowbench.store.testing import an_exchange, an_observation

TEXT = {"small": "The capital of Latvia is Riga. " * 12, "large": "The capital of Latvia is Riga. " * 260}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One line of the table."""

    page_size: int
    bodies: str
    batch: int


def exchanges(count: int, text: str) -> list[Exchange]:
    """Exchanges as the recorder would hand them over: made beforehand, so that only the append is measured."""
    answer = Answer(choices=(Choice(text=text, finish_reason="stop"),))
    seen = [an_observation(text, endpoint=name, answer=answer) for name in ("production", "small")]
    body = b'{"model":"large","messages":[{"role":"user","content":"%s"}]}' % text.encode()
    one = an_exchange(0, seen[1], production=seen[0], request_body=body)
    return [replace(one, id=f"0199c2b0-0000-7000-8000-{number:012x}", sequence=number) for number in range(count)]


def measure(case: Case, traffic: list[Exchange], folder: Path) -> tuple[float, float, float]:
    """Pairs a second by the wall, by the CPU, and bytes per pair."""
    with mock.patch.object(opening, "PAGE_SIZE", case.page_size):
        log = opening.open_log(f"sqlite:///{folder}/log.db", "write")
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(traffic), case.batch):
        log.append(traffic[start : start + case.batch])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    size = log.sizes().file_bytes
    log.close()
    return len(traffic) / wall, len(traffic) / cpu, size / len(traffic)


def cases() -> Iterator[Case]:
    """The page sizes at a usual batch, then the batches at the page size in use."""
    for page_size, bodies in product((4096, 8192, 16384), TEXT):
        yield Case(page_size=page_size, bodies=bodies, batch=100)
    for batch in (1, 10, 1000):
        yield Case(page_size=opening.PAGE_SIZE, bodies="small", batch=batch)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, default=None, help="default: the system's temporary folder")
    options = parser.parse_args()
    traffic = {name: exchanges(options.pairs, text) for name, text in TEXT.items()}
    print(f"{'page':>6} {'bodies':>7} {'batch':>6} {'pairs/s':>9} {'pairs/CPU s':>12} {'bytes/pair':>11}")
    for case in cases():
        count = min(options.pairs, 2000) if case.batch == 1 or case.bodies == "large" else options.pairs
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            wall, cpu, size = measure(case, traffic[case.bodies][:count], Path(folder))
        print(f"{case.page_size:>6} {case.bodies:>7} {case.batch:>6} {wall:>9,.0f} {cpu:>12,.0f} {size:>11,.0f}")


if __name__ == "__main__":
    main()
