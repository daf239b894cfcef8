"""The installed `gate` and `plan`: their exit codes, with the policies that come along."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.sidecars import command
from tests.unit.cli.gate_logs import failing_in, write_log

SCRIPT = Path(__file__).parents[2] / "script" / "gate-action"
POLICY = """\
watching: {looks: once}
primary:
  errors: {measure: error_class, margin: 5%}
guardrails:
  json_schema: {margin: 1%, where_absent: skip}
requires: {pairs: 50, clusters: 30}
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command(), *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=100
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gate")
    write_log(folder / "good.db")
    write_log(folder / "bad.db", small=failing_in(4))
    write_log(folder / "few.db", exchanges=20)
    (folder / "ours.yaml").write_text(POLICY)
    (folder / "wrong.yaml").write_text("extends: migration\nprimary: {quality: {}}\n")
    return folder


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["good.db", "--policy", "ours.yaml"], 0, "Pass: 1 candidate, by the policy ours."),
        (["bad.db", "--policy", "ours.yaml"], 1, "Fail: 1 candidate"),
        (["few.db", "--policy", "ours.yaml"], 3, "Inconclusive: 1 candidate"),
        (["good.db", "--policy", "critical"], 3, "Inconclusive: 1 candidate, by the policy critical."),
        (["good.db"], 2, "name a policy with --policy (cost, critical, fine-tuning, migration, mvp, or a YAML file)"),
        (["good.db", "--policy", "wrong.yaml"], 2, "wrong.yaml:2: primary.quality: says no margin"),
        (["good.db", "--policy", "ours.yaml", "--candidate", "smal"], 2, "--candidate smal: it has no pairs here"),
        (["no.db", "--policy", "ours.yaml"], 4, "there is no pair log at"),
    ],
)
def test_the_exit_code_says_it(folder: Path, arguments: list[str], code: int, said: str) -> None:
    done = run(folder, "gate", *arguments, "--again", "again", "--quiet")
    assert done.returncode == code, done.stdout + done.stderr
    assert said in (done.stderr if code in (2, 4) else done.stdout)
    assert "Traceback" not in done.stderr


def test_a_report_becomes_the_next_ones_baseline(folder: Path) -> None:
    common = ["--policy", "ours.yaml", "--again", "again", "--quiet"]
    assert run(folder, "gate", "good.db", *common, "--report", "good.json").returncode == 0
    assert run(folder, "gate", "good.db", *common, "--baseline", "good.json").returncode == 0
    worse = run(folder, "gate", "bad.db", *common, "--baseline", "good.json", "--format", "json")
    assert worse.returncode == 1
    told = json.loads(worse.stdout)
    assert told["result"] == "fail"
    assert told["candidates"][0]["since"][0]["met"] == "refuted"


def test_the_configurations_policy_holds_where_none_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "shadowbench.yaml").write_text(
        f"production: {{url: 'http://x'}}\nstore: {{url: 'sqlite:///{folder}/good.db'}}\n"
        f"candidates: {{again: {{}}, small: {{model: small}}}}\nreport: {{policy: {folder}/ours.yaml}}\n"
    )
    assert run(tmp_path, "validate").returncode == 0
    assert run(tmp_path, "gate", "--quiet").returncode == 0
    (tmp_path / "shadowbench.yaml").write_text("production: {url: 'http://x'}\nreport: {policy: migratoin}\n")
    done = run(tmp_path, "validate")
    assert (done.returncode, "there is no policy 'migratoin'" in done.stderr) == (2, True)


def test_plan_needs_no_log(folder: Path) -> None:
    done = run(folder, "plan", "--discordant", "0.3", "--difference", "0.05", "--looks", "once", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["amount"]["pairs"] == 940
    log = run(folder, "plan", "good.db", "--policy", "ours.yaml", "--again", "again", "--quiet")
    assert (log.returncode, "Each claim by itself" in log.stdout) == (0, True)


def test_the_action_leaves_its_reports_and_its_word(folder: Path, tmp_path: Path) -> None:
    (program,) = command()
    names = {"FOLDER": "out", "GITHUB_OUTPUT": "outputs", "GITHUB_STEP_SUMMARY": "summary"}
    environment = {**os.environ, **{name: str(tmp_path / file) for name, file in names.items()}, "SHADOWBENCH": program}
    environment |= {"LOG": f"{folder}/bad.db\n", "POLICY": f"{folder}/ours.yaml", "AGAIN": "again"}
    done = subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, check=True, timeout=100)
    assert "result=fail" in (tmp_path / "outputs").read_text().splitlines(), done.stderr
    assert (tmp_path / "summary").read_text("utf-8").startswith("## Gate\n\n**Fail: 1 candidate")
    made = {path.name for path in (tmp_path / "out").iterdir() if path.stat().st_size}
    assert made == {"gate.md", "gate.xml", "gate.json", "report.html", "report.json"}
