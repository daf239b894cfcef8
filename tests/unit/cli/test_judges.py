"""`judges` prints what the log knows about each judge, for eyes and for programs."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.cli.judge_cards import ALARMS
from shadowbench.cli.judges import CardOptions, run_cards
from shadowbench.scores import Score
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import an_exchange
from tests.unit.scoring.calibration.judged import C, P, judge, label, scores_of, verdicts


@pytest.fixture
def url(tmp_path: Path) -> str:
    """`first` always names the first; `right` says what people say."""
    url = f"sqlite:///{tmp_path}/log.db"
    with closing(open_log(url, "write")) as log, closing(open_score_log(url, "change")) as scores:
        log.append([an_exchange(n) for n in range(1, 61)])
        known = judge("right", endpoint={"model": "qwen-max"}, family="qwen")
        numbers = scores.register([judge("first").measure, known.measure])
        habits = (lambda n: (P, C), lambda n: (C, C) if n % 3 else (P, P))
        for measure, habit in zip(numbers, habits, strict=True):
            said = verdicts(60, habit)
            scores.put_verdicts([replace(verdict, measure=measure) for verdict in said])
            scores.put_scores([score._replace(measure=measure) for score in scores_of(said)[:-1]])
            scores.put_scores([Score(60, 1, measure, None, "unparsable")])
        scores.put_labels([label(n, C if n % 3 else P) for n in range(1, 60)])
    return url


def test_a_card_for_eyes_names_alarms_and_absences(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cards(CardOptions(log_url=url, judge="first")) == 0
    page = capsys.readouterr().out
    assert ALARMS["position_bias"] in page and ALARMS["not_calibrated"] not in page
    assert "60 : 0" in page and "unparsable 1" in page and "its family is not known" in page
    assert "right" not in page


def test_a_judge_that_says_what_people_say_has_a_clean_card(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cards(CardOptions(log_url=url, judge="right")) == 0
    page = capsys.readouterr().out
    assert "!" not in page and "qwen-max" in page and "1.000" in page


def test_programs_get_everything_with_its_n(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cards(CardOptions(log_url=url, format="json", enough=100)) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["report"], document["version"]) == ("shadowbench.judges", 1)
    first, right = document["judges"]
    assert [each["judge"] for each in (first, right)] == ["first", "right"]
    assert first["win_rates"]["small"]["value"] == 0.5 and first["win_rates"]["small"]["n"] == 59
    assert first["position"]["consistency"]["value"] == 0.0
    assert first["alarms"] == ["position_bias", "worse_than_constant", "not_calibrated"]
    assert right["alarms"] == ["not_calibrated"]
    assert right["people"]["all"]["kappa"]["value"] == 1.0 and right["people"]["all"]["n"] == 59
    assert set(right["people"]["all"]["base_rates"]) == {"production", "candidate", "tie"}


def test_the_same_log_gives_the_same_card(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    pages = []
    for _ in range(2):
        run_cards(CardOptions(log_url=url, format="json"))
        pages.append(capsys.readouterr().out)
    assert pages[0] == pages[1]


def test_without_judges_there_is_nothing_to_print(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    empty = f"sqlite:///{tmp_path}/empty.db"
    open_log(empty, "write").close()
    assert run_cards(CardOptions(log_url=empty)) == 3
    assert "shadowbench score" in capsys.readouterr().err
    assert run_cards(CardOptions(log_url=url, judge="nobody")) == 3
    assert capsys.readouterr().err.endswith("; there are: first, right\n")
    assert run_cards(CardOptions(log_url=empty, judge="nobody")) == 3
    assert "no judge nobody" in capsys.readouterr().err
