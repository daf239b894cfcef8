from __future__ import annotations

import numpy as np

from shadowbench.report.analysis.features import MOST_KINDS, PRODUCTION, REQUESTS, features_of, outcomes_of
from tests.unit.report.analysis.traffic import a_traffic, disturbed, words


def test_requests_have_lengths_and_places() -> None:
    log, arm = a_traffic(6, stratum=[None, "long", "long", "long", "short", None])
    found = features_of(log, arm, np.arange(6), REQUESTS)
    assert [number.of for number in found.numbers] == ["prompt_length", "request_bytes"]
    stratum, path = found.words
    assert (stratum.texts, stratum.codes.tolist()) == (("long", "none", "short"), [1, 0, 0, 0, 2, 1])
    assert path.texts == ("/v1/chat/completions",)
    assert found.names == ["prompt_length", "request_bytes", "stratum=long", "stratum=none"]
    vectors = found.vectors(np.array([1, 5]))
    np.testing.assert_allclose(vectors, [[np.log1p(100), np.log1p(500), 1, 0], [np.log1p(100), np.log1p(500), 0, 1]])


def test_answers_have_lengths_and_times_where_there_are_answers() -> None:
    log, arm = a_traffic(
        5,
        candidate_outcome=words(5, "ok", timed_out=[1]),
        candidate_disturbed=disturbed(5, late=[2]),
        candidate_output_tokens=np.array([10, 20, 30, np.nan, 50]),
        candidate_finish_reason=["stop", None, "length", "stop", "stop"],
    )
    found = features_of(log, arm, np.arange(5), "candidate")
    length, latency = found.numbers
    assert length.known.tolist() == [True, False, True, False, True]
    assert latency.known.tolist() == [True, False, False, True, True]
    assert found.words[0].texts == ("stop", "length")
    assert found.known.tolist() == [True, False, False, False, True]
    ended = outcomes_of(log, arm, np.arange(5), "candidate")
    assert ended.texts == ("ok", "timed_out")
    assert ended.known.all()


def test_what_is_never_told_is_no_feature() -> None:
    log, arm = a_traffic(4, production_output_tokens=np.full(4, np.nan))
    found = features_of(log, arm, np.arange(4), PRODUCTION)
    assert not found.numbers[0].known.any()
    assert found.names == ["production_latency"]
    assert found.known.all()
    assert found.vectors(np.arange(2)).shape == (2, 1)


def test_many_words_are_the_most_frequent_and_others() -> None:
    paths = [f"/p{k}" for k in range(MOST_KINDS + 20)]
    log, arm = a_traffic(300, path=(paths * 5)[:300])
    word = features_of(log, arm, np.arange(300), REQUESTS).words[1]
    assert len(word.texts) == MOST_KINDS + 1
    assert word.texts[-1] == "others"
    assert {word.texts[code] for code in word.codes.tolist()} == set(word.texts)
    assert [name for name in features_of(log, arm, np.arange(300), REQUESTS).names if name.startswith("path=")] == [
        f"path={text}" for text in word.texts[:4]
    ]
