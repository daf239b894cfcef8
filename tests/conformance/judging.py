"""What a check is, and how it says what it saw. Sections register checks; `running` runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn

_SHOWN = 120  # characters of a value in a reason


class Kind(StrEnum):
    """What a check needs."""

    PROXY = "proxy"  # client and origin: any proxy
    MIRROR = "mirror"  # and a candidate: any proxy that mirrors
    STARTED = "started"  # and a process that the suite may signal: any proxy it can start
    PARSER = "parser"  # shadowbench's readers, within this process
    RECORDED = "recorded"  # the pair log and the signals of a running shadowbench


class FailError(Exception):
    """The proxy does not do what the case says; the text is what was observed."""


class NotApplicableError(Exception):
    """This proxy cannot be judged by this check; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One judgement of a case. A case may have several, of different kinds; it passes when none of them fails."""

    number: int
    kind: Kind
    run: Callable[..., Any]  # (It) → awaitable; of PARSER: () → None
    where: str  # file and function


@dataclass(slots=True)
class Section:
    """The checks of one module, in its order."""

    checks: list[Check] = field(default_factory=list)

    def check(self, number: int, kind: Kind) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a function as a check of case `number`."""

        def register(run: Callable[..., Any]) -> Callable[..., Any]:
            where = f"{run.__module__.rpartition('.')[2]}.py::{run.__name__}"
            self.checks.append(Check(number=number, kind=kind, run=run, where=where))
            return run

        return register


def fail(reason: str) -> NoReturn:
    """The case fails; `reason` says what was observed. No times, ports or tokens: it is compared between runs."""
    raise FailError(reason)


def expect(holds: object, reason: str) -> None:
    """Fail with `reason` unless it holds."""
    if not holds:
        raise FailError(reason)


def same(got: Any, wanted: Any, what: str) -> None:
    """Fail unless two values are equal. Long ones are shown from where they differ."""
    if got == wanted:
        return
    if isinstance(got, bytes | str) and isinstance(wanted, type(got)) and len(got) + len(wanted) > _SHOWN:
        at = next((i for i, (a, b) in enumerate(zip(got, wanted, strict=False)) if a != b), min(len(got), len(wanted)))
        raise FailError(f"{what}: differs at byte {at}: {_short(got[at:])} instead of {_short(wanted[at:])}")
    raise FailError(f"{what}: {_short(got)} instead of {_short(wanted)}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
