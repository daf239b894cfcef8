"""Charts on top of one another. altair's own layers copy every part of every chart several times: that takes as long as all
else in making them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

_OF_THE_WHOLE = ("$schema", "config")
"""What altair writes for each chart and a layer must not have."""


class Layered:
    """The first chart lies lowest. All have data of their own. `width`, `height`: of the plot, in px."""

    def __init__(self, charts: Sequence[alt.Chart], *, width: float, height: float) -> None:
        self._charts = charts
        self._size = {"width": width, "height": height}

    def to_dict(self, validate: bool = True) -> dict[str, Any]:
        """The specification for Vega-Lite. `validate`: altair holds each chart against its schema."""
        layers = [chart.to_dict(validate=validate) for chart in self._charts]
        return {
            "$schema": alt.SCHEMA_URL,
            "layer": [{key: part for key, part in each.items() if key not in _OF_THE_WHOLE} for each in layers],
            **self._size,
        }
