from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.live import Rates, StratumRates, differences, merged, read_rates
from shadowbench.settings import Settings

BASE: dict[str, Any] = {
    "production": {"url": "http://p"},
    "candidates": {"small": {"sample_rate": 0.1}, "big": {"sample_rate": 0.5}},
    "mirror": {"strata": {"rare": {"model": "o3*", "sample_rate": 0.5}, "paid": {"path": "/x", "rates": {"big": 0.2}}}},
}


def settings(**changes: Any) -> Settings:
    return Settings(**(BASE | changes))


def changed(**changes: Any) -> dict[str, bool]:
    """Names of the keys that differ from BASE, and whether each is live."""
    return {each.name: each.is_live for each in differences(settings(), settings(**changes))}


def test_nothing_differs_from_itself() -> None:
    assert differences(settings(), settings()) == ()


def test_what_commands_read_each_time_differs_for_nothing_that_runs() -> None:
    scoring = {"enabled": False}
    with_policy = settings(scoring=scoring, report={"policy": "migration"})
    assert differences(settings(scoring=scoring), with_policy) == ()


def test_a_policy_that_a_scorer_watches_waits_for_a_restart() -> None:
    assert changed(report={"policy": "migration"}) == {"report.policy": False}


@pytest.mark.parametrize(
    "mirror",
    [
        {"enabled": False},
        {"skip_retries": False},
        {"duplicate_window_s": 0},
        {"sample_key": "header:x-session"},
        {"opt_out_header": "x-no"},
        {"tenant_header": "x-tenant"},
        {"user_header": "x-user"},
        {"cluster_header": "x-c"},
    ],
)
def test_keys_of_the_mirror_that_are_live(mirror: dict[str, Any]) -> None:
    (key,) = mirror
    assert changed(mirror=BASE["mirror"] | mirror) == {f"mirror.{key}": True}
    assert merged(settings(), settings(mirror=BASE["mirror"] | mirror)) == settings(mirror=BASE["mirror"] | mirror)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"mirror": BASE["mirror"] | {"stale_after_s": 9}}, "mirror.stale_after_s"),
        ({"mirror": BASE["mirror"] | {"request_id_header": "x-id"}}, "mirror.request_id_header"),
        ({"production": {"url": "http://q"}}, "production.url"),
        ({"proxy": {"workers": 2}}, "proxy.workers"),
        ({"telemetry": {"buckets": {"gap_s": [1.0]}}}, "telemetry.buckets.gap_s"),
        ({"candidates": BASE["candidates"] | {"new": {"sample_rate": 1}}}, "candidates.new"),
        ({"candidates": {"small": {"sample_rate": 0.1}}}, "candidates.big"),
        ({"candidates": BASE["candidates"] | {"small": {"sample_rate": 0.1, "model": "m"}}}, "candidates.small.model"),
    ],
)
def test_what_needs_a_restart_is_named_and_not_taken_over(changes: dict[str, Any], name: str) -> None:
    if name == "candidates.big":
        changes["mirror"] = {"strata": {"rare": BASE["mirror"]["strata"]["rare"]}}
        assert changed(**changes) == {name: False, "mirror.strata.paid": True}
        return
    assert changed(**changes) == {name: False}
    assert merged(settings(), settings(**changes)) == settings()


def test_rates_rules_and_strata_are_taken_over_beside_what_waits() -> None:
    fresh = settings(
        candidates={"small": {"sample_rate": 0.3, "max_per_second": 5, "model": "m"}, "new": {"sample_rate": 1}},
        mirror={
            "include": {"chat": {"path": "/v1/*"}},
            "strata": {"rare": {"model": "o3*", "sample_rate": 1, "rates": {"new": 0.4, "small": 0.2}}},
        },
    )
    got = merged(settings(), fresh)
    assert (got.candidates["small"].sample_rate, got.candidates["small"].max_per_second) == (0.3, 5)
    assert got.candidates["small"].model is None
    assert list(got.candidates) == ["small", "big"]
    assert got.mirror.include == fresh.mirror.include
    assert got.mirror.strata["rare"].rates == {"small": 0.2}  # the new candidate waits, and its rates with it


def test_the_order_of_strata_is_a_difference() -> None:
    strata = dict(reversed(BASE["mirror"]["strata"].items()))
    assert changed(mirror={"strata": strata}) == {"mirror.strata": True}
    assert list(merged(settings(), settings(mirror={"strata": strata})).mirror.strata) == ["paid", "rare"]


# ── rates ──


def test_rates_lie_over_the_configuration_and_are_partial() -> None:
    asked = {"candidates": {"small": 1}, "strata": {"rare": {"rates": {"big": 0.5}}}}
    got = read_rates(asked, settings()).over(settings())
    assert {name: each.sample_rate for name, each in got.candidates.items()} == {"small": 1.0, "big": 0.5}
    assert (got.mirror.strata["rare"].sample_rate, got.mirror.strata["rare"].rates) == (0.5, {"big": 0.5})
    assert got.mirror.strata["paid"] == settings().mirror.strata["paid"]


def test_later_rates_go_before_earlier_ones() -> None:
    first = Rates(candidates={"small": 0.2, "big": 0.3}, strata={"rare": StratumRates(rates={"big": 1.0})})
    then = first.then(Rates(candidates={"small": 0.9}, strata={"rare": StratumRates(sample_rate=0.7)}))
    assert then.candidates == {"small": 0.9, "big": 0.3}
    assert then.strata == {"rare": StratumRates(sample_rate=0.7, rates={"big": 1.0})}


def test_the_file_wins_over_rates_only_where_it_says_something_new() -> None:
    rates = Rates(
        candidates={"small": 0.9, "big": 0.9},
        strata={"rare": StratumRates(sample_rate=0.9), "paid": StratumRates(sample_rate=0.9)},
    )
    fresh = settings(
        candidates=BASE["candidates"] | {"small": {"sample_rate": 0.4}},
        mirror={"strata": BASE["mirror"]["strata"] | {"rare": {"model": "o3*", "sample_rate": 0.6}}},
    )
    left = rates.without(differences(settings(), fresh))
    assert (set(left.candidates), set(left.strata)) == ({"big"}, {"paid"})
    assert rates.without(()) == rates


def test_a_stratums_rates_are_kept_key_by_key() -> None:
    rates = Rates(
        strata={
            "rare": StratumRates(sample_rate=0.9, rates={"small": 0.77, "big": 0.66}),
            "paid": StratumRates(rates={"big": 0.9}),
        }
    )
    rare = {"model": "o4*", "sample_rate": 0.5, "rates": {"big": 0.3}}
    left = rates.without(
        differences(settings(), settings(mirror={"strata": BASE["mirror"]["strata"] | {"rare": rare}}))
    )
    assert left.strata["rare"] == StratumRates(sample_rate=0.9, rates={"small": 0.77})
    assert left.strata["paid"] == rates.strata["paid"]
    gone = differences(settings(), settings(mirror={"strata": {"paid": BASE["mirror"]["strata"]["paid"]}}))
    assert set(rates.without(gone).strata) == {"paid"}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "names no rate"),
        ({"candidates": {}, "strata": {"rare": {}}}, "names no rate"),
        ({"candidates": {"smal": 0.2}}, "candidates: there is no 'smal'; known here: small, big"),
        ({"strata": {"rar": {}}}, "strata: there is no 'rar'; known here: rare, paid"),
        ({"strata": {"rare": {"rates": {"x": 1}}}}, "strata.rare.rates: there is no 'x'; known here: small, big"),
        ({"strata": {"rare": {"rate": 1}}}, "strata.rare: there is no 'rate'; known here: sample_rate, rates"),
        ({"candidate": {"small": 1}}, "the body: there is no 'candidate'; known here: candidates, strata"),
        ({"candidates": {"small": 1.1}}, "candidates.small: must be a number from 0 to 1"),
        ({"candidates": {"small": -0.1}}, "candidates.small: must be"),
        ({"candidates": {"small": float("nan")}}, "candidates.small: must be"),
        ({"candidates": {"small": "0.1"}}, "candidates.small: must be"),
        ({"candidates": {"small": True}}, "candidates.small: must be"),
        ({"candidates": {"small": None}}, "candidates.small: must be"),
        ({"candidates": [1]}, "candidates: must be an object"),
        ({"strata": {"rare": 1}}, "strata.rare: must be an object"),
    ],
)
def test_wrong_rates_are_refused_with_what_would_be_right(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        read_rates(fields, settings())


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_rates({"candidates": {"small": 2, "x": 1}, "strata": {"y": {}}}, settings())
    assert len(str(caught.value).splitlines()) == 3


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["candidates", "strata", "small", "rare", "rates", "sample_rate", "?"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["candidates", "strata", "?"]), junk))
def test_whatever_comes_is_read_or_refused_and_what_is_read_is_a_rate(fields: dict[str, Any]) -> None:
    try:
        rates = read_rates(fields, settings())
    except ConfigurationError:
        return
    found = [*rates.candidates.values(), *(rate for each in rates.strata.values() for rate in each.rates.values())]
    assert all(0 <= rate <= 1 for rate in found)
    rates.over(settings())
