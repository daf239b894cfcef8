"""Charts as static SVG, drawn with altair and vl-convert: the extra `charts`.

`installed` is all that may be asked without the extra. Each other module makes one kind of chart from plain rows; `drawing`
turns it into SVG for a page: no script, no reference to anything outside, the page's own colours (so that it is dark where the
page is), and the same bytes for the same rows.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec


@cache
def installed() -> bool:
    """Whether charts can be drawn here."""
    return all(find_spec(name) is not None for name in ("altair", "vl_convert"))
