"""An operator's wishes against workers that are doubles: who is told what, what is remembered, what is answered."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest

from shadowbench import wiring
from shadowbench.child import RefusedError, WorkerSpec
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.settings import Settings
from shadowbench.signals import Counters
from shadowbench.steering import Mode, Steering, UnconfirmedError
from shadowbench.telemetry import logs


class Worker:
    """A Child that answers at once, or not at all."""

    def __init__(self, spec: WorkerSpec) -> None:
        self.spec = spec
        self.pid: int | None = 1
        self.ready = True
        self.restarts = 0
        self.asked: list[dict[str, Any]] = []
        self.is_away = False
        self.refuses: float | None = None  # a rate that it cannot work by
        self.holds: Mapping[str, Any] = spec.options
        self.version = 100

    @property
    def is_outdated(self) -> bool:
        return self.holds is not self.spec.options

    def amend(self, changes: Mapping[str, Any]) -> None:
        self.spec = WorkerSpec(
            role=self.spec.role, number=self.spec.number, command=(), options={**self.spec.options, **changes}
        )

    def works_by(self, options: Mapping[str, Any]) -> None:
        self.holds = options

    async def ask(self, message: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        await asyncio.sleep(0)
        if self.is_away:
            raise UnavailableError(f"{self.spec.role} did not answer")
        json.dumps(message)  # it goes over a socket
        if any(each["sample_rate"] == self.refuses for each in message.get("options", {}).get("candidates", ())):
            raise RefusedError("mirror refused: not that")
        self.asked.append(dict(message))
        self.version += message["kind"] == "change"
        return {"policy_version": self.version}


class Crew:
    """A supervisor with such workers."""

    def __init__(self, folder: Path, role: wiring.Role = "serve", **mirror: Any) -> None:
        self.counters = Counters()
        self.draining = False
        self.work: list[Coroutine[Any, Any, None]] = []
        self.config: dict[str, Any] = {
            "production": {"url": "http://p"},
            "candidates": {"small": {"sample_rate": 0.1}, "big": {"sample_rate": 0.5}},
            "mirror": {"strata": {"rare": {"model": "o3*", "sample_rate": 0.5}}} | mirror,
            "store": {"url": f"sqlite:///{folder}/pairs.db"},
            "runtime": {"folder": folder / "run"},
            "proxy": {"workers": 2},
        }
        self.reads: Callable[[], Settings] = lambda: Settings(**self.config)
        plan = wiring.plan(self.reads(), role, {})
        self.workers = [Worker(spec) for spec in plan.workers]
        self.log = io.StringIO()
        self.steering = Steering(
            self.reads(),
            role,
            crew=self,
            read=lambda: self.reads(),
            log=logs.configure(self.log),  # type: ignore[arg-type]
        )

    def crew_of(self, role: str) -> list[Worker]:
        return [worker for worker in self.workers if worker.spec.role == role]

    def in_background(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.work.append(work)

    async def do_background(self) -> None:
        while self.work:
            await self.work.pop(0)

    @property
    def mirror(self) -> Worker:
        (mirror,) = self.crew_of("mirror")
        return mirror

    @property
    def proxies(self) -> list[Worker]:
        return self.crew_of("proxy")

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]

    @property
    def marks(self) -> list[dict[str, Any]]:
        return [mark for message in self.mirror.asked if message["kind"] == "change" for mark in message["marks"]]

    def rate(self, name: str = "small") -> float:
        """As a mirror that starts now would have it."""
        found: float = next(c["sample_rate"] for c in self.mirror.spec.options["candidates"] if c["name"] == name)
        return found


def told_to_proxies(*, hands_off: bool = True, sample_rate: float = 0.0) -> dict[str, Any]:
    access_log = {"sample_rate": sample_rate, "max_per_second": 100}
    return {"kind": "change", "hands_off": hands_off, "access_log": access_log}


@pytest.fixture
def crew(tmp_path: Path) -> Crew:
    return Crew(tmp_path)


async def test_a_pause_reaches_the_mirror_and_stays_with_its_place(crew: Crew) -> None:
    assert await crew.steering.pause() == {"mirroring": "paused", "policy_version": 101}
    (message,) = crew.mirror.asked
    assert (message["options"]["enabled"], message["withdraw"]) == (False, False)
    assert crew.mirror.spec.options["enabled"] is False
    assert crew.proxies[0].spec.options["hands_off"] is True  # they obey the mirror's policy: what runs finishes
    assert crew.counters.snapshot()[0].value == 0
    assert await crew.steering.resume() == {"mirroring": "on", "policy_version": 102}
    assert crew.mirror.spec.options["enabled"] is True
    assert [mark["kind"] for mark in crew.marks] == ["mirroring_paused", "mirroring_resumed"]


async def test_the_kill_switch_reaches_everybody_and_only_resume_ends_it(crew: Crew) -> None:
    await crew.steering.kill()
    assert crew.mirror.asked[-1]["withdraw"] is True
    assert [worker.asked[-1] for worker in crew.proxies] == [told_to_proxies(hands_off=False)] * 2
    assert [worker.spec.options["hands_off"] for worker in crew.proxies] == [False, False]
    assert (await crew.steering.pause())["mirroring"] == "killed"
    crew.config["mirror"]["enabled"] = False
    await crew.steering.reload()
    crew.config["mirror"]["enabled"] = True
    assert (await crew.steering.reload())["mirroring"] == "killed"
    assert (await crew.steering.resume())["mirroring"] == "on"
    assert crew.mirror.asked[-1]["withdraw"] is False
    assert [worker.spec.options["hands_off"] for worker in crew.proxies] == [True, True]


async def test_the_kill_switch_stops_proxies_though_the_mirror_hangs(crew: Crew) -> None:
    crew.mirror.is_away = True
    with pytest.raises(UnavailableError, match="mirror did not answer: the change is remembered"):
        await crew.steering.kill()
    assert [worker.asked[-1]["hands_off"] for worker in crew.proxies] == [False, False]
    assert crew.steering.course.mode is Mode.KILLED
    assert crew.mirror.spec.options["enabled"] is False  # so it comes back as it should be


@pytest.mark.parametrize(("action", "after"), [("pause", "paused"), ("kill", "killed")])
async def test_an_order_that_is_not_confirmed_is_logged_as_taken(crew: Crew, action: str, after: str) -> None:
    crew.mirror.is_away = True
    with pytest.raises(UnconfirmedError):
        await getattr(crew.steering, action)()
    (line,) = crew.logged("mirroring")
    assert [line[key] for key in ("action", "before", "after", "confirmed")] == [action, "on", after, False]
    assert "mirror did not answer: the change is remembered" in line["error"]
    with pytest.raises(UnconfirmedError):
        await crew.steering.rates({"candidates": {"small": 0.3}})
    (line,) = crew.logged("rates changed")
    assert (line["candidates.small.sample_rate"], line["confirmed"]) == (0.3, False)
    crew.config["mirror"]["opt_out_header"] = "x-no"
    with pytest.raises(UnconfirmedError):
        await crew.steering.reload()
    crew.config["mirror"]["opt_out_header"] = "x-never"
    crew.steering.on_hangup()
    await crew.do_background()
    assert [line["confirmed"] for line in crew.logged("a change is not confirmed")] == [False, False]


async def test_what_a_worker_refuses_is_not_remembered_for_the_next_one(crew: Crew) -> None:
    crew.mirror.refuses = 0.7
    with pytest.raises(ConfigurationError, match="mirror refused: not that"):
        await crew.steering.rates({"candidates": {"small": 0.7}})
    assert (crew.rate(), crew.marks) == (0.1, [])
    assert not crew.mirror.is_outdated
    assert (await crew.steering.rates({"candidates": {"small": 0.6}}))["changed"] == ["candidates.small.sample_rate"]
    assert crew.marks[0]["before"] == {"candidates.small.sample_rate": 0.1}


async def test_a_mirror_that_comes_back_is_told_what_it_missed_once(crew: Crew) -> None:
    crew.mirror.is_away = True
    with pytest.raises(UnavailableError):
        await crew.steering.rates({"candidates": {"small": 0.7}})
    crew.mirror.is_away = False
    crew.steering.on_ready(crew.mirror)  # type: ignore[arg-type]
    await crew.do_background()
    assert [c["sample_rate"] for c in crew.mirror.asked[-1]["options"]["candidates"]] == [0.7, 0.5]
    assert [mark["after"] for mark in crew.marks] == [{"candidates.small.sample_rate": 0.7}]
    crew.steering.on_ready(crew.mirror)  # type: ignore[arg-type]
    await crew.do_background()
    assert len(crew.mirror.asked) == 1


async def test_the_next_mirror_starts_above_the_last_version_that_was_told(crew: Crew) -> None:
    told = await crew.steering.rates({"candidates": {"small": 0.7}})
    assert crew.mirror.spec.options["version_above"] == told["policy_version"]
    assert not crew.mirror.is_outdated
    crew.mirror.is_away = True
    with pytest.raises(UnavailableError):
        await crew.steering.rates({"candidates": {"small": 0.8}})
    assert crew.mirror.spec.options["version_above"] == told["policy_version"]


async def test_a_mark_that_nobody_confirmed_keeps_its_number(crew: Crew) -> None:
    ask, told = crew.mirror.ask, []

    async def hang(message: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        told.append(dict(message))
        raise UnavailableError("mirror did not answer")

    crew.mirror.ask = hang  # type: ignore[method-assign]
    with pytest.raises(UnavailableError):
        await crew.steering.kill()
    crew.mirror.ask = ask  # type: ignore[method-assign]
    await crew.steering.resume()
    (killed,) = told[0]["marks"]
    assert crew.marks[0] == killed
    assert [mark["kind"] for mark in crew.marks] == ["mirroring_killed", "mirroring_resumed"]
    assert crew.marks[1]["number"] > killed["number"]


async def test_a_proxy_that_started_meanwhile_is_told(crew: Crew) -> None:
    crew.proxies[1].is_away = True
    with pytest.raises(UnavailableError):
        await crew.steering.kill()
    crew.proxies[1].is_away = False
    crew.steering.on_ready(crew.proxies[0])  # type: ignore[arg-type]  # it knows
    crew.steering.on_ready(crew.proxies[1])  # type: ignore[arg-type]
    await crew.do_background()
    assert [len(worker.asked) for worker in crew.proxies] == [1, 1]
    assert crew.proxies[1].asked == [told_to_proxies(hands_off=False)]


# ── rates ──


async def test_rates_are_partial_and_answered_with_what_changed(crew: Crew) -> None:
    told = await crew.steering.rates({"candidates": {"small": 0.2}, "strata": {"rare": {"sample_rate": 1}}})
    assert told == {
        "mirroring": "on",
        "policy_version": 101,
        "changed": ["candidates.small.sample_rate", "mirror.strata.rare.sample_rate"],
    }
    assert (crew.rate("small"), crew.rate("big")) == (0.2, 0.5)
    assert crew.mirror.spec.options["strata"][0]["sample_rate"] == 1.0
    (mark,) = crew.marks
    assert (mark["kind"], mark["endpoint"]) == ("policy_changed", None)
    assert mark["before"] == {"candidates.small.sample_rate": 0.1, "mirror.strata.rare.sample_rate": 0.5}


async def test_a_mark_about_one_candidate_names_it(crew: Crew) -> None:
    await crew.steering.rates({"candidates": {"small": 0.2}})
    assert crew.marks[0]["endpoint"] == "small"


async def test_unknown_names_change_nothing(crew: Crew) -> None:
    with pytest.raises(ConfigurationError, match="known here: small, big"):
        await crew.steering.rates({"candidates": {"small": 0.9, "smal": 0.2}})
    assert (crew.rate(), crew.mirror.asked) == (0.1, [])


async def test_changes_that_come_together_are_done_one_after_the_other(crew: Crew) -> None:
    rates = [number / 100 for number in range(50)]
    await asyncio.gather(*(crew.steering.rates({"candidates": {"small": rate}}) for rate in rates))
    seen = [message["options"]["candidates"][0]["sample_rate"] for message in crew.mirror.asked]
    assert seen == rates


# ── reload ──


async def test_a_reload_takes_over_what_is_live_and_names_what_is_not(crew: Crew) -> None:
    crew.config["candidates"]["small"] |= {"sample_rate": 0.3, "model": "other"}
    crew.config["proxy"]["workers"] = 4
    crew.config["mirror"]["opt_out_header"] = "x-no"
    told = await crew.steering.reload()
    assert told["applied"] == ["candidates.small.sample_rate", "mirror.opt_out_header"]
    assert told["needs_restart"] == ["proxy.workers", "candidates.small.model"]
    assert [line["key"] for line in crew.logged("a changed key was applied")] == told["applied"]
    assert [line["key"] for line in crew.logged("a changed key needs a restart")] == told["needs_restart"]
    assert crew.rate() == 0.3
    assert crew.mirror.spec.options["candidates"][0]["model"] is None
    assert crew.mirror.spec.options["opt_out_header"] == "x-no"


async def test_a_hang_up_with_the_same_file_changes_nothing(crew: Crew) -> None:
    await crew.steering.rates({"candidates": {"small": 0.9}})
    await crew.steering.pause()
    asked = len(crew.mirror.asked)
    crew.steering.on_hangup()
    await crew.do_background()
    assert {message["kind"] for message in crew.mirror.asked[asked:]} == {"state"}
    assert (crew.rate(), crew.steering.course.mode) == (0.9, Mode.PAUSED)
    assert crew.counters.get("config_reloads_total", (("result", "unchanged"),)) == 1


async def test_a_reload_that_changes_nothing_is_answered_with_the_version_in_force(crew: Crew) -> None:
    told = await crew.steering.reload()  # the mirror was never told anything, and has a version all the same
    assert told == {"mirroring": "on", "policy_version": 100, "applied": [], "needs_restart": []}
    crew.mirror.version = 200  # another process
    assert (await crew.steering.reload())["policy_version"] == 200
    crew.mirror.is_away = True
    assert (await crew.steering.reload())["policy_version"] == 200


async def test_a_mark_of_a_reload_tells_what_was_in_force(crew: Crew) -> None:
    await crew.steering.rates({"candidates": {"small": 0.02}})
    crew.config["candidates"]["small"]["sample_rate"] = 0.4
    await crew.steering.reload()
    mark = crew.marks[-1]
    assert (mark["before"], mark["after"]) == (
        {"candidates.small.sample_rate": 0.02},
        {"candidates.small.sample_rate": 0.4},
    )
    (line,) = crew.logged("a changed key was applied")
    assert (line["before"], line["after"]) == (0.02, 0.4)


async def test_a_reload_turns_the_access_log_on_and_says_nothing_of_it_in_the_pair_log(crew: Crew) -> None:
    crew.config["proxy"]["access_log"] = {"sample_rate": 0.5}
    answer = await crew.steering.reload()
    assert (answer["applied"], answer["needs_restart"]) == (["proxy.access_log.sample_rate"], [])
    assert [worker.asked[-1] for worker in crew.proxies] == [told_to_proxies(sample_rate=0.5)] * 2
    assert crew.proxies[0].spec.options["access_log"]["sample_rate"] == 0.5  # of whoever starts next, too
    assert crew.marks == []


async def test_a_mirror_apart_leaves_the_access_log_to_the_proxies(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "mirror")
    crew.config["proxy"]["access_log"] = {"sample_rate": 0.5}
    answer = await crew.steering.reload()
    assert (answer["applied"], answer["needs_restart"]) == ([], [])
    assert [message["kind"] for message in crew.mirror.asked] == ["state"]


async def test_what_a_rule_says_of_a_credential_is_in_no_mark_and_no_log(crew: Crew) -> None:
    crew.config["mirror"]["exclude"] = {"theirs": {"headers": {"x-api-key": "sk-canary", "x-team": "search"}}}
    assert (await crew.steering.reload())["applied"] == ["mirror.exclude.theirs"]
    told = json.dumps(crew.marks) + crew.log.getvalue()
    assert "search" in told and "sk-canary" not in told


async def test_a_file_that_is_wrong_is_told_and_the_old_one_holds(crew: Crew) -> None:
    def wrong() -> Settings:
        raise ConfigurationError("shadowbench.yaml:3: mirror.enabld: unknown key")

    crew.reads = wrong
    with pytest.raises(ConfigurationError, match="enabld"):
        await crew.steering.reload()
    crew.steering.on_hangup()
    await crew.do_background()
    assert crew.mirror.asked == []
    assert len(crew.logged("the configuration was not reloaded, the old one holds")) == 2
    assert crew.counters.get("config_reloads_total", (("result", "invalid"),)) == 2


async def test_the_files_new_word_on_a_rate_goes_before_an_operators(crew: Crew) -> None:
    await crew.steering.rates({"candidates": {"small": 0.9, "big": 0.8}})
    crew.config["candidates"]["small"]["sample_rate"] = 0.4
    await crew.steering.reload()
    assert (crew.rate("small"), crew.rate("big")) == (0.4, 0.8)


async def test_enabled_in_the_file_pauses_and_resumes(crew: Crew) -> None:
    crew.config["mirror"]["enabled"] = False
    assert (await crew.steering.reload())["mirroring"] == "paused"
    crew.config["mirror"]["enabled"] = True
    assert (await crew.steering.reload())["mirroring"] == "on"
    assert [mark["kind"] for mark in crew.marks] == [
        "policy_changed", "mirroring_paused", "policy_changed", "mirroring_resumed"
    ]  # fmt: skip


async def test_what_is_configured_off_can_be_resumed(tmp_path: Path) -> None:
    crew = Crew(tmp_path, enabled=False)
    assert crew.steering.course.mode is Mode.PAUSED
    assert (await crew.steering.resume())["mirroring"] == "on"
    assert crew.mirror.spec.options["enabled"] is True


async def test_very_long_rules_are_named_in_a_mark_not_told(crew: Crew) -> None:
    crew.config["mirror"]["exclude"] = {f"rule{n}": {"path": ["/x" * 100]} for n in range(100)}
    await crew.steering.reload()
    (mark,) = crew.marks
    assert mark["before"] == {}
    assert len(mark["after"]["changed"]) == 50


# ── roles apart ──


async def test_a_proxy_apart_stops_by_itself_and_sends_for_rates_elsewhere(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "proxy", enabled=False)  # whether the mirror is on is the mirror's configuration
    assert crew.steering.course.mode is Mode.ON
    assert await crew.steering.pause() == {"mirroring": "paused", "policy_version": None}
    assert [worker.spec.options["hands_off"] for worker in crew.proxies] == [False, False]
    with pytest.raises(ConfigurationError, match="ask the control port of `shadowbench mirror`"):
        await crew.steering.rates({"candidates": {"small": 1}})
    crew.config["candidates"]["small"]["sample_rate"] = 1.0
    assert (await crew.steering.reload())["needs_restart"] == []


async def test_a_mirror_apart_is_paused_by_its_policy(tmp_path: Path) -> None:
    crew = Crew(tmp_path, "mirror")
    assert (await crew.steering.kill())["mirroring"] == "killed"
    assert crew.mirror.asked[-1]["withdraw"] is True


# ── the rest ──


async def test_a_sidecar_that_shuts_down_is_not_changed(crew: Crew) -> None:
    crew.draining = True
    with pytest.raises(UnavailableError, match="shutting down"):
        await crew.steering.resume()


async def test_the_state_tells_who_does_not_answer(crew: Crew) -> None:
    crew.mirror.is_away = True
    state = await crew.steering.state()
    assert state["mirror"] == {"worker": 0, "answers": False, "reason": "mirror did not answer"}
    assert [proxy["answers"] for proxy in state["proxies"]] == [True, True]
    assert [worker["role"] for worker in state["workers"]] == ["proxy", "proxy", "mirror", "recorder"]
    json.dumps(state)
