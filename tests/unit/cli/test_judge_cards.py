"""Every number of a card has its n or its reason, whatever is missing."""

from dataclasses import replace

import numpy as np
import pytest

from shadowbench.cli.judge_cards import Line, alarm_text, lines
from shadowbench.scores import PairRef, Position, Preferred, Score, Spending, Verdict
from shadowbench.scoring.calibration.card import Evidence, card_of
from shadowbench.store.scoring import CanaryRun
from tests.unit.scoring.calibration.judged import C, P, evidence, facts, judge, label, verdicts


def told(given: Evidence) -> dict[str, Line]:
    return {line.label.strip(): line for line in lines(card_of(given, np.random.default_rng(1)))}


def test_numbers_come_with_interval_and_n() -> None:
    labels = [label(n, C if n % 3 else P) for n in range(1, 61)]
    found = told(evidence(lambda n: (C, C) if n % 3 else (P, P), labels=labels))
    assert found["agreement with people"] == ("agreement with people", "1.000  (0.940 to 1.000)", "60")
    assert found["what people say"].value == "production 33%, candidate 67%"
    assert found["one who always says the same"].value == "0.667"
    assert found["first twice : second twice"].value == "0 : 0"


def test_labels_of_unequal_weight_say_how_many_they_are_worth() -> None:
    labels = [label(n, C, probability=0.01 if n < 11 else 1.0) for n in range(1, 61)]
    found = told(evidence(lambda n: (C, C), labels=labels))
    assert found["labels, as they weigh"].value == "worth 11.0 of equal weight"


@pytest.mark.parametrize(("longer", "said"), [(C, "the longer"), (P, "the shorter")])
def test_the_alarm_about_length_tells_the_direction(longer: Preferred, said: str) -> None:
    other = P if longer is C else C
    is_longer = {pair.number: each.candidate_length > 100 for pair, each in facts(60).items()}
    given = evidence(lambda n: (longer if is_longer[n] else other,) * 2)
    found = card_of(given, np.random.default_rng(1))
    assert "length" in found.alarms and alarm_text(found, "length").endswith(f"prefers {said}")


def test_what_is_absent_says_why() -> None:
    found = told(Evidence(known=judge(), scores=(), verdicts=(), labels=(), facts={}, spending=_spent(0, 0)))
    assert found["agreement with people"].value == "– (no labels)"
    assert found["own family: index"].value == "– (its family is not known)"
    assert found["frozen set"].value == "– (never asked)"
    assert found["per verdict"].value == "–"
    assert found["absent, by reason"].value == "none"


def test_reasons_flags_and_money_are_told() -> None:
    given = evidence(lambda n: (C, C), 10)
    unread = Verdict(pair=PairRef(9, 1), measure=1, position=Position.ALONE, reason="unparsable", flags=("own_family",))
    run = CanaryRun(
        name="gold", measure=1, ran_at=1.0, items=9, answered=8, kappa=0.8, low=0.5, high=1.0, agreement=0.9,
        drifted=False, detail="{}",
    )  # fmt: skip
    found = told(
        replace(
            given,
            verdicts=[*given.verdicts, unread],
            scores=[*given.scores, Score(11, 1, 1, None, "budget")],
            spending=_spent(30, 2),
            runs=[run],
        )
    )
    assert found["absent, by reason"].value == "budget 1" and found["unread, by reason"].value == "unparsable 1"
    assert found["flags"].value == "own_family 1"
    assert found["spent, by all of this name"][1:] == ("$0.5000, and 2 calls of unknown price", "30 calls")
    assert found["frozen set gold: kappa"][1:] == ("0.800  (0.500 to 1.000)", "8")


def test_panels_repeats_and_second_rounds_have_lines_of_their_own() -> None:
    labels = [label(n, C, question="preference", round=r) for n in range(1, 5) for r in (1, 2)]
    labels += [label(n, question="warmth", value=4.0) for n in range(1, 5)]
    graded = [
        Verdict(pair=PairRef(n, 1), measure=1, position=Position.ALONE, scores=(("warmth", 3.0),)) for n in range(1, 5)
    ]
    given = evidence(lambda n: (C, C), known=judge("panel", members={"a": "1:x"}), labels=labels)
    again = verdicts(5, lambda n: (C, P), repetition=1)
    found = told(replace(given, verdicts=[*given.verdicts, *again, *graded]))
    assert "members among each other: alpha" in found and "with themselves: kappa" in found
    assert found["agreement with warmth"].n == "4"
    assert found["noise: verdicts that flip when asked again"].value.startswith("0.500")


def _spent(calls: int, unpriced: int) -> Spending:
    return Spending(calls=calls, usd=0.5, unpriced=unpriced, open_calls=0, open_usd=0.0)
