"""What a rendered pod promises: production's way is guarded, keys go where they are needed, and leaving takes long enough."""

from __future__ import annotations

import functools
import json
import re

import pytest

from shadowbench import configuration, wiring
from shadowbench.supervisor import Plan
from tests.charts import (
    ALL,
    CHART,
    GATEWAY,
    PRODUCTION,
    SCORER,
    SIDECAR,
    UNUSUAL,
    Document,
    Values,
    containers_of,
    environment_of,
    only,
    pod_of,
    render,
    run_helm,
)
from tests.unit.helm.sidecar_pods import CLASSIC, NATIVE, sidecar_pod

PODS = ["gateway", "production", "unusual", "scorer", "native", "classic"]
KEYS = {
    ("llm-keys", "small"): "sk-small-0123456789",
    ("llm-keys", "judge"): "sk-judge-0123456789",
    ("shadowbench", "secret"): "ab" * 32,
    ("store", "url"): "postgresql://store/pairs",
}


@pytest.fixture(params=PODS)
def pod(request: pytest.FixtureRequest) -> Document:
    return pod_named(request.param)


def pod_named(name: str) -> Document:
    if name in ("native", "classic"):
        return sidecar_pod(NATIVE if name == "native" else CLASSIC)
    return pod_of(render(ALL[name]))


# ── isolation ──


def test_every_container_has_limits_of_its_own(pod: Document) -> None:
    for container in containers_of(pod).values():
        assert container["resources"]["limits"].keys() == {"cpu", "memory"}
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_a_proxy_worker_cannot_reach_its_limit_of_processor_time() -> None:
    """One worker uses one core at most; a limit that it reached would show in clients' latency."""
    limits = containers_of(pod_of(render(GATEWAY)))["proxy"]["resources"]["limits"]
    assert int(limits["cpu"]) >= 2


def test_every_container_is_confined(pod: Document) -> None:
    for container in containers_of(pod).values():
        assert container["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }


@pytest.mark.parametrize("name", ["gateway", "production", "unusual", "scorer"])
def test_a_pod_of_ours_has_no_token_of_the_cluster(name: str) -> None:
    documents = render(ALL[name])
    assert pod_of(documents)["spec"]["automountServiceAccountToken"] is False
    assert only(documents, "ServiceAccount")["automountServiceAccountToken"] is False
    assert pod_of(documents)["spec"]["securityContext"]["runAsNonRoot"] is True


def test_the_test_is_confined_like_the_rest() -> None:
    documents = render(GATEWAY)
    spec = only(documents, "Pod", "-test")["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["containers"][0]["securityContext"] == containers_of(pod_of(documents))["proxy"]["securityContext"]


# ── what the containers share ──


@pytest.mark.parametrize("name", ["gateway", "production", "unusual", "native", "classic"])
def test_proxy_and_mirror_share_the_folder_of_the_handoff_and_nothing_else(name: str) -> None:
    pod = pod_named(name)
    containers = containers_of(pod)
    (run,) = [each for each in pod["spec"]["volumes"] if each["name"] == "shadowbench-run"]
    assert run == {"name": "shadowbench-run", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}
    proxy, mirror = mounts_of(containers["proxy"]), mounts_of(containers["mirror"])
    assert proxy["/run/shadowbench"] == mirror["/run/shadowbench"] == "shadowbench-run"
    assert "/var/lib/shadowbench" not in proxy
    for role in ("proxy", "mirror"):
        # A folder within the volume: that one belongs to root, and the handoff's must be ours alone.
        assert plain(containers[role])["SHADOWBENCH_RUNTIME__FOLDER"] == "/run/shadowbench/handoff"


def mounts_of(container: Document) -> dict[str, str]:
    return {each["mountPath"]: each["name"] for each in container["volumeMounts"]}


def plain(container: Document) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


def test_mirror_and_scorer_have_the_pair_log() -> None:
    containers = containers_of(pod_of(render(GATEWAY)))
    for role in ("mirror", "scorer"):
        assert mounts_of(containers[role])["/var/lib/shadowbench"] == "shadowbench-log"
        assert plain(containers[role])["SHADOWBENCH_STORE__URL"] == "sqlite:////var/lib/shadowbench/pairs.db"


def test_every_mounted_volume_is_there(pod: Document) -> None:
    claims = {"shadowbench-log"}
    names = {each["name"] for each in pod["spec"]["volumes"]}
    for container in containers_of(pod).values():
        assert set(mounts_of(container).values()) <= names | claims


def test_all_ports_of_a_pod_differ(pod: Document) -> None:
    ports = [port for each in containers_of(pod).values() for port in each["ports"]]
    assert len({port["containerPort"] for port in ports}) == len({port["name"] for port in ports}) == len(ports)


def test_ports_and_names_are_the_documented_ones() -> None:
    containers = containers_of(pod_of(render(GATEWAY)))
    found = {port["name"]: port["containerPort"] for each in containers.values() for port in each["ports"]}
    assert found == {"http": 8080, "admin-proxy": 9464, "admin-mirror": 9474, "admin-scorer": 9484}
    listens = {
        role: [plain(each)[f"SHADOWBENCH_{which}__LISTEN"] for which in ("PROXY", "ADMIN", "CONTROL")]
        for role, each in containers.items()
    }
    assert listens == {
        "proxy": ["0.0.0.0:8080", "0.0.0.0:9464", "127.0.0.1:9465"],
        "mirror": ["0.0.0.0:8080", "0.0.0.0:9474", "127.0.0.1:9475"],
        "scorer": ["0.0.0.0:8080", "0.0.0.0:9484", "null"],
    }


def test_in_an_ipv6_cluster_they_listen_there() -> None:
    proxy = plain(containers_of(pod_of(render(UNUSUAL)))["proxy"])
    assert (proxy["SHADOWBENCH_PROXY__LISTEN"], proxy["SHADOWBENCH_ADMIN__LISTEN"]) == ("[::]:8080", "[::]:9464")


# ── probes ──


def test_probes_ask_the_parent_of_their_own_container(pod: Document) -> None:
    for role, container in containers_of(pod).items():
        probes = [container[each] for each in container if each.endswith("Probe")]
        assert {each["httpGet"]["port"] for each in probes} == {f"admin-{role}"}
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"


def test_only_the_proxy_decides_whether_clients_are_sent_here(pod: Document) -> None:
    containers = containers_of(pod)
    assert [role for role, each in containers.items() if "readinessProbe" in each or "startupProbe" in each] == [
        role for role in containers if role == "proxy"
    ]
    for role in containers.keys() & {"proxy"}:
        assert containers[role]["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert containers[role]["startupProbe"]["httpGet"]["path"] == "/readyz"


# ── leaving ──


@pytest.mark.parametrize(
    "values",
    [
        GATEWAY,
        PRODUCTION,
        UNUSUAL,
        {**GATEWAY, "drain": {"preStopSeconds": 30, "delaySeconds": 15, "timeoutSeconds": 1800}},
        {**GATEWAY, "config": {**GATEWAY["config"], "store": {"export": {"url": "file:///tmp"}}}},
    ],
    ids=["gateway", "production", "unusual", "long", "export"],
)
def test_the_grace_period_is_longer_than_the_slowest_way_to_leave(
    values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = pod_of(render(values))
    grace_s = pod["spec"]["terminationGracePeriodSeconds"]
    for role, container in containers_of(pod).items():
        plan = plan_of(values, container, role, monkeypatch)
        # Roles of a parent leave one after the other.
        slowest = {spec.role: spec.drain_s for spec in plan.workers}
        assert grace_s > values.get("drain", {}).get("preStopSeconds", 5) + sum(slowest.values()), role


def plan_of(values: Values, container: Document, role: str, monkeypatch: pytest.MonkeyPatch) -> Plan:
    with monkeypatch.context() as given:
        for name, value in environment_of(container, KEYS).items():
            given.setenv(name, value)
        config = {key: value for key, value in values["config"].items() if key in ("production", "store")}
        for key, value in config.items():
            for name, setting in value.items():
                given.setenv(
                    f"SHADOWBENCH_{key}__{name}".upper(), setting if isinstance(setting, str) else json.dumps(setting)
                )
        return wiring.plan(configuration.load(None), "score" if role == "scorer" else role)  # type: ignore[arg-type]


def test_running_answers_have_the_time_that_was_asked_for() -> None:
    values = {**GATEWAY, "drain": {"preStopSeconds": 7, "delaySeconds": 11, "timeoutSeconds": 900}}
    for role in ("proxy", "mirror"):
        container = containers_of(pod_of(render(values)))[role]
        assert plain(container)["SHADOWBENCH_PROXY__DRAIN_DELAY_S"] == "11"
        assert plain(container)["SHADOWBENCH_PROXY__DRAIN_TIMEOUT_S"] == "900"
        # Both hear of the end at the same moment, or the mirror would be gone before the proxy's last stream is.
        assert container["lifecycle"] == {"preStop": {"sleep": {"seconds": 7}}}


def test_before_kubernetes_1_30_a_program_sleeps() -> None:
    proxy = containers_of(pod_of(render(GATEWAY, kubernetes="1.29.0")))["proxy"]
    assert proxy["lifecycle"] == {"preStop": {"exec": {"command": ["sleep", "5"]}}}


def test_a_new_pod_serves_before_an_old_one_leaves() -> None:
    strategy = only(render(GATEWAY), "Deployment")["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


# ── configuration and keys ──


def checksum_of(values: Values) -> str:
    found: str = pod_of(render(values))["metadata"]["annotations"]["checksum/config"]
    return found


def test_another_configuration_replaces_the_pods() -> None:
    other = {**GATEWAY, "config": {**GATEWAY["config"], "prices": {"m": {"per_request": 1}}}}
    assert checksum_of(GATEWAY) != checksum_of(other)
    assert checksum_of(GATEWAY) == checksum_of({**GATEWAY, "replicas": 0})


def test_unless_it_is_applied_to_those_that_run() -> None:
    kept = {**GATEWAY, "rollOnConfigChange": False}
    other = {**kept, "config": {**GATEWAY["config"], "prices": {"m": {"per_request": 1}}}}
    assert checksum_of(kept) == checksum_of(other)


def keys_of(values: Values) -> dict[str, list[str]]:
    containers = containers_of(pod_of(render(values)))
    return {role: [each["name"] for each in one["env"] if "valueFrom" in each] for role, one in containers.items()}


def test_each_container_gets_the_keys_that_it_needs() -> None:
    assert keys_of(GATEWAY) == {"proxy": [], "mirror": ["SMALL_API_KEY"], "scorer": ["JUDGE_API_KEY"]}


def test_the_mirror_gets_the_secret_of_all_pods() -> None:
    assert keys_of(PRODUCTION)["mirror"] == ["SHADOWBENCH_SECRET", "SMALL_API_KEY"]


def test_a_configuration_that_the_chart_cannot_see_may_name_any_key_but_in_the_proxy() -> None:
    assert keys_of(UNUSUAL) == {"proxy": [], "mirror": ["JUDGE_API_KEY", "SMALL_API_KEY"]}


def test_a_control_token_goes_to_those_who_can_be_steered() -> None:
    values = {
        **GATEWAY,
        "config": {**GATEWAY["config"], "control": {"token_env": "CONTROL_TOKEN"}},
        "apiKeys": {**GATEWAY["apiKeys"], "CONTROL_TOKEN": {"name": "control", "key": "token"}},
    }
    found = keys_of(values)
    assert [role for role, names in found.items() if "CONTROL_TOKEN" in names] == ["proxy", "mirror"]


def test_pods_export_into_folders_of_their_own() -> None:
    """Two pods on one prefix would overwrite each other's files."""
    exporting = {"store": {"retention": {"max_bytes": 2_000_000}, "export": {"url": "s3://evidence/pairs/"}}}
    values = {**GATEWAY, "config": {**GATEWAY["config"], **exporting}}
    containers = containers_of(pod_of(render(values)))
    for pod in ("shadowbench-0", "shadowbench-1"):
        found = environment_of(containers["mirror"], KEYS, pod)
        assert found["SHADOWBENCH_STORE__EXPORT__URL"] == f"s3://evidence/pairs/{pod}"
    assert "SHADOWBENCH_STORE__EXPORT__URL" not in environment_of(containers["scorer"], KEYS)


def test_no_secret_is_written_into_any_object() -> None:
    assert "Secret" not in {each["kind"] for name in ALL for each in render(ALL[name])}


# ── the objects around it ──


def test_persistence_is_a_volume_for_each_pod() -> None:
    found = only(render(PRODUCTION), "StatefulSet")["spec"]
    (claim,) = found["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "shadowbench-log"
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert claim["spec"]["resources"] == {"requests": {"storage": "50Gi"}}
    assert "shadowbench-log" not in {each["name"] for each in found["template"]["spec"]["volumes"]}
    assert found["serviceName"] == only(render(PRODUCTION), "Service", "-admin")["metadata"]["name"]


def test_the_autoscaler_looks_at_the_proxy_and_no_fixed_number_contradicts_it() -> None:
    documents = render(PRODUCTION)
    scaler = only(documents, "HorizontalPodAutoscaler")["spec"]
    assert scaler["scaleTargetRef"]["kind"] == "StatefulSet"
    assert scaler["metrics"][0]["containerResource"]["container"] == "proxy"
    assert "replicas" not in only(documents, "StatefulSet")["spec"]


def test_services_and_policies_select_the_pods_by_ports_that_they_have() -> None:
    documents = render(PRODUCTION)
    pod = pod_of(documents)
    ports = {port["name"] for each in containers_of(pod).values() for port in each["ports"]}
    for end in ("-shadowbench", "-admin"):
        service = only(documents, "Service", end)["spec"]
        assert service["selector"].items() <= pod["metadata"]["labels"].items()
        assert {port["targetPort"] for port in service["ports"]} <= ports
    policy = only(documents, "NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} == ports
    budget = only(documents, "PodDisruptionBudget")["spec"]
    assert budget["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert budget["maxUnavailable"] == 1


def test_the_test_of_the_release_reaches_what_it_asks_through_the_network_policy() -> None:
    documents = render(PRODUCTION)
    label = only(documents, "Pod", "-test")["metadata"]["labels"]
    for rule in only(documents, "NetworkPolicy")["spec"]["ingress"]:
        assert {"podSelector": {"matchLabels": label}} in rule["from"]


def test_a_key_may_be_mounted_where_it_is_needed_alone() -> None:
    mount = {"name": "tls", "mountPath": "/tls", "readOnly": True}
    values = {
        **GATEWAY,
        "extraVolumes": [{"name": "tls", "secret": {"secretName": "tls"}}],
        "proxy": {"extraVolumeMounts": [mount]},
    }
    containers = containers_of(pod_of(render(values)))
    assert [role for role, each in containers.items() if mount in each["volumeMounts"]] == ["proxy"]


def test_the_clients_service_shows_no_admin_port() -> None:
    assert [port["name"] for port in only(render(GATEWAY), "Service", "-shadowbench")["spec"]["ports"]] == ["http"]


@pytest.mark.parametrize(
    "bypass", [{"selector": {"app": "litellm"}}, {"externalName": "litellm.gateways.svc.cluster.local"}]
)
def test_the_command_of_the_notes_does_what_the_value_does(bypass: dict[str, object]) -> None:
    values = {**GATEWAY, "service": {"bypass": bypass}}
    service = only(render(values), "Service", "-shadowbench")["spec"]
    (patch,) = re.findall(r"patch service r-shadowbench --type=json -p '(.*?)'", notes_of(values))
    bypassed = {**GATEWAY, "service": {"bypass": {**bypass, "enabled": True}}}
    assert patched(service, json.loads(patch)) == only(render(bypassed), "Service", "-shadowbench")["spec"]


def patched(spec: Document, patch: list[Document]) -> Document:
    """As a JSON patch says (RFC 6902), of a Service."""
    spec = json.loads(json.dumps(spec))
    for each in patch:
        *path, last = each["path"].removeprefix("/spec/").split("/")
        place = spec
        for part in path:
            place = place[int(part) if part.isdigit() else part]
        if each["op"] == "remove":
            del place[last]
        else:
            place[last] = each["value"]
    return spec


def test_production_elsewhere_is_reached_by_its_name() -> None:
    bypass = {"enabled": True, "externalName": "litellm.gateways.svc.cluster.local"}
    service = only(render({**GATEWAY, "service": {"bypass": bypass}}), "Service", "-shadowbench")["spec"]
    assert (service["type"], service["externalName"]) == ("ExternalName", "litellm.gateways.svc.cluster.local")
    assert "selector" not in service


def test_a_bypass_leads_clients_to_productions_pods() -> None:
    service = only(render(UNUSUAL), "Service", "search")["spec"]
    assert (service["selector"], service["ports"][0]["targetPort"]) == ({"app": "litellm"}, "http")


def test_a_scorer_has_the_shared_store_and_no_clients() -> None:
    documents = render(SCORER)
    scorer = containers_of(pod_of(documents))
    assert list(scorer) == ["scorer"]
    assert {"name": "store", "key": "url"} in [
        each["valueFrom"]["secretKeyRef"] for each in scorer["scorer"]["env"] if "valueFrom" in each
    ]
    assert [each["metadata"]["name"] for each in documents if each["kind"] == "Service"] == ["r-shadowbench-admin"]
    assert only(documents, "Deployment")["spec"]["replicas"] == 3


def test_notes_tell_where_clients_connect_and_how_to_get_around_it() -> None:
    notes = notes_of(PRODUCTION)
    assert "OPENAI_BASE_URL=http://r-shadowbench.llm:8080/v1" in notes
    assert "kubectl -n llm patch service r-shadowbench --type=json" in notes
    assert '"value":{"app":"litellm"}' in notes
    assert "The pair log goes with its pod" in notes_of(GATEWAY)


def test_notes_stop_copying_in_every_pod() -> None:
    """`exec deployment/…` reaches one of them."""
    for values, selector, role in (
        (PRODUCTION, "app.kubernetes.io/instance=r", "mirror"),
        (SIDECAR, "shadowbench-sidecar=r-shadowbench", "shadowbench-mirror"),
    ):
        pods = f"kubectl -n llm get pods -l {selector} -o name"
        each = f"xargs -I{{}} kubectl -n llm exec {{}} -c {role} -- shadowbench control kill"
        assert f"{pods} | {each}" in notes_of(values)
        assert notes_of(values).count("control kill") == 1


def test_notes_warn_of_pods_that_cannot_run() -> None:
    assert "WARNING: these pods cannot run. This version of shadowbench knows SQLite alone" in notes_of(SCORER)
    assert not any("WARNING" in notes_of(values) for values in (GATEWAY, SIDECAR, PRODUCTION))


def test_notes_have_reports_made_where_running_out_of_memory_ends_no_recorder() -> None:
    assert "-c scorer -- shadowbench report" in notes_of(GATEWAY)
    assert "-c mirror -- shadowbench report" in notes_of({**GATEWAY, "scorer": {"enabled": False}})


def test_notes_of_a_sidecar_speak_of_the_pods_that_include_it() -> None:
    notes = notes_of(SIDECAR)
    assert "Their clients connect to http://127.0.0.1:8080 (native sidecars)" in notes
    assert "helm -n llm test" not in notes and "helm -n llm test r" in notes_of(GATEWAY)
    assert "connect to http://litellm:4000. Nothing is copied" in notes_of({**SIDECAR, "sidecar": {"bypass": True}})


def notes_of(values: Values) -> str:
    return _notes(*(f"--set-json={name}={json.dumps(value)}" for name, value in values.items()))


@functools.cache
def _notes(*given: str) -> str:
    done = run_helm(4, "install", "r", CHART, "-n", "llm", "--dry-run=client", *given)
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("NOTES:")[2]
