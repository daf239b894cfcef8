"""docs/kubernetes.md: its values install, and the names, ports and commands in it are the chart's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from shadowbench import configuration
from tests.charts import ROOT, containers_of, environment_of, only, pod_of, render, run_helm

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


# What is complete by itself, and what goes over the first.
COMPLETE = {
    name: values_in(name) for name in ("shadowbench-values.yaml", "envoy-ai-gateway-values.yaml", "vllm-values.yaml")
}
OVER = ("shadowbench-production.yaml", "headers-values.yaml", "tls-values.yaml", "autoscaling-values.yaml")
EVERY = {**COMPLETE, **{name: over(FIRST, values_in(name)) for name in OVER}}


def test_every_block_of_values_on_the_page_is_tried() -> None:
    assert set(re.findall(r"```yaml\n# (\S+\.yaml)\n", PAGE)) == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_values_of_the_page_render_and_their_configuration_holds(name: str, tmp_path: Path) -> None:
    documents = render(EVERY[name])
    file = tmp_path / "shadowbench.yaml"
    file.write_text(only(documents, "ConfigMap", "-config")["data"]["shadowbench.yaml"])
    for container in containers_of(pod_of(documents)).values():
        with pytest.MonkeyPatch.context() as given:
            for variable, value in environment_of(container, AnySecret()).items():
                given.setenv(variable, value)
            settings = configuration.load(file)
    assert settings.production.url == EVERY[name]["config"]["production"]["url"]
    assert all(each.sample_rate > 0 for each in settings.candidates.values())


class AnySecret(dict[tuple[str, str], str]):
    """Secrets that have whatever is asked for."""

    def __missing__(self, reference: tuple[str, str]) -> str:
        return '{"x-portkey-api-key": "k"}' if reference[1].endswith("-headers") else "ab" * 32


@pytest.mark.parametrize("name", COMPLETE)
def test_each_gateway_has_its_way_around(name: str) -> None:
    bypassed = over(COMPLETE[name], {"service": {"bypass": {"enabled": True}}})
    service = only(render(bypassed), "Service", "-shadowbench")["spec"]
    assert service.get("selector") or service["ports"][0]["port"] == 80  # a name keeps the port


def test_the_examples_of_sizing_follow_from_what_was_measured() -> None:
    """Cores are requests, chunks and pairs times the microseconds of the first table."""
    request_us, chunk_us = (int(each) for each in re.findall(r"\| proxy \| (\d+) µs per request, (\d+) µs", PAGE)[0])
    pair_us, copied_us = (
        int(each) for each in re.findall(r"mirror and recorder \| (\d+) µs per pair, (\d+) µs", PAGE)[0]
    )
    (score_us,) = (int(each) for each in re.findall(r"\| scorer \| (\d+) µs per pair", PAGE))
    rows = re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| (\d+) % \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", PAGE, re.M)
    assert len(rows) >= 4
    for requests, chunks, percent, *told in rows:
        per_s, streamed = int(requests.replace(",", "")), int(chunks.replace(",", ""))
        share = int(percent) / 100
        cores = (
            per_s * request_us + streamed * chunk_us,
            share * (per_s * pair_us + 2 * streamed * copied_us),
            share * per_s * score_us,
        )
        assert [float(each) for each in told] == pytest.approx([each / 1e6 for each in cores], abs=0.011)


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


def test_what_stops_copying_is_what_the_notes_print() -> None:
    command = r"kubectl -n llm get pods .* shadowbench control kill"
    given = [f"--set-json={name}={json.dumps(value)}" for name, value in FIRST.items()]
    chart = ROOT / "helm" / "shadowbench"
    notes = run_helm(4, "install", "shadowbench", chart, "-n", "llm", "--dry-run=client", *given).stdout
    runbook = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    told = {tuple(re.findall(command, text)) for text in (PAGE, notes, runbook)}
    assert len(told) == 1 and len(told.pop()) == 1
    assert not re.search(
        r"exec (deployment|statefulset)\S* .*control (kill|pause|rates|resume)", PAGE + notes + runbook
    )


def test_the_seconds_of_leaving_are_the_defaults() -> None:
    defaults = yaml.safe_load((ROOT / "helm" / "shadowbench" / "values.yaml").read_text("utf-8"))["drain"]
    told = re.findall(r"^\d\. `(\w+)` \((\d+)\)", PAGE, re.M)
    assert {name: int(seconds) for name, seconds in told} == defaults
