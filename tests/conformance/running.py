"""Runs checks one after another, each by its own deadline, and adds them up to one result per case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import isawaitable

from tests.conformance import answers, framing, lifecycle, measurement, mirroring, semantics
from tests.conformance.judging import Check, FailError, Kind, NotApplicableError
from tests.conformance.stand import Stand, case, eventually
from tests.conformance.titles import TITLES, name_of

DEADLINE_S = 40.0  # for one check; what it waits for has shorter ones
CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (
            c
            for module in (framing, answers, semantics, lifecycle, mirroring, measurement)
            for c in module.SECTION.checks
        ),
        key=lambda check: check.number,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a case ended for one proxy."""

    case: str
    verdict: str  # pass | fail | n/a
    reason: str = ""  # what was observed, or why it does not apply


async def run(
    stand: Stand | None, numbers: Iterable[int] | None = None, tell: Callable[[Result], None] = lambda _: None
) -> list[Result]:
    """Run the cases with these numbers, all by default. Without a stand only parsers can be judged."""
    results = []
    for number in sorted(TITLES if numbers is None else set(numbers)):
        result = added_up(number, [await _judge(stand, check) for check in checks_of(number)])
        tell(result)
        results.append(result)
    return results


def checks_of(number: int) -> Iterator[Check]:
    return (check for check in CHECKS if check.number == number)


def added_up(number: int, judged: list[Result]) -> Result:
    """One case's result: it fails when a check fails, passes when one passes, and else does not apply."""
    for verdict in ("fail", "pass", "n/a"):
        those = [result for result in judged if result.verdict == verdict]
        if those:
            reasons = dict.fromkeys(result.reason for result in those if result.reason)
            return Result(case=name_of(number), verdict=verdict, reason="; ".join(reasons))
    return Result(case=name_of(number), verdict="n/a", reason="no check is registered")


async def _judge(stand: Stand | None, check: Check) -> Result:
    """The result of one check. A mirror that says that it thins its sample is asked again when it does so no more."""
    name = name_of(check.number)
    if reason := _does_not_apply(stand, check.kind):
        return Result(case=name, verdict="n/a", reason=reason)
    result = await _once(stand, check)
    if result.verdict == "fail" and stand is not None and stand.peer is not None and not await stand.peer.copies_all():
        await eventually(stand.peer.copies_all, "the whole sample is copied again", within_s=60)
        return await _once(stand, check)
    return result


async def _once(stand: Stand | None, check: Check) -> Result:
    name = name_of(check.number)
    try:
        async with asyncio.timeout(DEADLINE_S):
            await _run(stand, check)
    except NotApplicableError as reason:
        return Result(case=name, verdict="n/a", reason=str(reason))
    except FailError as seen:
        return Result(case=name, verdict="fail", reason=str(seen))
    except TimeoutError:
        return Result(case=name, verdict="fail", reason=f"did not end within {DEADLINE_S:g} s")
    except Exception as error:  # noqa: BLE001  # what a proxy does to one case must not end the suite
        return Result(case=name, verdict="fail", reason=f"{type(error).__name__}: {error} ({check.where})")
    return Result(case=name, verdict="pass")


async def _run(stand: Stand | None, check: Check) -> None:
    if check.kind is Kind.PARSER:
        check.run()
        return
    assert stand is not None
    async with case(stand, name_of(check.number)) as it:
        done = check.run(it)
        assert isawaitable(done), f"{check.where} is not asynchronous"
        await done


def _does_not_apply(stand: Stand | None, kind: Kind) -> str | None:
    own = stand is not None and stand.is_shadowbench
    if kind is Kind.PARSER:
        return None if own else "parser: only for shadowbench"
    if kind is Kind.RECORDED:
        return None if own else "pair log and signals: only for shadowbench"
    if stand is None:
        return "no proxy"
    if kind is Kind.MIRROR and stand.candidate is None:
        return "no mirror"
    if kind is Kind.STARTED and stand.peer is None:
        return "the suite did not start this proxy, and may not signal it"
    return None
