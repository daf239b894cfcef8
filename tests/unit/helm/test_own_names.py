"""What the chart sets, nobody sets beside it: variables, volumes, labels, annotations."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.charts import ALL, GATEWAY, PRODUCTION, SIDECAR, RefusedError, Values, containers_of, pod_of, render
from tests.unit.helm.sidecar_pods import sidecar_documents

OWN = {
    "SHADOWBENCH_PROXY__LISTEN": "listenHost",
    "SHADOWBENCH_PROXY__DRAIN_DELAY_S": r"drain\.delaySeconds",
    "SHADOWBENCH_PROXY__DRAIN_TIMEOUT_S": r"drain\.timeoutSeconds",
    "SHADOWBENCH_ADMIN__LISTEN": "listenHost",
    "SHADOWBENCH_CONTROL__LISTEN": "on loopback",
    "SHADOWBENCH_STORE__URL": "persistence",
    "SHADOWBENCH_RUNTIME__FOLDER": "share an emptyDir",
}
READ = {
    "SHADOWBENCH_PRODUCTION__URL": r"config\.production\.url",
    "SHADOWBENCH_PROXY__TLS__CERT_FILE": r"config\.proxy\.tls\.cert_file",
    "SHADOWBENCH_SCORING__ENABLED": r"config\.scoring\.enabled",
    "SHADOWBENCH_STORE__EXPORT__URL": r"config\.store\.export\.url",
    "SHADOWBENCH_STORE__RETENTION__MAX_BYTES": r"config\.store\.retention\.max_bytes",
}
OURS = {"existingConfigMap": {"name": "ours"}}


def with_env(role: str, *names: str, over: Values = GATEWAY) -> dict[str, Any]:
    return {**over, role: {"env": [{"name": name, "value": "x"} for name in names]}}


@pytest.mark.parametrize("role", ["proxy", "mirror", "scorer"])
@pytest.mark.parametrize("name", [*OWN, "shadowbench_proxy__listen"])
def test_what_the_chart_sets_no_variable_sets_again(role: str, name: str) -> None:
    """Kubernetes takes the last of a name, and shadowbench does not tell small letters from large ones."""
    said = rf"{role}\.env names {name.upper()}, which is set by the chart: .* instead there is .*{OWN[name.upper()]}"
    for more in ({}, OURS):
        with pytest.raises(RefusedError, match=said):
            render(with_env(role, name, over={**GATEWAY, **more}))


def test_every_variable_that_each_container_gets_is_one_of_them() -> None:
    every = [{each["name"] for each in one["env"]} for one in containers_of(pod_of(render(GATEWAY))).values()]
    assert {name for name in set.intersection(*every) if name.startswith("SHADOWBENCH_")} == set(OWN)


@pytest.mark.parametrize("name", [*READ, "SHADOWBENCH_STORE__EXPORT", "SHADOWBENCH_STORE", "SHADOWBENCH_PROXY__TLS"])
def test_what_the_chart_reads_is_in_the_configuration(name: str) -> None:
    whole = next(said for each, said in READ.items() if f"{each}__".startswith(f"{name}__"))
    with pytest.raises(RefusedError, match=rf"mirror\.env names {name}: set {whole} instead"):
        render(with_env("mirror", name))


def test_of_a_configuration_that_it_does_not_see_the_chart_reads_nothing() -> None:
    name = "SHADOWBENCH_STORE__EXPORT__URL"
    mirror = containers_of(pod_of(render(with_env("mirror", name, over={**GATEWAY, **OURS}))))["mirror"]
    assert {"name": name, "value": "x"} in mirror["env"]


@pytest.mark.parametrize(
    ("values", "role", "names"),
    [
        (GATEWAY, "mirror", ["SMALL_API_KEY"]),
        (GATEWAY, "scorer", ["JUDGE_API_KEY"]),
        ({**GATEWAY, **OURS}, "scorer", ["SMALL_API_KEY"]),
        (PRODUCTION, "mirror", ["SHADOWBENCH_SECRET"]),
        (GATEWAY, "proxy", ["TWICE", "TWICE"]),
        (GATEWAY, "proxy", ["HTTPS_PROXY", "https_proxy"]),
    ],
)
def test_no_variable_is_there_twice(values: Values, role: str, names: list[str]) -> None:
    with pytest.raises(RefusedError, match=rf"{role}\.env names {names[-1]}, which is there already"):
        render(with_env(role, *names, over=values))


def test_a_key_that_another_container_has_is_free() -> None:
    proxy = containers_of(pod_of(render(with_env("proxy", "JUDGE_API_KEY", "SHADOWBENCH_SECRET"))))["proxy"]
    assert [each["name"] for each in proxy["env"]][-2:] == ["JUDGE_API_KEY", "SHADOWBENCH_SECRET"]


def test_pods_of_others_are_guarded_alike() -> None:
    with pytest.raises(RefusedError, match=r"proxy\.env names SHADOWBENCH_PROXY__LISTEN"):
        sidecar_documents(with_env("proxy", "SHADOWBENCH_PROXY__LISTEN", over=SIDECAR))


@pytest.mark.parametrize("name", ["gateway", "production", "unusual", "scorer"])
def test_no_container_has_a_name_twice(name: str) -> None:
    for container in containers_of(pod_of(render(ALL[name]))).values():
        assert set(Counter(each["name"].upper() for each in container["env"]).values()) == {1}


LABEL = {"app.kubernetes.io/name": "mine"}


@pytest.mark.parametrize(
    ("place", "values"),
    [
        ("podLabels", {"podLabels": LABEL}),
        ("podLabels", {"podLabels": {"team": "b"}, "commonLabels": {"team": "a"}}),
        ("commonLabels", {"commonLabels": LABEL}),
        ("metrics.podMonitor.labels", {"metrics": {"podMonitor": {"labels": LABEL}}}),
        ("metrics.serviceMonitor.labels", {"metrics": {"serviceMonitor": {"labels": LABEL}}}),
        ("metrics.prometheusRule.labels", {"metrics": {"prometheusRule": {"labels": LABEL}}}),
        ("metrics.dashboards.labels", {"metrics": {"dashboards": {"labels": LABEL}}}),
        ("podAnnotations", {"podAnnotations": {"checksum/config": "x"}}),
        ("podAnnotations", {"podAnnotations": {"kubectl.kubernetes.io/default-container": "mirror"}}),
        ("extraVolumes", {"extraVolumes": [{"name": "shadowbench-tmp", "emptyDir": {}}]}),
        ("extraVolumes", {"extraVolumes": [{"name": "shadowbench-log", "emptyDir": {}}]}),
        ("extraVolumes", {"extraVolumes": [{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]}),
    ],
)
def test_names_of_the_charts_own_are_refused(place: str, values: Values) -> None:
    with pytest.raises(RefusedError, match=rf"{place} has \S+, which is there already"):
        render({**GATEWAY, **values})


def test_the_names_of_volumes_are_those_that_pods_have() -> None:
    """What is refused above follows from this."""
    found = {each["name"] for each in pod_of(render(GATEWAY))["spec"]["volumes"]}
    assert found == {"shadowbench-config", "shadowbench-run", "shadowbench-log", "shadowbench-tmp"}
    assert set(pod_of(render(GATEWAY))["metadata"]["annotations"]) == {
        "checksum/config",
        "kubectl.kubernetes.io/default-container",
    }
