"""Cards of a log: what scorers and people wrote is found, page by page."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shadowbench.scores import CallResult, JudgeCall, PairRef
from shadowbench.scoring.calibration import evidence as module
from shadowbench.scoring.calibration.card import card_of
from shadowbench.scoring.calibration.evidence import evidence_in, facts_in, judges_of
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import a_measure, an_exchange
from tests.unit.scoring.calibration.judged import C, P, judge, label, scores_of, verdicts


def test_evidence_is_what_the_log_holds_of_each_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAGE", 7)
    url = f"sqlite:///{tmp_path}/log.db"
    with closing(open_log(url, "write")) as log, closing(open_score_log(url, "change")) as scores:
        log.append([an_exchange(n) for n in range(1, 31)])
        strict, kind, _ = scores.register([judge("strict").measure, judge("kind").measure, judge("silent").measure])
        scores.register([a_measure()])
        for measure, verdict in ((strict, P), (kind, C)):
            said = verdicts(30, lambda n, verdict=verdict: (verdict, verdict))
            scores.put_verdicts([replace(each, measure=measure, analysis="much was said") for each in said])
            scores.put_scores([score._replace(measure=measure) for score in scores_of(said)])
        scores.put_labels([label(4, C)])
        call = JudgeCall(
            judge="kind",
            pair=None,
            purpose="verdict",
            attempt=1,
            model="m",
            owner="w",
            started_at=0.0,
            reserved_usd=0.0,
        )
        number = scores.reserve(call, limit_usd=None)
        assert number is not None
        scores.settle_call(number, CallResult(outcome="ok", cost_usd=0.5), now=1.0)
        facts = facts_in(log)
        found = {each.known.measure.name: each for each in evidence_in(scores, facts)}
        assert [known.measure.name for known in judges_of(scores)] == ["strict", "kind", "silent"]
        assert [known.id for known in judges_of(scores, "kind")] == [kind]
    assert len(facts) == 30 and list(found) == ["strict", "kind"]
    assert len(found["kind"].verdicts) == 60 and len(found["kind"].scores) == 30
    assert found["strict"].others.keys() == {"kind"} and found["strict"].others["kind"][PairRef(30, 1)].points == 1.0
    card = card_of(found["kind"], np.random.default_rng(1))
    assert (card.volume.usd, card.people.all.n if card.people.all else 0) == (0.5, 1)
    assert card.win_rates["small"].value == 1.0
