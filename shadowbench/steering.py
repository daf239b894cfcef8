"""What an operator changes while the sidecar runs, and how it reaches the workers.

The parent remembers the course it was put on: a worker that starts later, because its process was killed, comes up on it.
A change is answered for when every worker that it concerns has said that it holds; until then it is only remembered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from shadowbench import __version__, wiring
from shadowbench.child import Child, RefusedError
from shadowbench.errors import ConfigurationError, ShadowbenchError, UnavailableError
from shadowbench.live import Difference, Rates, differences, merged, read_rates
from shadowbench.settings import Settings
from shadowbench.signals import Counters
from shadowbench.worker import to_json

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

# Changing takes a worker microseconds; a mirror that was killed takes about a second to be there again.
_CONFIRM_S = 5.0
_STATE_S = 2.0
# A mark is one frame of the handoff: very long rules are named, not told.
_MAX_MARK_CHARS = 4000
_UNTOLD_MARKS = 100
_SECTIONS_OF_THE_MIRROR = frozenset({"candidates", "mirror", "prices", "redaction", "store"})
_SECTIONS_OF_THE_PROXY = frozenset({"proxy"})

Fields = dict[str, Any]


class Mode(StrEnum):
    """Whether requests are copied. Paused: what runs finishes. Killed: nothing runs, until somebody resumes."""

    ON = "on"
    PAUSED = "paused"
    KILLED = "killed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What holds: the file as far as it is live, an operator's rates over it, and whether anything is copied at all."""

    settings: Settings
    rates: Rates
    mode: Mode

    @property
    def effective(self) -> Settings:
        """The configuration as it works."""
        return self.rates.over(self.settings)


class UnconfirmedError(UnavailableError):
    """A change was taken, and a worker has not said yet that it holds."""


class Crew(Protocol):
    """Whom a course is told to: the supervisor."""

    counters: Counters
    draining: bool

    def crew_of(self, role: str) -> Sequence[Child]: ...
    def in_background(self, work: Any, name: str) -> None: ...


class Steering:
    """One parent's course. Implements `control.Controlled`, and the supervisor's `Steered`."""

    def __init__(
        self,
        settings: Settings,
        role: wiring.Role,
        *,
        crew: Crew,
        read: Callable[[], Settings],
        log: FilteringBoundLogger,
    ) -> None:
        self.has_mirror = role != "proxy"
        # Where the mirror runs apart, its configuration says whether it is on; here is only the tap.
        mode = Mode.ON if settings.mirror.enabled or not self.has_mirror else Mode.PAUSED
        self.course = Course(settings=settings, rates=Rates(), mode=mode)
        self._role = role
        self._crew = crew
        self._read = read
        self._log = log
        self._untold: list[Fields] = []  # marks that no mirror took yet
        self._mark_number = 0  # of the last one
        self._version: int | None = None  # of the policy, as the mirror told last
        self._one_at_a_time = asyncio.Lock()  # protects the course: changes reach all workers in one order
        crew.counters.gauge("mirroring_enabled", mode is Mode.ON)

    # ── what operators ask for ──

    async def pause(self) -> Fields:
        """Copy nothing new. Whoever was killed stays killed."""
        return await self._switch("pause", Mode.PAUSED)

    async def resume(self) -> Fields:
        """Copy again, whatever stopped it."""
        return await self._switch("resume", Mode.ON)

    async def kill(self) -> Fields:
        """Hand nothing off, and withdraw what waits and runs."""
        return await self._switch("kill", Mode.KILLED)

    async def rates(self, fields: Mapping[str, Any]) -> Fields:
        """Set rates until the file says something new about them. Raises ConfigurationError with the valid names."""
        if not self.has_mirror:
            raise ConfigurationError("rates are the mirror's: ask the control port of `shadowbench mirror`")
        async with self._one_at_a_time:
            before = self.course
            given = read_rates(fields, before.settings)
            after = replace(before, rates=before.rates.then(given))
            changed = differences(before.effective, after.effective)
            rates = {each.name: each.after for each in changed}
            try:
                told = await self._put_on(after, _marks("policy_changed", changed) if changed else [])
            except UnconfirmedError as error:
                self._log.warning("rates changed", **rates, confirmed=False, error=str(error))
                raise
            self._log.info("rates changed", **rates)
            return {**told, "changed": [each.name for each in changed]}

    async def reload(self) -> Fields:
        """Read the file again and take over what is live. Raises ConfigurationError when it cannot be used."""
        async with self._one_at_a_time:
            try:
                fresh = await asyncio.to_thread(self._read)
                running = merged(self.course.settings, fresh)
                wiring.plan(running, self._role)
            except ShadowbenchError as error:
                self._count_reload("invalid")
                self._log.error("the configuration was not reloaded, the old one holds", error=str(error))
                raise ConfigurationError(str(error)) from None
            try:
                return await self._take_over(running, differences(self.course.settings, fresh))
            except UnconfirmedError as error:
                self._log.warning("a change is not confirmed", confirmed=False, error=str(error))
                raise

    async def state(self) -> Fields:
        """Everything an operator wants to see. A worker that does not answer is told as such."""
        mirror, proxies = await asyncio.gather(self._states("mirror"), self._states("proxy"))
        return {
            "version": __version__,
            "role": self._role,
            "mirroring": self.course.mode.value,
            "overrides": to_json(self.course.rates),
            "workers": [
                _worker(child) for role in ("proxy", "mirror", "recorder") for child in self._crew.crew_of(role)
            ],
            "mirror": mirror[0] if mirror else None,
            "proxies": proxies,
        }

    # ── what the supervisor tells ──

    def on_hangup(self) -> None:
        """SIGHUP: reload. A terminal that goes sends it too, which changes nothing unless the file was."""
        self._crew.in_background(self._reload_quietly(), "reload")

    def on_ready(self, child: Child) -> None:
        """A process that started while something changed is told."""
        if self._is_behind(child):
            self._crew.in_background(self._catch_up(child), "catch-up")

    def _is_behind(self, child: Child) -> bool:
        return child.is_outdated or (child.spec.role == "mirror" and bool(self._untold))

    async def _reload_quietly(self) -> None:
        try:
            await self.reload()
        except (ConfigurationError, UnconfirmedError):
            pass  # told already
        except UnavailableError as error:
            self._log.warning("a change is not confirmed", error=str(error))

    async def _catch_up(self, child: Child) -> None:
        async with self._one_at_a_time:
            if not self._is_behind(child):
                return  # who changed it waited for this worker
            try:
                await (self._tell_mirror(child) if child.spec.role == "mirror" else self._tell_proxy(child))
            except UnavailableError as error:
                self._log.warning("a change is not confirmed", error=str(error))

    # ── changing course ──

    async def _switch(self, action: str, wanted: Mode) -> Fields:
        async with self._one_at_a_time:
            before = self.course
            mode = Mode.KILLED if (before.mode, wanted) == (Mode.KILLED, Mode.PAUSED) else wanted
            what = {"action": action, "before": before.mode.value, "after": mode.value}
            try:
                told = await self._put_on(replace(before, mode=mode), self._mode_marks(before.mode, mode))
            except UnconfirmedError as error:
                self._log.warning("mirroring", **what, confirmed=False, error=str(error))
                raise
            self._log.warning("mirroring", **what)
            return told

    async def _take_over(self, running: Settings, changed: tuple[Difference, ...]) -> Fields:
        ours = [each for each in changed if each.keys[0] not in self._sections_of_others]
        applied = tuple(each for each in ours if each.is_live)
        waiting = tuple(each for each in ours if not each.is_live)
        for each in waiting:
            self._log.warning("a changed key needs a restart", key=each.name)
        self._count_reload("applied" if applied else "unchanged")
        answer: Fields = {"applied": [each.name for each in applied], "needs_restart": [each.name for each in waiting]}
        if not applied:
            self._log.info("the configuration was read again, nothing that is live has changed")
            return {**await self._holding(), **answer}
        before = self.course
        after = Course(settings=running, rates=before.rates.without(applied), mode=_mode_of(before.mode, applied))
        # Not what the file said: an operator may have set another rate meanwhile.
        in_force = differences(before.effective, after.effective)
        of_policy = [each for each in in_force if each.keys[0] not in _SECTIONS_OF_THE_PROXY]
        marks = (_marks("policy_changed", of_policy) if of_policy else []) + self._mode_marks(before.mode, after.mode)
        held = {each.keys: each.before for each in in_force}
        for each in applied:
            before_it = held.get(each.keys, each.before)
            self._log.info("a changed key was applied", key=each.name, before=before_it, after=each.after)
        return {**await self._put_on(after, marks), **answer}

    @property
    def _sections_of_others(self) -> frozenset[str]:
        """What parents of other roles read of the same file."""
        return {"proxy": _SECTIONS_OF_THE_MIRROR, "mirror": _SECTIONS_OF_THE_PROXY}.get(self._role, frozenset())

    async def _put_on(self, course: Course, marks: list[Fields]) -> Fields:
        """Remember, tell everybody, and wait until it holds.

        Raises UnconfirmedError with who did not confirm; and, when nothing has changed, ConfigurationError because a worker
        refused, UnavailableError because it is too late.
        """
        if self._crew.draining:
            raise UnavailableError("this sidecar is shutting down")
        before, untold = self.course, self._untold
        self._remember(course, [*untold, *self._numbered(marks)][-_UNTOLD_MARKS:])
        failures = await self._tell_all()
        refusals = [failure for failure in failures if isinstance(failure, RefusedError)]
        if refusals:
            # Whoever starts next must not find what a worker cannot work by.
            self._remember(before, untold)
            await self._tell_all()
            raise ConfigurationError("; ".join(map(str, refusals)))
        if failures:
            reasons = "; ".join(map(str, failures))
            raise UnconfirmedError(f"{reasons}: the change is remembered and holds as soon as the worker is back")
        return self._told()

    def _numbered(self, marks: list[Fields]) -> list[Fields]:
        """A mirror that hung takes a mark, and its answer comes too late: told again, it knows it by its number."""
        first, self._mark_number = self._mark_number + 1, self._mark_number + len(marks)
        return [{**mark, "number": number} for number, mark in enumerate(marks, first)]

    def _remember(self, course: Course, untold: list[Fields]) -> None:
        """For workers that start from now on, and for the next change."""
        self.course = course
        self._crew.counters.gauge("mirroring_enabled", course.mode is Mode.ON)
        if mirrors := self._crew.crew_of("mirror"):
            self._untold = untold
            mirror = wiring.mirror_options(course.effective)
            options = to_json(replace(mirror, enabled=course.mode is Mode.ON))
            del options["version_above"]  # that is known of the place, not of the configuration
            for child in mirrors:
                child.amend(options)
        access_log = to_json(wiring.access_log_options(course.settings))
        for child in self._crew.crew_of("proxy"):
            child.amend({"hands_off": self._hands_off, "access_log": access_log})

    async def _tell_all(self) -> list[UnavailableError]:
        """Who did not confirm, and why."""
        told = await asyncio.gather(
            *(self._tell_mirror(child) for child in self._crew.crew_of("mirror")),
            *(self._tell_proxy(child) for child in self._crew.crew_of("proxy")),
            return_exceptions=True,
        )
        failures: list[UnavailableError] = []
        for answer in told:
            if isinstance(answer, UnavailableError):
                failures.append(answer)
            elif isinstance(answer, BaseException):
                raise answer
        return failures

    @property
    def _hands_off(self) -> bool:
        # A pause reaches proxies as the mirror's policy of rate 0, in order with what it lets finish. The kill switch does not
        # wait for a mirror; and where there is none, this is all that can be done.
        return self.course.mode is not Mode.KILLED if self.has_mirror else self.course.mode is Mode.ON

    async def _tell_mirror(self, child: Child) -> Fields:
        marks, options = list(self._untold), child.spec.options
        withdraws = self.course.mode is Mode.KILLED
        message = {"kind": "change", "options": options, "withdraw": withdraws, "marks": marks}
        answer = await child.ask(message, _CONFIRM_S)
        # The next mirror starts above this version: one that meant other rates would not be told apart in the log.
        self._version = answer["policy_version"]
        child.amend({"version_above": self._version})
        child.works_by(child.spec.options)
        self._untold = [mark for mark in self._untold if mark not in marks]
        return answer

    async def _tell_proxy(self, child: Child) -> Fields:
        options = child.spec.options
        told = {name: options[name] for name in ("hands_off", "access_log")}
        answer = await child.ask({"kind": "change", **told}, _CONFIRM_S)
        child.works_by(options)
        return answer

    def _told(self) -> Fields:
        return {"mirroring": self.course.mode.value, "policy_version": self._version}

    async def _holding(self) -> Fields:
        """What holds, asked of the mirror: one that nobody has changed yet never told its version."""
        for said in await self._states("mirror"):
            self._version = said.get("policy_version", self._version)
        return self._told()

    def _mode_marks(self, before: Mode, after: Mode) -> list[Fields]:
        if before is after:
            return []
        kind = {Mode.ON: "mirroring_resumed", Mode.PAUSED: "mirroring_paused", Mode.KILLED: "mirroring_killed"}[after]
        return [{"kind": kind, "endpoint": None, "before": {"mode": before.value}, "after": {"mode": after.value}}]

    def _count_reload(self, result: str) -> None:
        self._crew.counters.add("config_reloads_total", (("result", result),))

    # ── looking ──

    async def _states(self, role: str) -> list[Fields]:
        children = self._crew.crew_of(role)
        return list(await asyncio.gather(*(self._state_of(child) for child in children)))

    async def _state_of(self, child: Child) -> Fields:
        try:
            return {"worker": child.spec.number, "answers": True, **await child.ask({"kind": "state"}, _STATE_S)}
        except UnavailableError as error:
            return {"worker": child.spec.number, "answers": False, "reason": str(error)}


def _worker(child: Child) -> Fields:
    return {
        "role": child.spec.role,
        "worker": child.spec.number,
        "pid": child.pid,
        "ready": child.ready,
        "restarts": child.restarts,
    }


def _mode_of(mode: Mode, applied: Iterable[Difference]) -> Mode:
    """What a changed `mirror.enabled` makes of the mode. What was killed waits for an operator, not for a file."""
    for each in applied:
        if each.keys == ("mirror", "enabled") and mode is not Mode.KILLED:
            return Mode.ON if each.after else Mode.PAUSED
    return mode


def _marks(kind: str, changed: Sequence[Difference]) -> list[Fields]:
    """One line across the time series for a change of several keys."""
    names = {each.keys[1] for each in changed if each.keys[0] == "candidates"}
    is_one = len(names) == 1 and all(each.keys[0] == "candidates" for each in changed)
    before, after = ({each.name: getattr(each, side) for each in changed} for side in ("before", "after"))
    if len(json.dumps([before, after])) > _MAX_MARK_CHARS:
        before, after = {}, {"changed": sorted(after)[:50]}
    return [{"kind": kind, "endpoint": names.pop() if is_one else None, "before": before, "after": after}]
