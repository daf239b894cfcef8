"""What `shadowbench.read` gives, on small logs with everything in them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shadowbench
from shadowbench.reading.log import ReadLog
from shadowbench.records import CandidateResult, Exchange, FunnelCount, Mark
from shadowbench.scores import Label, PairRef, Position, Preferred, Verdict
from shadowbench.store import columns_sqlite
from shadowbench.store.columns import NOT_SCORED
from shadowbench.store.columns_image import Images
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import a_measure, invented_traffic
from tests.contract.columns import make_log
from tests.contract.scorers import logs_in

ONE, OTHER, NEW = PairRef(1, 1), PairRef(2, 2), PairRef(3, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    url, measures = make_log(folder / "a")
    make_log(folder / "b", count=100, scored=False)  # its exchanges are the first of a's
    with closing(open_log(url, "write")) as log:
        log.put_marks([Mark(at=5.0, kind="model_changed", endpoint="small", before="x", after="y")])
        log.put_funnel([FunnelCount(epoch="e", candidate="", stage="seen", reason="", count=7)])
    with closing(open_score_log(url, "change")) as scores:
        scores.put_labels([_label(ONE, "ann"), _label(OTHER, "bob")])
        scores.put_verdicts([_verdict(ref, measures[0]) for ref in (ONE, OTHER)])
    return folder


def _label(ref: PairRef, labeller: str) -> Label:
    return Label(pair=ref, question="preference", labeller=labeller, labelled_at=1.0, preferred=Preferred.TIE)


def _verdict(ref: PairRef, measure: int) -> Verdict:
    return Verdict(pair=ref, measure=measure, position=Position.CANDIDATE_FIRST, preferred=Preferred.CANDIDATE)


@pytest.fixture
def log(folder: Path) -> Iterator[ReadLog]:
    with shadowbench.read(folder / "a" / "log.db") as log:
        yield log


def test_columns_have_one_shape_and_words_are_codes_with_texts(log: ReadLog) -> None:
    pairs = log.pairs
    assert {pairs[name].shape for name in pairs} == {(pairs.n,)}
    assert set(pairs.words("candidate")) == {"again", "small"}
    assert {pairs[name].dtype.kind for name in pairs if name not in pairs.texts} == {"f", "i"}
    strata = pairs.words("stratum")
    assert [strata[row] for row in range(3)] == [
        None if code < 0 else pairs.texts["stratum"][code] for code in pairs["stratum"][:3]
    ]
    assert None in set(strata)


def test_repeats_are_no_pairs(log: ReadLog) -> None:
    assert not any("~again" in text for text in log.pairs.words("candidate"))


def test_scores_stand_in_the_rows_of_their_pairs(log: ReadLog) -> None:
    assert list(log.scores) == ["first", "second", "third"]
    first = log.scores["first"]
    told = log.pairs["exchange_number"] % 17 != 0
    np.testing.assert_allclose(first.value[told], log.pairs["exchange_number"][told] / 7)
    assert {first.reason.texts[code] for code in first.reason.codes[~told]} == {NOT_SCORED}
    assert (log.scores["second"].probability[told] == 0.25).all()


def test_reading_measures_together_is_the_same(folder: Path, log: ReadLog) -> None:
    log.scores.load()
    with shadowbench.read(folder / "a" / "log.db") as alone:
        for name in log.scores:
            np.testing.assert_array_equal(log.scores[name].value, alone.scores[name].value)


def test_what_was_not_measured_or_read_is_told_with_what_was(log: ReadLog) -> None:
    with pytest.raises(KeyError, match="'nobody' was not measured; there are first, second, third"):
        log.scores["nobody"]
    with pytest.raises(KeyError, match=r"no column 'nothing' was read; there are .*candidate_latency_s"):
        log.pairs["nothing"]


def test_chosen_pairs_have_their_own_scores(folder: Path, log: ReadLog) -> None:
    middle = float(np.median(log.pairs["started_at"]))
    with shadowbench.read(folder / "a" / "log.db", since=middle, candidate="small", slice="stratum=long") as some:
        rows = (
            (log.pairs["started_at"] >= middle)
            & (log.pairs.words("candidate") == "small")
            & (log.pairs.words("stratum") == "long")
        )
        assert 0 < some.pairs.n == rows.sum()
        for name in ("exchange_number", "candidate_latency_s", "inclusion_probability"):
            np.testing.assert_array_equal(some.pairs[name], log.pairs[name][rows])
        np.testing.assert_array_equal(
            some.scores["second"].production_value, log.scores["second"].production_value[rows]
        )


def test_of_a_time_only_its_part_of_the_log_is_read(
    folder: Path, log: ReadLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = np.sort(log.pairs["started_at"])[[-30, -20]]
    read: list[int] = []
    whole = Images.matrix

    def matrix(images: Images, select: str, bound: Mapping[str, Any], width: int) -> Any:
        read.append(bound["last"])
        return whole(images, select, bound, width)

    monkeypatch.setattr(Images, "matrix", matrix)
    monkeypatch.setattr(columns_sqlite, "PAGE", 7)
    with shadowbench.read(folder / "a" / "log.db", since=first, until=last) as some:
        numbers = some.pairs["exchange_number"]
        some.scores.load()
        assert len(some.scores["second"].value) == some.pairs.n > 0
    assert numbers.min() <= min(read) and max(read) <= numbers.max()


def test_other_columns_can_be_read(folder: Path) -> None:
    with shadowbench.read(folder / "a" / "log.db", columns=["candidate_queue_s"], slice="path=/v1/3") as log:
        assert set(log.pairs) == {"exchange_number", "candidate_side", "log", "candidate_queue_s"}
        assert set(log.pairs["exchange_number"]) == {3}


def test_disturbed_times_are_marked(log: ReadLog) -> None:
    late = log.pairs.words("candidate_disturbed") == "late"
    assert (log.pairs["exchange_number"][late] % 13 == 0).all()
    assert late.any()
    assert "paused" in set(log.pairs.words("production_disturbed"))


def test_texts_are_read_for_one_pair_at_a_time(log: ReadLog) -> None:
    row = int(
        np.flatnonzero((log.pairs.words("candidate") == "small") & (log.pairs.words("candidate_outcome") == "ok"))[3]
    )
    view = log.texts(row)
    assert view.ref == (log.pairs["exchange_number"][row], log.pairs["candidate_side"][row])
    assert view.candidate.observation.endpoint == "small"
    assert view.request.json is not None
    assert [each.ref for each in log.views([row, 0])] == [view.ref, log.texts(0).ref]
    repeated = int(np.flatnonzero(log.pairs["exchange_number"] % 5 == 0)[0])
    assert log.texts(repeated).production_again is not None


def test_a_row_that_is_none_is_told(log: ReadLog) -> None:
    with pytest.raises(IndexError, match=f"no pair in row {log.pairs.n}"):
        log.texts(log.pairs.n)
    with pytest.raises(IndexError):
        log.texts(-1)


def test_labels_and_verdicts_name_the_row_of_their_pair(folder: Path, log: ReadLog) -> None:
    def ref(row: int) -> PairRef:
        return PairRef(int(log.pairs["exchange_number"][row]), int(log.pairs["candidate_side"][row]))

    assert [(ref(each.row), each.label.labeller) for each in log.labels] == [(ONE, "ann"), (OTHER, "bob")]
    assert [ref(each.row) for each in log.verdicts("first")] == [ONE, OTHER]
    with shadowbench.read(folder / "a" / "log.db", candidate="nobody") as none:
        assert (none.pairs.n, none.labels, list(none.verdicts("first"))) == (0, [], [])


def test_funnel_and_marks_are_of_all_traffic(log: ReadLog) -> None:
    assert log.funnel.total("seen") == 7
    assert [mark.after for mark in log.marks] == ["y"]


def test_several_logs_are_one_and_an_exchange_counts_once(folder: Path, log: ReadLog) -> None:
    with shadowbench.read([folder / "b" / "log.db", folder / "a" / "log.db"]) as both:
        assert both.pairs.n == log.pairs.n
        named = both.pairs.words("log")
        first = np.array([text.endswith("/b/log.db") for text in named])
        assert first.sum() == (log.pairs["exchange_number"] <= 100).sum()
        order = np.lexsort((both.pairs["candidate_side"], both.pairs["exchange_number"]))
        np.testing.assert_array_equal(both.pairs["production_latency_s"][order], log.pairs["production_latency_s"])
        assert both.pairs.words("candidate_outcome")[order].tolist() == log.pairs.words("candidate_outcome").tolist()
        second = both.scores["second"]  # b was never scored
        assert {second.reason.texts[code] for code in second.reason.codes[first]} == {NOT_SCORED}
        rows = log.pairs["exchange_number"] > 100
        np.testing.assert_array_equal(second.value[~first], log.scores["second"].value[rows])
        last = both.pairs.n - 1
        assert both.texts(last).ref.number == both.pairs["exchange_number"][last]


def test_several_logs_are_chosen_from_as_one_is(folder: Path) -> None:
    places = [folder / "b" / "log.db", folder / "a" / "log.db"]
    with shadowbench.read(places[1], candidate="small") as one, shadowbench.read(places, candidate="small") as both:
        assert set(both.pairs.words("candidate")) == {"small"}
        assert sorted(both.pairs["exchange_number"]) == sorted(one.pairs["exchange_number"])
        assert [
            (both.texts(each.row).ref, each.label.labeller) for each in both.labels
        ] == []  # b has those, unlabelled
    with shadowbench.read(places[::-1]) as other:
        assert [other.texts(each.row).ref for each in other.labels] == [ONE, OTHER]


def a_log_of(folder: Path, *kept: str) -> Path:
    """The same traffic each time, with these of its candidates."""
    folder.mkdir()
    whole = list(invented_traffic(60, 1))
    with logs_in(folder) as (log, _):
        log.append([replace(each, candidates=_of(each, kept)) for each in whole])
    return folder / "log.db"


def _of(exchange: Exchange, kept: tuple[str, ...]) -> tuple[CandidateResult, ...]:
    return tuple(each for each in exchange.candidates if each.observation.endpoint in kept)


@pytest.mark.parametrize("order", [1, -1], ids=["one first", "other first"])
def test_a_candidate_that_one_log_alone_has_comes_in_from_there(tmp_path: Path, order: int) -> None:
    places = [a_log_of(tmp_path / "small", "small"), a_log_of(tmp_path / "again", "again"), a_log_of(tmp_path / "none")]
    whole = a_log_of(tmp_path / "whole", "small", "again")
    with shadowbench.read(whole) as one, shadowbench.read(places[::order]) as several:
        assert sorted(several.pairs.words("candidate")) == sorted(one.pairs.words("candidate"))
        for name in ("small", "again"):
            mine = several.pairs.words("candidate") == name
            numbers = several.pairs["exchange_number"][mine]
            np.testing.assert_array_equal(numbers, one.pairs["exchange_number"][one.pairs.words("candidate") == name])
        # A request is one, whichever logs its pairs are from.
        assert len(np.unique(several.pairs.requests)) == len(np.unique(one.pairs.requests))
        assert len(np.unique(several.pairs["log"])) == 2
    with shadowbench.read([whole, *places]) as several, shadowbench.read(whole) as one:
        assert several.pairs.n == one.pairs.n


def test_the_same_log_twice_is_read_once(folder: Path, log: ReadLog) -> None:
    place = folder / "a" / "log.db"
    with shadowbench.read([place, str(place)]) as twice:
        assert twice.pairs.n == log.pairs.n


def test_the_newest_configuration_of_a_measure_has_its_name(tmp_path: Path) -> None:
    url, _ = make_log(tmp_path / "a", count=30)
    with closing(open_score_log(url, "change")) as scores:
        scores.register([a_measure("first", version="2")])
    with shadowbench.read(url) as log:
        assert [measure.version for measure in log.measures if measure.name == "first"] == ["1", "2"]
        assert log.scores.measure("first").version == "2"
        assert np.isnan(log.scores["first"].value).all()
        assert not np.isnan(log.scores.of(log.measures[0]).value).all()


def test_what_was_read_goes_with_the_last_who_holds_it(folder: Path) -> None:
    """Columns of a large log are not to wait for the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        with shadowbench.read(folder / "a" / "log.db") as read:
            assert read.pairs.n and len(read.scores)
            column = weakref.ref(read.pairs["exchange_number"])
            read.scores.load()
        del read
        assert column() is None
    finally:
        gc.enable()
