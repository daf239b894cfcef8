import json
import os
from pathlib import Path
from typing import Any

import pytest

from shadowbench import wiring
from shadowbench.errors import ConfigurationError
from shadowbench.listening import Address
from shadowbench.mirror.options import CandidateOptions, MirrorOptions
from shadowbench.otlp import options as otlp_options
from shadowbench.policies.reading import read_policy
from shadowbench.proxy.options import ProxyOptions
from shadowbench.recorder.edges import BucketOptions
from shadowbench.recorder.options import RecorderOptions
from shadowbench.report.policy import Policy
from shadowbench.scoring.options import ComparisonOptions, ScoringOptions
from shadowbench.settings import Settings
from shadowbench.worker import from_json, to_json

ENVIRON = {"XDG_RUNTIME_DIR": "/run/user/7"}


def settings(**sections: Any) -> Settings:
    return Settings(**({"production": {"url": "http://127.0.0.1:4000"}} | sections))


def test_serve_runs_everything_proxies_first() -> None:
    plan = wiring.plan(settings(proxy={"workers": 2}), "serve", ENVIRON)
    assert [(spec.role, spec.number) for spec in plan.workers] == [
        ("proxy", 0),
        ("proxy", 1),
        ("mirror", 0),
        ("recorder", 0),
        ("scoring", 0),
    ]
    assert plan.listen == (Address(host="127.0.0.1", port=8080),)
    assert plan.admin == Address(host="127.0.0.1", port=9464)
    assert plan.exclusive_folder == Path("/run/user/7/shadowbench")


def test_the_control_ports_token_is_the_parents_alone() -> None:
    asked = settings(control={"listen": "0.0.0.0:9465", "token_env": "THE_TOKEN"})
    plan = wiring.plan(asked, "serve", ENVIRON | {"THE_TOKEN": " hush hush hush hush \n"})
    assert (plan.control, plan.control_token) == (Address(host="0.0.0.0", port=9465), "hush hush hush hush")
    assert [spec.withheld for spec in plan.workers] == [("THE_TOKEN",)] * 4
    assert "hush" not in repr(plan)


def test_each_process_sees_no_other_credentials_than_its_own() -> None:
    judge = {"endpoint": {"url": "http://j", "model": "m", "api_key_env": "JUDGE_KEY"}}
    small = {"api_key_env": "AZURE_OPENAI_KEY", "egress_proxy": "http://p:1", "egress_proxy_auth_env": "PROXY_AUTH"}
    store = {"export": {"url": "file:///x"}}
    asked = settings(candidates={"small": small}, store=store, scoring={"judges": {"j": judge}})
    all_of_them = {"AZURE_OPENAI_KEY", "PROXY_AUTH", "AWS_SECRET_ACCESS_KEY", "JUDGE_KEY"}
    environ = ENVIRON | dict.fromkeys((*all_of_them, "PATH"), "x:y")
    withheld = {spec.role: set(spec.withheld) for spec in wiring.plan(asked, "serve", environ).workers}
    assert withheld["proxy"] == withheld["recorder"] == all_of_them
    assert withheld["mirror"] == {"AWS_SECRET_ACCESS_KEY", "JUDGE_KEY"}
    assert withheld["scoring"] == all_of_them - {"JUDGE_KEY"}
    assert withheld["exporter"] == {"PROXY_AUTH", "JUDGE_KEY"}


@pytest.mark.parametrize("key", ["url", "egress_proxy"])
def test_a_host_name_that_cannot_be_is_found_before_anything_starts(key: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^candidates\.a\.{key}: .* has no valid host name"):
        wiring.plan(settings(candidates={"a": {key: f"http://ü{'x' * 70}.example"}}), "serve", ENVIRON)


def test_a_provider_that_prices_do_not_know_is_named_with_those_like_it() -> None:
    asked = settings(
        candidates={"a": {"provider": "anthropc"}, "b": {"provider": "openai"}, "c": {"provider": "litellm"}}
    )
    with pytest.raises(ConfigurationError) as caught:
        wiring.plan(asked, "serve", ENVIRON)
    assert str(caught.value) == (
        "candidates.a.provider: genai-prices knows no provider 'anthropc'; did you mean anthropic?"
    )


def test_a_library_of_parquet_that_is_missing_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "shadowbench.store.exporting.places.find_spec", lambda name: None if name == "arro3.core" else object()
    )
    with pytest.raises(ConfigurationError, match=r"needs arro3\.core, .*pip install 'shadowbench-sidecar\[export\]'"):
        wiring.plan(settings(store={"export": {"url": "file:///x", "format": "parquet"}}), "serve", ENVIRON)


@pytest.mark.parametrize("environ", [{}, {"THE_TOKEN": ""}, {"THE_TOKEN": " "}])
def test_a_token_that_is_not_there_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"control\.token_env: the environment variable THE_TOKEN is not set"):
        wiring.plan(settings(control={"token_env": "THE_TOKEN"}), "proxy", ENVIRON | environ)


def test_a_control_port_that_is_off_needs_no_token() -> None:
    plan = wiring.plan(settings(control={"listen": None, "token_env": "THE_TOKEN"}), "serve", ENVIRON)
    assert (plan.control, plan.control_token) == (None, None)


def test_a_role_runs_its_own_workers_only() -> None:
    proxy, mirror = (wiring.plan(settings(), role, ENVIRON) for role in ("proxy", "mirror"))
    assert [spec.role for spec in proxy.workers] == ["proxy"]
    assert [spec.role for spec in mirror.workers] == ["mirror", "recorder"]
    assert (mirror.listen, proxy.exclusive_folder) == ((), None)


def test_the_options_are_read_back_by_the_workers() -> None:
    proxy, mirror, recorder, _ = wiring.plan(settings(candidates={"a": {}}), "serve", ENVIRON).workers
    assert from_json(ProxyOptions, proxy.options) == wiring.proxy_options(settings(), 0, ENVIRON)
    assert from_json(MirrorOptions, mirror.options).candidates[0].name == "a"
    assert from_json(RecorderOptions, recorder.options).socket_path == "/run/user/7/shadowbench/recorder.sock"


def test_settings_that_say_nothing_leave_the_candidates_defaults() -> None:
    (wired,) = wiring.mirror_options(settings(candidates={"a": {}}), ENVIRON).candidates
    # At production's own URL the engine is production's, too.
    assert wired == CandidateOptions(name="a", url="http://127.0.0.1:4000", engine_fields="keep")


def test_settings_that_say_nothing_leave_the_mirrors_defaults() -> None:
    wired = wiring.mirror_options(settings(store={"url": "sqlite:////log/pairs.db"}), ENVIRON)
    drain_s = wired.drain_s  # follows the proxy's
    assert wired == MirrorOptions(
        runtime_folder="/run/user/7/shadowbench",
        secret_file="/log/pairs.db.secret",
        budget_file="/log/pairs.db.budget",
        drain_s=drain_s,
    )


def test_parameters_become_json_text() -> None:
    options = wiring.mirror_options(
        settings(candidates={"a": {"parameters": {"temperature": 0.5, "stop": ["ß"], "user": None}}}), ENVIRON
    )
    assert options.candidates[0].parameters == {"temperature": "0.5", "stop": '["ß"]', "user": None}


def test_a_candidate_at_productions_url_trusts_what_production_does() -> None:
    ca = {"ca_file": "/ca.pem"}
    options = wiring.mirror_options(
        settings(production={"url": "https://x", "tls": ca}, candidates={"again": {}, "other": {"url": "https://y"}}),
        ENVIRON,
    )
    assert [candidate.ca_file for candidate in options.candidates] == ["/ca.pem", None]


def test_relative_paths_become_absolute() -> None:
    recorder = wiring.recorder_options(settings(store={"url": "sqlite:///pairs.db"}), ENVIRON)
    assert recorder.store_url == f"sqlite:///{os.getcwd()}/pairs.db"


def test_the_recorder_knows_the_credentials_that_candidates_are_given() -> None:
    candidate = {
        "api_key_env": "KEY_A",
        "egress_proxy": "http://egress:3128",
        "egress_proxy_auth_env": "LOGIN",
        "headers": {"X-Gateway-Key": "blue", "X-Title": "Our app"},
    }
    environ = {**ENVIRON, "KEY_A": "key-of-a\n", "LOGIN": "me:pass"}
    found = wiring.recorder_options(settings(candidates={"a": candidate}), environ).known_secrets
    assert found == ("bWU6cGFzcw==", "blue", "key-of-a", "me:pass", "pass")


def test_the_recorder_counts_by_name_whom_the_configuration_knows() -> None:
    candidates = {"a": {"model": "m-1", "url": "https://a.example:8443/v1", "dialect": "anthropic.messages"}, "b": {}}
    plain = wiring.recorder_options(settings(candidates=candidates), ENVIRON).targets
    assert [(each.name, each.host, each.model, each.dialect) for each in plain] == [
        ("production", "127.0.0.1:4000", "", ""),
        ("a", "a.example:8443", "m-1", "anthropic.messages"),
        ("b", "127.0.0.1:4000", "", ""),
    ]
    repeated = wiring.recorder_options(
        settings(candidates=candidates, mirror={"repeats": {"rate": 0.1}}), ENVIRON
    ).targets
    assert [each.name for each in repeated[3:]] == ["production~again", "a~again", "b~again"]


def test_buckets_are_the_configurations() -> None:
    buckets = wiring.recorder_options(settings(telemetry={"buckets": {"gap_s": [1, 2]}}), ENVIRON).buckets
    assert buckets == BucketOptions(gap_s=(1.0, 2.0))


def test_the_recorder_takes_the_largest_answer_a_candidate_may_give() -> None:
    recorder = wiring.recorder_options(settings(candidates={"a": {"max_response_bytes": 64 << 20}}), ENVIRON)
    assert recorder.max_body_bytes == 64 << 20


@pytest.mark.parametrize(
    ("section", "environ", "folder"),
    [
        ({"folder": "/run/x"}, ENVIRON, "/run/x"),
        ({}, ENVIRON, "/run/user/7/shadowbench"),
        ({}, {}, f"/tmp/shadowbench-{os.geteuid()}"),
    ],
)
def test_the_runtime_folder_is_private_to_the_user(section: Any, environ: dict[str, str], folder: str) -> None:
    assert wiring.runtime_folder(settings(runtime=section), environ) == Path(folder)


def test_a_runtime_folder_too_long_for_sockets_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"runtime\.folder: .* bytes too long"):
        wiring.runtime_folder(settings(runtime={"folder": "/" + "x" * 90}), ENVIRON)


def test_a_worker_outlives_its_own_deadlines_before_it_is_killed() -> None:
    plan = wiring.plan(settings(proxy={"drain_delay_s": 5, "drain_timeout_s": 20}), "serve", ENVIRON)
    proxy, mirror, recorder, _ = plan.workers
    assert proxy.drain_s > 25
    assert mirror.options["drain_s"] > 25
    assert mirror.drain_s > sum(mirror.options[name] for name in ("drain_s", "finish_s", "settle_s"))
    assert recorder.drain_s > recorder.options["drain_s"] + recorder.options["flush_s"]


def test_a_candidate_that_changes_nothing_is_production_again() -> None:
    again = wiring.production_again(
        settings(
            candidates={
                "again": {"sample_rate": 1},
                "named": {"url": "http://127.0.0.1:4000/"},
                "hot": {"parameters": {"temperature": 2}},
                "other": {"url": "http://127.0.0.1:4001"},
                "renamed": {"model": "x"},
                "marked": {"headers": {"x-a": "b"}},
            }
        )
    )
    assert again == {"again", "named"}


def priced(**candidate: Any) -> tuple[bool | None, float | None, float | None]:
    """What the mirror is told of a candidate's price."""
    options = wiring.mirror_options(settings(candidates={"a": candidate}), ENVIRON).candidates[0]
    return options.price_known, options.input_usd_per_token, options.output_usd_per_token


def test_a_budget_in_money_learns_the_price_that_is_known_beforehand() -> None:
    budgets = {"usd_per_day": 1.0}
    known, input_usd, output_usd = priced(budgets=budgets, model="gpt-4o-mini", provider="openai")
    assert known
    assert input_usd is not None
    assert output_usd is not None
    assert 0 < input_usd < output_usd
    own = {"input_per_mtok": 3.0, "output_per_mtok": 6.0}
    assert priced(budgets=budgets, price=own) == (True, 3e-6, 6e-6)
    assert priced(budgets=budgets, price={"gpu_hour_usd": 2.0}) == (True, None, None)
    assert priced(budgets=budgets, model="my-own-model") == (False, None, None)
    assert priced(budgets=budgets) == (None, None, None)
    assert priced(model="gpt-4o-mini", price=own) == (None, None, None)


def authorities(production: str, candidate: dict[str, Any], role: wiring.Role, file: Path) -> str:
    """What is said about `file`, which both sides are to trust."""
    tls = {"ca_file": file}
    sections = {"production": {"url": production, "tls": tls}, "candidates": {"a": candidate | {"tls": tls}}}
    try:
        wiring.plan(settings(**sections), role, ENVIRON)
    except ConfigurationError as error:
        return str(error)
    return ""


def test_an_authority_that_is_not_there_is_named_for_each_side(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    own = {"url": "https://y"}
    production = f"production.tls.ca_file: {file}: No such file or directory"
    candidate = f"candidates.a.tls.ca_file: {file}: No such file or directory"
    assert authorities("https://x", own, "serve", file) == f"{production}\n{candidate}"
    assert authorities("https://x", own, "proxy", file) == production
    assert authorities("https://x", own, "mirror", file) == candidate


def test_an_authority_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    for text in ("", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        file.write_text(text)
        assert "holds no certificate in PEM form" in authorities("https://x", {}, "serve", file), text


def test_an_authority_that_nobody_asks_for_is_not_read(tmp_path: Path) -> None:
    assert authorities("http://x", {}, "serve", tmp_path / "ca.pem") == ""


def test_productions_authority_counts_for_a_candidate_that_inherits_it(tmp_path: Path) -> None:
    production = {"url": "https://x", "tls": {"ca_file": tmp_path / "ca.pem"}}
    with pytest.raises(ConfigurationError, match=r"^production\.tls\.ca_file: "):
        wiring.plan(settings(production=production, candidates={"a": {}}), "mirror", ENVIRON)


def test_an_exporter_comes_last_where_there_is_a_place_to_export_to() -> None:
    exports = {"export": {"url": "s3://bucket/prefix", "format": "parquet", "every_s": 60}}
    asked = settings(store={"url": "sqlite:///pairs.db", **exports})
    for role, last in (("serve", "exporter"), ("mirror", "exporter"), ("proxy", "proxy")):
        assert wiring.plan(asked, role, ENVIRON).workers[-1].role == last  # type: ignore[arg-type]
    options = wiring.exporter_options(asked)
    assert options is not None
    assert (options.url, options.format, options.every_s) == ("s3://bucket/prefix", "parquet", 60)
    assert options.store_url == f"sqlite:///{os.getcwd()}/pairs.db"
    assert wiring.exporter_options(settings()) is None


def test_an_exporter_without_its_libraries_is_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadowbench.store.exporting.places.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"store.export needs obstore, .*: pip install 'shadowbench-sidecar"):
        wiring.plan(settings(store={"export": {"url": "gs://bucket/x"}}), "serve", ENVIRON)
    wiring.plan(settings(store={"export": {"url": "file:///exports"}}), "serve", ENVIRON)


def test_a_budget_in_money_learns_what_time_and_requests_cost() -> None:
    price = {"gpu_hour_usd": 7200, "gpu_concurrency": 4, "per_request": 0.01}
    candidate = {"budgets": {"usd_total": 1}, "price": price}
    options = wiring.mirror_options(settings(candidates={"a": candidate}), ENVIRON).candidates[0]
    assert (options.usd_per_second, options.usd_per_request) == (0.5, 0.01)


def test_scoring_is_wired_with_the_judges_prices_and_rubrics(tmp_path: Path) -> None:
    rubric = tmp_path / "own.yaml"
    rubric.write_text("name: own\nversion: 1\nkind: pairwise\ncriteria: [{id: a, text: all of it}]\n")
    endpoint = {"url": "http://j", "model": "m", "price": {"per_request": 0.5}, "headers": {"x-api-key": "hush-hush"}}
    judges = {
        "quality": {"endpoint": endpoint, "rubric": str(rubric)},
        "named": {"rubric": "helpfulness", "kind": "rubric"},
    }
    metrics = ["exact_match", {"metric": "length", "name": "size", "options": {"a": 1}}]
    asked = settings(scoring={"judges": judges, "metrics": metrics, "workers": 2}, prices={"m*": {"per_request": 1}})
    options = wiring.scoring_options(asked, 1)
    told = json.loads(json.dumps(to_json(options)))  # grades, which are keys of rubrics, become texts there
    assert to_json(from_json(ScoringOptions, told)) == told
    assert [(each.metric, each.name) for each in options.metrics] == [("exact_match", None), ("length", "size")]
    assert [(judge.name, judge.rubric and judge.rubric["name"]) for judge in options.judges] == [
        ("quality", "own"),
        ("named", "helpfulness"),
    ]
    assert [(entry.endpoint, entry.per_request) for entry in options.pricing.entries] == [("quality", 0.5), (None, 1)]
    assert "hush-hush" in wiring.known_secrets(asked, {})
    assert [spec.number for spec in wiring.plan(asked, "score", ENVIRON).workers] == [0, 1]


def test_a_role_of_scorers_takes_no_traffic() -> None:
    plan = wiring.plan(settings(), "score", ENVIRON)
    assert [spec.role for spec in plan.workers] == ["scoring"]
    assert (plan.listen, plan.control, plan.exclusive_folder) == ((), None, None)


def test_nothing_is_scored_where_that_is_off_or_there_is_nothing_to_measure() -> None:
    for off in ({"enabled": False}, {"metrics": []}):
        assert "scoring" not in {spec.role for spec in wiring.plan(settings(scoring=off), "serve", ENVIRON).workers}
    assert wiring.plan(settings(scoring={"enabled": False}), "score", ENVIRON).workers


def test_a_rubric_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match=r"scoring\.judges\.q\.rubric: there is no rubric 'x'; .*helpfulness"):
        wiring.scoring_options(settings(scoring={"judges": {"q": {"rubric": "x"}}}))
    with pytest.raises(ConfigurationError, match=r"^scoring\.judges\.q\.rubric: x\.yaml: there is no such file$"):
        wiring.scoring_options(settings(scoring={"judges": {"q": {"rubric": "x.yaml"}}}))


def test_what_was_declared_to_matter_is_watched() -> None:
    def watched(**changes: Any) -> ComparisonOptions | None:
        given = {"report": {"policy": "migration"}, "candidates": {"small": {"model": "s"}, "twin": {}}} | changes
        return wiring.scoring_options(settings(**given)).comparison

    options = watched()
    assert options is not None
    assert (options.candidates, options.again, options.every_s) == (("small", "twin"), ("twin",), 300.0)
    assert from_json(Policy, json.loads(json.dumps(options.policy))) == read_policy("migration", "")
    assert watched(report={"policy": None}) is None
    assert watched(scoring={"comparison_every_s": 0}) is None
    assert watched(candidates={}) is None


OTLP = {
    "endpoint": "https://collector.example/otlp/",
    "headers_env": {"Authorization": "OTLP_AUTHORIZATION"},
    "sample": 0.5,
    "resource": {"service.name": "gateway"},
}


def test_the_recorder_exports_where_a_receiver_is_named() -> None:
    assert wiring.recorder_options(settings(), ENVIRON).otlp is None
    candidates = {"a": {"url": "https://api.anthropic.com"}, "b": {"provider": "azure"}}
    asked = settings(candidates=candidates, telemetry={"otlp": OTLP})
    options = wiring.recorder_options(asked, ENVIRON)
    assert options.otlp is not None
    assert (options.otlp.endpoint, options.otlp.sample) == ("https://collector.example/otlp", 0.5)
    assert options.otlp.headers_env == {"authorization": "OTLP_AUTHORIZATION"}
    assert [(each.target, each.address, each.port, each.provider) for each in options.otlp.destinations] == [
        ("production", "127.0.0.1", 4000, ""),
        ("a", "api.anthropic.com", 443, "anthropic"),
        ("b", "127.0.0.1", 4000, "azure"),
    ]
    assert from_json(RecorderOptions, json.loads(json.dumps(to_json(options)))) == options


def test_a_receivers_credentials_are_the_recorders_alone_and_never_kept() -> None:
    environ = {**ENVIRON, "OTLP_AUTHORIZATION": "Bearer otlp-token", "OTEL_EXPORTER_OTLP_HEADERS": "a=b"}
    asked = settings(telemetry={"otlp": OTLP})
    plan = wiring.plan(asked, "serve", environ)
    own = {"OTLP_AUTHORIZATION", "OTEL_EXPORTER_OTLP_HEADERS"}
    assert {spec.role: own & set(spec.withheld) for spec in plan.workers} == {
        spec.role: set() if spec.role == "recorder" else own for spec in plan.workers
    }
    assert "otlp-token" in wiring.known_secrets(asked, environ)


def test_exports_without_their_libraries_are_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_options, "_NEEDED", ("opentelemetry.nothing.like.this",))
    with pytest.raises(ConfigurationError, match=r"pip install 'shadowbench-sidecar\[otel\]'"):
        wiring.plan(settings(telemetry={"otlp": OTLP}), "serve", ENVIRON)
    assert wiring.plan(settings(), "serve", ENVIRON)


def test_a_receivers_authority_is_looked_at_before_anything_runs(tmp_path: Path) -> None:
    otlp = {**OTLP, "ca_file": tmp_path / "ca.pem"}
    with pytest.raises(ConfigurationError, match=r"^telemetry\.otlp\.ca_file: "):
        wiring.plan(settings(telemetry={"otlp": otlp}), "mirror", ENVIRON)
