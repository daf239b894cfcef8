"""A chart as SVG that may stand in a page: the only place that runs vl-convert.

What vl-convert gives is made ready by pure functions: names inside it begin with the chart's own, so that several charts do not
share a clipping path; namespaces, which HTML knows without being told, are gone; a title and a description are there.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from html import escape
from typing import Any, Protocol

import vl_convert
from altair.utils.schemapi import debug_mode

from shadowbench.report.charts.colours import CONFIG

_ROOT = re.compile(r"<svg\b[^>]*>")
_VIEW_BOX = re.compile(r'\bviewBox="([\d.\- ]+)"')
_NAMED = re.compile(r'\bid="([^"]+)"')
_REFERENCE = re.compile(r'url\(#([^)"]+)\)')


class Chart(Protocol):
    """What altair makes."""

    def to_dict(self, validate: bool = ...) -> dict[str, Any]: ...


def unchecked() -> AbstractContextManager[Any]:
    """Where charts are made. altair holds each part of them against its schema, which takes longer than drawing them; tests
    make every kind with that check."""
    quiet: AbstractContextManager[Any] = debug_mode(False)
    return quiet


def draw(chart: Chart, *, name: str, title: str, description: str) -> str:
    """The chart as one <svg> element. `name`: unique in the page, letters, digits and hyphens."""
    specification = chart.to_dict(validate=False) | {"config": CONFIG}
    return finish(vl_convert.vegalite_to_svg(specification), name=name, title=title, description=description)


def finish(svg: str, *, name: str, title: str, description: str) -> str:
    """The SVG of vl-convert, ready for a page. Raises ValueError where it has no viewBox."""
    root = _ROOT.search(svg)
    box = _VIEW_BOX.search(root[0]) if root else None
    if root is None or box is None:
        raise ValueError("vl-convert gave no <svg> with a viewBox; its version is not one that was tried")
    return _head(box[1], name, title, description) + _renamed(svg[root.end() :], name).strip()


def _head(box: str, name: str, title: str, description: str) -> str:
    _, _, width, height = box.split()
    return (
        f'<svg class="chart" role="img" aria-labelledby="{name}-title {name}-text" viewBox="{box}" width="{width}" '
        f'height="{height}"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-text">{escape(description)}</desc>'
    )


def _renamed(svg: str, name: str) -> str:
    """Names numbered in order of appearance: vl-convert counts on from chart to chart."""
    names = {old: f"{name}-{number}" for number, old in enumerate(dict.fromkeys(_NAMED.findall(svg)), start=1)}
    svg = _NAMED.sub(lambda found: f'id="{names[found[1]]}"', svg)
    return _REFERENCE.sub(lambda found: f"url(#{names.get(found[1], found[1])})", svg)
