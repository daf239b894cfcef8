"""docs/kubernetes.md: its values install, and the names, ports and commands in it are the chart's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.charts import ROOT, containers_of, only, pod_of, render, run_helm

PAGE = (ROOT / "docs" / "kubernetes.md").read_text("utf-8")


def values_in(name: str) -> dict[str, Any]:
    """The block that begins with this file's name."""
    (found,) = re.findall(rf"```yaml\n# {re.escape(name)}\n(.*?)```", PAGE, re.S)
    return dict(yaml.safe_load(found))


def over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """As Helm has several files of values."""
    both = {key: over(below[key], above[key]) for key in below.keys() & above.keys() if isinstance(below[key], dict)}
    return {**below, **above, **both}


FIRST = values_in("shadowbench-values.yaml")
PRODUCTION = over(FIRST, values_in("shadowbench-production.yaml"))


def test_the_first_values_install_one_pod_that_a_new_one_replaces() -> None:
    assert only(render(FIRST), "Deployment")["spec"]["replicas"] == 1


def test_productions_values_install_two_that_keep_their_logs() -> None:
    documents = render(PRODUCTION)
    assert only(documents, "StatefulSet")["spec"]["replicas"] == 2
    assert {"NetworkPolicy", "PodMonitor", "PodDisruptionBudget"} <= {each["kind"] for each in documents}


def test_the_table_of_containers_is_true() -> None:
    rows = re.findall(r"^\| `(proxy|mirror|scorer)` \| (.*?) \|", PAGE, re.M)
    told = {role: dict(re.findall(r"`([a-z-]+)` (\d+)", ports)) for role, ports in rows}
    containers = containers_of(pod_of(render(FIRST)))
    assert told == {
        role: {port["name"]: str(port["containerPort"]) for port in each["ports"]} for role, each in containers.items()
    }


def test_the_way_around_is_the_one_that_the_notes_print() -> None:
    told = re.findall(r"patch service shadowbench --type=json -p '(.*?)'", PAGE)
    given = [f"--set-json={name}={json.dumps(value)}" for name, value in FIRST.items()]
    notes = run_helm(
        4, "install", "shadowbench", ROOT / "helm" / "shadowbench", "-n", "llm", "--dry-run=client", *given
    ).stdout
    printed = re.findall(r"kubectl -n llm patch service shadowbench --type=json -p '(.*?)'", notes)
    assert [json.loads(each) for each in told] == [json.loads(each) for each in printed]
    assert [each["path"] for each in json.loads(printed[0])] == ["/spec/selector", "/spec/ports/0/targetPort"]


def test_the_way_around_leads_where_the_value_does() -> None:
    (patch,) = re.findall(r"patch service shadowbench --type=json -p '(.*?)'", PAGE)
    bypassed = over(FIRST, {"service": {"bypass": {"enabled": True}}})
    service = only(render(bypassed), "Service", "-shadowbench")["spec"]
    for each in json.loads(patch):
        found: Any = service
        for part in each["path"].split("/")[2:]:
            found = found[int(part) if part.isdigit() else part]
        assert found == each["value"]


def test_the_seconds_of_leaving_are_the_defaults() -> None:
    defaults = yaml.safe_load((ROOT / "helm" / "shadowbench" / "values.yaml").read_text("utf-8"))["drain"]
    told = re.findall(r"^\d\. `(\w+)` \((\d+)\)", PAGE, re.M)
    assert {name: int(seconds) for name, seconds in told} == defaults
