"""Labelling over a log: blind, kept at once, taken up again where it stopped."""

import io
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.cli.label import LabelOptions, run_label
from shadowbench.errors import ConfigurationError
from shadowbench.records import Answer, Choice, Outcome
from shadowbench.scores import Label, PairRef, Position, Preferred, Verdict
from shadowbench.scoring.calibration.label_queue_file import load
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import a_measure, an_exchange, an_observation


def said(text: str) -> Answer:
    return Answer(choices=(Choice(text=text),))


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/log.db"
    answer = said("[red]As GPT-4[/red], I say \x1b[2Joslo.")
    fault = an_observation(endpoint="small", outcome=Outcome.TIMED_OUT, reason="x", answer=None)
    with closing(open_log(url, "write")) as log:
        log.append([an_exchange(n, an_observation(endpoint="small", answer=answer)) for n in range(1, 7)])
        log.append([an_exchange(7, fault), an_exchange(8)])
    return url


def labelled(url: str, monkeypatch: pytest.MonkeyPatch, keys: str, **changes: object) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(keys) + "\n" if keys else ""))
    options = LabelOptions(**{"log_url": url, "labeller": "ann", "twice": 0.0, **changes})  # type: ignore[arg-type]
    return run_label(options, lambda: 9.0)


def labels_in(url: str) -> list[Label]:
    with closing(open_score_log(url, "read")) as scores:
        return list(scores.labels())


def test_what_is_said_is_in_the_log_and_the_next_sitting_goes_on(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert labelled(url, monkeypatch, "1tq") == 0
    assert "1 of 6" in capsys.readouterr().out
    assert [label.probability for label in labels_in(url)] == [1.0, 1.0]
    assert labelled(url, monkeypatch, "2222") == 0
    assert "1 of 4" in capsys.readouterr().out
    found = labels_in(url)
    assert len({label.pair for label in found}) == 6 and {label.pair.number for label in found} == {*range(1, 7)}
    assert labelled(url, monkeypatch, "1") == 3
    assert "is labelled (6 pairs)" in capsys.readouterr().err


def test_the_page_is_blind_and_plays_no_tricks(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled(url, monkeypatch, "q")
    page = capsys.readouterr().out
    assert "Capital of Latvia?" in page and "Riga." in page and "oslo." in page and "[red]" in page
    assert not any(word in page for word in ("small", "large", "production", "candidate", "GPT", "\x1b"))


def test_what_stood_first_is_told_by_the_label(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled(url, monkeypatch, "111111")
    pages = capsys.readouterr().out.split("Request")[1:]
    assert len(pages) == 6
    for page, label in zip(pages, labels_in(url), strict=True):
        production_first = page.index("Riga.") < page.index("oslo.")
        assert label.position is (Position.PRODUCTION_FIRST if production_first else Position.CANDIDATE_FIRST)
        assert label.preferred is (Preferred.PRODUCTION if production_first else Preferred.CANDIDATE)
    assert len({label.position for label in labels_in(url)}) == 2


def test_back_asks_again_and_the_new_word_replaces_the_old(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled(url, monkeypatch, "1uttq")
    assert [label.preferred for label in labels_in(url)] == [Preferred.TIE, Preferred.TIE]


@pytest.mark.parametrize(
    ("keys", "said"), [("1u2q", "1 label kept"), ("1u2tq", "2 labels kept"), ("q", "0 labels kept")]
)
def test_what_is_told_at_the_end_are_labels_and_not_keys(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keys: str, said: str
) -> None:
    labelled(url, monkeypatch, keys)
    assert said in capsys.readouterr().out


def test_the_two_ratings_of_a_pair_are_two_labels(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled(url, monkeypatch, "4u35q", question="tone", configured=frozenset({"tone"}))
    assert "2 labels kept" in capsys.readouterr().out and len(labels_in(url)) == 2


def test_skipped_pairs_come_again_in_the_next_sitting(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled(url, monkeypatch, "stx")
    assert len(labels_in(url)) == 1
    labelled(url, monkeypatch, "ttttt")
    assert len(labels_in(url)) == 6


def test_the_queue_stays_when_the_log_grows_and_when_pairs_go(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled(url, monkeypatch, "q")
    with closing(open_log(url, "change")) as log:
        log.append([an_exchange(n) for n in range(20, 40)])
        log.upkeep.delete([2, 3])
    labelled(url, monkeypatch, "tttttttt")
    assert sorted(label.pair.number for label in labels_in(url)) == [1, 4, 5, 6]


def test_a_share_is_labelled_twice(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled(url, monkeypatch, "tttttt", twice=1.0)
    labelled(url, monkeypatch, "111", twice=1.0)
    assert [label.round for label in labels_in(url)] == [1] * 6 + [2] * 3
    labelled(url, monkeypatch, "t" * 6, labeller="bob")
    assert [label.labeller for label in labels_in(url)][9:] == ["bob"] * 3


def test_ratings_are_asked_of_both_answers(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled(url, monkeypatch, "45q", question="tone", configured=frozenset({"tone"}))
    found = {label.question: label.value for label in labels_in(url)}
    assert set(found) == {"tone", "tone@production"} and set(found.values()) == {4.0, 5.0}


def test_a_queue_of_another_question_is_not_mixed_up(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled(url, monkeypatch, "q", queue=tmp_path / "q.json")
    with pytest.raises(ConfigurationError, match="asks for 'preference'"):
        labelled(url, monkeypatch, "q", queue=tmp_path / "q.json", question="tone", configured=frozenset({"tone"}))


def test_strata_are_by_what_judges_said(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shadowbench.scores import Score, Shape
    from shadowbench.store.testing import a_measure

    with closing(open_score_log(url, "change")) as scores:
        [measure] = scores.register([a_measure("strict", kind="judge", shape=Shape.PAIR, low=0.0, high=1.0)])
        scores.put_scores([Score(n, 1, measure, 1.0, None) for n in (1, 2)])
    labelled(url, monkeypatch, "q", size=4)
    queue = load(tmp_path / "log.db.labels-preference.json")
    assert queue is not None and len(queue.items) == 4
    assert {name.split(" · ")[1]: count for name, count in queue.strata.items()} == {"candidate": 2, "unjudged": 4}


@pytest.mark.parametrize(("redact_identity", "code"), [(True, 3), (False, 0)])
def test_pairs_that_read_the_same_once_shown_are_not_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redact_identity: bool, code: int
) -> None:
    url = f"sqlite:///{tmp_path}/alike.db"
    named = replace(
        an_exchange(2, an_observation("As GPT-4, I pass.")), production=an_observation("As Claude, I pass.")
    )
    with closing(open_log(url, "write")) as log:
        log.append([an_exchange(1, an_observation("Riga.\r\n", endpoint="small")), named])
    assert labelled(url, monkeypatch, "11", redact_identity=redact_identity) == code
    assert [label.pair.number for label in labels_in(url)] == ([] if redact_identity else [2])


def test_an_empty_log_has_nothing_to_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    open_log(url, "write").close()
    assert labelled(url, monkeypatch, "1") == 3
    assert "nothing to label" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize("changes", [{"labeller": " "}, {"question": "../x"}, {"question": ""}])
def test_names_that_cannot_be_meant_are_refused(
    url: str, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError):
        labelled(url, monkeypatch, "q", **changes)


def test_a_question_that_no_judge_goes_by_is_refused_with_those_that_there_are(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=r"--question 'nosuch': .* there are: preference, warmth"):
        labelled(url, monkeypatch, "q", question="nosuch", configured=frozenset({"warmth"}))
    assert not list(Path(url.removeprefix("sqlite:///")).parent.glob("*nosuch*"))
    with closing(open_score_log(url, "change")) as scores:
        (tone,) = scores.register([a_measure("tone", kind="judge")])
        graded = Verdict(pair=PairRef(1, 1), measure=tone, position=Position.ALONE, scores=(("wit", 3.0),))
        scores.put_verdicts([graded])
    for question in ("tone", "wit"):
        assert labelled(url, monkeypatch, "q", question=question) == 0
