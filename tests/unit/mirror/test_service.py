from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.mirror.options import MirrorOptions
from shadowbench.mirror.service import MirrorService
from shadowbench.worker import Parent
from tests.unit.mirror.doubles import small


def build(folder: Path, environ: dict[str, str], **changes: Any) -> MirrorService:
    options = MirrorOptions(
        runtime_folder=str(folder), secret_file=str(folder / "secret"), candidates=(small(**changes),)
    )
    return MirrorService(options, Parent("mirror"), environ)


@pytest.mark.parametrize(
    ("changes", "environ"),
    [
        ({"api_key_env": "KEY"}, {}),
        ({"api_key_env": "KEY"}, {"KEY": ""}),
        ({"api_key_env": "KEY"}, {"KEY": "a\nb"}),
        ({"url": "ftp://c"}, {}),
        ({"url": "http://c/?x=1"}, {}),
        ({"parameters": {"x": "{"}}, {}),
        ({}, {"SHADOWBENCH_SECRET": "short"}),
        ({"egress_proxy": "http://p:1", "egress_proxy_auth_env": "AUTH"}, {}),
        ({"egress_proxy": "http://p:1", "egress_proxy_auth_env": "AUTH"}, {"AUTH": "no colon"}),
        ({"egress_proxy": "https://p:1"}, {}),
    ],
)
async def test_what_cannot_work_is_said_at_the_start(
    tmp_path: Path, changes: dict[str, Any], environ: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError):
        build(tmp_path, environ, **changes)


async def test_a_secret_may_come_from_the_environment(tmp_path: Path) -> None:
    service = build(tmp_path, {"SHADOWBENCH_SECRET": "ab" * 32})
    assert service.server.planner.terms.eligibility.salt == b"\xab" * 32
    assert not (tmp_path / "secret").exists()


async def test_the_policy_begins_above_the_version_that_a_mirror_before_told(tmp_path: Path) -> None:
    options = MirrorOptions(
        runtime_folder=str(tmp_path),
        secret_file=str(tmp_path / "s"),
        candidates=(small(),),
        version_above=4_000_000_000,
    )
    assert MirrorService(options, Parent("mirror"), {}).policy_version == 4_000_000_001
    assert MirrorService(replace(options, version_above=0), Parent("mirror"), {}).policy_version < 4_000_000_000


async def test_a_mirror_that_is_off_calls_nobody_until_it_is_on(tmp_path: Path) -> None:
    options = MirrorOptions(
        runtime_folder=str(tmp_path), secret_file=str(tmp_path / "s"), candidates=(small(),), enabled=False
    )
    service = MirrorService(options, Parent("mirror"), {})
    assert [lane.state().paused for lane in service.dispatcher.lanes] == [True]
    assert service.server.planner.terms.policy().rate == 0
    service.change(replace(options, enabled=True))
    assert [lane.state().paused for lane in service.dispatcher.lanes] == [False]


async def test_to_resume_what_is_on_lifts_what_stopped_by_itself(tmp_path: Path) -> None:
    options = MirrorOptions(
        runtime_folder=str(tmp_path), secret_file=str(tmp_path / "s"), candidates=(small(price_known=False),)
    )
    service = MirrorService(options, Parent("mirror"), {})
    version = service.policy_version
    (lane,) = service.dispatcher.lanes
    assert lane.state().price_unknown
    service.change(options)
    assert not lane.state().price_unknown and service.policy_version == version


async def test_gauges_are_set_before_each_snapshot(tmp_path: Path) -> None:
    parent = Parent("mirror")
    options = MirrorOptions(runtime_folder=str(tmp_path), secret_file=str(tmp_path / "s"), candidates=(small(),))
    MirrorService(options, parent, {})
    parent.snapshot()
    assert {sample.name for sample in parent.counters.snapshot() if sample.kind == "gauge"} == {
        "lane_breaker_open",
        "lane_queue_depth",
        "lane_running",
        "lane_share_ratio",
        "mirror_proxies",
        "mirror_live_exchanges",
        "mirror_held_request_bytes",
        "mirror_unsettled_exchanges",
        "mirror_loop_lag_seconds",
    }
