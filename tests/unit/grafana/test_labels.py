"""The checker itself: it must find what is wrong."""

from __future__ import annotations

import pytest

from tests.unit.grafana.labels import WrongError, labels_of

KNOWN = {
    "a_total": frozenset({"job", "reason", "role"}),
    "b_total": frozenset({"job", "reason"}),
    "c_bucket": frozenset({"job", "le"}),
}


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ("a_total", {"job", "reason", "role"}),
        ("sum(a_total)", set()),
        ("sum by (reason) (rate(a_total[5m]))", {"reason"}),
        ("max without (role) (a_total) / b_total", {"job", "reason"}),
        ("sum by (reason) (a_total) / on (reason) group_left () b_total", {"reason"}),
        ('sum(a_total) or label_replace(sum(b_total), "reason", "none", "", "")', {"reason"}),
        ("histogram_quantile(0.9, sum by (job, le) (rate(c_bucket[5m])))", {"job"}),
        ("(time() - max(a_total)) > 0", set()),
        ("2 * 3", None),
    ],
)
def test_labels_are_those_of_the_result(expression: str, labels: set[str] | None) -> None:
    assert labels_of(expression, KNOWN) == labels


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("z_total", "no sidecar tells z_total"),
        ('a_total{target="x"}', "no label target"),
        ("sum by (target) (a_total)", "no label target"),
        ("a_total / b_total", "other labels"),
        ("a_total / on (role) b_total", "no label role"),
        ("histogram_quantile(0.9, sum by (job) (c_bucket))", "no label le"),
    ],
)
def test_what_can_have_no_value_is_found(expression: str, what: str) -> None:
    with pytest.raises(WrongError, match=what):
        labels_of(expression, KNOWN)


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(ValueError, match=r".+"):
        labels_of("sum(a_total", KNOWN)
