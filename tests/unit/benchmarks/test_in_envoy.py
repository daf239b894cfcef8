from __future__ import annotations

import json

from benchmarks.peers.in_envoy import configuration


def route(config: dict[str, object]) -> dict[str, object]:
    text = json.dumps(config)
    listener = json.loads(text)["static_resources"]["listeners"][0]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    found: dict[str, object] = manager["route_config"]["virtual_hosts"][0]["routes"][0]["route"]
    return found


def test_copies_of_everything_go_to_their_own_cluster() -> None:
    config = configuration(1, 2, 3)
    everything = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    assert route(config)["request_mirror_policies"] == [{"cluster": "mirror", "runtime_fraction": everything}]
    assert [cluster["name"] for cluster in config["static_resources"]["clusters"]] == ["production", "mirror"]


def test_without_a_mirror_there_is_none_and_streams_have_no_time_limit() -> None:
    config = configuration(1, 2, None)
    assert route(config) == {"cluster": "production", "timeout": "0s"}
    assert len(config["static_resources"]["clusters"]) == 1
