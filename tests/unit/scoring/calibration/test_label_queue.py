"""Queues: every stratum has its part, everybody's next pair is the right one, and nothing depends on when it is asked."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.scores import Label, PairRef, Position
from shadowbench.scoring.calibration.label_queue import (
    Queue,
    allocate,
    draw,
    lot,
    shown_first,
    stratum_of,
    todo,
)
from shadowbench.scoring.calibration.sayings import Saying
from tests.unit.scoring.calibration.judged import C, facts, label

SIZES = st.dictionaries(st.text(max_size=3), st.integers(1, 300), max_size=8)
STRATA = {PairRef(n, 1): "rare" if n % 20 == 0 else "common" for n in range(1, 401)}


def drawn(size: int = 60, twice: float = 0.2, seed: str = "s") -> Queue:
    return draw(STRATA, question="preference", size=size, twice=twice, seed=seed, now=1.0, upto=400)


@given(SIZES, st.integers(0, 500))
def test_all_that_is_asked_for_is_given_out_and_no_more_than_there_is(sizes: dict[str, int], total: int) -> None:
    found = allocate(sizes, total)
    assert sum(found.values()) == min(total, sum(sizes.values()))
    assert all(0 <= found[name] <= size for name, size in sizes.items())
    if total >= len(sizes):
        assert all(found.values())


@given(SIZES, st.integers(0, 200))
def test_more_labels_take_from_no_stratum(sizes: dict[str, int], total: int) -> None:
    fewer, more = allocate(sizes, total), allocate(sizes, total + 1)
    assert all(more[name] >= fewer[name] for name in sizes)


def test_a_rare_stratum_has_more_than_its_share() -> None:
    assert allocate({"rare": 100, "common": 10_000}, 110) == {"rare": 10, "common": 100}


def test_a_queue_tells_with_which_probability_each_pair_came_in() -> None:
    queue = drawn()
    count = Counter(item.stratum for item in queue.items)
    assert queue.strata == {"common": 380, "rare": 20}
    assert {item.stratum: item.probability for item in queue.items} == {
        name: count[name] / size for name, size in queue.strata.items()
    }
    assert sum(1 / item.probability for item in queue.items) == pytest.approx(400)


def test_the_same_seed_draws_the_same_and_another_one_another() -> None:
    assert drawn() == drawn()
    assert {item.pair for item in drawn().items} != {item.pair for item in drawn(seed="t").items}


def test_within_a_stratum_every_pair_comes_in_equally_often() -> None:
    counts = Counter(item.pair for n in range(300) for item in drawn(40, seed=str(n)).items if item.stratum == "rare")
    expected = sum(counts.values()) / 20
    assert len(counts) == 20 and all(abs(count - expected) < 4.5 * expected**0.5 for count in counts.values())


def test_strata_are_told_by_candidate_verdict_language_and_route() -> None:
    [told] = facts(1).values()
    assert stratum_of(told, []) == "small · unjudged · ? · /v1/chat/completions"
    assert stratum_of(told._replace(language="lv"), [Saying(1.0), Saying(0.75)]).startswith("small · candidate · lv")
    assert " · disputed · " in stratum_of(told, [Saying(1.0), Saying(0.5)])


def labelled(queue: Queue, who: str, rounds: int = 9) -> list[Label]:
    """Label all that is to do, again and again."""
    labels: list[Label] = []
    for _ in range(rounds):
        tasks = todo(queue, labels, who, ["preference"])
        labels += [label(task.pair.number, C, who, round=task.round) for task in tasks]
    return labels


def test_one_person_labels_everything_once_and_the_share_twice_at_the_end() -> None:
    queue = drawn()
    labels = labelled(queue, "ann")
    twice = {item.pair for item in queue.items if item.twice}
    assert [each.round for each in labels] == [1] * 60 + [2] * len(twice)
    assert {each.pair for each in labels if each.round == 2} == twice and 3 <= len(twice) <= 25
    assert todo(queue, labels, "ann", ["preference"]) == []


def test_a_second_person_goes_on_where_the_first_stopped_and_then_repeats_the_share() -> None:
    queue = drawn()
    first = [label(item.pair.number, C, "ann") for item in queue.items[:30]]
    tasks = todo(queue, first, "bob", ["preference"])
    assert [task.pair for task in tasks[:30]] == [item.pair for item in queue.items[30:]]
    assert {task.pair for task in tasks[30:]} == {item.pair for item in queue.items[:30] if item.twice}
    assert {task.round for task in tasks} == {1}


def test_what_was_labelled_by_two_is_done_for_all() -> None:
    queue = drawn(twice=1.0)
    both = [label(item.pair.number, C, who) for item in queue.items for who in ("ann", "bob")]
    assert todo(queue, both, "ann", ["preference"]) == todo(queue, both, "cy", ["preference"]) == []


def test_a_pair_that_was_rated_by_half_is_asked_again() -> None:
    queue = drawn()
    half = [replace(label(queue.items[0].pair.number), question="tone", value=3.0)]
    assert len(todo(queue, half, "ann", ["tone", "tone@production"])) == 60
    assert len(todo(queue, half, "ann", ["tone"])) == 60 - 1 + queue.items[0].twice


def test_order_is_a_coin_that_falls_the_same_way_after_a_break() -> None:
    sides = [shown_first("s", PairRef(n, 1), "ann", 1) for n in range(1000)]
    assert sides == [shown_first("s", PairRef(n, 1), "ann", 1) for n in range(1000)]
    assert 430 < sides.count(Position.PRODUCTION_FIRST) < 570
    again = [shown_first("s", PairRef(n, 1), "ann", 2) for n in range(1000)]
    assert 430 < sum(a is b for a, b in zip(sides, again, strict=True)) < 570
    assert all(0 <= lot("s", "x", PairRef(n, 2)) < 1 for n in range(100))
