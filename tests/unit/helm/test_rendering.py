"""The chart renders, with both Helms and for every Kubernetes that it is for, into what Kubernetes accepts."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate import utils

import shadowbench
from tests import charts
from tests.charts import ALL, CHART, HELMS, ROOT, Document, render, render_text, run_helm
from tests.unit.helm.sidecar_pods import CLASSIC, NATIVE, sidecar_documents

# PodMonitor and its like are not Kubernetes' own: test_monitoring.py has their types.
OPERATOR = "monitoring.coreos.com/v1"
OLDEST = (1, 28)


def versions() -> list[str]:
    """Those whose schemas are there, from the oldest that the chart is for."""
    found = {(int(each.split(".")[0]), int(each.split(".")[1])) for each in utils.all_versions()}
    return [f"{major}.{minor}" for major, minor in sorted(found) if (major, minor) >= OLDEST]


@pytest.mark.parametrize("major", HELMS)
def test_lint_has_nothing_to_say(major: int) -> None:
    done = run_helm(major, "lint", "--strict", CHART)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALL)
def test_both_helms_render_the_same_but_for_empty_lines(name: str) -> None:
    # Helm 4 ends each object with an empty line of its own.
    three, four = (render_text(ALL[name], major=major) for major in HELMS)
    assert lines_of(three) == lines_of(four)
    assert lines_of(three)


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_kubernetes_from_the_oldest_to_the_newest_is_tested() -> None:
    assert versions()[0] == "1.28"
    assert len(versions()) >= 10


@pytest.fixture
def schemas_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are megabytes, and read anew for each object otherwise."""
    monkeypatch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))


@pytest.mark.usefixtures("schemas_read_once")
@pytest.mark.parametrize("version", versions())
def test_kubernetes_accepts_every_object(version: str) -> None:
    """With --strict, so that an unknown field is an error, too."""
    seen = set()
    for document in documents_for(version):
        text = json.dumps(document, sort_keys=True)
        if document["apiVersion"] != OPERATOR and text not in seen:
            kubernetes_validate.validate(document, version, strict=True)
        seen.add(text)
    assert len(seen) > 20


def documents_for(version: str) -> Iterator[Document]:
    """What is installed there, and a pod of somebody else's with our containers."""
    native = version != "1.28"
    # From 1.30 on the chart asks for nothing newer, and renders the same.
    asked = min(version, "1.30")
    for name, values in ALL.items():
        changed = {**values, "sidecar": {"native": native}} if name == "sidecar" else values
        yield from render(changed, kubernetes=f"{asked}.0")
    yield from sidecar_documents(NATIVE if native else CLASSIC, kubernetes=f"{asked}.0")


def test_a_field_that_does_not_exist_would_be_found() -> None:
    document = json.loads(json.dumps(charts.only(render(ALL["gateway"]), "Deployment")))
    document["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="livenesProbe"):
        kubernetes_validate.validate(document, "1.37", strict=True)


def test_all_objects_are_in_the_releases_namespace_and_say_whose_they_are() -> None:
    for document in (each for name in ALL for each in render(ALL[name])):
        metadata = document["metadata"]
        assert metadata["namespace"] == "llm"
        if document["kind"] != "Pod":  # the test's
            assert metadata["labels"]["app.kubernetes.io/part-of"] == "shadowbench"
            assert metadata["labels"]["helm.sh/chart"].startswith("shadowbench-")


@functools.cache
def chart_file() -> dict[str, Any]:
    return dict(yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8")))


def test_the_chart_installs_this_version() -> None:
    assert chart_file()["appVersion"] == shadowbench.__version__


def test_a_kubernetes_that_is_too_old_is_refused() -> None:
    with pytest.raises(charts.RefusedError, match=r"1\.28"):
        render(ALL["gateway"], kubernetes="1.27.9")


def test_the_schema_knows_the_keys_of_the_configuration() -> None:
    done = subprocess.run(
        [sys.executable, "script/chart-schema", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_value_is_commented_and_has_a_schema() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    assert sorted([*values, "global"]) == sorted(schema["properties"])
    assert list(unlike(values, schema, "")) == []


def unlike(values: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[str]:
    """Groups of values with keys that are closed and yet not the schema's."""
    for name, value in values.items():
        known = schema.get("properties", {}).get(name, {})
        if isinstance(value, dict) and known.get("additionalProperties") is False:
            if set(value) - set(known["properties"]):
                yield f"{where}{name}"
            yield from unlike(value, known, f"{where}{name}.")


def test_a_package_can_be_made(tmp_path: Path) -> None:
    done = run_helm(4, "package", CHART, "--destination", tmp_path)
    assert done.returncode == 0, done.stderr
    assert [each.name for each in tmp_path.iterdir()] == [f"shadowbench-{chart_file()['version']}.tgz"]
