"""What is told beside tables."""

from dataclasses import replace

import pytest

from shadowbench.report.document.comparisons import Missing
from shadowbench.report.document.root import Source, Traffic
from shadowbench.report.document.times import SideSpend
from shadowbench.report.policy import Looks, Policy, Watching
from shadowbench.report.words import remarks
from tests.unit.report.documents import by_language, by_path, costs, example, latencies, over_time


def test_counts_by_reason_are_the_most_frequent_first() -> None:
    assert remarks.listed({"backlog_full": 2, "too_few": 7, "fault_timed_out": 2, "": 1}) == (
        "7 × too few pairs or clusters, 2 × backlog full, 2 × failed: timed out, 1 × without a reason"
    )
    assert remarks.listed({}) == ""


def test_the_period_has_its_length() -> None:
    assert remarks.period(example().source) == "2025-10-27T00:00:42Z to 2025-11-03T00:00:00Z (7 d)"
    assert remarks.period(Source(logs=(), first_at=None, last_at=None)) == "–"


def test_what_was_asked_for_is_told() -> None:
    asked = Source(logs=(), first_at=None, last_at=None, since=0.0, candidates=("a", "b"), slice={"path": ("/x", "/y")})
    assert remarks.asked_for(asked) == "since 1970-01-01T00:00:00Z; candidates a, b; path = /x or /y"
    assert remarks.asked_for(example().source) == ""


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        (Looks.ANY, "95 % intervals, valid whenever and however often one looks"),
        (Looks.PLANNED, "95 % intervals, valid at 5 planned looks"),
        (Looks.ONCE, "95 % intervals, valid for a single look"),
    ],
)
def test_intervals_say_how_often_one_may_look(looks: Looks, told: str) -> None:
    assert remarks.looks(Policy(watching=Watching(looks=looks))) == told


def test_spending_tells_what_is_not_known() -> None:
    assert remarks.spend(SideSpend(calls=0, usd=None)) == "no calls"
    assert remarks.spend(SideSpend(calls=3, usd=None, unknown={"unknown_model": 3})) == (
        "– in 3 calls; the cost of 3 is not known (3 × the model has no known price)"
    )


def test_traffic_is_told_from_all_that_came_to_the_log() -> None:
    found = example().traffic
    assert found is not None
    assert list(remarks.traffic(found)) == [
        "Of 26,840 requests seen, 2,700 were drawn and 2,650 are in the log (9.9 %).",
        "Not offered: 40 × backlog full.",
        "May not be copied: 120 × method, 27 × too large.",
        "Not drawn: 23,950 × by the draw.",
        "Drawn and not recorded: 50 × no answer.",
        "Lost with a mirror, drawn or not: at most 3.",
    ]
    nothing = Traffic(
        seen=0, not_handed_off={}, lost=0, ineligible={}, unsampled={}, sampled=0, recorded=0, discarded={}
    )
    assert list(remarks.traffic(nothing)) == ["Of 0 requests seen, 0 were drawn and 0 are in the log (–)."]


def test_pairs_that_were_not_sent_have_their_reason() -> None:
    counts = example().candidates[1].counts
    assert remarks.not_sent(counts) == "31 × rate limited, 4 × breaker open"
    assert remarks.not_sent(replace(counts, not_sent={}, withdrawn=2)) == "2 × given up because the client left"
    assert remarks.not_sent(replace(counts, not_sent={})) == "none"


def test_what_is_missing_of_a_pair_is_the_pair_s() -> None:
    assert remarks.missing(Missing(production={"a": 1}, candidate={"b": 2})) == ("1 × a", "2 × b")
    assert remarks.missing(Missing(pair={"c": 3})) == ("", "3 × c")


def test_quantiles_say_what_they_are_of() -> None:
    told = list(remarks.distribution(latencies(0.5, 0.5, candidate=(0.6, 2.9, None))))
    assert told[0].startswith(
        "Of 2,310 pairs in 1,150 clusters. Where both answered, the candidate typically takes 0.500"
    )
    assert told[1] == "Failures count as slower than any answer: 20 of production's, 19 of the candidate's."
    assert told[2].endswith("64 × read slowly for a slow client, 26 × our event loop was late.")


def test_totals_say_what_they_are_of_or_why_there_are_none() -> None:
    assert list(remarks.costs(costs(0.001, 0.3)))[-1] == (
        "Totals are extrapolated: each pair stands for as many requests as it was drawn from, about 26,840 [26,140, 27,540] "
        "requests in 7 d. Requests that could not be drawn are not in them; a month is 30 days like these."
    )
    older = replace(costs(0.001, 0.3), requests_drawn=None)
    assert "about 26,840 requests in 7 d" in list(remarks.costs(older))[-1]
    assert list(remarks.costs(replace(costs(0.001, 0.3), requests=None, why_no_total="no_costs")))[-1] == (
        "No totals of all traffic: of no pair both costs are known."
    )


def test_calls_of_unknown_cost_are_neither_free_nor_paid() -> None:
    told = list(remarks.costs(costs(0.001, 0.3)))
    assert "The cost is not known of 12 calls of production: 12 × the endpoint did not report its usage." in told
    assert any("left out of the means" in each and "may have been billed or not" in each for each in told)
    known = replace(costs(0.001, 0.3), unknown_production={}, unknown_candidate={})
    assert not any("left out of the means" in each for each in remarks.costs(known))


def test_slices_that_contradict_the_whole_are_warned_of() -> None:
    assert remarks.is_noteworthy(by_path())
    told = " ".join(remarks.slices(by_path()))
    assert "none of the slices shown does" in told
    assert "not one slice" not in told
    assert not remarks.is_noteworthy(by_language())
    nothing = replace(by_language(), measure="", rows=(), reason="one_value")
    assert remarks.alike([by_language()]) == "no difference is shown in helpfulness (p = 0.82)"
    assert remarks.alike([nothing]) == "the same for all requests"
    assert not remarks.is_noteworthy(nothing)


def test_marks_tell_what_changed() -> None:
    told = [remarks.mark(mark) for mark in example().marks]
    assert told[0] == "2025-10-30T00:00:00Z: model changed, production, big-2025-06 to big-2025-08"
    assert remarks.mark(replace(example().marks[0], endpoint=None, before=None, after=None)) == (
        "2025-10-30T00:00:00Z: model changed"
    )


def test_drift_and_series_tell_only_what_is_shown() -> None:
    assert remarks.quiet(example().drift[1:]) == (
        "No drift is shown in 1 comparison of the first half with the second; of 1 nobody can say "
        "(1 × too few pairs or clusters)."
    )
    assert remarks.series(over_time()) == "helpfulness: 7 stretches of time, changed by more than chance."
    assert remarks.unchanged([over_time()]) == "no change over time is shown in helpfulness."


def test_an_arrow_says_whether_it_is_good() -> None:
    up, flat = example().trend
    assert remarks.arrow(up) == "up, better"
    assert remarks.arrow(replace(up, better=False)) == "up, worse"
    assert remarks.arrow(flat) == "may be chance"
    assert remarks.arrow(replace(up, reason="changed_measure")) == "it was measured otherwise before"


def test_where_everybody_stands() -> None:
    assert [remarks.place(found) for found in example().standpoints] == [
        "on the front",
        "on the front",
        "in nothing better than production, small",
        "not all is known",
    ]


def test_methods_tell_how_often_they_refused() -> None:
    told = [remarks.method_used(found) for found in example().methods]
    assert told[0] == "61 times, n 90 to 2,400"
    assert told[1] == "40 times, n 90 to 2,400; refused 9 (9 × too few pairs or clusters)"
    assert told[3] == "2 times, n 2,400"
