"""What was thought of imported exchanges comes along, under the numbers they have here."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.scores import Label, PairRef, Position, Preferred, Score, Verdict
from shadowbench.store.base import PairLog
from shadowbench.store.importing import exchanges_of
from shadowbench.store.importing_scores import copy_scores
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import ScoreLog
from shadowbench.store.testing import a_measure, an_exchange

Logs = tuple[PairLog, ScoreLog]


def opened(path: Path) -> Iterator[Logs]:
    with closing(open_log(f"sqlite:///{path}", "write")) as log:
        with closing(open_score_log(f"sqlite:///{path}", "change")) as scores:
            yield log, scores


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Logs]:
    yield from opened(tmp_path / "theirs.db")


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Logs]:
    yield from opened(tmp_path / "ours.db")


def a_label(number: int, preferred: Preferred) -> Label:
    return Label(pair=PairRef(number, 1), question="preference", labeller="ada", labelled_at=1.0, preferred=preferred)


def a_verdict(number: int, measure: int) -> Verdict:
    return Verdict(
        pair=PairRef(number, 1), measure=measure, position=Position.ALONE, scores=(("clarity", 4.0),), judged_at=1.0
    )


def fill(log: PairLog, scores: ScoreLog) -> None:
    """Exchanges 11 to 15 under the numbers 1 to 5, of which the third was deleted."""
    log.append([an_exchange(number) for number in range(11, 16)])
    scores.register([a_measure("unused"), a_measure("a"), a_measure("judge", kind="judge")])
    scores.put_scores([Score(number, 1, 2, number / 10, None) for number in range(1, 6)])
    scores.put_scores([Score(2, 1, 3, None, "budget")])
    scores.put_verdicts([a_verdict(2, 3), a_verdict(4, 3)])
    scores.put_labels([a_label(1, Preferred.TIE), a_label(5, Preferred.CANDIDATE)])
    scores.put_references({2: "Riga", 5: "97"}, source="dataset")
    log.upkeep.delete([3])


def copied(theirs: Logs, ours: Logs) -> int:
    for batch in exchanges_of(theirs[0]):
        ours[0].append(batch)
    return copy_scores(theirs[0], theirs[1], ours[1])


def test_all_of_it_comes_under_our_numbers(theirs: Logs, ours: Logs) -> None:
    fill(*theirs)
    log, scores = ours
    log.append([an_exchange(1), an_exchange(14)])  # exchange 14 is number 4 there, and 2 here
    scores.register([a_measure("a")])
    assert copied(theirs, ours) == 5
    assert [known.measure.name for known in scores.measures()] == ["a", "unused", "judge"]
    assert scores.scores_of([1, 2, 3], after=0, upto=99) == [
        Score(2, 1, 1, 0.4, None),
        Score(3, 1, 1, 0.1, None),
        Score(4, 1, 1, 0.2, None),
        Score(4, 1, 3, None, "budget"),
        Score(5, 1, 1, 0.5, None),
    ]
    assert scores.verdicts(3, after=0, upto=99) == [a_verdict(2, 3), a_verdict(4, 3)]
    assert scores.labels() == [a_label(3, Preferred.TIE), a_label(5, Preferred.CANDIDATE)]
    assert scores.references(after=0, upto=99) == {4: "Riga", 5: "97"}


def test_a_second_import_changes_nothing(theirs: Logs, ours: Logs) -> None:
    fill(*theirs)
    copied(theirs, ours)
    before = (ours[1].scores_of([1, 2, 3], after=0, upto=99), ours[1].labels(), ours[1].verdicts(3, after=0, upto=99))
    assert copied(theirs, ours) == 0
    assert before == (
        ours[1].scores_of([1, 2, 3], after=0, upto=99),
        ours[1].labels(),
        ours[1].verdicts(3, after=0, upto=99),
    )


def test_what_is_missing_of_imported_pairs_is_still_claimed(theirs: Logs, ours: Logs) -> None:
    fill(*theirs)
    copied(theirs, ours)
    claim = ours[1].claim(owner="w", lane="metrics", measures=[2, 1], size=99, now=0.0, lease_s=9.0)
    assert claim is not None
    assert set(claim.missing.values()) == {(1,)}


def test_exchanges_that_are_not_here_are_passed_over(theirs: Logs, ours: Logs) -> None:
    fill(*theirs)
    ours[0].append([an_exchange(12)])
    assert copy_scores(theirs[0], theirs[1], ours[1]) == 2
    assert ours[1].references(after=0, upto=99) == {1: "Riga"}
    assert ours[1].labels() == []
