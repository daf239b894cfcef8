"""The dashboards as the Helm chart brings them: whole, and small enough."""

from __future__ import annotations

import json

import pytest

from tests.charts import CHART, GATEWAY, HELMS, render
from tests.unit.grafana.boards import NAMES, board

MOST_BYTES = 1 << 20
"""What a ConfigMap may hold."""


@pytest.mark.skipif(not (CHART / "dashboards").exists(), reason="the chart has no link to config/grafana")
@pytest.mark.parametrize("major", HELMS)
def test_each_is_a_config_map_of_its_own(major: int) -> None:
    documents = render({**GATEWAY, "metrics": {"dashboards": {"enabled": True}}}, major=major)
    maps = [each for each in documents if each["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]
    found = {key: text for each in maps for key, text in each["data"].items()}
    # Legends have braces as templates do: they must arrive as they are.
    assert {key: json.loads(text) for key, text in found.items()} == {f"{name}.json": board(name) for name in NAMES}
    assert any("{{target}}" in text for text in found.values())
    assert all(len(text.encode()) < MOST_BYTES / 2 for text in found.values())
