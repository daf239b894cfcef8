"""`shadowbench export`: writes the pairs of a log to stdout, or to a file or object that appears whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from shadowbench.cli.output import check_output, destination, place_of
from shadowbench.cli.progress import tracked
from shadowbench.cli.quantities import counted, span_of
from shadowbench.errors import ConfigurationError
from shadowbench.records import Exchange
from shadowbench.store.base import Pair, PairLog, each_exchange, pairs_of
from shadowbench.store.exporting.compression import compressing, ending_of
from shadowbench.store.exporting.formats import WRITERS, Format, check_compression, format_of
from shadowbench.store.exporting.objects import object_exists, put_object
from shadowbench.store.exporting.places import gathering
from shadowbench.store.opening import open_log, path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """`output`: a path or the URL of an object; None is stdout. `candidates`: only these; empty means all."""

    log_url: str
    format: Format = "jsonl"
    output: Path | str | None = None
    since: float | None = None  # Unix seconds; only exchanges that started then or later
    until: float | None = None  # and before this
    after: int = 0  # only exchanges with a number above it
    force: bool = False  # an output that exists is replaced
    own_files: tuple[Path, ...] = ()  # never written over
    candidates: tuple[str, ...] = ()
    progress: bool | None = None  # None: when stderr is a terminal


def told_options(
    *, format: str | None, output: str | None, since: str | None, until: str | None, now: float, **others: Any
) -> ExportOptions:
    """Options as somebody types them. `now`: Unix seconds, which ages are counted from."""
    name = output or ""
    chosen = cast(Format, format) if format is not None else format_of(name) or "jsonl"
    check_compression(chosen, name)
    begin, end = span_of(since, until, now)
    return ExportOptions(
        format=chosen,
        output=place_of(output),
        since=begin,
        until=end,
        **others,
    )


def run_export(options: ExportOptions) -> int:
    """Write the pairs; the exit code. What is appended meanwhile is left for the next time."""
    _check(options)
    log = open_log(options.log_url, "read")
    try:
        with _opened(options) as out:
            count = WRITERS[options.format](_pairs(log, options), out)
    finally:
        log.close()
    sys.stderr.write(f"{counted(count, 'pair')} exported\n")
    return 0


def _check(options: ExportOptions) -> None:
    if not isinstance(options.output, str):
        check_output(options.output, options.own_files, force=options.force)
    elif not options.force and object_exists(options.output):
        raise ConfigurationError(f"{options.output} exists; --force overwrites it")


@contextmanager
def _opened(options: ExportOptions) -> Iterator[BinaryIO]:
    """Where to write, compressed as the name tells."""
    output = options.output
    place = _object(output, options) if isinstance(output, str) else destination(output)
    with place as out, compressing(out, ending_of(str(output or ""))) as packed:
        yield packed


@contextmanager
def _object(url: str, options: ExportOptions) -> Iterator[BinaryIO]:
    """Pairs gather in a file without a name; then they are sent."""
    with gathering(path_of(options.log_url).parent) as file:
        yield file
        file.flush()
        put_object(url, file)


def _pairs(log: PairLog, options: ExportOptions) -> Iterator[Pair]:
    """The wanted pairs. A candidate that is in none of them is a mistake, told before the output appears."""
    wanted, seen = set(options.candidates), set()
    found = each_exchange(log, after=options.after)
    for exchange in tracked(found, total=log.counts().exchanges, label="Exporting", wanted=options.progress):
        if not _is_within(exchange, options):
            continue
        for pair in pairs_of(exchange):
            name = pair.candidate.observation.endpoint
            seen.add(name)
            if not wanted or name in wanted:
                yield pair
    if unknown := wanted - seen:
        raise ConfigurationError(
            f"no pairs of {', '.join(sorted(unknown))} in this log; it has: {', '.join(sorted(seen)) or 'none'}"
        )


def _is_within(exchange: Exchange, options: ExportOptions) -> bool:
    since, until = options.since, options.until
    return (since is None or exchange.started_at >= since) and (until is None or exchange.started_at < until)
