"""Layers are what altair would make of them."""

from __future__ import annotations

import altair as alt
import pytest

from shadowbench.report.charts.layered import Layered
from shadowbench.report.charts.rows import data


def test_the_specification_is_altairs_own() -> None:
    rows = [{"x": 1.0, "y": 2.0}, {"x": 2.0, "y": 1.0}]
    line = alt.Chart(data(rows)).mark_line(strokeWidth=2).encode(x="x:Q", y="y:Q")
    points = alt.Chart(data(rows[:1])).mark_point().encode(x="x:Q", y="y:Q")
    wanted = alt.layer(line, points, width=300, height=100).to_dict()
    del wanted["config"]  # ours is put in when it is drawn
    assert Layered([line, points], width=300, height=100).to_dict() == wanted


def test_each_chart_is_held_against_altairs_schema_where_that_is_asked_for() -> None:
    with alt.utils.schemapi.debug_mode(False):
        wrong = alt.Chart(data([{"x": 1.0}])).mark_line(strokeWidth="thick").encode(x="x:Q")
    layered = Layered([wrong], width=300, height=100)
    assert layered.to_dict(validate=False)["layer"]
    with pytest.raises(alt.utils.schemapi.SchemaValidationError):
        layered.to_dict()
