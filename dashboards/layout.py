"""Where panels lie. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.panels import Json, Panel, Place, Section

COLUMNS = 24


def placed(sections: Sequence[Section]) -> list[Json]:
    """All rows and panels, numbered from 1."""
    return [each.to_json(number, place) for number, (each, place) in enumerate(_places(sections), start=1)]


def _places(sections: Sequence[Section]) -> Iterator[tuple[Section | Panel, Place]]:
    y = 0
    for section in sections:
        yield section, Place(x=0, y=y, width=COLUMNS, height=1)
        y += 1
        for line in _lines(section.panels):
            x = 0
            for panel in line:
                yield panel, Place(x=x, y=y, width=panel.width, height=panel.height)
                x += panel.width
            y += max(panel.height for panel in line)


def _lines(panels: Sequence[Panel]) -> Iterator[list[Panel]]:
    line: list[Panel] = []
    for panel in panels:
        if sum(each.width for each in line) + panel.width > COLUMNS:
            yield line
            line = []
        line.append(panel)
    if line:
        yield line
