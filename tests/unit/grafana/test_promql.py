"""Expressions as text. That Prometheus takes them, and what they find, is tested under tests/verify."""

from __future__ import annotations

from dashboards.promql import CHOSEN, grown, increase, last_hour, or_none, or_zero, quantile, rate, share, total


def test_counters_are_summed_over_processes_and_apart_by_labels() -> None:
    assert rate("a_total") == f"sum(rate(shadowbench_a_total{{{CHOSEN}}}[$__rate_interval]))"
    assert (
        grown("a_total", 'x="y"', by="r")
        == f'sum by (r) (increase(shadowbench_a_total{{{CHOSEN}, x="y"}}[$__rate_interval]))'
    )
    assert increase("a_total").endswith("[$__range]))")


def test_the_first_count_of_what_never_happens_is_seen() -> None:
    counter = f"shadowbench_a_total{{{CHOSEN}}}"
    assert last_hour("a_total") == f"sum(({counter} unless {counter} offset 1h) or increase({counter}[1h]))"


def test_quantiles_keep_the_edges_until_the_end() -> None:
    assert quantile(0.95, "h", by="target") == (
        f"histogram_quantile(0.95, sum by (target, le) (rate(shadowbench_h_bucket{{{CHOSEN}}}[$__rate_interval])))"
    )


def test_nothing_is_zero_only_where_somebody_is_scraped() -> None:
    zero = f"0 * count(shadowbench_build_info{{{CHOSEN}}})"
    assert or_zero("a") == f"a or {zero}"
    assert or_none("a") == f'a or on () label_replace({zero}, "reason", "none so far", "", "")'


def test_a_share_is_zero_without_parts_and_nothing_without_a_whole() -> None:
    assert share("a", "b") == "(a or 0 * b) / (b > 0)"
    assert total("a") == "sum(a)"
