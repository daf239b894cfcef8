"""What the chart tells the Prometheus operator and Grafana, checked by the operator's own types."""

from __future__ import annotations

import json
import shutil
import tarfile
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloudcoil.models.prometheus_operator import v1
from pydantic import BaseModel

from tests.charts import (
    CHART,
    GATEWAY,
    PRODUCTION,
    ROOT,
    UNUSUAL,
    Document,
    RefusedError,
    containers_of,
    only,
    pod_of,
    render,
    run_helm,
)
from tests.unit.helm.sidecar_pods import SIDECAR, sidecar_documents

RULES = {
    "groups": [
        {
            "name": "shadowbench",
            "rules": [
                {
                    "alert": "ShadowbenchDown",
                    "expr": "up == 0",
                    "for": "5m",
                    "labels": {"severity": "page"},
                    "annotations": {"summary": "{{ $labels.pod }} is {{ $value }}"},
                }
            ],
        }
    ]
}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """With a rule and a dashboard."""
    bare = tmp_path / "shadowbench"
    shutil.copytree(CHART, bare, ignore=shutil.ignore_patterns("rules", "dashboards"))
    (bare / "rules").mkdir()
    (bare / "rules" / "alerts.yaml").write_text(yaml.safe_dump(RULES))
    (bare / "rules" / "alerts_test.yaml").write_text(yaml.safe_dump({"rule_files": ["alerts.yaml"], "tests": []}))
    (bare / "dashboards").mkdir()
    (bare / "dashboards" / "over_view.json").write_text('{"title": "{{job}}", "uid": "x"}\n')
    return bare


def unknown_keys(fields: Any, kind: Any, where: str = "") -> Iterator[str]:
    """Keys that the operator's types do not have: they take them without a word."""
    if isinstance(fields, list):
        (entry,) = typing.get_args(kind) or (Any,)
        for each in fields:
            yield from unknown_keys(each, present(entry), where)
    elif isinstance(fields, dict) and isinstance(kind, type) and issubclass(kind, BaseModel):
        known = {each.alias or name: present(each.annotation) for name, each in kind.model_fields.items()}
        for name, value in fields.items():
            if name not in known:
                yield f"{where}.{name}"
            yield from unknown_keys(value, known.get(name), f"{where}.{name}")


def present(annotation: Any) -> Any:
    """The type behind optional and annotated ones."""
    parts = [each for each in typing.get_args(annotation) if each is not type(None)]
    is_list = typing.get_origin(annotation) in (list, dict)
    return present(parts[0]) if parts and not is_list else annotation


def checked(document: Document) -> Document:
    kind = getattr(v1, document["kind"])
    kind.model_validate(document)
    assert list(unknown_keys(document["spec"], present(kind.model_fields["spec"].annotation))) == []
    return document


def test_a_key_that_does_not_exist_would_be_found() -> None:
    document = json.loads(json.dumps(only(render(PRODUCTION), "PodMonitor")))
    document["spec"]["podMetricsEndpoints"][0]["intervall"] = "15s"
    with pytest.raises(AssertionError, match="intervall"):
        checked(document)


def test_every_container_is_scraped() -> None:
    documents = render(PRODUCTION)
    monitor = checked(only(documents, "PodMonitor"))
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    pod = pod_of(documents)
    admin = {p["name"] for each in containers_of(pod).values() for p in each["ports"] if p["name"] != "http"}
    assert {each["port"] for each in monitor["spec"]["podMetricsEndpoints"]} == admin
    assert monitor["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_or_through_the_service() -> None:
    documents = render(UNUSUAL)
    monitor = checked(only(documents, "ServiceMonitor"))
    service = only(documents, "Service", "-admin")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [each["port"] for each in monitor["spec"]["endpoints"]] == [
        each["name"] for each in service["spec"]["ports"]
    ]
    # The clients' Service leads to the same pods: scraped through both, everything would count twice.
    clients = only(documents, "Service", "search")
    assert not monitor["spec"]["selector"]["matchLabels"].items() <= clients["metadata"]["labels"].items()


def test_sidecars_are_scraped_in_the_pods_that_hold_them() -> None:
    checked(only(sidecar_documents({**SIDECAR, "metrics": {"podMonitor": {"enabled": True}}}), "PodMonitor"))


def test_rules_arrive_as_they_are(chart: Path) -> None:
    values = {**GATEWAY, "metrics": {"prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}}}}
    rule = checked(only(render(values, chart=chart), "PrometheusRule"))
    assert rule["spec"] == RULES
    assert rule["metadata"]["labels"]["release"] == "prometheus"


def test_runbooks_are_where_they_are_read(chart: Path) -> None:
    rules = json.loads(json.dumps(RULES))
    rules["groups"][0]["rules"][0]["annotations"]["runbook_url"] = "docs/runbook.md#shadowbenchdown"
    (chart / "rules" / "alerts.yaml").write_text(yaml.safe_dump(rules))
    for url, leads in (
        ("", "docs/runbook.md"),
        ("https://wiki.example.com/runbook", "https://wiki.example.com/runbook"),
    ):
        values = {**GATEWAY, "metrics": {"prometheusRule": {"enabled": True, "runbookUrl": url}}}
        (rule,) = checked(only(render(values, chart=chart), "PrometheusRule"))["spec"]["groups"][0]["rules"]
        assert rule["annotations"]["runbook_url"] == f"{leads}#shadowbenchdown"


def test_dashboards_arrive_as_they_are(chart: Path) -> None:
    values = {**GATEWAY, "metrics": {"dashboards": {"enabled": True, "annotations": {"grafana_folder": "LLM"}}}}
    dashboard = only(render(values, chart=chart), "ConfigMap", "-over-view")
    assert json.loads(dashboard["data"]["over_view.json"]) == {"title": "{{job}}", "uid": "x"}
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert dashboard["metadata"]["annotations"] == {"grafana_folder": "LLM"}


@pytest.mark.parametrize("part", ["prometheusRule", "dashboards"])
def test_a_chart_that_was_packaged_without_them_says_so(part: str, chart: Path) -> None:
    shutil.rmtree(chart / ("rules" if part == "prometheusRule" else "dashboards"))
    with pytest.raises(RefusedError, match="was packaged without"):
        render({**GATEWAY, "metrics": {part: {"enabled": True}}}, chart=chart)


# ── those of the repository ──

LINKS = {"rules": "prometheus", "dashboards": "grafana"}


@pytest.mark.parametrize(("link", "folder"), LINKS.items())
def test_rules_and_dashboards_of_the_repository_come_with_the_chart(link: str, folder: str) -> None:
    """A link in a checkout, a copy in a source distribution."""
    said = f"ln -s ../../config/{folder} helm/shadowbench/{link}"
    found = {each.name: each.read_bytes() for each in (CHART / link).glob("*")}
    assert found == {each.name: each.read_bytes() for each in (ROOT / "config" / folder).iterdir()}, said


def test_a_package_has_the_files_and_no_links(tmp_path: Path) -> None:
    done = run_helm(4, "package", CHART, "--destination", tmp_path)
    assert done.returncode == 0, done.stderr
    (package,) = tmp_path.iterdir()
    with tarfile.open(package) as archive:
        assert all(each.isfile() for each in archive.getmembers())
        packed = {each.name: archive.extractfile(each).read() for each in archive.getmembers()}  # type: ignore[union-attr]
    for link, folder in LINKS.items():
        wanted = {f"shadowbench/{link}/{each.name}": each.read_bytes() for each in sources(folder)}
        assert wanted and wanted.items() <= packed.items()


def sources(folder: str) -> list[Path]:
    return [each for each in (ROOT / "config" / folder).iterdir() if each.suffix in (".yaml", ".json")]


def test_its_rules_are_the_operators_rules() -> None:
    values = {**GATEWAY, "metrics": {"prometheusRule": {"enabled": True}}}
    rule = checked(only(render(values), "PrometheusRule"))
    wanted = [
        group for each in sorted(sources("prometheus")) for group in yaml.safe_load(each.read_text()).get("groups", [])
    ]
    assert wanted and rule["spec"]["groups"] == wanted


def test_its_dashboards_fit_into_config_maps_with_names_of_their_own() -> None:
    values = {**GATEWAY, "metrics": {"dashboards": {"enabled": True}}}
    found = {}
    for document in render(values):
        if document["kind"] == "ConfigMap" and "grafana_dashboard" in document["metadata"]["labels"]:
            assert document["metadata"]["name"] not in found
            assert len(json.dumps(document["data"])) < 1_000_000  # etcd's bound is a little above
            found[document["metadata"]["name"]] = document["data"]
    told = {name: json.loads(text) for data in found.values() for name, text in data.items()}
    assert told == {each.name: json.loads(each.read_text()) for each in sources("grafana")}
    assert told
