"""What checkov says of the chart as production has it; helm/checkov.yaml answers the rest."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.charts import PRODUCTION, ROOT, SCORER, Document, Values, render

CHECKOV = Path(os.environ.get("SHADOWBENCH_CHECKOV", ROOT / "build" / "checkov" / "bin" / "checkov"))
SETTINGS = ROOT / "helm" / "checkov.yaml"
# `helm test` runs it once: there is nothing to keep alive, and nobody connects to it.
RUNS_ONCE = {"CKV_K8S_8", "CKV2_K8S_6"}

pytestmark = [pytest.mark.verify, pytest.mark.skipif(not CHECKOV.exists(), reason="checkov is not installed")]


def findings(documents: list[Document], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    file = folder / "rendered.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return subprocess.run(
        [CHECKOV, "--config-file", SETTINGS, "--file", file, *arguments],
        capture_output=True,
        text=True,
        timeout=110,
        cwd=folder,
        check=False,
    )


# A scorer keeps no log, and nobody goes around it.
SCORERS = {**{key: PRODUCTION[key] for key in PRODUCTION if key not in ("persistence", "service")}, **SCORER}


@pytest.mark.parametrize("values", [PRODUCTION, SCORERS])
def test_checkov_has_nothing_to_say(values: Values, tmp_path: Path) -> None:
    pinned = {**values, "image": PRODUCTION["image"]}
    documents = [each for each in render(pinned) if each["kind"] != "Pod"]
    done = findings(documents, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_privileged_container_would_be_found(tmp_path: Path) -> None:
    documents = render({**PRODUCTION, "securityContext": {"privileged": True}})
    done = findings(documents, tmp_path)
    assert (done.returncode, "CKV_K8S_16" in done.stdout) == (1, True), done.stdout + done.stderr


def test_nor_of_the_pod_that_tests_the_release(tmp_path: Path) -> None:
    documents = [each for each in render(PRODUCTION) if each["kind"] in ("Pod", "NetworkPolicy")]
    done = findings(documents, tmp_path)
    told = {line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith("Check:")}
    assert told <= RUNS_ONCE, done.stdout
