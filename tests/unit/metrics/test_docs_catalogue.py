"""docs/metrics-catalogue.md says of each metric what its declaration says, and of no others."""

import inspect
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from shadowbench.metrics import semantics, structure, text
from shadowbench.metrics.base import Metric

PAGE = Path(__file__).parents[3] / "docs" / "metrics-catalogue.md"
METRICS = {metric.name: metric for metric in (*text.METRICS, *structure.METRICS, *semantics.METRICS)}


def rows() -> dict[str, list[str]]:
    """The cells of each name; a row that tells of another form of the name is that one's, too."""
    found = {}
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `"):
            name, shape, *cells = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
            first, suffix, second = re.fullmatch(r"(\w+); `(\w+)`: (\w+)", shape).groups()
            found[name.strip("`")] = [first, *cells]
            found[name.strip("`") + suffix] = [second, *cells]
    return found


ROWS = rows()


def defaults(metric: Metric) -> dict[str, object]:
    options = inspect.signature(metric.function).parameters.values()
    return {p.name: p.default for p in options if p.kind is p.KEYWORD_ONLY}


def test_every_metric_has_its_row_and_no_row_is_of_another() -> None:
    assert ROWS.keys() == METRICS.keys()


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_row_says_what_the_metric_declares(metric: Metric) -> None:
    shape, values, needs, _, _, _ = ROWS[metric.name]
    assert shape == metric.shape.value
    assert values == f"{metric.low:g}–{'∞' if metric.high is None else f'{metric.high:g}'}, {metric.direction.value}"
    declared = [need.value for need in metric.needs]
    assert re.findall("`(.+?)`", needs) == [need for need in declared if need != "no_reference"]
    assert ("no_reference" in declared) == metric.name.endswith("_reference")


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_row_has_the_options_with_their_defaults(metric: Metric) -> None:
    told = dict(re.findall(r"`(\w+)`(?: = ([^,]+))?", ROWS[metric.name][3]))
    declared = defaults(metric)
    if metric.name == "json_path_equals_agreement":
        told.pop("equals")  # as the page says below
    assert told.keys() == declared.keys()
    for name, default in declared.items():
        assert (json.loads(told[name]) if told[name] else inspect.Parameter.empty) == default, name


def test_reasons_that_a_module_gives_are_in_the_rows_of_its_metrics() -> None:
    """As far as they stand there as `Absent("…")`; where there is a bound, as `too_long`."""
    given, told = defaultdict(set), defaultdict(set)
    for name, metric in METRICS.items():
        if not name.endswith("_agreement"):
            module = inspect.getmodule(inspect.unwrap(metric.function))
            source = inspect.getsource(module)
            given[module] |= set(re.findall(r'Absent\("(\w+)"\)', source))
            given[module] |= {"too_long"} if "bounded(" in source or "TOO_LONG" in source else set()
            told[module] |= set(re.findall("`(.+?)`", ROWS[name][4]))
    assert len(given) > 10
    assert given == told
