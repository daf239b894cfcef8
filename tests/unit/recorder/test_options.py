"""Options of the recorder."""

from __future__ import annotations

import json

from shadowbench.recorder.options import RecorderOptions
from shadowbench.worker import from_json, to_json


def test_options_survive_the_way_to_the_worker() -> None:
    options = RecorderOptions(
        runtime_folder="/run/sb", store_url="sqlite:///x.db", request_id_header="X-Trace", drain_s=1
    )
    assert from_json(RecorderOptions, json.loads(json.dumps(to_json(options)))) == options
    assert options.socket_path == "/run/sb/recorder.sock"
