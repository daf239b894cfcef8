"""The kinds of panels that we use, each with the look that it has everywhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.panels import BAD, GOOD, Json, Panel, Query

_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
PRODUCTION_STANDS_OUT: Json = {
    "matcher": {"id": "byRegexp", "options": "/^production\\b(?!~)/"},
    "properties": [
        {"id": "color", "value": {"fixedColor": "text", "mode": "fixed"}},
        {"id": "custom.lineWidth", "value": 2},
    ],
}


def lines(
    title: str,
    description: str,
    *queries: Query,
    unit: str,
    stacked: bool = False,
    bars: bool = False,
    signed: bool = False,
    **more: Any,
) -> Panel:
    """Values over time. `limits` are dashed lines; `signed`: they may be below zero."""
    custom = {
        "drawStyle": "bars" if bars else "line",
        "fillOpacity": 60 if bars else 25 if stacked else 0,
        "lineWidth": 1,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if more.get("limits") else "off"},
    }
    defaults = {"color": {"mode": "palette-classic-by-name"}, "custom": custom, **({} if signed else {"min": 0})}
    options = {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    overrides = more.pop("overrides", [PRODUCTION_STANDS_OUT] if any("{{target}}" in q.legend for q in queries) else [])
    return Panel(
        kind="timeseries",
        title=title,
        description=description,
        queries=queries,
        unit=unit,
        defaults={**defaults, **more.pop("defaults", {})},
        options=options,
        overrides=overrides,
        **more,
    )


def number(title: str, description: str, *queries: Query, unit: str, **more: Any) -> Panel:
    """The last value, large, with its colour."""
    options = {
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": _LAST,
        "textMode": "auto",
        "wideLayout": True,
    }
    size = {"width": 4, "height": 4}
    return _coloured("stat", title, description, queries, unit, options, {**size, **more})


def levels(title: str, description: str, *queries: Query, unit: str, **more: Any) -> Panel:
    """The last values as bars that lie."""
    options = {
        "displayMode": "gradient",
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "auto",
        "orientation": "horizontal",
        "reduceOptions": _LAST,
        "showUnfilled": True,
        "sizing": "auto",
        "valueMode": "color",
    }
    defaults = {"min": 0, **more.pop("defaults", {})}
    return _coloured("bargauge", title, description, queries, unit, options, {**more, "defaults": defaults})


def states(title: str, description: str, *queries: Query, names: Mapping[int, tuple[str, str]], **more: Any) -> Panel:
    """Which of its states each thing was in, over time. `names`: of a value, its name and colour."""
    options = {
        "alignValue": "left",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "mergeValues": True,
        "rowHeight": 0.8,
        "showValue": "auto",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    defaults = {"custom": {"fillOpacity": 70, "lineWidth": 0}, **named(names)}
    more = {**more, "defaults": defaults}
    return _coloured("state-timeline", title, description, queries, "none", options, more)


def table(
    title: str,
    description: str,
    *queries: Query,
    unit: str,
    first: Sequence[str],
    values: Sequence[str] = (),
    sort: str = "",
    **more: Any,
) -> Panel:
    """One line for each set of labels. `first`: labels, as the columns that come first; `values`: what the queries' columns are
    called, in their order; without it labels are all there is. `sort`: the column by which, the largest first."""
    refs = [f"Value #{chr(ord('A') + place)}" for place in range(len(queries))] if len(queries) > 1 else ["Value"]
    organize = {
        "excludeByName": dict.fromkeys(["Time"] if values else ["Time", *refs], True),
        "indexByName": {name: place for place, name in enumerate([*first, *refs])},
        "renameByName": dict(zip(refs, values, strict=False)),
    }
    merge: list[Json] = [{"id": "merge", "options": {}}] if len(queries) > 1 else []
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True, "inspect": False}
    return Panel(
        kind="table",
        title=title,
        description=description,
        queries=queries,
        unit=unit,
        defaults={"custom": custom, **more.pop("defaults", {})},
        options={
            "cellHeight": "sm",
            "showHeader": True,
            "sortBy": [{"desc": bool(values), "displayName": sort or first[0]}],
        },
        transformations=[*merge, {"id": "organize", "options": organize}],
        **more,
    )


def named(names: Mapping[int, tuple[str, str]]) -> Json:
    """Values that are shown as words: fields' `mappings`."""
    options = {
        str(value): {"color": colour, "index": place, "text": text}
        for place, (value, (text, colour)) in enumerate(names.items())
    }
    return {"mappings": [{"options": options, "type": "value"}]}


YES_IS_BAD = {0: ("no", GOOD), 1: ("yes", BAD)}
YES_IS_GOOD = {0: ("no", BAD), 1: ("yes", GOOD)}


def _coloured(
    kind: str, title: str, description: str, queries: Sequence[Query], unit: str, options: Json, more: Json
) -> Panel:
    """A panel whose values have the colours of its limits."""
    defaults = {"color": {"mode": "thresholds"}, **more.pop("defaults", {})}
    return Panel(
        kind=kind,
        title=title,
        description=description,
        queries=queries,
        unit=unit,
        options=options,
        defaults=defaults,
        **more,
    )
