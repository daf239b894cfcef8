from __future__ import annotations

import json
from dataclasses import replace

from shadowbench.judges.identity import judge_family
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.judges.pairwise import build
from shadowbench.scores import Shape
from tests.unit.judges.judged import options


def test_the_measure_names_what_verdicts_depend_on_and_no_secret() -> None:
    endpoint = EndpointOptions(url="https://u:hunter2@h:8443/v1?key=hunter2", model="m", headers={"x": "hunter2"})
    given = options(endpoint=endpoint)
    measure = build(given).measure
    assert (measure.shape, measure.low, measure.high) == (Shape.PAIR, 0.0, 1.0)
    assert "hunter2" not in measure.about
    assert json.loads(measure.about)["endpoint"]["url"] == "https://h:8443/v1"
    same = replace(given, name="other", repeat_share=0.5, sample_rate=0.1, endpoint=replace(endpoint, concurrency=1))
    assert build(same).measure.config_hash == measure.config_hash
    for change in (
        {"endpoint": replace(endpoint, model="n")},
        {"endpoint": replace(endpoint, temperature=1.0)},
        {"endpoint": replace(endpoint, parameters={"top_p": 0.5})},
        {"strip_markdown": True},
        {"redact_identity": False},
        {"own_family": "exclude"},
        {"options": {"max_characters": 500}},
        {"rubric": {"name": "r", "version": "1", "kind": "pairwise", "criteria": [{"id": "a", "text": "b"}]}},
    ):
        assert build(replace(given, **change)).measure.config_hash != measure.config_hash


def test_a_family_is_as_configured_or_as_the_models_name_tells() -> None:
    assert judge_family(options(model="gpt-5")) == "openai"
    assert judge_family(options(model="gpt-5", family="mine")) == "mine"
    assert judge_family(options(model="acme-1")) is None
    assert judge_family(JudgeOptions(name="panel", kind="panel")) is None
