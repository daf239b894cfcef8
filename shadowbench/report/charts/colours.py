"""What charts look like. Colours are the page's own variables: light and dark are decided there, by CSS.

They are never the only sign: sides have dashes, standings have shapes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Colour(StrEnum):
    """The page's variables, as SVG takes them in `fill` and `stroke`."""

    INK = "var(--ink)"
    QUIET = "var(--quiet)"  # labels of axes
    LINE = "var(--line)"  # grids
    PRODUCTION = "var(--production)"
    CANDIDATE = "var(--candidate)"
    NOISE = "var(--noise)"  # the A/A lane
    BETTER = "var(--better)"
    WORSE = "var(--worse)"
    OPEN = "var(--open)"
    PAPER = "var(--paper)"


WIDTH = 340  # of a chart with its labels, CSS pixels: it fits a phone, and three stand side by side on a desk
FONT_SIZE = 12
DASHES = [5, 3]
NUMBERS, PERCENT = ".3~g", ".3~%"  # of axes, as d3 forms them

_TEXT = {"labelColor": Colour.QUIET, "titleColor": Colour.QUIET, "labelFontSize": 11, "titleFontSize": 11}
CONFIG: dict[str, Any] = {
    "aria": False,  # the chart is one image with a title and a description; its numbers are in a table
    "background": None,
    "font": "sans-serif",
    "padding": 2,
    "view": {"stroke": None},
    "text": {"color": Colour.INK, "fontSize": FONT_SIZE},
    "axis": _TEXT
    | {
        "domainColor": Colour.LINE,
        "gridColor": Colour.LINE,
        "tickColor": Colour.LINE,
        "titleFontWeight": "normal",
        "labelOverlap": "greedy",
        "labelSeparation": 8,
        "titlePadding": 6,
    },
}
