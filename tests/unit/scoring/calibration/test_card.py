"""Cards of judges whose habits are known."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from shadowbench.scores import PairRef, Position, Score, Shape, Spending, Verdict, VerdictSpending
from shadowbench.scoring.calibration.card import Card, Evidence, card_of
from shadowbench.scoring.calibration.sayings import Saying
from shadowbench.store.scoring import CanaryRun
from tests.unit.scoring.calibration.judged import TIE, C, P, evidence, facts, judge, label, verdicts

RUN = CanaryRun(
    name="gold", measure=1, ran_at=1.0, items=9, answered=9, kappa=0.2, low=0.1, high=0.3, agreement=0.5, drifted=True,
    detail="{}",
)  # fmt: skip


def card(given: Evidence) -> Card:
    return card_of(given, np.random.default_rng(1))


def fair(n: int) -> tuple:
    """Prefers the candidate in two of five, whatever the order; now and then it wavers to either place."""
    if n % 10 == 0:
        return (P, C) if n % 20 else (C, P)
    return (C, C) if n % 5 < 2 else (P, P)


def test_a_judge_that_always_says_first_wins_half_and_is_never_consistent_and_alarms() -> None:
    found = card(evidence(lambda n: (P, C)))
    assert found.win_rates["small"].value == 0.5
    assert (found.position.consistency.value, found.position.first_first) == (0.0, 60)
    assert "position_bias" in found.alarms


def test_one_that_prefers_the_longer_answer_is_flagged_by_its_coefficient() -> None:
    told = facts(60)
    longer = {pair: C if each.candidate_length > 100 else P for pair, each in told.items()}
    found = card(evidence(lambda n: (longer[PairRef(n, 1)],) * 2))
    assert found.length.coefficient.low is not None and found.length.coefficient.low > 0
    assert found.length.correlation is not None and found.length.correlation > 0.8
    assert "length" in found.alarms and "position_bias" not in found.alarms


def test_a_fair_judge_that_people_agree_with_has_no_alarm() -> None:
    labels = [label(n, C if fair(n) == (C, C) else P) for n in range(1, 61)]
    found = card(evidence(fair, labels=labels))
    assert found.alarms == ()
    assert found.people.all is not None and found.people.all.n == 60
    assert found.people.decided is not None and found.people.decided.observed.value == 1.0


def test_without_labels_a_judge_is_not_calibrated() -> None:
    found = card(evidence(fair))
    assert (found.people.all, found.people.people.labellers, found.alarms) == (None, 0, ("not_calibrated",))
    few = card(evidence(fair, labels=[label(n, P) for n in range(1, 31)]))
    assert "not_calibrated" in few.alarms and few.people.all is not None and few.people.all.n == 30
    assert few.people.all.constant == 1.0 and few.people.all.kappa.value == pytest.approx(0.0)


def test_a_judge_that_is_no_better_than_a_constant_alarms() -> None:
    labels = [label(n, C if n % 3 == 0 else P) for n in range(1, 61)]
    always = card(evidence(lambda n: (P, P), labels=labels))  # agrees as often as the constant does, for it is one
    against = card(evidence(lambda n: (P, P) if n % 3 == 0 else (C, C), labels=labels))
    assert "worse_than_constant" in always.alarms and "worse_than_constant" in against.alarms
    assert "not_calibrated" not in always.alarms
    few = [label(n, C if n % 3 == 0 else P) for n in range(1, 13)]
    assert "worse_than_constant" not in card(evidence(lambda n: (P, P), labels=few)).alarms  # nothing is shown yet
    worst = card(evidence(lambda n: (P, P) if n % 3 == 0 else (C, C), labels=few))
    assert "worse_than_constant" in worst.alarms  # and here it is


def test_grades_that_have_nothing_to_do_with_peoples_alarm_and_near_ones_do_not() -> None:
    known = judge("tone", shape=Shape.SIDES)
    labels = [label(n, question="warmth", value=float(n % 5 + 1)) for n in range(1, 61)]

    def grading(grade: Callable[[int], float]) -> Card:
        said = [
            Verdict(pair=PairRef(n, 1), measure=1, position=Position.ALONE, scores=(("warmth", grade(n)),))
            for n in range(1, 61)
        ]
        return card(evidence(fair, 60, known=known, labels=labels, verdicts=said, scores=[]))

    assert "worse_than_constant" in grading(lambda n: float(n % 7 % 5 + 1)).alarms
    assert "worse_than_constant" not in grading(lambda n: float(min(5, n % 5 + 2))).alarms  # never the same grade


def test_labels_of_two_designs_are_worth_what_they_weigh_and_it_is_said() -> None:
    drawn = [label(n, C if fair(n) == (C, C) else P, probability=0.001) for n in range(1, 11)]
    brought = [label(n, C if fair(n) == (C, C) else P, source="import") for n in range(11, 61)]
    found = card(evidence(fair, labels=[*drawn, *brought]))
    assert found.people.all is not None and found.people.all.n == 60
    assert found.people.all.effective_n == pytest.approx(10.1, abs=0.1)
    assert {"not_calibrated", "mixed_designs"} <= set(found.alarms)
    assert "mixed_designs" not in card(evidence(fair, labels=brought)).alarms
    assert "mixed_designs" not in card(evidence(fair, labels=drawn)).alarms


def test_labels_count_by_the_pairs_they_stand_for() -> None:
    """Ten of a hundred clear pairs were labelled, and all of twenty doubtful ones, where the judge is wrong."""
    labels = [label(n, P, probability=0.1) for n in range(1, 11)]
    labels += [label(n, C, probability=1.0) for n in range(11, 31)]
    found = card(evidence(lambda n: (P, P), labels=labels))
    assert found.people.all is not None
    assert found.people.all.observed.value == pytest.approx(100 / 120)


@pytest.mark.parametrize("probability", [1e-300, 1e-320, 0.0])
def test_a_probability_of_next_to_nothing_takes_no_card_down(probability: float) -> None:
    given = evidence(fair, labels=[label(1, P, probability=probability), *(label(n, C) for n in range(2, 61))])
    found = card(replace(given, scores=[given.scores[0]._replace(probability=probability), *given.scores[1:]]))
    assert found.people.all is not None and found.people.all.observed.value is not None
    assert 0 <= found.people.all.observed.value <= 1 and found.win_rates["small"].value is not None


def test_what_was_not_scored_is_counted_by_reason_and_never_zero() -> None:
    given = evidence(fair, 10)
    given = replace(
        given,
        scores=[*given.scores, Score(11, 1, 1, None, "unparsable"), Score(12, 1, 1, None, "fault_timed_out")],
        verdicts=[
            *given.verdicts,
            Verdict(pair=PairRef(11, 1), measure=1, position=Position.ALONE, reason="unparsable", flags=("cut",)),
        ],
        spending=Spending(calls=45, usd=9.9, unpriced=7, open_calls=0, open_usd=0.0),  # a frozen set, mostly
        on_verdicts=VerdictSpending(asked=15, usd=0.3, unpriced=0),
    )
    found = card(given)
    assert (found.volume.scored, found.volume.unscored) == (10, {"unparsable": 1, "fault_timed_out": 1})
    assert (found.volume.verdicts, found.volume.unread, found.volume.flags) == (20, {"unparsable": 1}, {"cut": 1})
    assert found.volume.usd_per_verdict == pytest.approx(0.015)
    assert found.volume.cached == pytest.approx(6 / 21)
    assert found.win_rates["small"].n == 10


def test_a_verdict_has_no_price_where_a_call_has_none() -> None:
    theirs = VerdictSpending(asked=3, usd=0.1, unpriced=1)
    assert card(evidence(fair, on_verdicts=theirs)).volume.usd_per_verdict is None


def test_money_of_a_name_is_not_divided_by_the_verdicts_of_one_configuration() -> None:
    spending = Spending(calls=3, usd=0.1, unpriced=0, open_calls=0, open_usd=0.0)
    theirs = VerdictSpending(asked=3, usd=0.1, unpriced=0)
    found = card(evidence(fair, spending=spending, on_verdicts=theirs, is_only=False)).volume
    assert (found.usd, found.usd_per_verdict, found.cached) == (0.1, None, None)


def test_repeats_are_the_judges_noise_and_nothing_else() -> None:
    again = verdicts(20, lambda n: (C, C) if n <= 5 else fair(n), repetition=1)
    plain, repeated = card(evidence(fair)), card(evidence(fair))
    given = evidence(fair)
    repeated = card(replace(given, verdicts=[*given.verdicts, *again]))
    assert (repeated.position, repeated.win_rates) == (plain.position, plain.win_rates)
    assert repeated.noise.flips.n == 40 and repeated.noise.flips.value == pytest.approx(6 / 40)
    assert repeated.noise.icc.value is not None and plain.noise.flips.reason == "no_units"


def test_a_canary_that_drifted_alarms_until_a_later_run_did_not() -> None:
    assert "drift" in card(evidence(fair, runs=[RUN])).alarms
    later = replace(RUN, ran_at=2.0, drifted=False)
    found = card(evidence(fair, runs=[later, RUN]))
    assert "drift" not in found.alarms and found.last_run == later


def test_a_judge_that_favours_its_own_family_alarms_when_two_others_disagree() -> None:
    told = facts(60, candidate_families=frozenset({"qwen"}))
    others = {name: {pair: Saying(0.5) for pair in told} for name in ("b", "c")}
    known = judge(family="qwen", endpoint={"model": "qwen-max"})
    found = card(evidence(lambda n: (C, C), told=told, known=known, others=others))
    assert (found.model, found.family) == ("qwen-max", "qwen")
    assert found.family_bias.index.value == pytest.approx(0.5) and "self_preference" in found.alarms
    alone = card(evidence(lambda n: (C, C), told=told, known=known))
    assert alone.family_bias.index.reason == "needs_three_judges"


def test_a_panel_tells_how_far_its_members_agree() -> None:
    pairs = list(facts(40))
    lean = {pair: Saying(float(pair.number % 2)) for pair in pairs}
    known = judge("panel", members={"a": "1:x", "b": "1:y"})
    found = card(evidence(fair, 40, known=known, others={"a": lean, "b": lean}))
    assert found.members is not None and found.members.value == 1.0
    assert card(evidence(fair)).members is None


def test_grades_are_compared_with_peoples_criterion_by_criterion_and_side_by_side() -> None:
    known = judge("tone", shape=Shape.SIDES)
    said = [
        Verdict(pair=PairRef(n, 1), measure=1, position=position, scores=(("warmth", grade), ("wit", 1.0)))
        for n in range(1, 31)
        for position, grade in ((Position.ALONE, float(n % 5 + 1)), (Position.PRODUCTION_ALONE, 3.0))
    ]
    labels = [label(n, question="warmth", value=float(n % 5 + 1)) for n in range(1, 31)]
    labels += [label(n, question="warmth@production", value=float(n % 5 + 1)) for n in range(1, 31)]
    scores = [Score(n, 1, 1, (n % 5) / 4, None, 0.5, None) for n in range(1, 31)]
    found = card(evidence(fair, 30, known=known, labels=labels, verdicts=said, scores=scores))
    assert found.people.ratings["warmth"].kappa.value == 1.0
    assert found.people.raters["warmth"].reason == "no_unit_rated_twice"
    twice = [*labels, *(replace(each, labeller="bob") for each in labels)]
    assert card(evidence(fair, 30, known=known, labels=twice, verdicts=said)).people.raters["warmth"].value == 1.0
    assert found.people.ratings["warmth@production"].kappa.value == pytest.approx(0.0)
    assert found.win_rates["small"].value == pytest.approx(0.5)
    assert found.people.all is None


def test_ties_of_people_count_in_one_agreement_and_not_in_the_other() -> None:
    labels = [label(n, TIE if n <= 20 else P) for n in range(1, 41)]
    found = card(evidence(lambda n: (P, P), labels=labels))
    assert found.people.all is not None and found.people.decided is not None
    assert (found.people.all.observed.value, found.people.decided.observed.value) == (0.5, 1.0)
    assert (found.people.all.n, found.people.decided.n) == (40, 20)


def test_shares_of_the_win_are_forecasts_of_what_people_decide() -> None:
    labels = [label(n, TIE if n > 40 else C if n % 4 else P) for n in range(1, 61)]
    found = card(evidence(lambda n: (C, TIE), labels=labels)).people.forecast
    assert found is not None and found.n == 40  # a tie of people's is no outcome of a forecast
    assert (found.brier, found.ece) == (pytest.approx(0.75 * 0.25), pytest.approx(0.0))
    sides = judge("tone", shape=Shape.SIDES)
    assert card(evidence(fair, labels=labels, known=sides, scores=())).people.forecast is None


def test_a_card_of_nothing_is_all_absences() -> None:
    known = judge()
    empty = Evidence(known=known, scores=(), verdicts=(), labels=(), facts={}, spending=evidence(fair, 1).spending)
    found = card(empty)
    assert (found.volume.cached, found.volume.usd_per_verdict, found.win_rates) == (None, None, {})
    assert found.length.coefficient.reason == "no_units" and found.family_bias.index.reason == "family_unknown"
    json.dumps(found.alarms)


def test_a_pair_that_was_judged_by_chance_stands_for_those_that_were_not() -> None:
    """Behind a cascade: all of ten doubtful pairs were judged, and of a hundred clear ones every tenth."""
    given = evidence(lambda n: (C, C) if n <= 10 else (P, P), 20)
    weighted = [score._replace(probability=1.0 if score.number <= 10 else 0.1) for score in given.scores]
    assert card(replace(given, scores=weighted)).win_rates["small"].value == pytest.approx(10 / 110)
