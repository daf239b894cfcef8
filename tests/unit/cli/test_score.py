"""What `shadowbench score` makes of its arguments."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shadowbench.cli.score import ScoreOptions, chosen, run_score, still_to_do
from shadowbench.errors import ConfigurationError
from shadowbench.settings import Settings
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import an_exchange

ENDPOINT = {"url": "http://j/v1", "model": "m"}
JUDGES = {
    "one": {"endpoint": ENDPOINT},
    "two": {"endpoint": ENDPOINT},
    "both": {"kind": "panel", "members": ["one", "two"]},
    "unsure": {"kind": "cascade", "screen": "both", "screen_low": 0.2, "screen_high": 0.8, "strong": "big"},
    "big": {"endpoint": ENDPOINT},
}


def settings(**scoring: Any) -> Settings:
    return Settings(production={"url": "http://p"}, scoring={"judges": JUDGES} | scoring)


def asked(*only: str, **changes: Any) -> ScoreOptions:
    return ScoreOptions(config=None, only=only, **changes)


def test_without_names_it_is_what_is_configured() -> None:
    assert chosen(settings(), asked()).scoring == settings().scoring


def test_a_metric_is_taken_as_configured_or_with_its_defaults() -> None:
    configured = settings(metrics=["exact_match", {"metric": "length", "name": "size", "options": {}}])
    scoring = chosen(configured, asked("size", "rouge_l")).scoring
    assert [(each.metric, each.name) for each in scoring.metrics] == [("length", "size"), ("rouge_l", None)]
    assert scoring.judges == {}


def test_a_judge_brings_along_those_that_it_builds_on() -> None:
    assert chosen(settings(), asked("both")).scoring.judges.keys() == {"both", "one", "two"}
    assert chosen(settings(), asked("unsure")).scoring.judges.keys() == JUDGES.keys()
    assert chosen(settings(), asked("one")).scoring.judges.keys() == {"one"}


def test_a_cascade_brings_along_the_metric_that_it_begins_with() -> None:
    judges = {"big": JUDGES["big"], "unsure": JUDGES["unsure"] | {"screen": "size"}}
    configured = settings(metrics=["exact_match", {"metric": "length", "name": "size"}], judges=judges)
    scoring = chosen(configured, asked("unsure")).scoring
    assert [each.name for each in scoring.metrics] == ["size"]


def test_workers_and_log_of_the_command_line_go_before_the_files(tmp_path: Path) -> None:
    changed = chosen(settings(), asked(workers=3, log=f"{tmp_path}/x.db"))
    assert (changed.scoring.workers, changed.store.url) == (3, f"sqlite:///{tmp_path}/x.db")


def test_nothing_to_score_with_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="neither metrics nor judges"):
        chosen(settings(metrics=[], judges={}), asked())


def test_a_log_that_is_named_needs_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SHADOWBENCH_PRODUCTION__URL", raising=False)
    with closing(open_log(f"sqlite:///{tmp_path}/x.db", "write")) as log:
        log.append([an_exchange()])
    assert run_score(asked("length", log="x.db", once=True, progress=False), {}) == 0
    with closing(open_score_log(f"sqlite:///{tmp_path}/x.db", "change")) as scores:
        assert [known.measure.name for known in scores.measures()] == ["length"]
        assert len(scores.scores_of([1], after=0, upto=9)) == 1
    with pytest.raises(ConfigurationError, match="no configuration"):
        run_score(asked("length", once=True), {})


def test_what_is_left_is_told_with_how_many_pairs_wait_and_why() -> None:
    said = still_to_do({"quality": "budget", "facts": "http_500"}, {"quality": 1200, "metrics": 0})
    assert [line.partition(": ")[0] for line in said] == ["facts", "quality"]
    assert said[0].startswith("facts: not all is scored: its endpoint is out of order (http_500)")
    assert said[1].startswith("quality: not all is scored (up to 1,200 pairs left): its budget is used up")


def test_lanes_that_were_stopped_are_told_where_pairs_wait() -> None:
    said = still_to_do({}, {"metrics": 1, "quality": 0})
    assert said == [
        "metrics: not all is scored (up to 1 pair left): it was stopped; the same command goes on where it ended"
    ]


@pytest.mark.parametrize(
    ("name", "told"), [("qualty", "did you mean 'quality'?"), ("jj", "known here: quality, facts")]
)
def test_a_name_that_is_nobodys_is_told_with_the_judges_that_there_are(tmp_path: Path, name: str, told: str) -> None:
    judges = {"quality": {"endpoint": ENDPOINT}, "facts": {"kind": "factuality", "endpoint": ENDPOINT}}
    config = tmp_path / "c.yaml"
    config.write_text(json.dumps({"production": {"url": "http://p"}, "scoring": {"judges": judges}}))
    with pytest.raises(ConfigurationError, match="there is no metric") as error:
        run_score(replace(asked(name, once=True), config=config), {})
    assert str(error.value).endswith(f"no judge of the configuration is called {name!r}, either; {told}")
