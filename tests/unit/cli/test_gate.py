"""`gate` on small logs: what it says by its exit code, and where it says it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from shadowbench.cli.analysed import Asked, analysed, earlier_reports
from shadowbench.cli.analysed import asked as asked_for
from shadowbench.cli.choosing import slices_of
from shadowbench.cli.gate import GateOptions, form_by, run_gate
from shadowbench.cli.pair_arguments import Typed
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.policies.reading import read_policy
from shadowbench.records import Observation
from shadowbench.report.document.root import Document
from shadowbench.report.policy import Claim, Looks, Policy, Requirements, Watching
from tests.unit.cli.gate_logs import failing_in, write_log

NOW = 1_770_000_000.0
ERRORS = Claim(measure="error_class", margin=0.05)
POLICY = Policy(
    name="errors",
    watching=Watching(looks=Looks.ONCE),
    primary=(ERRORS,),
    requires=Requirements(pairs=50, clusters=30),
)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("logs")
    return {
        "good": str(write_log(folder / "good.db")),
        "bad": str(write_log(folder / "bad.db", small=failing_in(5))),
        "few": str(write_log(folder / "few.db", exchanges=20)),
        "empty": str(write_log(folder / "empty.db", exchanges=0)),
    }


def options(log: str, policy: Policy = POLICY, **changes: object) -> GateOptions:
    asked = Asked(logs=(log,), policy=policy, again=frozenset({"again"}), redact=True, examples=0, progress=False)
    return GateOptions(asked=asked, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("log", "code", "said"),
    [
        ("good", 0, "Pass: 1 candidate, by the policy errors."),
        ("bad", 1, "Fail: 1 candidate, by the policy errors."),
        ("few", 3, "Inconclusive: 1 candidate, by the policy errors."),
        ("empty", 3, "Inconclusive: 0 candidates, by the policy errors."),
    ],
)
def test_the_exit_code_is_the_answer(
    log: str, code: int, said: str, logs: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_gate(options(logs[log]), now=NOW) == code
    captured = capsys.readouterr()
    assert said in captured.out
    assert captured.err == ""


def test_what_is_inconclusive_says_what_to_do(logs: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    policy = read_policy(
        {
            "primary": {"quality": {"margin": 0.1}},
            "guardrails": {"json_schema": {"margin": 0.1, "where_absent": "skip"}},
        },
        "--policy",
    )
    assert run_gate(options(logs["good"], policy), now=NOW) == 3
    out = capsys.readouterr().out
    assert "Not measured: quality. Name it in scoring.metrics or scoring.judges" in " ".join(out.split())
    assert "skipped   json_schema" in out


@pytest.mark.parametrize("preset", ["mvp", "critical"])
def test_a_policy_that_wants_a_lane_says_how_to_have_one(
    preset: str, logs: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Asked(logs=(logs["good"],), policy=read_policy(preset, "--policy"), redact=True, examples=0, progress=False)
    assert run_gate(GateOptions(asked=asked), now=NOW) == 3
    told = " ".join(capsys.readouterr().out.split())
    assert "An A/A lane is a candidate without a url and a model of its own: candidates: {again: {sample_rate" in told


def test_a_misspelt_measure_is_told_with_the_nearest_and_all_there_are(
    logs: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = read_policy({"primary": {"eror_class": {"margin": 0.1}}, "requires": {"pairs": 50, "clusters": 30}}, "x")
    report = tmp_path / "report.json"
    assert run_gate(options(logs["good"], policy, reports=(report,)), now=NOW) == 3
    told = " ".join(capsys.readouterr().out.split())
    assert "did you mean error_class? There are: cost, error_class, gap_p95, latency, output_tokens, ttft." in told
    (document,) = earlier_reports([str(report)])
    assert document.warnings[0].values["near"] == "error_class"


def test_without_a_form_the_output_s_ending_tells(tmp_path: Path) -> None:
    assert [form_by(path and Path(path)) for path in (None, "gate", "a.md", "a.XML", "a.json", "a.txt")] == [
        "terminal", "terminal", "markdown", "junit", "json", "terminal",
    ]  # fmt: skip
    with pytest.raises(
        ConfigurationError, match=r"--output a\.pdf: its ending says no form; .*\.txt; or name it with --f"
    ):
        form_by(Path("a.pdf"))


def test_a_policy_that_declares_nothing_is_an_error_that_names_the_presets(logs: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="cost, critical, fine-tuning, migration, mvp, or a YAML file"):
        run_gate(options(logs["good"], Policy()), now=NOW)


def test_a_file_that_declares_nothing_is_named(logs: dict[str, str], tmp_path: Path) -> None:
    for text in ("", "name: x\n", "primary: {}\nguardrails: {error_class: {margin: 1%}}\n"):
        (tmp_path / "ours.yaml").write_text(text)
        typed = Typed(logs=[logs["good"]], policy=str(tmp_path / "ours.yaml"))
        with pytest.raises(ConfigurationError, match=r"^--policy .*ours\.yaml has no primary claim, .*: declare one"):
            run_gate(GateOptions(asked=asked_for(typed, now=NOW, environ={})), now=NOW)


def test_a_configuration_that_declares_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    config = tmp_path / "shadowbench.yaml"
    config.write_text(f"production: {{url: 'https://api.example.com'}}\nreport: {{policy: {tmp_path}/empty.yaml}}\n")
    with pytest.raises(ConfigurationError, match=r"^report\.policy: .*empty\.yaml has no primary claim"):
        run_gate(GateOptions(asked=asked_for(Typed(config=config), now=NOW, environ={})), now=NOW)


def test_what_a_log_was_narrowed_to_is_told_in_every_form(logs: dict[str, str], tmp_path: Path) -> None:
    also = tuple(tmp_path / f"gate{ending}" for ending in (".md", ".xml", ".json", ".txt"))
    wanted = options(logs["good"], also=also)
    part = replace(
        wanted.asked, since=1_760_003_000.0, until=1_761_000_000.0, slice={"path": ("/v1/chat/completions",)}
    )
    assert run_gate(replace(wanted, asked=part), now=NOW) == 0
    markdown, xml, as_json, text = (" ".join(path.read_text("utf-8").split()) for path in also)
    for told in (markdown, text):
        assert "Logs: good.db. Period: 2025-10-09T09:53:20Z to 2025-10-20T21:53:20Z (12 d)." in told
        assert "Of it: since 2025-10-09T09:43:20Z; until 2025-10-20T22:40:00Z; path = /v1/chat/completions." in told
    assert '<property name="of it" value="since 2025-10-09T' in xml
    found = json.loads(as_json)
    assert (found["since"], found["until"]) == (1_760_003_000.0, 1_761_000_000.0)
    assert found["slice"] == {"path": ["/v1/chat/completions"]}


@pytest.mark.parametrize("name", ["good", "bad"])
def test_a_part_that_was_chosen_by_what_came_of_the_calls_decides_nothing(
    name: str, logs: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = options(logs[name])
    part = replace(wanted.asked, slice={"candidate_outcome": ("ok",)})
    assert run_gate(replace(wanted, asked=part), now=NOW) == 3
    told = " ".join(capsys.readouterr().out.split())
    assert "The pairs were chosen by what came of the calls (candidate_outcome): what is left tells nothing" in told
    assert "leave that --slice out, or choose by what was known before the call" in told


def test_a_log_that_is_not_there_could_not_be_run(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="there is no pair log") as caught:
        run_gate(options(str(tmp_path / "no.db")), now=NOW)
    assert caught.value.exit_code == 4


def test_one_candidate_may_be_chosen(logs: dict[str, str]) -> None:
    assert run_gate(options(logs["good"], only=frozenset({"small"})), now=NOW) == 0
    with pytest.raises(
        ConfigurationError, match=r"--candidate smal: it has no pairs here; did you mean 'small'\? There are: small"
    ):
        run_gate(options(logs["good"], only=frozenset({"smal"})), now=NOW)


def test_every_form_goes_where_it_is_to_go(logs: dict[str, str], tmp_path: Path) -> None:
    also = tuple(tmp_path / f"gate{ending}" for ending in (".md", ".xml", ".json", ".txt"))
    reports = (tmp_path / "report.json", tmp_path / "report.md")
    wanted = options(logs["bad"], form="markdown", output=tmp_path / "out.md", also=also, reports=reports)
    assert run_gate(wanted, now=NOW) == 1
    markdown, xml, as_json, text = (path.read_text("utf-8") for path in also)
    assert markdown == (tmp_path / "out.md").read_text("utf-8")
    assert markdown.startswith("## Gate\n\n**Fail: 1 candidate")
    suite = ElementTree.fromstring(xml.encode()).find("testsuite")
    assert suite is not None
    assert (suite.get("name"), suite.get("failures"), suite.get("tests")) == ("small", "1", "1")
    told = json.loads(as_json)
    assert (told["schema"], told["version"], told["result"]) == ("shadowbench.gate", 1, "fail")
    assert [each["result"] for each in told["candidates"]] == ["fail"]
    assert text.startswith("GATE\nFail: 1 candidate")
    (document,) = earlier_reports([str(reports[0])])
    assert [candidate.name for candidate in document.candidates] == ["again", "small"]
    assert reports[1].read_text("utf-8").startswith("## Verdict")


def test_the_next_run_takes_the_place_of_the_last(logs: dict[str, str], tmp_path: Path) -> None:
    wanted = options(logs["good"], form="json", output=tmp_path / "gate.json")
    assert run_gate(wanted, now=NOW) == 0
    first = (tmp_path / "gate.json").read_bytes()
    assert run_gate(wanted, now=NOW) == 0
    assert (tmp_path / "gate.json").read_bytes() == first


def test_nothing_is_read_for_an_output_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"--also .*gate\.pdf: its ending says no form; there are: \.md, \.xml"
    ):
        run_gate(options("no.db", also=(tmp_path / "gate.pdf",)), now=NOW)
    with pytest.raises(ConfigurationError, match=r"--report .*gate\.pdf: its ending says no form; .* \.txt$"):
        run_gate(options("no.db", reports=(tmp_path / "gate.pdf",)), now=NOW)
    mine = tmp_path / "pairs.db"
    with pytest.raises(ConfigurationError, match="belongs to the sidecar"):
        run_gate(options("no.db", output=mine, own_files=(mine,)), now=NOW)


def test_a_baseline_must_not_be_worse_than(
    logs: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loose = Policy(
        name="loose",
        watching=Watching(looks=Looks.ONCE),
        primary=(Claim(measure="error_class", margin=0.5, baseline_margin=0.05),),
        requires=Requirements(pairs=50, clusters=30),
    )
    report = tmp_path / "report.json"
    assert run_gate(options(logs["good"], loose, reports=(report,)), now=NOW) == 0
    assert run_gate(options(logs["good"], loose, baseline=str(report)), now=NOW) == 0
    assert run_gate(options(logs["bad"], loose), now=NOW) == 0
    capsys.readouterr()
    assert run_gate(options(logs["bad"], loose, baseline=str(report)), now=NOW) == 1
    beside = capsys.readouterr().out.partition("SINCE THE BASELINE")[2]
    assert "refuted" in beside
    assert "+0.20" in beside


def test_a_report_of_another_version_is_no_baseline(logs: dict[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text('{"schema": "shadowbench.report", "version": 99}')
    with pytest.raises(ConfigurationError, match=r"report\.json is a report of version 99, and this is read: 1"):
        run_gate(options(logs["good"], baseline=str(report)), now=NOW)
    with pytest.raises(UnavailableError, match=r"cannot read .*no\.json"):
        run_gate(options(logs["good"], baseline=str(tmp_path / "no.json")), now=NOW)


def test_the_same_log_gives_the_same_bytes(logs: dict[str, str], tmp_path: Path) -> None:
    paths = [tmp_path / "one.json", tmp_path / "two.json"]
    for path in paths:
        run_gate(options(logs["bad"], also=(path,)), now=NOW)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_gate_decides_as_the_report_does(logs: dict[str, str], tmp_path: Path) -> None:
    """With and without a report beside it, which makes it analyse everything."""
    for name in ("good", "bad", "few"):
        told = []
        for reports in ((), (tmp_path / "report.json",)):
            run_gate(options(logs[name], form="json", output=tmp_path / "gate.json", reports=reports), now=NOW)
            told.append((tmp_path / "gate.json").read_bytes())
        assert told[0] == told[1], name


def test_without_a_report_nothing_but_what_was_declared_is_analysed(
    logs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []

    def spied(wanted: Asked, *, now: float) -> Document:
        found.append(analysed(wanted, now=now))
        return found[-1]

    monkeypatch.setattr("shadowbench.cli.gate.analysed", spied)
    run_gate(options(logs["good"]), now=NOW)
    assert {each.subject.name for candidate in found[0].candidates for each in candidate.comparisons} == {"error_class"}


def test_the_noise_floor_is_told_in_the_terminal(logs: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    run_gate(options(logs["good"]), now=NOW)
    assert "A/A lane again, production against itself in 300 pairs: errors" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            {"named": ("agian",)},
            "--again agian: these logs have no pairs of it; did you mean 'again'? There are: again, small",
        ),
        ({"candidates": ("smal",)}, "--candidate smal: these logs have no pairs of it; did you mean 'small'?"),
        (
            {"slice": {"path": ("/v1/chat/completion",)}},
            "--slice path=/v1/chat/completion: no pair has it; did you mean",
        ),
    ],
)
def test_a_name_that_is_misspelt_is_told_with_the_nearest(
    logs: dict[str, str], typed: dict[str, Any], said: str
) -> None:
    wanted = options(logs["good"])
    with pytest.raises(ConfigurationError) as caught:
        run_gate(replace(wanted, asked=replace(wanted.asked, **typed)), now=NOW)
    assert said in str(caught.value)


def test_a_column_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(
        ConfigurationError, match="--slice strtum: no column of words has this name; did you mean 'stratum'"
    ):
        slices_of(["strtum=long"])
    assert slices_of(["tenant=a", "model=x"]) == {"tenant_key": ("a",), "production_requested_model": ("x",)}


def test_an_empty_log_has_misspelt_nobody(logs: dict[str, str]) -> None:
    wanted = options(logs["empty"])
    assert run_gate(replace(wanted, asked=replace(wanted.asked, named=("again",))), now=NOW) == 3


def failing_from(first: int) -> Callable[[int], Observation]:
    """A candidate that fails in every request from that one on."""
    always, never = failing_in(1), failing_in(0)
    return lambda number: always(number) if number >= first else never(number)


def test_a_candidate_that_broke_down_of_late_does_not_pass_for_what_it_was(tmp_path: Path) -> None:
    log = str(write_log(tmp_path / "late.db", small=failing_from(225)))
    policy = replace(POLICY, primary=(replace(ERRORS, margin=0.5),))
    also = tuple(tmp_path / f"gate{ending}" for ending in (".md", ".xml", ".json", ".txt"))
    reports = tuple(tmp_path / f"report{ending}" for ending in (".json", ".md", ".html"))
    assert run_gate(options(log, policy, also=also), now=NOW) == 3
    alone = also[2].read_text("utf-8")
    assert run_gate(options(log, policy, also=also, reports=reports), now=NOW) == 3
    assert also[2].read_text("utf-8") == alone
    told = "small: errors changed by more than chance over the period: until 2025-10-"
    for path in (*also, *reports[1:]):
        assert told in " ".join(path.read_text("utf-8").split()), path
    (condition,) = json.loads(alone)["candidates"][0]["verdict"]["conditions"]
    assert (condition["met"], condition["reason"]) == ("open", "worse_of_late")
    (document,) = earlier_reports([str(reports[0])])
    assert document.warnings[0].code == "changed_over_time"
