"""docs/metrics-behaviour.md says of each metric what its declaration says, and of no others."""

import inspect
import math
import re
from pathlib import Path

import pytest

from shadowbench.metrics import behaviour, consistency, performance, tools
from shadowbench.metrics.base import Metric

PAGE = Path(__file__).parents[3] / "docs" / "metrics-behaviour.md"
METRICS = {
    metric.name: metric for metric in (*tools.METRICS, *behaviour.METRICS, *performance.METRICS, *consistency.METRICS)
}


def rows() -> dict[str, list[str]]:
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in cells if len(row) == 7}


def told(value: float | None, otherwise: str) -> str:
    return otherwise if value is None or math.isinf(value) else f"{value:g}"


def test_every_metric_has_its_row_and_no_row_is_of_another() -> None:
    assert rows().keys() == METRICS.keys()


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_row_says_what_the_metric_declares(metric: Metric) -> None:
    shape, values, needs, options, absent, _ = rows()[metric.name]
    assert shape == metric.shape.value
    span = f"{told(metric.low, '−∞')}–{told(metric.high, '∞')}"
    assert values == f"{span} {metric.unit}, {metric.direction.value}".replace(" ,", ",")
    assert re.findall("`(.+?)`", needs) == [need.value for need in metric.needs]
    assert ("whatever came" in absent) == metric.whatever_came
    declared = metric.options({})
    for name, value in declared.items():
        shown = value if isinstance(value, tuple) else (value,)
        assert options == f"`{name}` = " + ", ".join(f"`{one}`" if isinstance(one, str) else "1e-6" for one in shown)
    assert bool(options) == bool(declared)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_reasons_that_a_metric_gives_itself_are_in_its_row(metric: Metric) -> None:
    """As far as they stand in the function: `Absent("…")`."""
    given = set(re.findall(r'Absent\("(\w+)"\)', inspect.getsource(inspect.unwrap(metric.function))))
    assert given <= set(re.findall("`(.+?)`", rows()[metric.name][4]))
