from __future__ import annotations

from dataclasses import replace

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges import pairwise, rubric
from shadowbench.judges.base import Judgement
from shadowbench.judges.cascade import Cascade, Escalate, Screened, Settle, screened
from shadowbench.judges.draws import is_put
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.panel import Member, Panel
from shadowbench.scores import Score, Shape
from tests.unit.judges.judged import options, pair
from tests.unit.judges.test_alone import RUBRIC

CHEAP = pairwise.build(options(model="small-judge")).measure
STRONG = pairwise.build(options(model="gpt-5")).measure
OPTIONS = JudgeOptions(
    name="cascade", kind="cascade", screen="cheap", strong="strong", screen_low=0.25, screen_high=0.75, audit_share=0.1
)
CASCADE = Cascade(OPTIONS, screen=CHEAP, strong=STRONG)
PAIRS = [pair(number=number) for number in range(1, 3_001)]


@pytest.mark.parametrize("value", [0.25, 0.5, 0.75])
def test_what_is_in_doubt_is_always_put_to_the_strong_judge(value: float) -> None:
    assert CASCADE.decide(PAIRS[0], Screened(value=value)) == Escalate(probability=1.0, via="band", screen=value)


def test_without_a_screens_score_it_is_asked_too() -> None:
    screen = Screened(value=None, reason="reply_no_json")
    assert CASCADE.decide(PAIRS[0], screen) == Escalate(probability=1.0, via="no_screen", screen=None)


def test_a_share_of_the_rest_is_audited_and_the_share_is_its_probability() -> None:
    decisions = [CASCADE.decide(view, Screened(value=1.0)) for view in PAIRS]
    audited = [decision for decision in decisions if isinstance(decision, Escalate)]
    assert 240 < len(audited) < 360  # 300 expected, standard deviation 16
    assert {(decision.probability, decision.via) for decision in audited} == {(0.1, "audit")}
    assert {d.probability for d in decisions if isinstance(d, Settle)} == {0.1}
    assert decisions == [CASCADE.decide(pair(number=n), Screened(value=1.0)) for n in range(1, 3_001)]


def test_weighing_by_the_probability_gives_the_strong_judges_mean() -> None:
    """The strong judge says 1 where the screen is in doubt and 0.4 elsewhere; the mean over all is 0.7."""
    total = 0.0
    for number, view in enumerate(PAIRS):
        doubtful = number % 2 == 0
        decision = CASCADE.decide(view, Screened(value=0.5 if doubtful else 1.0))
        strong = Judgement(value=1.0 if doubtful else 0.4, reason=None)
        came = CASCADE.conclude(decision, strong if isinstance(decision, Escalate) else None)
        total += (came.value or 0.0) / came.probability
    assert total / len(PAIRS) == pytest.approx(0.7, abs=0.07)


def test_the_score_is_the_strong_judges_with_the_decisions_probability() -> None:
    strong = Judgement(value=0.75, reason=None, detail={"pattern": "half"}, probability=0.5)
    came = CASCADE.conclude(Escalate(probability=0.1, via="audit", screen=1.0), strong)
    assert (came.value, came.probability) == (0.75, 0.1)
    assert came.detail == {"pattern": "half", "screen": 1.0, "via": "audit"}


def test_what_the_screen_settled_has_no_score_and_says_so() -> None:
    came = CASCADE.conclude(Settle(probability=0.1, screen=1.0), None)
    assert (came.value, came.reason, came.production_reason) == (None, "settled_by_screen", None)
    assert (came.probability, came.detail) == (0.1, {"screen": 1.0})


def test_an_unscored_strong_judge_leaves_the_pair_unscored() -> None:
    decision = Escalate(probability=1.0, via="band", screen=0.5)
    assert CASCADE.conclude(decision, Judgement(value=None, reason="reply_echo")).reason == "reply_echo"
    assert CASCADE.conclude(decision, None).reason == "not_asked"


@pytest.mark.parametrize("reason", ["not_drawn", "other_candidate"])
def test_what_was_not_screened_does_not_go_to_the_strong_judge(reason: str) -> None:
    decision = CASCADE.decide(PAIRS[0], Screened(value=None, reason=reason, probability=0.3))
    assert isinstance(decision, Settle)
    came = CASCADE.conclude(decision, None)
    assert (came.value, came.reason, came.probability) == (None, reason, 0.3)


@pytest.mark.parametrize(("own", "screens"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.5), (0.6, 0.5), (0.4, 0.8)])
def test_weights_count_every_pair_once_whatever_rates_are_nested(own: float, screens: float) -> None:
    """Σ1/p over the pairs that the strong judge is asked about is the number of pairs, within the screen's band and without."""
    cascade = Cascade(replace(OPTIONS, sample_rate=own, audit_share=0.4), screen=CHEAP, strong=STRONG)
    for value in (0.5, 1.0):
        total, asked = 0.0, set()
        for view in PAIRS:
            drawn = is_put(screens, view)
            if not is_put(own, view):
                continue
            screen = Screened(
                value=value if drawn else None, reason=None if drawn else "not_drawn", probability=screens
            )
            if isinstance(decision := cascade.decide(view, screen), Escalate):
                total += 1 / decision.probability
                asked.add(decision.probability)
        assert total / len(PAIRS) == pytest.approx(1.0, abs=0.17)  # four standard deviations of the rarest
        assert asked == {min(own, screens) * (1.0 if value == 0.5 else 0.4)}


def test_weights_count_every_pair_once_in_a_panel_of_cascades() -> None:
    """Joint probabilities are the smallest one only as both audits draw one lot."""
    shares = {"a": 0.3, "b": 0.2}
    cascades = {
        name: Cascade(replace(OPTIONS, name=name, audit_share=share), screen=CHEAP, strong=STRONG)
        for name, share in shares.items()
    }
    members = {
        name: Member(options=options(model=model), measure=cascades[name].measure)
        for name, model in (("a", "gpt-5"), ("b", "claude-4"))
    }
    panel = Panel(JudgeOptions(name="panel", kind="panel", members=("a", "b")), members)
    total = 0.0
    for view in PAIRS:
        decisions = {name: cascade.decide(view, Screened(value=1.0)) for name, cascade in cascades.items()}
        said = {
            name: cascades[name].conclude(each, Judgement(value=1.0, reason=None)) for name, each in decisions.items()
        }
        came = panel.conclude(said)
        total += (came.value or 0.0) / came.probability
    assert total / len(PAIRS) == pytest.approx(1.0, abs=0.15)


def test_a_cascade_within_a_cascade_audits_a_share_of_the_audited() -> None:
    inner = next(d for d in (CASCADE.decide(view, Screened(value=0.0)) for view in PAIRS) if isinstance(d, Settle))
    settled = Screened(value=None, reason="settled_by_screen", probability=inner.probability)
    outer = Cascade(replace(OPTIONS, name="outer", audit_share=0.5), screen=CHEAP, strong=STRONG)
    assert outer.decide(PAIRS[0], settled) == Settle(probability=0.05, screen=None)
    assert outer.decide(PAIRS[0], Screened(value=0.5, probability=0.1)) == Escalate(
        probability=0.1, via="band", screen=0.5
    )
    audited = [outer.decide(view, Screened(value=0.0, probability=0.1)) for view in PAIRS[:50]]
    assert {decision.probability for decision in audited} == {0.05}


def test_both_sides_of_a_graders_cascade_are_settled() -> None:
    strong = rubric.build(options("rubric", rubric=RUBRIC)).measure
    cascade = Cascade(OPTIONS, screen=CHEAP, strong=strong)
    assert (cascade.measure.shape, cascade.measure.low, cascade.measure.high) == (Shape.SIDES, 1.0, 5.0)
    assert cascade.conclude(Settle(probability=0.1, screen=1.0), None).production_reason == "settled_by_screen"


def test_a_score_of_sides_screens_by_its_difference() -> None:
    score = Score(1, 1, 5, 0.9, None, 0.4, None, 0.5)
    assert screened(score, Shape.SIDES) == Screened(value=0.5, probability=0.5)
    assert screened(score, Shape.PAIR) == Screened(value=0.9, probability=0.5)
    gone = Score(1, 1, 5, 0.9, None, None, "no_text")
    assert screened(gone, Shape.SIDES) == Screened(value=None, reason="no_text")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"screen_low": None}, "needs screen_low and screen_high"),
        ({"screen_high": None}, "needs screen_low and screen_high"),
        ({"screen_high": 0.1}, r"cascade\.screen_low: 0\.25 is above screen_high, 0\.1: they are in the wrong order"),
        ({"audit_share": 0.0}, "without audits nothing is known of settled pairs"),
        ({"audit_share": 1.5}, "above 0 and at most 1"),
    ],
)
def test_a_band_and_a_share_are_needed(change: dict[str, float | None], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Cascade(replace(OPTIONS, **change), screen=CHEAP, strong=STRONG)  # type: ignore[arg-type]


def test_the_measure_changes_with_screen_band_and_judge_and_not_with_the_share() -> None:
    known = CASCADE.measure.config_hash
    assert Cascade(OPTIONS, screen=STRONG, strong=STRONG).measure.config_hash != known
    assert Cascade(OPTIONS, screen=CHEAP, strong=CHEAP).measure.config_hash != known
    assert Cascade(replace(OPTIONS, screen_low=0.3), screen=CHEAP, strong=STRONG).measure.config_hash != known
    assert Cascade(replace(OPTIONS, audit_share=0.2), screen=CHEAP, strong=STRONG).measure.config_hash == known
