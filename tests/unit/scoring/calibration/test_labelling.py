"""What keys mean, prompt by prompt."""

import pytest

from shadowbench.scores import PairRef, Position, Preferred
from shadowbench.scoring.calibration.label_queue import Item, Queue, todo
from shadowbench.scoring.calibration.labelling import Prompt, Step, prompts_for, questions_of, step

ITEMS = tuple(Item(PairRef(n, 1), "s", 0.5, False) for n in (1, 2, 3))


def queue(question: str = "preference") -> Queue:
    return Queue(question=question, seed="s", drawn_at=0.0, upto=9, strata={"s": 6}, items=ITEMS)


def asked(question: str = "preference") -> list[Prompt]:
    of = queue(question)
    return list(prompts_for(of, todo(of, [], "ann", questions_of(question)), "ann"))


def pressed(key: str | None, at: int = 0, question: str = "preference") -> Step:
    return step(asked(question), at, key, queue=queue(question), labeller="ann", now=7.0)


@pytest.mark.parametrize("key", ["1", "2"])
def test_a_place_is_turned_into_the_side_that_stood_there(key: str) -> None:
    for at, prompt in enumerate(asked()):
        found = pressed(key, at).label
        first = Preferred.PRODUCTION if prompt.position is Position.PRODUCTION_FIRST else Preferred.CANDIDATE
        second = Preferred.CANDIDATE if first is Preferred.PRODUCTION else Preferred.PRODUCTION
        assert found is not None and found.preferred is (first if key == "1" else second)
        assert (found.position, found.pair, found.labeller) == (prompt.position, prompt.task.pair, "ann")
        assert (found.probability, found.labelled_at, found.round, found.source) == (0.5, 7.0, 1, "label")


def test_t_is_a_tie_and_the_next_comes() -> None:
    found = pressed("t")
    assert found.label is not None and found.label.preferred is Preferred.TIE and found.goes_to == 1


def test_after_the_last_there_is_an_end() -> None:
    assert pressed("1", 2).goes_to is None


def test_skip_back_and_quit_label_nothing() -> None:
    assert pressed("s") == Step(label=None, goes_to=1)
    assert pressed("s", 2) == Step(label=None, goes_to=None)
    assert pressed("u", 2) == Step(label=None, goes_to=1)
    assert pressed("q", 1) == pressed(None, 1) == Step(label=None, goes_to=None)


@pytest.mark.parametrize("key", ["x", "3", ""])
def test_what_means_nothing_changes_nothing(key: str) -> None:
    assert pressed(key, 1) == Step(label=None, goes_to=1, is_understood=False)


def test_there_is_nothing_before_the_first() -> None:
    assert pressed("u") == Step(label=None, goes_to=0, is_understood=False)


def test_a_rating_is_asked_of_both_answers_and_kept_for_each_side() -> None:
    prompts = asked("tone")
    assert [prompt.place for prompt in prompts] == [1, 2, 1, 2, 1, 2]
    both = [pressed(key, at, "tone").label for at, key in enumerate(["4", "2"])]
    assert {label.question for label in both if label} == {"tone", "tone@production"}
    by_place = {True: "tone@production", False: "tone"}
    assert [label.question for label in both if label] == [by_place[p.asks_production] for p in prompts[:2]]
    assert [label.value for label in both if label] == [4.0, 2.0]
    assert pressed("t", 0, "tone").is_understood is False


def test_who_skips_one_answer_skips_the_pair() -> None:
    assert pressed("s", 0, "tone").goes_to == 2
    assert pressed("s", 1, "tone").goes_to == 2
    assert pressed("s", 4, "tone").goes_to is None
