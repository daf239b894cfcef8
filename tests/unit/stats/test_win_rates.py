from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Refused
from shadowbench.stats.win_rates import contrast, controlled_win_rate, win_rate

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "alpaca_eval"
MODELS = ["FuseChat-Gemma-2-9B-Instruct", "claude-2", "claude-2.1", "gpt-3.5-turbo-1106"]
needs_data = pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the AlpacaEval files are not in {PUBLISHED}")


def read(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (PUBLISHED / f"{name}.jsonl").read_text().splitlines()]


def preferences(model: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scores, and the lengths of both answers, of the rows that have a preference."""
    kept = [
        (float(row["preference"]), len(str(row["output"])), len(str(base["output"])))  # type: ignore[arg-type]
        for row, base in zip(read(model), read("_baseline_gpt4_1106_preview"), strict=True)
        if row["preference"] is not None
    ]
    p, ours, theirs = np.array(kept).T
    return np.where(p == 0, 0.5, p - 1), ours, theirs


@needs_data
@pytest.mark.parametrize("model", MODELS)
def test_the_published_win_rates_and_standard_errors(model: str) -> None:
    with (PUBLISHED / "leaderboard.csv").open() as lines:
        published = {row[""]: row for row in csv.DictReader(lines)}[model]
    found = win_rate(preferences(model)[0])
    assert found.rate.value is not None and found.rate.se is not None
    assert 100 * found.rate.value == pytest.approx(float(published["win_rate"]), abs=1e-6)
    assert 100 * found.rate.se == pytest.approx(float(published["standard_error"]), abs=1e-6)
    assert (found.wins, found.losses) == (int(published["n_wins"]), int(published["n_wins_base"]))


@needs_data
@pytest.mark.parametrize("model", MODELS)
def test_length_control_moves_the_way_that_was_published(model: str) -> None:
    with (PUBLISHED / "leaderboard.csv").open() as lines:
        published = {row[""]: row for row in csv.DictReader(lines)}[model]
    scores, ours, theirs = preferences(model)
    found, raw = controlled_win_rate(scores, ours, theirs), win_rate(scores).rate.value
    if found.rate.reason is Refused.NO_OVERLAP:
        assert found.length_ratio < 1 / 3 or found.overlap < 0.1
        return
    assert found.rate.value is not None and raw is not None
    gained = float(published["length_controlled_winrate"]) - float(published["win_rate"])
    if abs(gained) > 1:
        assert math.copysign(1, found.rate.value - raw) == math.copysign(1, gained)
    assert found.coefficients[0].value is not None and found.coefficients[0].value > 0


def judged(n: int, *, better: float, likes_length: float, longer: float, seed: int = 1) -> tuple[FloatArray, ...]:
    """Scores of a judge who likes length, and lengths of both sides; the candidate's are `longer` times production's."""
    rng = np.random.default_rng(seed)
    theirs = rng.lognormal(5, 0.4, size=n)
    ours = theirs * longer * rng.lognormal(0, 0.35, size=n)
    chance = 1 / (1 + np.exp(-(better + likes_length * contrast(ours, theirs))))
    return (rng.random(n) < chance).astype(float), ours, theirs


def test_a_candidate_that_is_only_longer_wins_only_as_judged() -> None:
    scores, ours, theirs = judged(4000, better=0.0, likes_length=4.0, longer=1.3)
    raw, controlled = win_rate(scores).rate, controlled_win_rate(scores, ours, theirs)
    assert raw.low is not None and raw.low > 0.55
    assert not controlled.rate.excludes(0.5)
    assert controlled.coefficients[0].low is not None and controlled.coefficients[0].low > 0
    assert controlled.overlap > 0.5 and controlled.length_ratio == pytest.approx(1.3, rel=0.05)


def test_sides_that_are_never_alike_cannot_be_told_apart() -> None:
    scores, ours, theirs = judged(400, better=0.0, likes_length=1.0, longer=5.0)
    assert controlled_win_rate(scores, ours, theirs).rate.reason is Refused.NO_OVERLAP
    scores, ours, theirs = judged(400, better=0.0, likes_length=1.0, longer=1.0)
    headings = np.column_stack([ours, np.ones(400)]), np.column_stack([theirs, np.zeros(400)])
    found = controlled_win_rate(scores, *headings)
    assert (found.rate.reason, found.overlap) == (Refused.NO_OVERLAP, 0.0)


def test_too_few_pairs_and_pairs_all_alike_are_refused() -> None:
    scores, ours, theirs = judged(29, better=0.0, likes_length=1.0, longer=1.0)
    assert controlled_win_rate(scores, ours, theirs).rate.reason is Refused.TOO_FEW
    assert controlled_win_rate([], np.empty((0, 1)), np.empty((0, 1))).rate.reason is Refused.TOO_FEW
    assert controlled_win_rate(np.ones(40), np.ones(40), np.ones(40)).rate.reason is Refused.NO_VARIATION


def test_without_any_difference_in_style_the_controlled_rate_is_the_raw_one() -> None:
    scores = np.array([1.0, 0.0, 0.5, 1.0] * 20)
    same = np.full(80, 100.0)
    found, raw = controlled_win_rate(scores, same, same).rate, win_rate(scores).rate
    assert found.value == pytest.approx(raw.value)
    assert (found.low, found.high) == pytest.approx((raw.low, raw.high), abs=0.01)


def test_swapping_the_sides_mirrors_everything() -> None:
    scores, ours, theirs = judged(300, better=0.4, likes_length=2.0, longer=1.2)
    one, other = controlled_win_rate(scores, ours, theirs), controlled_win_rate(1 - scores, theirs, ours)
    assert one.rate.value is not None and other.rate.value is not None
    assert one.rate.value == pytest.approx(1 - other.rate.value)
    assert one.coefficients[0].value == pytest.approx(other.coefficients[0].value)


def test_wins_ties_and_losses_are_counted() -> None:
    found = win_rate([1, 0.75, 0.5, 0.25, 0, 0])
    assert (found.wins, found.ties, found.losses) == (2, 1, 3)
    assert found.sign_p == 1.0
    assert found.rate.value == pytest.approx(2.5 / 6)
    with pytest.raises(ValueError, match="between 0"):
        win_rate([1.5])
    with pytest.raises(ValueError, match="densities"):
        controlled_win_rate([1.0], [-1.0], [1.0])


def test_controlled_rates_cover_what_they_promise() -> None:
    runs, covered, truth = 300, 0, 1 / (1 + math.exp(-0.5))
    for run in range(runs):
        scores, ours, theirs = judged(240, better=0.5, likes_length=2.0, longer=1.2, seed=run)
        clusters = Clusters.of(np.arange(240) // 2)
        covered += not controlled_win_rate(scores, ours, theirs, clusters=clusters).rate.excludes(truth)
    assert covered / runs == pytest.approx(0.95, abs=0.01 + 2 * math.sqrt(0.95 * 0.05 / runs))
