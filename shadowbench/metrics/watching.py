"""Says whose code is about to run, so that a plugin that never comes back has a name. Pure.

Whoever finds and binds plugins says what begins (`running`); whoever waits for that listens (`watched`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Tell = Callable[[str], None]
"""Is told what begins, as a noun ("the import of x:y"), and "" when it is over."""


def _nobody(what: str) -> None:
    """Does not listen."""


_LISTENER: ContextVar[Tell] = ContextVar("listener", default=_nobody)


@contextmanager
def watched(tell: Tell) -> Iterator[None]:
    """Within it `tell` is told what runs."""
    token = _LISTENER.set(tell)
    try:
        yield
    finally:
        _LISTENER.reset(token)


@contextmanager
def running(what: str) -> Iterator[None]:
    """Within it a plugin's code runs. Calls do not nest."""
    tell = _LISTENER.get()
    tell(what)
    try:
        yield
    finally:
        tell("")
