"""Frozen sets: pairs that a judge is asked about again and again, to see whether it still says what it said. Pure.

The first run of a judge (one configuration of it) is the measure of the later ones: one whose kappa or agreement lies outside
the first one's interval, or that has fewer answers, has drifted. A model that its vendor changed behind the same name shows
here, and nowhere else. A run with too few answers is no measure: the first with enough is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from shadowbench.scores import Measure, PairRef, Preferred, Score
from shadowbench.scoring.calibration.label_queue import lot
from shadowbench.scoring.calibration.people import Word
from shadowbench.scoring.calibration.sayings import saying
from shadowbench.stats.agreement import Agreement, agreement
from shadowbench.stats.proportions import wilson
from shadowbench.store.scoring import Canary, CanaryRun

GRADES = 5
"""Numbers are compared as grades: fifths of the judge's range, by kappa with quadratic weights."""
ENOUGH_ANSWERS = 10
"""Fewer (of a set that has as many) are no measure of later runs, nor is less than half of the set."""


def frozen_words(words: Mapping[PairRef, Word], measure: Measure | None) -> Sequence[Canary]:
    """What people say. Their ratings, 1 to 5, are put into the range of `measure`."""
    expected = ((pair, _expected(word, measure)) for pair, word in sorted(words.items()))
    return [Canary(pair=pair, expected=said, source="human") for pair, said in expected if said is not None]


def frozen_scores(measure: Measure, scores: Iterable[Score]) -> Sequence[Canary]:
    """What the judge says now: whom it prefers, or the candidate's value where it looks at one answer at a time."""
    said = ((PairRef(score.number, score.side), word_of(measure, score)) for score in scores)
    return [Canary(pair=pair, expected=word, source="judge") for pair, word in said if word is not None]


def sample(name: str, canaries: Sequence[Canary], size: int) -> Sequence[Canary]:
    """At most `size` of them, by lot; in the order of the log."""
    drawn = sorted(canaries, key=lambda each: lot(name, "canary", each.pair))[:size]
    return sorted(drawn, key=lambda each: each.pair)


def word_of(measure: Measure, score: Score, *, as_number: bool | None = None) -> str | None:
    """What a score says, as a canary has it. `as_number`: None, as the judge's shape suggests."""
    if as_number is None:
        as_number = measure.shape == "sides"
    if as_number:
        return None if score.value is None else repr(float(score.value))
    said = saying(measure, score)
    return None if said is None else str(said.preferred)


def asks_for_number(canary: Canary) -> bool:
    """Whether a number is expected, and no preference."""
    return canary.expected not in tuple(Preferred)


def outcome(
    name: str,
    measure: Measure,
    number: int,
    canaries: Sequence[Canary],
    said: Mapping[PairRef, str],
    before: Sequence[CanaryRun],
    *,
    now: float,
    reasons: Iterable[str] = (),
) -> CanaryRun:
    """What came of asking the judge `number` about a set. `said`: its words, where it had any; `before`: its earlier runs;
    `reasons`: why it had none, one for each pair without."""
    answered = [canary for canary in canaries if canary.pair in said]
    found = _agreed(measure, [(said[each.pair], each) for each in answered])
    first = measure_of(before)
    kappa = None if found is None else found.kappa
    share = None if found is None else found.observed.value
    moved = drifts(first, len(canaries), len(answered), None if kappa is None else kappa.value, share) if first else ()
    detail = {
        "first_run_at": None if first is None else first.ran_at,
        "first_run_answered": None if first is None else first.answered,
        "drifted": list(moved),
        "reasons": Counter(reasons),
        "changed": [list(each.pair) for each in answered if said[each.pair] != each.expected][:100],
        "unanswered": [list(each.pair) for each in canaries if each.pair not in said][:100],
        "kappa_reason": None if kappa is None else kappa.reason,
    }
    return CanaryRun(
        name=name,
        measure=number,
        ran_at=now,
        items=len(canaries),
        answered=len(answered),
        kappa=None if kappa is None else kappa.value,
        low=None if kappa is None else kappa.low,
        high=None if kappa is None else kappa.high,
        agreement=share,
        drifted=bool(moved),
        detail=json.dumps(detail),
    )


def measure_of(runs: Iterable[CanaryRun]) -> CanaryRun | None:
    """The run that later ones are measured by: the first that has enough answers."""
    return min(filter(is_measure, runs), key=lambda run: run.ran_at, default=None)


def is_measure(run: CanaryRun) -> bool:
    """Whether a run has enough answers for others to be measured by it."""
    return run.answered >= max(run.items / 2, min(ENOUGH_ANSWERS, run.items))


def is_first_and_no_measure(run: CanaryRun) -> bool:
    """Whether it would be the measure of later runs, and has too few answers for that."""
    return json.loads(run.detail).get("first_run_at") is None and not is_measure(run)


def drifts(first: CanaryRun, items: int, answered: int, kappa: float | None, share: float | None) -> Sequence[str]:
    """In what a run differs from the first one more than chance explains: its answers, kappa, agreement; mostly in nothing.

    Kappa alone is blind where people nearly always say the same: then it is near 0, whatever the judge says. And neither kappa
    nor agreement tell of pairs without an answer.
    """
    told = {
        "answers": _has_fewer_answers(first, items, answered),
        "kappa": kappa is not None and _is_outside(kappa, first.low, first.high),
        "agreement": share is not None
        and first.agreement is not None
        and _is_outside(share, *wilson(first.agreement * first.answered, first.answered)),
    }
    return tuple(name for name, is_so in told.items() if is_so)


def _has_fewer_answers(first: CanaryRun, items: int, answered: int) -> bool:
    """Whether its share of answers, with what chance may add, is below the first run's; or most pairs have none."""
    return 2 * answered < items or wilson(answered, items).high < wilson(first.answered, first.items).low


def _is_outside(value: float, low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and not low <= value <= high


def due(now: float, runs: Sequence[CanaryRun], every_s: float) -> bool:
    """Whether a set is to be run again: never, or `every_s` ago. `runs`: of this set and judge."""
    return all(now - run.ran_at >= every_s for run in runs)


def _expected(word: Word, measure: Measure | None) -> str | None:
    if word.preferred is not None:
        return str(word.preferred)
    if word.value is None or measure is None or measure.low is None or measure.high is None:
        return None
    return repr(measure.low + (word.value - 1) / (GRADES - 1) * (measure.high - measure.low))


def _agreed(measure: Measure, told: Sequence[tuple[str, Canary]]) -> Agreement | None:
    """Preferences as they are; numbers, where a set has them, as grades."""
    numbers = [(float(word), float(canary.expected)) for word, canary in told if asks_for_number(canary)]
    if not numbers:
        words = [word for word, _ in told]
        return agreement(words, [canary.expected for _, canary in told], [str(each) for each in Preferred])
    one, other = ([_grade(measure, pair[side]) for pair in numbers] for side in (0, 1))
    return agreement(one, other, range(1, GRADES + 1), weighting="quadratic")


def _grade(measure: Measure, value: float) -> int:
    low = 0.0 if measure.low is None else measure.low
    width = (1.0 if measure.high is None else measure.high) - low
    return 1 + round(min(1.0, max(0.0, (value - low) / width)) * (GRADES - 1))
