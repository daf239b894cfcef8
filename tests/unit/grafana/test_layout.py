"""Where panels come to lie."""

from __future__ import annotations

from dashboards.layout import placed
from dashboards.panels import Panel, Query, Section


def panel(width: int, height: int) -> Panel:
    query = Query(expression="up", legend="up")
    return Panel(kind="stat", title="t", description="d", queries=[query], unit="short", width=width, height=height)


def places(*sections: Section) -> list[tuple[int, int, int, int]]:
    return [tuple(each["gridPos"][key] for key in "xywh") for each in placed(sections)]  # type: ignore[misc]


def test_a_line_goes_on_until_the_next_does_not_fit() -> None:
    assert places(Section(title="a", panels=[panel(12, 4), panel(12, 6), panel(1, 3)])) == [
        (0, 0, 24, 1),
        (0, 1, 12, 4),
        (12, 1, 12, 6),
        (0, 7, 1, 3),
    ]


def test_rows_lie_beneath_each_other_also_without_panels() -> None:
    assert places(Section(title="a", panels=[]), Section(title="b", panels=[panel(8, 8)])) == [
        (0, 0, 24, 1),
        (0, 1, 24, 1),
        (0, 2, 8, 8),
    ]
