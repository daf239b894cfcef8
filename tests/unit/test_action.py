"""The GitHub Action: its linters, and what its scripts do with inputs, results and comments."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
FAKE = """#!/usr/bin/env python3
import json, os, pathlib, sys
pathlib.Path(os.environ["SEEN"]).write_text(json.dumps(sys.argv[1:]))
folder = pathlib.Path(os.environ["FOLDER"])
if os.environ["SAYS"] not in ("2", "4"):
    (folder / "gate.md").write_text("## Gate\\n")
else:
    print("shadowbench: why it could not", file=sys.stderr)
sys.exit(int(os.environ["SAYS"]))
"""
FAKE_GH = """#!/usr/bin/env python3
import json, os, pathlib, sys
seen = pathlib.Path(os.environ["SEEN"])
calls = json.loads(seen.read_text()) if seen.exists() else []
body = next((pathlib.Path(a[6:]).read_text() for a in sys.argv if a.startswith("body=@")), None)
seen.write_text(json.dumps([*calls, {"arguments": sys.argv[1:], "body": body, "mark": os.environ.get("MARK")}]))
if "--jq" in sys.argv:
    print(os.environ["KNOWN"])
"""


def linted(folder: Path, linter: str, *arguments: str) -> None:
    command = Path(sys.executable).parent / linter
    if not command.exists():
        pytest.skip(f"{linter} is not installed: it has no wheel for this platform")
    done = subprocess.run([command, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With the action, our own workflows, and the one to copy, which uses the action beside it."""
    workflows = tmp_path / ".github" / "workflows"
    shutil.copytree(ROOT / ".github" / "workflows", workflows)
    shutil.copy(ROOT / "action.yml", tmp_path)
    text = (ROOT / "docs" / "gate-workflow.yml").read_text("utf-8")
    assert "uses: OWNER/shadowbench@COMMIT" in text
    (workflows / "gate.yml").write_text(text.replace("uses: OWNER/shadowbench@COMMIT", "uses: ./"), "utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def test_workflows_and_the_inputs_of_the_action_pass_actionlint(repository: Path) -> None:
    linted(repository, "actionlint", "-no-color")


def test_the_action_and_all_workflows_pass_zizmor(repository: Path) -> None:
    workflow = repository / ".github" / "workflows" / "gate.yml"
    workflow.write_text(
        workflow.read_text("utf-8").replace("uses: ./", f"uses: owner/shadowbench@{'0a' * 20}"), "utf-8"
    )
    linted(repository, "zizmor", "--offline", "--no-progress", "--persona=regular", "action.yml", ".github/workflows")


def test_an_input_that_is_not_there_does_not_pass(repository: Path) -> None:
    workflow = repository / ".github" / "workflows" / "gate.yml"
    workflow.write_text(workflow.read_text("utf-8").replace("since: 14d", "sinse: 14d"), "utf-8")
    with pytest.raises(AssertionError, match="sinse"):
        linted(repository, "actionlint", "-no-color")


def test_every_input_reaches_the_gate_through_the_environment() -> None:
    steps = ACTION["runs"]["steps"]
    given = {value for step in steps for value in {**step.get("env", {}), **step.get("with", {})}.values()}
    unused = [name for name in ACTION["inputs"] if not any(f"inputs.{name}" in str(value) for value in given)]
    conditions = " ".join(str(step.get("if", "")) for step in steps)
    assert [name for name in unused if f"inputs.{name}" not in conditions] == []
    assert not any("inputs." in step.get("run", "") for step in steps)


@pytest.mark.parametrize(
    ("version", "package"), [("", "/the/action[charts,export]"), ("1.2.3", "shadowbench-sidecar[charts,export]==1.2.3")]
)
def test_it_installs_itself_or_the_version_that_is_asked_for(version: str, package: str, tmp_path: Path) -> None:
    (script,) = (step["run"] for step in ACTION["runs"]["steps"] if step.get("name") == "Install")
    fake = tmp_path / "python"
    fake.write_text(
        '#!/bin/sh\necho "$@" >> "$SEEN"\n[ "$2" = venv ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; true\n'
    )
    fake.chmod(0o755)
    seen = tmp_path / "seen"
    given = {"PYTHON": str(fake), "SEEN": str(seen), "VERSION": version, "GITHUB_ACTION_PATH": "/the/action"}
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], env={**os.environ, **given, "RUNNER_TEMP": str(tmp_path)}, check=True
    )
    assert seen.read_text().splitlines()[-1].endswith(f" {package}")


def run_gate(folder: Path, code: int, **inputs: str) -> tuple[list[str], dict[str, str], str]:
    """The gate's arguments, the action's outputs, the summary."""
    fake = folder / "shadowbench"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    names = {"SEEN": "seen", "FOLDER": "out", "GITHUB_OUTPUT": "outputs", "GITHUB_STEP_SUMMARY": "summary"}
    environment = {**os.environ, **{name: str(folder / file) for name, file in names.items()}, **inputs}
    environment |= {"SHADOWBENCH": str(fake), "SAYS": str(code)}
    done = subprocess.run(
        [ROOT / "script" / "gate-action"], env=environment, capture_output=True, text=True, check=True
    )
    outputs = dict(line.split("=", 1) for line in (folder / "outputs").read_text().splitlines())
    if code in (2, 4):
        assert "why it could not" in done.stderr
    return json.loads((folder / "seen").read_text()), outputs, (folder / "summary").read_text()


@pytest.mark.parametrize(
    ("code", "result"), [(0, "pass"), (1, "fail"), (2, "error"), (3, "inconclusive"), (4, "error"), (137, "error")]
)
def test_the_gates_word_becomes_the_outputs(code: int, result: str, tmp_path: Path) -> None:
    _, outputs, summary = run_gate(tmp_path, code, LOG="pairs.db")
    assert outputs == {"result": result, "exit-code": str(code), "folder": str(tmp_path / "out")}
    assert summary.startswith("## Gate\n")
    assert ("why it could not" in summary) is (code in (2, 4))


def test_inputs_become_arguments_and_nothing_else(tmp_path: Path) -> None:
    arguments, _, _ = run_gate(
        tmp_path,
        0,
        LOG="one.db\n  two $(touch x).db  \n\n--format",
        POLICY="critical",
        CANDIDATE="small\nyoung\n",
        AGAIN="",
        BASELINE="last.json",
        SINCE="7d",
        ALLOW_UNCALIBRATED_JUDGES="true",
    )
    assert arguments[arguments.index("--") :] == ["--", "one.db", "two $(touch x).db", "--format"]
    assert arguments[: arguments.index("--")][-11:] == [
        "--policy", "critical", "--baseline", "last.json", "--since", "7d", "--candidate", "small", "--candidate", "young",
        "--allow-uncalibrated-judges",
    ]  # fmt: skip
    assert not (tmp_path / "x").exists()
    plain, _, _ = run_gate(tmp_path, 0, LOG="one.db")
    assert not {"--policy", "--config", "--again", "--allow-uncalibrated-judges"} & set(plain)


@pytest.mark.parametrize("known", ["", "4711"])
def test_there_is_one_comment_and_it_is_changed(known: str, tmp_path: Path) -> None:
    gh, body = tmp_path / "gh", tmp_path / "gate.md"
    gh.write_text(FAKE_GH)
    gh.chmod(0o755)
    body.write_text("## Gate\n")
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SEEN": str(tmp_path / "seen"),
        "KNOWN": known,
        "GITHUB_REPOSITORY": "us/it",
        "PULL_REQUEST": "7",
        "BODY": str(body),
        "KEY": "shadowbench-gate",
    }
    subprocess.run([ROOT / "script" / "gate-comment"], env=environment, check=True)
    looked, written = json.loads((tmp_path / "seen").read_text())
    mark = "<!-- shadowbench gate: shadowbench-gate -->"
    assert looked["mark"] == mark
    assert "repos/us/it/issues/7/comments" in looked["arguments"]
    assert written["body"] == f"{mark}\n## Gate\n"
    if known:
        assert written["arguments"][2:5] == ["--method", "PATCH", "repos/us/it/issues/comments/4711"]
    else:
        assert "PATCH" not in written["arguments"]
        assert "repos/us/it/issues/7/comments" in written["arguments"]
