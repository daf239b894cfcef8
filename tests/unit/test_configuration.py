"""Files and environment together, and errors that say where and what."""

from pathlib import Path

import pytest

from shadowbench.configuration import load, read_rubric_file
from shadowbench.errors import ConfigurationError

PRODUCTION = "production: {url: 'http://127.0.0.1:4000'}\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "shadowbench.yaml"


def problem(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    return str(caught.value).replace(f"{file}", "FILE")


def test_environment_goes_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(PRODUCTION + "proxy: {listen: '127.0.0.1:1', workers: 2}\ncandidates: {small: {model: m}}\n")
    monkeypatch.setenv("SHADOWBENCH_PROXY__LISTEN", "127.0.0.1:2,unix:/x")
    monkeypatch.setenv("SHADOWBENCH_CANDIDATES__SMALL__SAMPLE_RATE", "0.5")
    monkeypatch.setenv("SHADOWBENCH_CANDIDATES__SMALL__PARAMETERS", '{"temperature": 0.5}')
    monkeypatch.setenv("SHADOWBENCH_ADMIN__LISTEN", "null")
    settings = load(file)
    assert (settings.proxy.listen, settings.proxy.workers) == ("127.0.0.1:2,unix:/x", 2)
    assert settings.admin.listen is None
    small = settings.candidates["small"]
    assert (small.model, small.sample_rate, small.parameters) == ("m", 0.5, {"temperature": 0.5})


def test_the_default_file_is_found(file: Path) -> None:
    file.write_text(PRODUCTION)
    assert load().production.url == "http://127.0.0.1:4000"


def test_environment_alone_is_enough(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHADOWBENCH_PRODUCTION__URL", "http://x")
    assert load().production.url == "http://x"


def test_no_configuration_at_all_says_how_to_begin(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="shadowbench init"):
        load()


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"other\.yaml: there is no such file"):
        load(Path("other.yaml"))


def test_a_merged_key_is_told_where_it_stands_unless_another_goes_over_it(file: Path) -> None:
    text = "candidates:\n  a: &a\n    sample_rate: 0.5\n    queue: x\n  b:\n    <<: *a\n    sample_rate: 7\n"
    told = [line.partition(": ")[0::2] for line in problem(file, PRODUCTION + text).splitlines()]
    assert [(place, rest.partition(":")[0]) for place, rest in told] == [
        ("FILE:5", "candidates.a.queue"),
        ("FILE:8", "candidates.b.sample_rate"),
        ("FILE:5", "candidates.b.queue"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PRODUCTION + "proxy:\n  listn: x\n", "FILE:3: proxy.listn: unknown key; did you mean 'listen'?"),
        (PRODUCTION + "proxi: {}\n", "FILE:2: proxi: unknown key; did you mean 'proxy'?"),
        (
            PRODUCTION + "admin: {zzz: 1}\n",
            "FILE:2: admin.zzz: unknown key; known here: listen",
        ),
        (
            PRODUCTION + "proxy:\n  listen: x\n",
            "FILE:3: proxy.listen: an address is HOST:PORT, [IPv6]:PORT or unix:/PATH, as in 127.0.0.1:8080",
        ),
        (PRODUCTION + "proxy: {workers: 0}\n", "FILE:2: proxy.workers: should be greater than or equal to 1"),
        (PRODUCTION + "admin: 3\n", "FILE:2: admin: must be a mapping of keys"),
        (PRODUCTION + "candidates: [a]\n", "FILE:2: candidates: must be a mapping of keys"),
        (
            PRODUCTION + "scoring:\n  metrics:\n    - exact_match\n    - metric: length\n      nme: x\n",
            "FILE:6: scoring.metrics.1.nme: unknown key; did you mean 'name'?",
        ),
        (
            PRODUCTION + "scoring:\n  metrics:\n    - {metric: length, zzz: x}\n",
            "FILE:4: scoring.metrics.0.zzz: unknown key; known here: metric, name, options",
        ),
        (PRODUCTION + "scoring:\n  metrics: [{name: x}]\n", "FILE:3: scoring.metrics.0.metric: is required"),
        (PRODUCTION + "admin:\n  listen: 'a:1'\nadmin: {}\n", "FILE:4: admin: given twice, first on line 2"),
        (
            PRODUCTION + "candidates:\n  a: {}\n  b: {}\n  a: {model: x}\n",
            "FILE:5: candidates.a: given twice, first on line 3",
        ),
        (
            PRODUCTION + "candidates:\n  a:\n    sample_rate: 2\n",
            "FILE:4: candidates.a.sample_rate: should be less than or equal to 1",
        ),
        (
            PRODUCTION + "candidates:\n  A B: {}\n",
            "FILE:3: candidates.A B: must be at most 40 lower-case letters and digits, joined by single '_', '-' or '.'",
        ),
        (
            PRODUCTION + "candidates:\n  a:\n    sample_rate: yes\n",
            "FILE:4: candidates.a.sample_rate: must be a number, not a boolean (in YAML yes, no, on and off are booleans)",
        ),
        (
            PRODUCTION + "proxy:\n  listen: 8080\n",
            "FILE:3: proxy.listen: an address is HOST:PORT, [IPv6]:PORT or unix:/PATH, as in 127.0.0.1:8080",
        ),
        (
            PRODUCTION + "proxy:\n  listen: [127.0.0.1:1, ':4000']\n",
            "FILE:1: production.url: http://127.0.0.1:4000 is proxy.listen (0.0.0.0:4000) itself: requests would go "
            "round in circles",
        ),
        (
            PRODUCTION + "candidates:\n  a:\n    url: http://localhost:8080/v1\n",
            "FILE:4: candidates.a.url: http://localhost:8080/v1 is proxy.listen (127.0.0.1:8080) itself: requests "
            "would go round in circles",
        ),
        (
            PRODUCTION + "admin: {listen: 'localhost:8080'}\n",
            "FILE:2: admin.listen: localhost:8080 is one of proxy.listen (127.0.0.1:8080): choose another port",
        ),
        (
            PRODUCTION + "candidates:\n  a:\n    price: {inputpermtok: 1}\n",
            "FILE:4: candidates.a.price.inputpermtok: unknown key; did you mean 'input_per_mtok'?",
        ),
        (
            PRODUCTION + "candidates:\n  a:\n    price: {per_request: 1, gpu_concurrency: 0}\n",
            "FILE:4: candidates.a.price.gpu_concurrency: should be greater than 0",
        ),
        (
            PRODUCTION + "mirror: {exclude: {x: {path: 3}}}\n",
            "FILE:2: mirror.exclude.x.path: must be a glob or a list of globs, as in 'gpt-4*' (numbers, yes and no in "
            "quotes)",
        ),
        (
            PRODUCTION + "mirror: {exclude: {x: {path: [a, 3]}}}\n",
            "FILE:2: mirror.exclude.x.path: must be a glob or a list of globs, as in 'gpt-4*' (numbers, yes and no in "
            "quotes)",
        ),
        (
            PRODUCTION + "mirror: {strata: {'': {path: x, sample_rate: 1}}}\n",
            "FILE:2: mirror.strata.: must be a name of at most 40 letters and digits, joined by '_', '-' or '.'",
        ),
        (
            PRODUCTION + "mirror: {include: {my rule: {path: x}}}\n",
            "FILE:2: mirror.include.my rule: must be a name of at most 40 letters and digits, joined by '_', '-' or '.'",
        ),
        *(
            (
                PRODUCTION + f"candidates:\n  a:\n    parameters: {{x: {value}}}\n",
                "FILE:4: candidates.a.parameters.x: has no form in JSON: put dates in quotes, and leave out .nan and .inf",
            )
            for value in (".nan", "[-.inf]", "2024-01-01", "{when: 2024-01-01}", "!!binary aGk=", '"\\ud800"')
        ),
        ("", "FILE: production: is required: production.url"),
        ("- a\n", "FILE: a configuration is a mapping of keys, as in `production: {url: …}`"),
        (
            "production:\n\turl: x\n",
            "FILE:2: not valid YAML: while scanning for the next token found character '\\t' that cannot start any token",
        ),
    ],
)
def test_an_error_says_where_and_what(file: Path, text: str, said: str) -> None:
    assert problem(file, text) == said


def test_all_errors_are_told_at_once(file: Path) -> None:
    said = problem(file, "production: {url: x}\nproxy: {workers: 0}\nadmn: {}\n")
    assert [line.partition(": ")[2].partition(":")[0] for line in said.splitlines()] == [
        "proxy.workers",
        "production.url",
        "admn",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        (
            "SHADOWBENCH_PROXY__LISTN",
            "x",
            "environment variable SHADOWBENCH_PROXY__LISTN: proxy.listn: unknown key; did you mean 'listen'?",
        ),
        (
            "SHADOWBENCH_PRXY__LISTEN",
            "x",
            "environment variable SHADOWBENCH_PRXY__LISTEN: there is no section 'prxy'; did you mean 'proxy'?",
        ),
        (
            "SHADOWBENCH_PROXY__WORKERS",
            "many",
            "environment variable SHADOWBENCH_PROXY__WORKERS: proxy.workers: should be a valid integer, "
            "unable to parse string as an integer",
        ),
        (
            "SHADOWBENCH_CANDIDATES__A__PARAMETERS__TEMPERATURE",
            "1",
            "environment variable SHADOWBENCH_CANDIDATES__A__PARAMETERS__TEMPERATURE: set all parameters at once, as "
            "JSON, in …__PARAMETERS",
        ),
    ],
)
def test_an_error_in_a_variable_names_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert problem(file, PRODUCTION) == said


def test_a_list_in_a_variable_that_is_no_json_is_an_error_of_ours(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHADOWBENCH_MIRROR__ENDPOINTS", "[POST")
    assert problem(file, PRODUCTION) == (
        "environment variable SHADOWBENCH_MIRROR__ENDPOINTS: a value of several parts is not valid JSON; write it as JSON"
    )
    monkeypatch.setenv("SHADOWBENCH_MIRROR__ENDPOINTS", '["POST /x"]')
    monkeypatch.setenv("SHADOWBENCH_MIRROR__STRATA", "{bad")
    assert "variable SHADOWBENCH_MIRROR__STRATA: " in problem(file, PRODUCTION)


SMAL = "SHADOWBENCH_CANDIDATES__SMAL__SAMPLE_RATE"


def test_a_candidate_by_a_misspelt_variable_is_refused_with_the_name_that_was_meant(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SMAL, "0.5")
    assert problem(file, PRODUCTION + "candidates: {small: {model: m}}\n") == (
        f"environment variable {SMAL}: there is no candidate 'smal' in the file, and nothing here tells it from "
        "production; did you mean 'small'? Otherwise give its url or model, too"
    )
    assert "production; give its url or model, too" in problem(file, PRODUCTION)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("candidates: {smal: {}}\n", {}),
        ("", {"SHADOWBENCH_CANDIDATES__SMAL__MODEL": "m"}),
        ("", {"SHADOWBENCH_CANDIDATES__SMAL__URL": "http://x"}),
        ("", {"SHADOWBENCH_CANDIDATES__SMAL__PARAMETERS": '{"temperature": 0}'}),
        ("", {"SHADOWBENCH_CANDIDATES": '{"smal": {}}'}),
    ],
)
def test_a_candidate_that_is_something_may_come_from_variables_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch, text: str, more: dict[str, str]
) -> None:
    for name, value in ({SMAL: "0.5"} | more).items():
        monkeypatch.setenv(name, value)
    file.write_text(PRODUCTION + text)
    assert load(file).candidates["smal"].sample_rate == 0.5


def test_variables_that_kubernetes_sets_are_not_ours(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHADOWBENCH_PORT_8080_TCP", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("SHADOWBENCH_SERVICE_HOST", "10.0.0.1")
    file.write_text(PRODUCTION)
    load(file)


def test_a_key_that_should_be_a_variable_is_never_repeated(file: Path) -> None:
    said = problem(file, PRODUCTION + "candidates: {a: {api_key_env: sk-proj-123}}\n")
    assert "sk-proj" not in said


@pytest.mark.parametrize(
    "url", ["s3://KEY:hush@bucket/x", "s3://KEY@bucket/x", "gs://bucket/x?secret=hush", "az://c/x#hush", "hush://b/x"]
)
def test_credentials_in_an_export_url_are_refused_and_never_repeated(file: Path, url: str) -> None:
    said = problem(file, PRODUCTION + f"store: {{export: {{url: '{url}'}}}}\n")
    assert said.startswith("FILE:2: store.export.url: ")
    assert "hush" not in said
    assert "KEY" not in said


def test_a_file_that_cannot_be_read_is_an_error_of_ours(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not UTF-8 at byte 0: save it as UTF-8"):
        load(file)
    with pytest.raises(ConfigurationError, match="directory"):
        load(file.parent)


def test_a_loop_that_a_variable_made_names_the_variable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHADOWBENCH_PRODUCTION__URL", "https://[::1]")
    said = problem(file, "proxy: {listen: ':443'}\n")
    assert said.startswith("environment variable SHADOWBENCH_PRODUCTION__URL: production.url: https://[::1] is proxy.")


def test_ports_that_the_system_chooses_do_not_clash(file: Path) -> None:
    file.write_text(PRODUCTION + "proxy: {listen: '127.0.0.1:0'}\nadmin: {listen: '127.0.0.1:0'}\n")
    load(file)


def test_a_policy_may_be_named_or_written_in_the_configuration(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(PRODUCTION + "report: {policy: {extends: migration, primary: {quality: {margin: 0.1}}}}\n")
    assert load(file).report.policy == {"extends": "migration", "primary": {"quality": {"margin": 0.1}}}
    monkeypatch.setenv("SHADOWBENCH_REPORT__POLICY", "critical")
    assert load(file).report.policy == "critical"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("report: {policy: 3}\n", "FILE:2: report.policy: must be the name of a policy, a YAML file, or a mapping"),
        ("report:\n  policy:\n    primry: {}\n", "FILE:4: report.policy.primry: unknown key; did you mean 'primary'?"),
        (
            "report:\n  policy:\n    extends: cost\n    guardrails:\n      errors: {margin: -1}\n",
            "FILE:6: report.policy.guardrails.errors.margin: is below zero: a margin says how much worse would still do, "
            "whichever way is worse",
        ),
        (
            "report:\n  policy: {extends: nope}\n",
            "FILE:3: report.policy.extends: there is no policy 'nope'; there are: ",
        ),
    ],
)
def test_a_policy_in_the_configuration_is_read_with_it(file: Path, text: str, said: str) -> None:
    assert problem(file, PRODUCTION + text).startswith(said)


def test_a_policy_in_the_environment_is_blamed_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHADOWBENCH_REPORT__POLICY", '{"primary": {"quality": {}}}')
    assert problem(file, PRODUCTION).startswith(
        "environment variable SHADOWBENCH_REPORT__POLICY: report.policy.primary.quality: says no margin"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n", "where: rubric.yaml: a rubric is a mapping of keys"),
        (None, "where: rubric.yaml: there is no such file"),
    ],
)
def test_a_file_that_is_no_rubric_is_not_told_as_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("rubric.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as told:
        read_rubric_file("rubric.yaml", "where")
    assert str(told.value) == said
