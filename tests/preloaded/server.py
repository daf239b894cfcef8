"""`python server.py LISTENER`: imports what commands import, then forks for each client (client.py). Ends when stdin does.

A fork leaves `forks` and goes on as `python -m MODULE` would, to the interpreter's own end with its flushes and exit codes.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import io
import marshal
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

LIBRARIES = ("shadowbench.configuration", "shadowbench.report.analysis.analysing", "shadowbench.supervisor")
ABOVE_ALL = 64  # descriptors that no client names


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a client wants to be run, and with what. `given` are the numbers that its descriptors have to get."""

    given: Sequence[int]
    module: str
    arguments: Sequence[str]
    folder: str
    environ: dict[str, str]


def preload() -> None:
    """All commands, and the libraries that they import when they run. What is missing here costs time alone."""
    from shadowbench import cli
    from shadowbench.cli.threads import one_thread

    own = set(sys.modules)
    one_thread(os.environ)  # a process with threads must not fork
    for found in pkgutil.iter_modules(cli.__path__, "shadowbench.cli."):
        if not found.name.endswith("__main__"):  # it would run
            importlib.import_module(found.name)
    for name in LIBRARIES:
        importlib.import_module(name)
    atexit.register(_left_standing, sys.modules.keys() - own)
    gc.freeze()  # else each fork's first collection copies all of it


def _left_standing(names: Iterable[str]) -> None:
    """Modules that the interpreter does not take apart at its end: in a fork that would copy every page of them."""
    modules: list[object] = [sys.modules.pop(name) for name in names if name in sys.modules]
    modules.append(modules)  # nobody ends what holds itself
    gc.freeze()


def forks(listener: socket.socket) -> Call | None:
    """Fork for each client. Returns in the forks, each with its call, and in the server at its end, with None."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
    while True:
        readable, _, _ = select.select([listener, sys.stdin], [], [])
        if listener not in readable:
            return None
        client, _ = listener.accept()
        with client:
            if os.fork() == 0:
                listener.close()
                return _kept(client)


def _kept(client: socket.socket) -> Call:
    """A keeper forks the command, and tells the client how it ended. Returns in the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    data, received, _, _ = socket.recv_fds(client, 1 << 20, ABOVE_ALL)
    if command := os.fork():
        for descriptor in received:
            os.close(descriptor)  # else the readers of its pipes would wait for the keeper, too
        _, status = os.waitpid(command, 0)
        client.send(str(status).encode())
        os._exit(0)
    client.close()
    call = Call(**marshal.loads(data))
    _become(call, received)
    return call


def _become(call: Call, received: Sequence[int]) -> None:
    """Take on the client's descriptors, folder and environment."""
    high = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, ABOVE_ALL) for each in received]
    os.closerange(0, ABOVE_ALL)
    for number, each in zip(call.given, high, strict=True):
        os.dup2(each, number)
        os.close(each)
    sys.stdin, sys.stdout, sys.stderr = (_stream(*each) for each in enumerate((sys.stdin, sys.stdout, sys.stderr)))
    os.chdir(call.folder)
    os.environ.clear()
    os.environ.update(call.environ)


def _stream(number: int, ours: TextIO) -> Any:
    """A standard stream like that of a new interpreter: ours remembers that it was /dev/null, which can seek."""
    try:
        raw = os.fdopen(number, "wb" if number else "rb", closefd=False)
    except OSError:
        return None  # the client has closed it
    return io.TextIOWrapper(raw, ours.encoding, ours.errors, line_buffering=number == 2 or raw.isatty())


def run(call: Call) -> dict[str, Any]:
    """As `python -m` does."""
    sys.argv[1:] = call.arguments
    return runpy.run_module(call.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    preload()
    with socket.socket(fileno=int(sys.argv[1])) as inherited:
        ours = forks(inherited)
    if ours is not None:
        run(ours)
