"""The Helm chart, rendered by the real programs for tests."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CHART = ROOT / "helm" / "shadowbench"
HELMS = (3, 4)
KUBERNETES = "1.37.0"

Document = dict[str, Any]
Values = Mapping[str, Any]

GATEWAY: Values = {
    "image": {"repository": "registry.example.com/shadowbench"},
    "config": {
        "production": {"url": "http://litellm:4000"},
        "candidates": {"small": {"url": "http://vllm:8000", "api_key_env": "SMALL_API_KEY", "sample_rate": 0.1}},
        "scoring": {
            "judges": {
                "quality": {
                    "endpoint": {"url": "https://judge.example.com/v1", "model": "m", "api_key_env": "JUDGE_API_KEY"},
                }
            }
        },
    },
    "apiKeys": {
        "SMALL_API_KEY": {"name": "llm-keys", "key": "small"},
        "JUDGE_API_KEY": {"name": "llm-keys", "key": "judge"},
    },
}
SIDECAR: Values = {**GATEWAY, "mode": "sidecar"}
SCORER: Values = {**GATEWAY, "mode": "scorer", "store": {"existingSecret": {"name": "store"}}, "replicas": 3}
# As docs/kubernetes.md advises for production.
PRODUCTION: Values = {
    **GATEWAY,
    "image": {"repository": "registry.example.com/shadowbench", "digest": f"sha256:{'0' * 64}"},
    "persistence": {"enabled": True, "size": "50Gi", "storageClassName": "fast"},
    "acceptLogPerPod": True,
    "autoscaling": {"enabled": True},
    "secret": {"existingSecret": {"name": "shadowbench"}},
    "networkPolicy": {
        "enabled": True,
        "clients": [{"namespaceSelector": {"matchLabels": {"team": "search"}}}],
        "monitoring": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "litellm"}}}], "ports": [{"port": 4000}]}],
    },
    "metrics": {"podMonitor": {"enabled": True, "labels": {"release": "prometheus"}}},
    "service": {"bypass": {"selector": {"app": "litellm"}}},
}
# What the others leave out, so that every branch of every template is rendered.
UNUSUAL: Values = {
    **GATEWAY,
    "fullnameOverride": "mirror-of-search",
    "commonLabels": {"team": "search"},
    "imagePullSecrets": [{"name": "registry"}],
    "existingConfigMap": {"name": "ours", "key": "ours.yaml"},
    "rollOnConfigChange": False,
    "replicas": 2,
    "acceptLogPerPod": True,
    "listenHost": "[::]",
    "proxy": {"env": [{"name": "A", "value": "b"}], "envFrom": [{"configMapRef": {"name": "more"}}]},
    "scorer": {"enabled": False},
    "drain": {"preStopSeconds": 0, "delaySeconds": 0, "timeoutSeconds": 30},
    "service": {
        "type": "LoadBalancer",
        "annotations": {"a": "b"},
        "bypass": {"enabled": True, "selector": {"app": "litellm"}, "targetPort": "http"},
    },
    "metrics": {
        "serviceMonitor": {"enabled": True},
        "relabelings": [{"action": "labeldrop", "regex": "pod"}],
        "metricRelabelings": [{"action": "drop", "regex": "go_.*", "sourceLabels": ["__name__"]}],
    },
    "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/export"}},
    "podAnnotations": {"a": "b"},
    "podLabels": {"a": "b"},
    "priorityClassName": "high",
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "llm", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
    "extraVolumes": [{"name": "certificates", "secret": {"secretName": "ca"}}],
    "extraVolumeMounts": [{"name": "certificates", "mountPath": "/certificates", "readOnly": True}],
}
ALL: Mapping[str, Values] = {
    "gateway": GATEWAY,
    "production": PRODUCTION,
    "unusual": UNUSUAL,
    "sidecar": {**SIDECAR, "metrics": {"podMonitor": {"enabled": True}}},
    "scorer": SCORER,
}


class RefusedError(Exception):
    """The chart does not render; the message is Helm's."""


def helm(major: int) -> str:
    """The program, or the test is skipped."""
    program = ROOT / "build" / f"helm-{major}" / "helm"
    if not program.exists():
        pytest.skip(f"Helm {major} is not there: script/chart-tools gets it, for Linux on x86-64")
    return str(program)


def run_helm(major: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Offline, and without what the machine's own Helm is set to."""
    with tempfile.TemporaryDirectory() as home:
        own = {f"HELM_{each}_HOME": f"{home}/{each}" for each in ("CACHE", "CONFIG", "DATA")}
        # It ends before its garbage matters; collecting that is a quarter of its time.
        own |= {"GOGC": "off"}
        environment = {"PATH": "/usr/bin:/bin", "HOME": home, "KUBECONFIG": "/dev/null", **own}
        return subprocess.run(
            [helm(major), *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def render_text(values: Values, *, major: int = 4, kubernetes: str = KUBERNETES, chart: Path = CHART) -> str:
    """What `helm template` writes. Raises RefusedError."""
    return _rendered(json.dumps(values), major, kubernetes, chart)


@functools.cache
def _rendered(values: str, major: int, kubernetes: str, chart: Path) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(values)
        file.flush()
        done = run_helm(major, "template", "r", chart, "-n", "llm", "--kube-version", kubernetes, "--values", file.name)
    if done.returncode:
        raise RefusedError(done.stderr)
    return done.stdout


def render(values: Values, **how: Any) -> list[Document]:
    """The objects; for `how` see `render_text`."""
    # The loader in C is ten times as fast, and half of a test's time would be the other's.
    return [each for each in yaml.load_all(render_text(values, **how), yaml.CSafeLoader) if each]


def only(documents: Sequence[Document], kind: str, end: str = "") -> Document:
    """The one object of this kind whose name ends so."""
    (found,) = [each for each in documents if each["kind"] == kind and each["metadata"]["name"].endswith(end)]
    return found


def pod_of(documents: Sequence[Document]) -> Document:
    """The pod that a Deployment or StatefulSet makes."""
    (found,) = [each for each in documents if each["kind"] in ("Deployment", "StatefulSet")]
    template: Document = found["spec"]["template"]
    return template


def containers_of(pod: Document) -> dict[str, Document]:
    """Ours, by role, wherever they are in the pod."""
    spec = pod["spec"]
    every = [*(spec.get("initContainers") or []), *spec["containers"]]
    return {
        each["name"].removeprefix("shadowbench-"): each
        for each in every
        if each["name"].removeprefix("shadowbench-") in ("proxy", "mirror", "scorer")
    }


def environment_of(container: Document, secrets: Mapping[tuple[str, str], str], pod: str = "pod-0") -> dict[str, str]:
    """As the container of a pod with this name would see it, with the values of Secrets by name and key."""
    found: dict[str, str] = {}
    for each in container["env"]:
        source = each.get("valueFrom", {})
        if "secretKeyRef" in source:
            found[each["name"]] = secrets[source["secretKeyRef"]["name"], source["secretKeyRef"]["key"]]
        elif "fieldRef" in source:
            assert source["fieldRef"]["fieldPath"] == "metadata.name"
            found[each["name"]] = pod
        else:
            # References to variables before it, as Kubernetes expands them.
            found[each["name"]] = re.sub(r"\$\((\w+)\)", lambda name: found.get(name[1], name[0]), each["value"])
    return found


def parent_chart(folder: Path, template: str) -> Path:
    """A chart in `folder` that has ours as a dependency, and `template` for its pod."""
    chart = folder / "client"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(
        "apiVersion: v2\nname: client\nversion: 0.1.0\n"
        "dependencies: [{name: shadowbench, version: 0.1.0, repository: 'file://../shadowbench'}]\n"
    )
    (chart / "values.yaml").write_text("{}\n")
    (chart / "templates" / "deployment.yaml").write_text(template)
    shutil.copytree(CHART, chart / "charts" / "shadowbench")
    return chart
