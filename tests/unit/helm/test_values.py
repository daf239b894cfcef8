"""What the chart refuses, and what it says then."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shadowbench import configuration
from shadowbench.explaining import fields_of
from shadowbench.settings import Settings
from tests.charts import GATEWAY, HELMS, ROOT, SCORER, SIDECAR, RefusedError, Values, only, render


def changed(values: Values, path: str, value: Any) -> dict[str, Any]:
    """A copy with one value changed; `path` is dotted."""
    name, _, rest = path.partition(".")
    return {**values, name: changed(values.get(name, {}), rest, value) if rest else value}


@pytest.mark.parametrize("major", HELMS)
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("replicsa", 2),
        ("image.registry", "example.com"),
        ("drain.timeout", 5),
        ("config.proxi", {}),
        ("config.candidates.small.sample_rat", 1),
        ("config.candidates.small.budgets.usd_per_dya", 1),
        ("config.scoring.judges.quality.endpoint.modle", "m"),
        ("apiKeys.SMALL_API_KEY.secret", "llm-keys"),
    ],
)
def test_a_typo_is_refused(path: str, value: Any, major: int) -> None:
    with pytest.raises(RefusedError, match=path.rpartition(".")[2]):
        render(changed(GATEWAY, path, value), major=major)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mode", "standalone"),
        ("replicas", "two"),
        ("drain.timeoutSeconds", 0),
        ("persistence.size", "10G"),
        ("image.digest", "0123"),
        ("image.pullPolicy", "Sometimes"),
        ("listenHost", "127.0.0.1"),
        ("apiKeys.SMALL-KEY", {"name": "a", "key": "b"}),
        ("service.port", 0),
        ("metrics.interval", "often"),
        ("proxy.resources.limits", None),
        ("mirror.resources.limits", {"memory": None}),
        ("proxy.env", [{"value": "x"}]),
        ("config.production.url", "litellm:4000"),
        ("config.production.url", "ftp://litellm"),
        ("config.candidates.small.url", "unix:/run/x"),
        ("config.candidates.small.sample_rate", 1.5),
        ("config.candidates.small.sample_rate", -0.1),
        ("config.mirror.strata", {"rare": {"rates": {"small": 2}}}),
        ("config.scoring.judges.quality.sample_rate", 0),
        ("config.proxy.workers", 0),
    ],
)
def test_a_value_that_cannot_be_is_refused(path: str, value: Any) -> None:
    with pytest.raises(RefusedError, match="specifications of the schema"):
        render(changed(GATEWAY, path, value))


@pytest.mark.parametrize(
    ("values", "path", "value", "said"),
    [
        (GATEWAY, "config.production.url", "", r"config\.production\.url is required"),
        (GATEWAY, "image.repository", "", r"image\.repository is required"),
        (GATEWAY, "replicas", 2, "2 replicas write 2 pair logs.*acceptLogPerPod"),
        (GATEWAY, "autoscaling", {"enabled": True, "maxReplicas": 3}, "3 replicas write 3 pair logs"),
        (
            {**GATEWAY, "acceptLogPerPod": True},
            "autoscaling",
            {"enabled": True, "minReplicas": 4, "maxReplicas": 3},
            "minReplicas is above",
        ),
        (GATEWAY, "config.proxy.listen", ":80", r"config\.proxy\.listen is set by the chart"),
        (GATEWAY, "config.proxy.drain_timeout_s", 9, r"instead there is drain\.timeoutSeconds"),
        (GATEWAY, "config.store.url", "sqlite:///x.db", r"config\.store\.url is set by the chart"),
        (GATEWAY, "config.admin.listen", ":9464", r"config\.admin\.listen is set by the chart"),
        (GATEWAY, "config.runtime.folder", "/tmp/x", r"config\.runtime\.folder is set by the chart"),
        (GATEWAY, "config.control.token_env", "TOKEN", r"say in apiKeys\.TOKEN which Secret"),
        (GATEWAY, "config.candidates.small.api_key_env", "OTHER", r"say in apiKeys\.OTHER which Secret"),
        (GATEWAY, "config.candidates.small.egress_proxy_auth_env", "LOGIN", r"apiKeys\.LOGIN"),
        (GATEWAY, "config.mirror.repeats.production_api_key_env", "OURS", r"apiKeys\.OURS"),
        (GATEWAY, "config.scoring.judges.quality.endpoint.api_key_env", "THEIRS", r"apiKeys\.THEIRS"),
        (GATEWAY, "config.store.retention.max_bytes", None, r"max_bytes must be set"),
        (GATEWAY, "config.store.retention.max_bytes", 9_000_000_000, r"at most 80 % of .*10Gi, 10737418240 bytes"),
        (GATEWAY, "persistence.emptyDirSizeLimit", "5Gi", r"at most 80 %"),
        (GATEWAY, "networkPolicy.enabled", True, r"networkPolicy\.egress is empty"),
        (GATEWAY, "service.bypass.enabled", True, r"service\.bypass\.selector is empty"),
        (GATEWAY, "service.bypass", {"selector": {"a": "b"}, "externalName": "litellm"}, "either to pods beside it"),
        (GATEWAY, "sidecar.bypass", True, r"there is service\.bypass"),
        (GATEWAY, "config.candidates.small.headers", {"X-API-Key": "sk-1"}, "would be written into a ConfigMap"),
        (GATEWAY, "config.scoring.judges.quality.endpoint.headers", {"authorization": "Bearer sk-1"}, "api_key_env"),
        (GATEWAY, "store.existingSecret.name", "x", "is for mode scorer"),
        (SCORER, "store", {}, "the store is SQLite: a file in each pod"),
        (GATEWAY, "metrics.interval", "5s", r"metrics\.scrapeTimeout \(10s\) is above metrics\.interval \(5s\)"),
        (GATEWAY, "metrics.scrapeTimeout", "1m1s", r"\(1m1s\) is above metrics\.interval \(15s\)"),
        (SCORER, "persistence.enabled", True, r"in mode scorer the pods keep no log"),
        (SCORER, "service.bypass.selector", {"a": "b"}, "in mode scorer no clients"),
        (SIDECAR, "service.bypass.enabled", True, r"in mode sidecar there is sidecar\.bypass"),
        (SIDECAR, "service.bypass.selector", {"a": "b"}, r"there is sidecar\.bypass"),
        (SIDECAR, "service.bypass.externalName", "litellm", r"there is sidecar\.bypass"),
        (SIDECAR, "networkPolicy.enabled", True, "a NetworkPolicy of yours"),
        (SIDECAR, "autoscaling.enabled", True, "your own autoscaler"),
        (SIDECAR, "persistence.enabled", True, r"persistence\.volumeName"),
        (SIDECAR, "metrics.serviceMonitor.enabled", True, r"use metrics\.podMonitor"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_what_to_do(
    values: Values, path: str, value: Any, said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        render(changed(values, path, value))


@pytest.mark.parametrize(
    "path",
    [
        "production.url",
        "candidates.small.url",
        "candidates.small.egress_proxy",
        "candidates.small.parameters.tools",
        "scoring.judges.quality.endpoint.url",
        "telemetry.otlp.endpoint",
        "store.export.url",
    ],
)
@pytest.mark.parametrize(
    "url", ["https://user:hush@example.com/v1", "http://hush@example.com", "https://example.com/v1?api_key=hush"]
)
def test_no_credential_in_a_url_comes_into_the_config_map(path: str, url: str) -> None:
    value: Any = [{"url": url}] if path.endswith("tools") else url
    with pytest.raises(RefusedError, match=rf"config\.{path}\S* has a credential in its URL") as caught:
        render(changed(GATEWAY, f"config.{path}", value))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["file:///pairs@home", "https://example.com/@v1", "Write to me@example.com: https://example.com?a=b"]
)
def test_other_text_is_no_credential(text: str) -> None:
    render(changed(GATEWAY, "config.candidates.small.system_prompt", text))


@pytest.mark.parametrize("major", HELMS)
@pytest.mark.parametrize(
    "path",
    ["drain", "metrics", "service", "service.bypass", "persistence", "apiKeys", "config", "proxy", "image", "secret",
     "drain.timeoutSeconds", "persistence.size", "metrics.interval"],
)  # fmt: skip
def test_what_the_chart_needs_is_not_taken_away(path: str, major: int) -> None:
    """A default that is set to null is gone. Helm says which, and not where a template stumbled over it."""
    with pytest.raises(RefusedError, match="specifications of the schema") as caught:
        render(changed(GATEWAY, path, None), major=major)
    assert path.rpartition(".")[2] in str(caught.value)
    assert "nil pointer" not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    ["commonLabels", "podLabels", "podAnnotations", "nodeSelector", "extraVolumes", "extraVolumeMounts", "proxy.env",
     "proxy.extraVolumeMounts", "service.appProtocol", "priorityClassName", "networkPolicy.clients", "sidecar.bypass",
     "autoscaling.behavior", "metrics.relabelings", "service.bypass.selector", "image.tag"],
)  # fmt: skip
def test_what_is_empty_may_be_nothing(path: str) -> None:
    assert only(render(changed(GATEWAY, path, None)), "Deployment")


def test_native_sidecars_are_refused_where_kubernetes_has_none() -> None:
    with pytest.raises(RefusedError, match=r"sidecar\.native needs Kubernetes 1\.29"):
        render(SIDECAR, kubernetes="1.28.4")


def test_more_replicas_are_fine_once_their_logs_are_accepted() -> None:
    deployment = only(render({**GATEWAY, "replicas": 3, "acceptLogPerPod": True}), "Deployment")
    assert deployment["spec"]["replicas"] == 3


def variables(kind: Any, where: str = "config") -> Iterator[str]:
    """Dotted paths of all keys that name environment variables; what has a name of its own is called `any`."""
    for name, field in fields_of(kind).items():
        deeper = ".any" if typing.get_origin(field.annotation) is dict else ""
        if name.endswith("_env"):
            yield f"{where}.{name}{deeper}"
        for part in (field.annotation, *typing.get_args(field.annotation)):
            yield from variables(part, f"{where}.{name}{deeper}")


@pytest.mark.parametrize("path", sorted(variables(Settings)))
def test_every_credential_that_the_configuration_can_name_comes_from_a_secret(path: str) -> None:
    """A key that a later version adds is found here: templates/_keys.tpl has to know which container needs it."""
    with pytest.raises(RefusedError, match=r"say in apiKeys\.THE_KEY which Secret"):
        render(changed(GATEWAY, path, "THE_KEY"))


def test_harmless_headers_are_no_secrets() -> None:
    headers = {"x-team": "search", "x-tokens-left": "many", "x-ai-eg-model": "small"}
    render(changed(GATEWAY, "config.candidates.small.headers", headers))


# The chart's own, by environment: test_pods.py, and refused above.
OF_THE_CHART = [
    ("proxy", "listen"),
    ("proxy", "drain_delay_s"),
    ("proxy", "drain_timeout_s"),
    ("admin", "listen"),
    ("control", "listen"),
    ("store", "url"),
    ("runtime", "folder"),
]


@pytest.mark.parametrize("major", HELMS)
def test_every_other_key_of_the_configuration_arrives_as_it_was_written(major: int, tmp_path: Path) -> None:
    config = yaml.safe_load((ROOT / "config" / "shadowbench.yaml").read_text("utf-8"))
    for section, key in OF_THE_CHART:
        del config[section][key]
    config["production"]["idle_timeout_s"] = None  # for ever, which is not the default
    config["store"]["retention"]["max_bytes"] = 8_000_000_000
    text = only(render({**GATEWAY, "config": config}, major=major), "ConfigMap")["data"]["shadowbench.yaml"]
    assert loaded(text, tmp_path) == loaded(yaml.safe_dump(config), tmp_path)


def loaded(text: str, folder: Path) -> dict[str, Any]:
    """What shadowbench makes of it."""
    file = folder / "shadowbench.yaml"
    file.write_text(text)
    return configuration.load(file).model_dump()


def test_a_configuration_of_ones_own_is_not_looked_into() -> None:
    documents = render({**GATEWAY, "config": {}, "existingConfigMap": {"name": "ours"}})
    assert "ConfigMap" not in {each["kind"] for each in documents}
