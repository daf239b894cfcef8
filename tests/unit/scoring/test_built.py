"""Judges of a configuration, and what is made of them."""

from dataclasses import replace
from typing import Any

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges import pairwise
from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.metrics.binding import MetricOptions, bind_all
from shadowbench.scoring import built
from shadowbench.scoring.built import build_judges
from shadowbench.scoring.checking import check
from shadowbench.scoring.options import ScoringOptions

METRICS = {each.name: each.measure for each in bind_all([MetricOptions(metric="exact_match")])}


def a_judge(name: str, **changes: Any) -> JudgeOptions:
    endpoint = EndpointOptions(url="http://j", model=f"{name}-1")
    told = {"kind": "pairwise", "endpoint": endpoint, "family": name} | changes
    return JudgeOptions(name=name, **told)


PANEL = a_judge("all", kind="panel", endpoint=None, members=("a", "b"))
CASCADE = a_judge("c", kind="cascade", endpoint=None, screen="exact_match", strong="a", screen_low=0.0, screen_high=0.5)


def test_what_is_built_on_others_may_stand_before_them() -> None:
    judges = build_judges([PANEL, a_judge("a"), a_judge("b")], METRICS)
    assert list(judges) == ["a", "b", "all"]
    assert all(each.has_lane for each in judges.values())


def test_the_strong_judge_of_a_cascade_is_asked_by_that_alone() -> None:
    judges = build_judges([CASCADE, a_judge("a")], METRICS)
    assert {name: each.has_lane for name, each in judges.items()} == {"a": False, "c": True}


@pytest.mark.parametrize(
    ("judges", "told"),
    [
        ([a_judge("a", endpoint=None)], "judges.a.endpoint: is missing"),
        ([a_judge("a", kind="guess")], "there is no kind of judge 'guess'; there are: .*pairwise"),
        ([PANEL, a_judge("a")], "judges.all: there is no judge 'b'"),
        ([CASCADE], "judges.c: there is no judge 'a'"),
        ([PANEL, CASCADE, a_judge("a"), a_judge("b")], "judges.all.members: a is a cascade's strong judge"),
        ([a_judge("c", kind="cascade", screen=None)], "judges.c.screen: is missing"),
        ([a_judge("c", kind="cascade", screen="exact_match", strong=None)], "judges.c.strong: is missing"),
        (
            [a_judge("x", kind="panel", members=("y",)), a_judge("y", kind="panel", members=("x",))],
            "judges.x: builds on itself, by way of x, y",
        ),
    ],
)
def test_what_cannot_be_is_told(judges: list[JudgeOptions], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        build_judges(judges, METRICS)


def test_a_whole_configuration_is_checked() -> None:
    metrics = (MetricOptions(metric="exact_match"),)
    check(ScoringOptions(store_url="sqlite:///x", metrics=metrics, judges=(CASCADE, a_judge("a"))))
    with pytest.raises(ConfigurationError, match="there is no metric"):
        check(ScoringOptions(store_url="sqlite:///x", metrics=(MetricOptions(metric="exact_macht"),)))


@pytest.mark.parametrize(
    ("parameters", "changes", "told"),
    [
        ({"messages": []}, {}, "messages: is not to be set here: it says what is judged"),
        ({"top_p": 1, "model": "x"}, {}, "model: is not to be set here: set model"),
        ({"stream": True}, {}, "stream: is not to be set here: answers are read as a whole"),
        ({"response_format": {}}, {}, "response_format: is not to be set here: .*structured: false"),
        ({"max_tokens": 5}, {}, "max_tokens: is not to be set here: set max_output_tokens"),
        ({"max_completion_tokens": 5}, {}, "max_completion_tokens: .*set max_output_tokens"),
        ({"temperature": 1}, {}, "temperature: is not to be set here: set temperature"),
        ({"system": "x"}, {"dialect": "anthropic.messages"}, "system: is not to be set here"),
        ({"tool_choice": {}}, {"dialect": "anthropic.messages"}, "tool_choice: is not to be set here"),
        ({"input": []}, {"dialect": "openai.embeddings"}, "input: is not to be set here"),
    ],
)
def test_parameters_that_would_undo_a_question_are_refused_with_what_to_set(
    parameters: dict[str, Any], changes: dict[str, Any], told: str
) -> None:
    endpoint = EndpointOptions(url="http://j", model="m", parameters=parameters, **changes)
    kind = "embedding" if changes.get("dialect") == "openai.embeddings" else "pairwise"
    with pytest.raises(ConfigurationError, match=rf"^judges\.a\.endpoint\.parameters\.{told}"):
        build_judges([a_judge("a", kind=kind, endpoint=endpoint)], METRICS)


@pytest.mark.parametrize(
    ("dialect", "parameters"),
    [
        ("openai.chat", {"reasoning_effort": "low", "top_p": 0.9, "n": 2, "system": "x", "tools": []}),
        ("anthropic.messages", {"thinking": {"type": "disabled"}, "seed": 1, "output_config": {"effort": "low"}}),
    ],
)
def test_other_parameters_are_the_endpoints_business(dialect: Any, parameters: dict[str, Any]) -> None:
    endpoint = EndpointOptions(url="http://j", model="m", dialect=dialect, parameters=parameters)
    assert list(build_judges([a_judge("a", endpoint=endpoint)], METRICS)) == ["a"]


def test_an_endpoint_of_vectors_is_for_embeddings_alone() -> None:
    endpoint = EndpointOptions(url="http://j", model="m", dialect="openai.embeddings")
    assert list(build_judges([a_judge("a", kind="embedding", endpoint=endpoint)], METRICS)) == ["a"]
    with pytest.raises(
        ConfigurationError, match=r"judges\.a\.endpoint\.dialect: openai\.embeddings makes vectors, and no"
    ):
        build_judges([a_judge("a", endpoint=endpoint)], METRICS)


def test_a_judge_that_is_called_like_a_metric_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"judges\.exact_match: is the name of a metric, too"):
        build_judges([a_judge("exact_match")], METRICS)


def broken(options: JudgeOptions) -> Any:
    raise KeyError("of the author")


def without_a_measure(options: JudgeOptions) -> Any:
    return object()


def under_another_name(options: JudgeOptions) -> Any:
    return pairwise.build(replace(options, name="other"))


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (broken, r"no judge of kind odd can be made \(KeyError: 'of the author'"),
        (without_a_measure, r"no judge of kind odd can be made \(AttributeError"),
        (under_another_name, "a judge of kind odd measures something else"),
    ],
)
def test_a_kind_of_others_that_makes_no_judge_is_told(build: Any, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built, "kind_of", lambda name: JudgeKind(name=name, version="1", build=build))
    with pytest.raises(ConfigurationError, match=rf"^judges\.a: {told}"):
        build_judges([a_judge("a", kind="odd")], METRICS)
