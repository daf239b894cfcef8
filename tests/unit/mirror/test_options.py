from __future__ import annotations

import json
from typing import Any

import pytest

from shadowbench.mirror.options import CandidateOptions, MirrorOptions
from shadowbench.worker import from_json, to_json

SMALL = CandidateOptions(
    name="small", url="http://c/v1", model="tiny", headers={"X": "1"}, parameters={"temperature": "1.5", "n": None}
)
OPTIONS = MirrorOptions(runtime_folder="run", secret_file="s", candidates=(SMALL,))


def test_options_survive_their_way_to_the_worker() -> None:
    assert from_json(MirrorOptions, json.loads(json.dumps(to_json(OPTIONS)))) == OPTIONS


def test_sockets_lie_in_the_runtime_folder() -> None:
    assert (OPTIONS.mirror_socket, OPTIONS.recorder_socket) == ("run/mirror.sock", "run/recorder.sock")


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"name": "other"}, True),
        ({"sample_rate": 0.5, "queue": 3, "concurrency": 2}, True),
        ({"api_key_env": "KEY"}, True),
        ({"model": "large"}, False),
        ({"url": "http://d"}, False),
        ({"headers": {"X": "2"}}, False),
        ({"parameters": {"temperature": "1.6"}}, False),
        ({"idle_timeout_s": 1.0}, False),
    ],
)
def test_a_configuration_is_named_by_what_changes_answers(changes: dict[str, Any], is_same: bool) -> None:
    fields = {name: getattr(SMALL, name) for name in CandidateOptions.__slots__} | changes
    other = CandidateOptions(**fields)
    assert (other.config_hash == SMALL.config_hash) == is_same
    assert len(SMALL.config_hash) == 16


def test_a_candidates_change_changes_the_mirrors_name() -> None:
    alone = MirrorOptions(runtime_folder="elsewhere", secret_file="t")
    assert alone.config_hash != OPTIONS.config_hash
    assert alone.config_hash == MirrorOptions(runtime_folder="run", secret_file="s").config_hash
