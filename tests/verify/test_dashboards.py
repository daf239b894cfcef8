"""Every query of every dashboard, asked of a real Prometheus that scrapes a sidecar under load; Grafana's types."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import math
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Fault, ScriptedProvider
from tests.origins import RawClient, json_request
from tests.prometheus import JOB, PROGRAM, PROMTOOL, Prometheus, RefusedError, Series
from tests.scorers import JudgeServer
from tests.sidecars import Sidecar, chat, eventually
from tests.unit.grafana.boards import NAMES, ROOT, Target, board, plain, targets

pytestmark = [pytest.mark.verify]
needs_prometheus = pytest.mark.skipif(PROGRAM is None or PROMTOOL is None, reason="prometheus is not installed")
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")

CHAT = "/v1/chat/completions"
WINDOW = "20s"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
EMPTY: dict[tuple[str, str], str] = {}
"""Queries, by dashboard and panel, that have nothing to tell here, and why."""


# ── what there is to see ──


def config(judge_url: str, broken_url: str, folder: Path) -> dict[str, Any]:
    """All that the dashboards show: a candidate that works, a twin of production, one that fails, money, a judge, claims."""
    return {
        "candidates": {
            # Hot, so that its answers differ and there is something to judge.
            "small": {
                "sample_rate": 1,
                "model": "m-2",
                "parameters": {"temperature": 1.5},
                "budgets": {"usd_per_day": 100},
            },
            "again": {"sample_rate": 1},
            "broken": {
                "url": broken_url,
                "sample_rate": 1,
                "breaker": {"failures": 3, "window": 5, "open_s": 1, "max_open_s": 2},
            },
        },
        "prices": {"*": {"input_per_mtok": 1.0, "output_per_mtok": 2.0}},
        "report": {"policy": "mvp"},
        "store": {"export": {"url": f"file://{folder}/exported", "every_s": 1}},
        "scoring": {
            "enabled": True,
            "comparison_every_s": 2,
            "metrics": ["rouge_l", "refusal", "refusal_flip", "empty", "latency", "cost", "error_class"],
            "judges": {
                "quality": {"endpoint": {"url": judge_url, "model": "judge-1", "price": PRICE}, "candidates": ["small"]}
            },
        },
    }


PRICE = {"input_per_mtok": 1.0, "output_per_mtok": 2.0}


def by_turns(request: Received) -> Fault:
    """Faults of the candidate that fails: one kind is tried again, one is not."""
    return Fault.RATE_LIMITED if len(request.body) % 2 else Fault.SERVER_ERROR


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[tuple[Sidecar, Prometheus]]:
    """A sidecar under load, and a Prometheus that scrapes it."""
    async with (
        ScriptedProvider(chunk_after_s=0.002) as provider,
        ScriptedProvider(by_turns) as broken,
        JudgeServer() as judge,
    ):
        async with Sidecar(folder, provider.url, **config(judge.url, broken.url, folder)) as sidecar:
            async with Prometheus(folder / "prometheus", [sidecar.admin_port]) as prometheus:
                async with asyncio.TaskGroup() as tasks:
                    load = tasks.create_task(traffic(sidecar))
                    yield sidecar, prometheus
                    load.cancel()


async def traffic(sidecar: Sidecar) -> None:
    """Streams without end, and now and then something that goes wrong."""
    numbers = itertools.count()
    while True:
        async with await RawClient.connect(sidecar.port) as client:
            for number in itertools.islice(numbers, 10):
                streamed = {"stream": True, "stream_options": {"include_usage": True}}
                said = chat(f"Name river {number}. My key is sk-proj-{number:040d}.", **streamed)
                assert (await client.ask(json_request(CHAT, said, ("traceparent", TRACEPARENT)))).status == 200
                await asyncio.sleep(0.03)
        for wrong in (leave, speak_nonsense, meet_a_fault):
            with contextlib.suppress(OSError, AssertionError, asyncio.IncompleteReadError):
                await wrong(sidecar.port)


async def leave(port: int) -> None:
    """A client that goes when its answer has begun."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(json_request(CHAT, chat("Leaving.", stream=True)))
    await reader.readexactly(1)
    writer.transport.abort()


async def speak_nonsense(port: int) -> None:
    """A client that does not speak HTTP."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"THIS IS NO HTTP\r\n\r\n")
    await reader.read()
    writer.close()


async def meet_a_fault(port: int) -> None:
    """A request that production gives up."""
    async with await RawClient.connect(port) as client:
        await client.ask(json_request(CHAT, chat("Fail.", model="scripted-reset-before-head")))


# ── asking ──


def filled(expression: str, period: str) -> str:
    """As Grafana asks where all is chosen."""
    expression = plain(expression, window=WINDOW, period=period)
    return re.sub(r"\$\{?(job|instance|target|measure|metric)\b\}?", ".+", expression)


async def answer(prometheus: Prometheus, target: Target, start_s: float, end_s: float) -> list[Series]:
    expression = filled(target.expression, f"{math.ceil(end_s - start_s)}s")
    if target.instant:
        return await prometheus.at(expression, end_s)
    return await prometheus.between(expression, start_s, end_s)


def has_values(found: list[Series]) -> bool:
    return any(not math.isnan(value) for series in found for value in series.values)


@needs_prometheus
@pytest.mark.timeout(400)
async def test_every_query_of_every_panel_returns_data(tmp_path: Path) -> None:
    async with watched(tmp_path) as (_, prometheus):
        start_s = time.time()  # noqa: TID251  Prometheus goes by the wall clock
        await eventually(
            lambda: scraped(prometheus, "shadowbench_comparison_low", "shadowbench_judge_cost_usd_total"),
            within_s=200,
            every_s=0.5,
        )
        await asyncio.sleep(10)  # so that rates see counters grow that came last
        end_s = time.time()  # noqa: TID251
        failed: list[str] = []
        found: dict[Target, list[Series]] = {}
        for target in targets():
            try:
                found[target] = await answer(prometheus, target, start_s, end_s)
            except RefusedError as error:
                failed.append(f"{target}: {error}\n    {target.expression}")
        empty = {target for target, answered in found.items() if not has_values(answered)}
        unexpected = [str(each) for each in empty if (each.board, each.panel) not in EMPTY]
        assert (failed, sorted(unexpected)) == ([], [])
        assert {(each.board, each.panel) for each in empty} == set(EMPTY), "some have something to tell by now"
        assert_shown(found)
        for panel in ("Time to first token, p95", "Duration, p95"):
            (target,) = [each for each in found if (each.board, each.panel) == ("overview", panel)]
            seen = await prometheus.exemplars(filled(target.expression, "1m"), start_s, end_s)
            assert TRACE in {labels.get("trace_id") for labels in seen}, panel
        await assert_variables(prometheus)


async def scraped(prometheus: Prometheus, *names: str) -> bool:
    """Whether Prometheus has them by now: on a busy machine it does seconds after the sidecar tells them."""
    now_s = time.time()  # noqa: TID251  Prometheus goes by the wall clock
    return all([await prometheus.at(name, now_s) for name in names])


def assert_shown(found: dict[Target, list[Series]]) -> None:
    """What was provoked is to be seen under its name, and not the zero that stands for nothing."""
    shown = {(target.board, target.panel, target.ref): answered for target, answered in found.items()}

    def labels(board: str, panel: str, ref: str, label: str) -> set[str]:
        of_it = shown[board, panel, ref]
        return {series.labels.get(label, "") for series in of_it if any(value > 0 for value in series.values)}

    assert "production" in labels("overview", "Time to first token, p95", "A", "target")
    assert "small" in labels("overview", "Time to first token, p95", "A", "target")
    assert "broken" in labels("overview", "Left alone", "A", "candidate")
    assert "broken" in labels("overview", "Share of failures", "A", "target")
    assert labels("overview", "Why production did not answer", "A", "reason")
    assert labels("overview", "Why requests were refused, or clients left", "A", "reason")
    assert labels("overview", "Why requests were refused, or clients left", "B", "reason")
    assert "breaker_open" in labels("overview", "Why requests did not become pairs", "A", "reason")
    assert "quality" in labels("operations", "Spend in an hour", "A", "judge")
    assert labels("operations", "Placeholders in the log", "A", "kind")


async def assert_variables(prometheus: Prometheus) -> None:
    """What one can choose above the panels."""
    offered: dict[str, list[str]] = {}
    for name in NAMES:
        for variable in board(name)["templating"]["list"]:
            if variable["type"] == "query":
                asked = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
                assert asked is not None
                values = await prometheus.label_values(asked[2], filled(asked[1], "1m"))
                only = re.compile(variable["regex"].strip("/"))
                offered[variable["name"]] = [value for value in values if only.search(value)]
    assert offered["job"] == [JOB]
    assert len(offered["instance"]) == 1
    assert offered["target"] == ["again", "broken", "small"]
    assert {"error_class", "cost"} <= set(offered["measure"])
    assert {"rouge_l", "quality"} <= set(offered["metric"])


# ── checks that need no sidecar ──


@needs_prometheus
def test_prometheus_takes_every_expression(tmp_path: Path) -> None:
    rules = [{"record": f"r:{number}", "expr": plain(each.expression)} for number, each in enumerate(targets()) if each]
    rules += [
        {"record": "r:mark", "expr": mark["target"]["expr"]}
        for name in NAMES
        for mark in board(name)["annotations"]["list"]
        if "target" in mark
    ]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    assert PROMTOOL is not None
    judged = subprocess.run([PROMTOOL, "check", "rules", path], capture_output=True, text=True, timeout=60)
    assert judged.returncode == 0, judged.stderr


PACKAGES = ("@grafana/schema@13.2.3", "typescript@5.9.3")
"""The newest types: they know all that schema version 41 has."""
TYPES = ROOT / "build" / "grafana-types"
_KINDS = {
    "timeseries": "timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen",
    "stat": "stat/panelcfg/x/StatPanelCfg_types.gen",
    "bargauge": "bargauge/panelcfg/x/BarGaugePanelCfg_types.gen",
    "state-timeline": "statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen",
    "table": "table/panelcfg/x/TablePanelCfg_types.gen",
}


@pytest.fixture(scope="module")
def types() -> Path:
    """The folder with Grafana's types and a compiler; skipped where npm cannot get them."""
    if not (TYPES / "node_modules" / "@grafana" / "schema").is_dir():
        TYPES.mkdir(parents=True, exist_ok=True)
        got = subprocess.run(
            ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", TYPES, *PACKAGES],
            capture_output=True,
            text=True,
            timeout=300,
        )
        if got.returncode:
            pytest.skip(f"npm cannot get Grafana's types: {got.stderr.strip()[-200:]}")
    return TYPES


@needs_npm
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", NAMES)
def test_grafanas_own_types_know_all_of_it(name: str, types: Path) -> None:
    source = types / f"{name}.ts"
    source.write_text(typescript(board(name)))
    assert complaints(types, source) == ""


@needs_npm
def test_they_would_find_a_key_that_does_not_exist(types: Path) -> None:
    source = types / "wrong.ts"
    source.write_text(typescript({**board("overview"), "edditable": False}))
    assert "edditable" in complaints(types, source)


# What a mark of this kind of data source has beside those of all kinds.
_OF_PROMETHEUS = {"target", "textFormat", "titleFormat", "useValueForTime"}
# Types as JSON has them: the values of an enumeration are strings.
_PLAIN = (
    "type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[] "
    ": T extends object ? {[K in keyof T]: Plain<T[K]>} : T;"
)


def typescript(found: dict[str, Any]) -> str:
    """A program that is right when the types know every key: of the dashboard, of each panel's targets, options and fields."""
    lines = ['import type {Dashboard, Panel, RowPanel} from "@grafana/schema";', _PLAIN]
    for number, (kind, path) in enumerate(sorted(_KINDS.items())):
        lines.append(f'import type * as kind{number} from "@grafana/schema/dist/esm/raw/composable/{path}";')
        for at, panel in enumerate(each for each in found["panels"] if each["type"] == kind):
            options, custom = panel["options"], panel["fieldConfig"]["defaults"].get("custom")
            lines.append(f"export const k{number}o{at}: Plain<Partial<kind{number}.Options>> = {json.dumps(options)};")
            if custom is not None:
                lines.append(
                    f"export const k{number}c{at}: Plain<Partial<kind{number}.FieldConfig>> = {json.dumps(custom)};"
                )
    for at, panel in enumerate(found["panels"]):
        kind = "RowPanel" if panel["type"] == "row" else "Panel"
        lines.append(f"export const panel{at}: Plain<{kind}> = {json.dumps(panel)};")
    marks = [{key: mark[key] for key in mark.keys() - _OF_PROMETHEUS} for mark in found["annotations"]["list"]]
    rest = {**found, "panels": [], "annotations": {"list": marks}}
    lines.append(f"export const board: Plain<Dashboard> = {json.dumps(rest)};")
    return "\n".join(lines)


def complaints(types: Path, source: Path) -> str:
    """What the compiler says."""
    done = subprocess.run(
        [
            types / "node_modules" / ".bin" / "tsc",
            *("--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler"),
            source,
        ],
        capture_output=True,
        text=True,
        cwd=types,
        timeout=200,
    )
    return done.stdout + done.stderr
