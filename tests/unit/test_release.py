"""The release: what a tag must agree with, and what its workflow's scripts call."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
JOBS: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["jobs"]
# Writes down how it was called, answers with what is in ANSWER_<name>.
FAKE = """#!/bin/sh
name=$(basename "$0")
echo "$name $*" >> "$CALLS"
case "$*" in *--password-stdin*) cat > /dev/null ;; esac
eval "printf '%s\\n' \\"\\${ANSWER_$name:-}\\""
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Version 1.2.3, everywhere."""
    files = {
        "script/release-version": (ROOT / "script" / "release-version").read_text("utf-8"),
        "shadowbench/__init__.py": '"""Package."""\n__version__ = "1.2.3"\n',
        "helm/shadowbench/Chart.yaml": 'version: 9.9.9\nappVersion: "1.2.3"\n',
        "CHANGELOG.md": "# Changelog\n\n## 1.2.3 – 2026-12-01\n\n## 1.2.2\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "script" / "release-version").chmod(0o755)
    return tmp_path


def released(repository: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([repository / "script" / "release-version", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_a_tag_that_everything_agrees_with_is_a_version(repository: Path) -> None:
    assert released(repository, "v1.2.3") == (0, "1.2.3\n", "")


@pytest.mark.parametrize(
    ("place", "text", "says"),
    [
        ("shadowbench/__init__.py", '__version__ = "1.2.4"\n', "1.2.4"),
        ("helm/shadowbench/Chart.yaml", 'appVersion: "1.2.2"\n', "1.2.2"),
        ("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## 1.2.2\n", "1.2.2"),
        ("CHANGELOG.md", "# Changelog\n\n## Unreleased\n", "no version"),
    ],
)
def test_what_disagrees_is_named(repository: Path, place: str, text: str, says: str) -> None:
    (repository / place).write_text(text, "utf-8")
    wanted = f"release-version: {place} says {says}, the tag says 1.2.3\n"
    assert released(repository, "v1.2.3") == (1, "", wanted)


@pytest.mark.parametrize("arguments", [(), ("1.2.3",), ("v1.2",), ("v1.2.3rc1",), ("v1.2.3; true",)])
def test_other_tags_release_nothing(repository: Path, arguments: tuple[str, ...]) -> None:
    assert released(repository, *arguments)[0] == 2


def test_the_places_are_in_this_repository() -> None:
    done = subprocess.run([ROOT / "script" / "release-version", "v0.0.999"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("the tag says 0.0.999") == 3


# ── the workflow ──


def test_actions_are_the_ones_that_ci_uses_pinned_alike() -> None:
    ci = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    pins = dict(re.findall(r"uses: (\S+)@([0-9a-f]{40}) # v", ci))
    ours = re.findall(r"uses: (\S+)@(\S+) # v", TEXT)
    assert len(ours) == TEXT.count("uses: ")
    assert {action: pin for action, pin in ours if pins.get(action, pin) != pin} == {}


def test_nothing_is_published_before_everything_is_checked_and_the_wheel_comes_last() -> None:
    def before(job: str) -> set[str]:
        needs = JOBS[job].get("needs", [])
        direct = {needs} if isinstance(needs, str) else set(needs)
        return direct.union(*map(before, direct))

    writers = {name for name, job in JOBS.items() if "write" in job["permissions"].values()}
    assert writers == {"image", "publish", "wheel"}
    assert all("check" in before(job) for job in writers)
    assert before("wheel") == set(JOBS) - {"wheel"}
    assert before("publish") == {"check", "compiled", "image"}


def action(job: str, name: str) -> dict[str, Any]:
    """What the one use of an action in a job is given."""
    (given,) = (step["with"] for step in JOBS[job]["steps"] if step.get("uses", "").startswith(f"actions/{name}@"))
    return dict(given)


def test_every_wheel_is_published_and_nothing_else() -> None:
    pattern = action("wheel", "download-artifact")["pattern"]
    uploads = {job: action(job, "upload-artifact")["name"] for job in ("check", "compiled", "image")}
    assert [job for job, name in uploads.items() if fnmatch(name, pattern)] == ["check", "compiled"]
    assert "${{ matrix.architecture }}" in uploads["compiled"]


def compiled_environment() -> dict[str, str]:
    (environment,) = (step["env"] for step in JOBS["compiled"]["steps"] if "env" in step)
    return dict(environment)


def test_wheels_are_compiled_with_the_locked_tools() -> None:
    environment = compiled_environment()
    assert environment["CIBW_ENVIRONMENT"] == "SHADOWBENCH_COMPILE=1"
    lock = environment["CIBW_BEFORE_BUILD"].rpartition(" {project}/")[2]
    assert "mypy==" in (ROOT / lock).read_text("utf-8")
    assert "--require-hashes" in environment["CIBW_BEFORE_BUILD"]
    assert environment["CIBW_BUILD_FRONTEND"].endswith("--no-isolation")


def test_what_was_not_compiled_does_not_pass_for_a_compiled_wheel() -> None:
    command = compiled_environment()["CIBW_TEST_COMMAND"].removeprefix("shadowbench --version && ")
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    # The sources in the checkout are what it finds there.
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.search(r"AssertionError: \S+/shadowbench/proxy/exchange\.py$", done.stderr.strip())


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where fakes of the programs that reach the world write how they were called."""
    fakes = tmp_path / "fakes"
    fakes.mkdir()
    for name in ("docker", "cosign", "helm", "yq", "git"):
        (fakes / name).write_text(FAKE)
        (fakes / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{fakes}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def run_step(job: str, name: str, folder: Path, **environ: str) -> None:
    (script,) = (step["run"] for step in JOBS[job]["steps"] if step.get("name") == name)
    given = {
        "IMAGE": "ghcr.io/Us/It", "VERSION": "1.2.3", "ARCHITECTURE": "arm64", "GITHUB_SHA": "0a" * 20,
        "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "Us/It", "GITHUB_ACTOR": "ada", "TOKEN": "t",
        "GITHUB_ENV": str(folder / "env"),
    }  # fmt: skip
    command = ["bash", "-eo", "pipefail", "-c", script]
    subprocess.run(command, cwd=folder, env={**os.environ, **given, **environ}, check=True)


def test_what_is_pushed_is_built_as_what_was_run(tmp_path: Path, calls: Path) -> None:
    run_step("image", "Build", tmp_path, ANSWER_git="1800000000")
    run_step("image", "Run", tmp_path, ANSWER_docker="shadowbench 1.2.3")
    (tmp_path / "built.json").write_text('{"containerimage.digest": "sha256:1"}')
    run_step("image", "Push", tmp_path)
    builds = [line for line in calls.read_text().splitlines() if line.startswith("docker buildx build ")]
    common = (
        f"docker buildx build --platform linux/arm64 --build-arg VERSION=1.2.3 --build-arg REVISION={'0a' * 20} "
        "--build-arg CREATED=2027-01-15T08:00:00Z --build-arg SOURCE=https://github.com/Us/It "
    )
    assert builds == [
        f"{common}--load --tag shadowbench:built .",
        f"{common}--sbom=true --provenance=mode=max --metadata-file built.json "
        "--output type=image,name=ghcr.io/us/it,push-by-digest=true,name-canonical=true,push=true .",
    ]
    assert (tmp_path / "digests" / "arm64").read_text() == "sha256:1\n"


def test_an_image_that_says_another_version_is_not_pushed(tmp_path: Path, calls: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run_step("image", "Run", tmp_path, ANSWER_docker="shadowbench 1.2.2")


def test_an_image_that_is_not_compiled_is_not_pushed(tmp_path: Path, calls: Path) -> None:
    docker = tmp_path / "fakes" / "docker"
    docker.write_text(FAKE + 'case "$*" in *"--entrypoint python"*) exit 1 ;; esac\n')
    with pytest.raises(subprocess.CalledProcessError):
        run_step("image", "Run", tmp_path, ANSWER_docker="shadowbench 1.2.3")
    assert "hot.__file__.endswith('.so')" in calls.read_text()


def test_one_name_for_all_architectures_is_signed_by_its_digest(tmp_path: Path, calls: Path) -> None:
    (tmp_path / "digests").mkdir()
    (tmp_path / "digests" / "amd64").write_text("sha256:1\n")
    (tmp_path / "digests" / "arm64").write_text("sha256:2\n")
    run_step("publish", "Name and sign the image", tmp_path, ANSWER_docker="sha256:3")
    named, _, signed = calls.read_text().splitlines()
    assert named == (
        "docker buildx imagetools create --tag ghcr.io/us/it:1.2.3 ghcr.io/us/it@sha256:1 ghcr.io/us/it@sha256:2"
    )
    assert signed == "cosign sign --yes --recursive ghcr.io/us/it@sha256:3"
    assert (tmp_path / "env").read_text() == "DIGEST=sha256:3\n"


def test_the_chart_names_the_image_and_is_signed_by_its_digest(tmp_path: Path, calls: Path) -> None:
    run_step("publish", "Push and sign the chart", tmp_path, ANSWER_helm="Pushed: it\nDigest: sha256:4")
    lines = calls.read_text().splitlines()
    assert "helm package helm/shadowbench --destination chart --version 1.2.3 --app-version 1.2.3" in lines
    assert "helm push chart/*.tgz oci://ghcr.io/us/charts" in lines
    assert lines[-1] == "cosign sign --yes ghcr.io/us/charts/shadowbench@sha256:4"
