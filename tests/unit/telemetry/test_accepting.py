"""Which form of /metrics a reader is answered in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.telemetry.accepting import OPEN_METRICS, TEXT, Form, form_for

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (PROMETHEUS_2, OPEN_METRICS),
        (PROMETHEUS_3, OPEN_METRICS),
        ("application/openmetrics-text", OPEN_METRICS),
        ('Application/OpenMetrics-Text; Version="1.0.0"', OPEN_METRICS),
        ("text/plain;q=0.5, application/openmetrics-text;q=0.5", OPEN_METRICS),
        ("text/plain, application/openmetrics-text;q=0.5", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/openmetrics-text;version=0.0.1", TEXT),
        ("application/openmetrics-text;version=2.0.0", TEXT),
        ("application/openmetrics-text;q=much", TEXT),
        ("application/json", TEXT),
        ("*/*", TEXT),
        ("", TEXT),
    ],
)
def test_open_metrics_is_for_readers_who_like_it_best(accept: str, form: Form) -> None:
    assert form_for(accept) is form


def test_a_form_says_what_it_is() -> None:
    assert OPEN_METRICS.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert TEXT.content_type == "text/plain; version=0.0.4; charset=utf-8"


@given(st.text(alphabet='aq*/;,=. 01"', max_size=60))
def test_whatever_a_reader_accepts_it_gets_a_form(accept: str) -> None:
    assert form_for(accept) in (OPEN_METRICS, TEXT)
