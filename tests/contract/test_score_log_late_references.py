"""A right answer that comes late, or is replaced: what was absent for want of it, or compared with the one before, is scored
again, and nothing else is."""

from __future__ import annotations

from pathlib import Path

from shadowbench.scores import Score
from shadowbench.store.testing import a_measure, an_exchange
from tests.contract.scorers import drain, logs_in, take


def test_only_what_wanted_a_right_answer_is_scored_again(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, scores):
        log.append([an_exchange(number) for number in range(1, 9)])
        plain, wanting = scores.register([a_measure("plain"), a_measure("wanting")])
        while claim := take(scores, [plain, wanting]):
            scores.settle(
                claim,
                [
                    Score(
                        pair.number, pair.side, measure, *((1.0, None) if measure == plain else (None, "no_reference"))
                    )
                    for pair, missing in claim.missing.items()
                    for measure in missing
                ],
            )
        assert take(scores, [plain, wanting]) is None
        assert scores.put_references({3: "Riga", 6: "97"}, source="import") == 2
        assert scores.backlog([plain]).pairs == 0
        claim = take(scores, [plain, wanting], size=8)
        assert claim is not None
        assert {(pair.number, missing) for pair, missing in claim.missing.items()} == {(3, (wanting,)), (6, (wanting,))}
        scores.release("w")
        assert drain(scores, [plain, wanting]) == 2
        assert take(scores, [plain, wanting]) is None
        found = scores.scores_of([wanting], after=0, upto=8)
        assert [score.number for score in found if score.value is not None] == [3, 6]


def test_what_never_wanted_one_is_left_alone(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, scores):
        log.append([an_exchange(1)])
        (plain,) = scores.register([a_measure("plain")])
        assert drain(scores, [plain]) == 1
        scores.put_references({1: "Riga"}, source="import")
        assert take(scores, [plain]) is None


ABOUT = '{"metric":"mine","reference":true}'


def test_what_was_compared_with_an_answer_that_is_replaced_is_scored_again(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, scores):
        log.append([an_exchange(number) for number in range(1, 9)])
        plain, mine, older, judge = measures = scores.register(
            [
                a_measure("plain"),
                a_measure("mine", about=ABOUT),
                a_measure("older", about='{"metric":"exact_match_reference"}'),
                a_measure("facts", kind="judge", about=ABOUT),
            ]
        )
        scores.put_references({3: "Riga", 6: "97", 7: "?"}, source="import")
        assert drain(scores, measures) == 32
        scores.put_references({3: "Riga", 6: "98", 7: "!", 8: "new"}, source="import")
        claim = take(scores, measures, size=8)
        assert claim is not None
        assert {(pair.number, missing) for pair, missing in claim.missing.items()} == {
            (6, (mine, older)),
            (7, (mine, older)),
        }
        assert scores.backlog([plain, judge]).pairs == 0
        scores.release("w")
        assert drain(scores, measures) == 4
