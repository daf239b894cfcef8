"""Rules that all dashboards keep: those of Grafana's dashboard-linter, and our own."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from dashboards.__main__ import main
from tests.unit.grafana.boards import NAMES, board, panels

# Of https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts, what we use.
UNITS = {"none", "short", "percentunit", "currencyUSD", "bytes", "s", "reqps", "cps"}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_files_are_what_the_code_makes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_links_to_it_stay_right(name: str) -> None:
    found = board(name)
    assert found["uid"] == f"shadowbench-{name}"
    assert found["title"] == f"Shadowbench: {name}"
    assert found["id"] is None
    assert "__inputs" not in found


def test_it_leads_to_the_others_with_what_was_chosen(name: str) -> None:
    (link,) = board(name)["links"]
    assert link["type"] == "dashboards"
    assert link["tags"] == board(name)["tags"] == ["shadowbench"]
    assert link["includeVars"]
    assert link["keepTime"]


def test_it_is_of_a_version_that_grafana_11_and_12_read(name: str) -> None:
    found = board(name)
    assert found["schemaVersion"] == 41
    assert found["editable"] is False
    assert found["timezone"] == "browser"
    assert found["time"] == {"from": "now-3h", "to": "now"}


def test_variables_choose_several_or_all(name: str) -> None:
    source, *others = board(name)["templating"]["list"]
    assert (source["name"], source["label"], source["query"]) == ("datasource", "Data source", "prometheus")
    assert [each["name"] for each in others[:3]] == ["job", "instance", "target"]
    assert [each["label"] for each in others[:2]] == ["Job", "Instance"]
    for each in others:
        assert each["datasource"] == DATASOURCE
        assert each["multi"]
        assert each["includeAll"]
        assert each["allValue"] == ".+"
        assert each["current"]["value"] == ["$__all"]
        assert each["refresh"] == 2, "its values follow the shown time"


def test_every_variable_is_used_and_every_one_used_is_there(name: str) -> None:
    found = board(name)
    there = {each["name"] for each in found["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]\w*)", str(found["panels"]) + str(found["templating"])))
    assert used == there


def test_production_is_offered_as_no_candidate(name: str) -> None:
    (target,) = [each for each in board(name)["templating"]["list"] if each["name"] == "target"]
    # JavaScript's expressions are Python's as far as this one goes.
    offered = re.compile(target["regex"].strip("/"))
    assert [each for each in ("production", "small", "production~again", "small~again") if offered.search(each)] == [
        "small",
        "production~again",
        "small~again",
    ]


def test_panels_say_what_they_tell(name: str) -> None:
    for panel in panels(name):
        assert panel["datasource"] == DATASOURCE, panel["title"]
        assert all(each["datasource"] == DATASOURCE for each in panel["targets"]), panel["title"]
        assert panel["title"]
        assert len(panel["description"]) > 40, panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        assert panel["fieldConfig"]["defaults"]["noValue"], panel["title"]
        assert panel["targets"], panel["title"]


def test_series_have_names(name: str) -> None:
    for panel in panels(name):
        legends = [each["legendFormat"] for each in panel["targets"] if each["format"] != "table"]
        assert all(legends), panel["title"]
        assert len(set(legends)) == len(legends) or "{{" in "".join(legends), panel["title"]


def test_queries_of_a_panel_are_told_apart(name: str) -> None:
    for panel in panels(name):
        refs = [each["refId"] for each in panel["targets"]]
        assert len(set(refs)) == len(refs), panel["title"]


def test_titles_are_unique(name: str) -> None:
    titles = [each["title"] for each in board(name)["panels"]]
    assert sorted(set(titles)) == sorted(titles)


def test_numbers_are_unique(name: str) -> None:
    numbers = [each["id"] for each in board(name)["panels"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_nothing_lies_upon_another_or_beside_the_grid(name: str) -> None:
    places = [(each["title"], each["gridPos"]) for each in board(name)["panels"]]
    for title, at in places:
        assert at["w"] > 0, title
        assert at["h"] > 0, title
        assert at["x"] >= 0, title
        assert at["x"] + at["w"] <= 24, title
    for (one, a), (other, b) in itertools.combinations(places, 2):
        assert not overlap(a, b), f"{one} and {other}"


def overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    def along(axis: str, size: str) -> bool:
        return a[axis] < b[axis] + b[size] and b[axis] < a[axis] + a[size]

    return along("x", "w") and along("y", "h")


def test_lines_of_panels_are_full(name: str) -> None:
    """No holes at the right end, but where a row of the dashboard ends."""
    by_line: dict[int, list[dict[str, Any]]] = {}
    for each in board(name)["panels"]:
        by_line.setdefault(each["gridPos"]["y"], []).append(each)
    lines = [by_line[y] for y in sorted(by_line)]
    for line, following in itertools.pairwise(lines):
        if following[0]["type"] != "row":
            assert sum(each["gridPos"]["w"] for each in line) == 24, line[-1]["title"]


def test_what_repeats_ends_its_row(name: str) -> None:
    """Grafana moves what comes below; what stands beside would be overlaid."""
    found = board(name)["panels"]
    for panel, following in itertools.zip_longest(found, found[1:]):
        if "repeat" in panel:
            assert following is None or following["type"] == "row"
            assert panel["gridPos"]["x"] == 0
