"""Prometheus' own judge of config/prometheus: every rule is well-formed, and does in each case what it should; and a real one,
which evaluates them on what a real sidecar tells."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from shadowbench.endpoints.testing import ScriptedProvider
from tests.charts import GATEWAY, only, render
from tests.origins import RawClient, json_request
from tests.prometheus import PROGRAM, Prometheus
from tests.sidecars import Sidecar, chat, eventually

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "config" / "prometheus").glob("*.yaml"))
CASES = sorted((ROOT / "tests" / "unit" / "prometheus_rules" / "cases").glob("*.yaml"))
PROMTOOL = shutil.which("promtool")

pytestmark = [pytest.mark.verify, pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")]


def promtool(*arguments: str | Path) -> str:
    """What it says; fails where it does not agree."""
    assert PROMTOOL is not None
    judged = subprocess.run([PROMTOOL, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    return judged.stdout


def test_rules_are_well_formed() -> None:
    assert RULES
    assert promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES).count("SUCCESS") == len(RULES)


def test_so_are_those_that_the_chart_installs(tmp_path: Path) -> None:
    wiki = "https://wiki.example.com/runbook"
    values = {**GATEWAY, "metrics": {"prometheusRule": {"enabled": True, "runbookUrl": wiki}}}
    spec = only(render(values), "PrometheusRule")["spec"]
    installed = tmp_path / "rules.yaml"
    installed.write_text(yaml.safe_dump(spec))
    assert "SUCCESS" in promtool("check", "rules", "--lint=all", "--lint-fatal", installed)
    alerts = [rule for group in spec["groups"] for rule in group["rules"] if "alert" in rule]
    assert alerts
    assert all(each["annotations"]["runbook_url"] == f"{wiki}#{each['alert'].lower()}" for each in alerts)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(case: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", case)


# ── a real Prometheus ──


class Watching(Prometheus):
    """Evaluates the rules every second."""

    def _config(self) -> dict[str, Any]:
        config = super()._config()
        often = {**config["global"], "evaluation_interval": "1s"}
        return {**config, "global": often, "rule_files": [str(path) for path in RULES]}

    async def rules(self) -> list[dict[str, Any]]:
        groups = (await self._data("rules"))["groups"]
        return [rule for group in groups for rule in group["rules"]]

    async def raised(self) -> set[str]:
        """Alerts that fire, or wait for their time."""
        return {each["labels"]["alertname"] for each in (await self._data("alerts"))["alerts"]}


async def ask(port: int, times: int) -> list[int]:
    """The statuses of so many requests."""
    async with await RawClient.connect(port) as client:
        requests = [json_request("/v1/chat/completions", chat(f"Name river {number}.")) for number in range(times)]
        return [(await client.ask(each)).status for each in requests]


@pytest.mark.skipif(PROGRAM is None, reason="prometheus is not installed")
async def test_a_real_sidecar_raises_nothing_until_production_goes_away(tmp_path: Path) -> None:
    async with AsyncExitStack() as held:
        production = await held.enter_async_context(AsyncExitStack())
        provider = await production.enter_async_context(ScriptedProvider())
        candidates = {"small": {"sample_rate": 1, "model": "m-2"}}
        sidecar = await held.enter_async_context(Sidecar(tmp_path, provider.url, candidates=candidates))
        watching = await held.enter_async_context(Watching(tmp_path / "prometheus", [sidecar.admin_port]))
        for _ in range(20):
            assert await ask(sidecar.port, 10) == [200] * 10
            await asyncio.sleep(0.3)
        await assert_evaluated(watching)
        assert await watching.raised() == set()
        await production.aclose()
        assert await ask(sidecar.port, 20) == [502] * 20

        async def errors_are_raised() -> bool:
            return "ShadowbenchProductionErrors" in await watching.raised()

        await eventually(errors_are_raised)
        # The candidate is at the same address; nothing else goes wrong here.
        ours = {"ShadowbenchProductionErrors", "ShadowbenchCandidateErrors", "ShadowbenchBreakerOpen"}
        assert await watching.raised() <= ours


async def assert_evaluated(watching: Watching) -> None:
    """Every rule was, and none failed."""
    rules = await watching.rules()
    assert [(each["name"], each["lastError"]) for each in rules if each["health"] != "ok"] == []
    assert len(rules) == sum(len(re.findall(r"- (?:alert|record): ", path.read_text())) for path in RULES)
