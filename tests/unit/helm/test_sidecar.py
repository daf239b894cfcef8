"""Our containers in the pods of other charts, native and classic."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts import GATEWAY, SIDECAR, RefusedError, containers_of, only, render
from tests.unit.helm.sidecar_pods import CLASSIC, NATIVE, sidecar_documents, sidecar_pod


def names(containers: list[dict[str, str]]) -> list[str]:
    return [each["name"] for each in containers]


def test_native_sidecars_start_before_the_pods_own_container_and_the_proxy_leaves_first() -> None:
    """They stop in the reverse order: the proxy, then the mirror that must outlast it."""
    spec = sidecar_pod(NATIVE)["spec"]
    assert names(spec["initContainers"]) == ["shadowbench-scorer", "shadowbench-mirror", "shadowbench-proxy"]
    assert {each["restartPolicy"] for each in spec["initContainers"]} == {"Always"}
    assert names(spec["containers"]) == ["app"]


def test_only_the_proxys_start_is_waited_for() -> None:
    containers = containers_of(sidecar_pod(NATIVE))
    assert [role for role, each in containers.items() if "startupProbe" in each] == ["proxy"]
    # They end after the pod's own containers: there is nobody whose leaving must be waited for.
    assert not any("lifecycle" in each for each in containers.values())


def test_classic_sidecars_are_containers_beside_the_pods_own() -> None:
    spec = sidecar_pod(CLASSIC)["spec"]
    assert names(spec["containers"]) == ["app", "shadowbench-proxy", "shadowbench-mirror", "shadowbench-scorer"]
    assert not spec.get("initContainers")
    assert not any("restartPolicy" in each for each in spec["containers"])
    assert all("lifecycle" in each for role, each in containers_of({"spec": spec}).items() if role != "scorer")


@pytest.mark.parametrize(("values", "listens"), [(NATIVE, "127.0.0.1:8080"), (CLASSIC, "0.0.0.0:8080")])
def test_beside_a_client_only_the_pod_itself_reaches_the_proxy(values: dict[str, object], listens: str) -> None:
    proxy = containers_of(sidecar_pod(values))["proxy"]
    found = {each["name"]: each.get("value") for each in proxy["env"]}
    assert found["SHADOWBENCH_PROXY__LISTEN"] == listens
    # Probes come from the node.
    assert found["SHADOWBENCH_ADMIN__LISTEN"] == "0.0.0.0:9464"


def test_the_release_has_the_configuration_the_monitor_and_no_pods_of_its_own() -> None:
    documents = sidecar_documents({**SIDECAR, "metrics": {"podMonitor": {"enabled": True}}})
    assert sorted(each["kind"] for each in documents) == ["ConfigMap", "Deployment", "PodMonitor"]
    pod = only(documents, "Deployment")["spec"]["template"]
    selected = only(documents, "PodMonitor")["spec"]["selector"]["matchLabels"]
    assert selected.items() <= pod["metadata"]["labels"].items()
    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    assert volumes["shadowbench-config"]["configMap"]["name"] == only(documents, "ConfigMap")["metadata"]["name"]


def test_the_pod_has_our_checksum_and_time_to_leave() -> None:
    pod = sidecar_pod(NATIVE)
    gateway = only(render(GATEWAY), "Deployment")["spec"]["template"]
    assert pod["spec"]["terminationGracePeriodSeconds"] == gateway["spec"]["terminationGracePeriodSeconds"]
    assert pod["metadata"]["annotations"]["checksum/config"] == gateway["metadata"]["annotations"]["checksum/config"]


def test_the_pair_log_may_lie_on_a_volume_of_the_pod() -> None:
    pod = sidecar_pod({**NATIVE, "persistence": {"volumeName": "data"}})
    mounts = {each["mountPath"]: each["name"] for each in containers_of(pod)["mirror"]["volumeMounts"]}
    assert mounts["/var/lib/shadowbench"] == "data"
    assert "shadowbench-log" not in {each["name"] for each in pod["spec"]["volumes"]}


def test_bypassed_the_pod_is_its_own_again() -> None:
    for values in (NATIVE, CLASSIC):
        spec = sidecar_pod({**values, "sidecar": {**values.get("sidecar", {}), "bypass": True}})["spec"]
        assert names(spec["containers"]) == ["app"]
        assert not spec.get("initContainers") and not spec.get("volumes")
        assert base_url(spec) == "http://litellm:4000/v1"


def test_the_address_for_the_pods_own_containers_is_the_proxys() -> None:
    assert base_url(sidecar_pod(NATIVE)["spec"]) == "http://127.0.0.1:8080/v1"
    assert base_url(sidecar_pod({**NATIVE, "listenHost": "[::]"})["spec"]) == "http://[::1]:8080/v1"
    secure = {**NATIVE["config"], "proxy": {"tls": {"cert_file": "/tls/tls.crt", "key_file": "/tls/tls.key"}}}
    assert base_url(sidecar_pod({**NATIVE, "config": secure})["spec"]) == "https://127.0.0.1:8080/v1"


def base_url(spec: dict[str, Any]) -> str:
    (app,) = [each for each in spec["containers"] if each["name"] == "app"]
    (found,) = [each["value"] for each in app["env"] if each["name"] == "OPENAI_BASE_URL"]
    return str(found)


def test_another_mode_cannot_be_included() -> None:
    with pytest.raises(RefusedError, match=r"set shadowbench\.mode to sidecar"):
        sidecar_documents(GATEWAY)


def test_its_values_are_checked_there_too() -> None:
    with pytest.raises(RefusedError, match="proxi"):
        sidecar_documents({**SIDECAR, "proxi": {}})
    with pytest.raises(RefusedError, match=r"say in apiKeys\."):
        sidecar_documents({**SIDECAR, "config": {**SIDECAR["config"], "control": {"token_env": "TOKEN"}}})


def test_both_helms_render_the_same_pod() -> None:
    for values in (NATIVE, CLASSIC):
        assert sidecar_pod(values, major=3) == sidecar_pod(values, major=4)


def test_the_release_alone_has_no_pods() -> None:
    assert [each["kind"] for each in render(SIDECAR)] == ["ConfigMap"]
