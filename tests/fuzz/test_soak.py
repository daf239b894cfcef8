"""A million executions of atheris for each target, in processes of their own. SHADOWBENCH_FUZZ_RUNS shortens them."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

RUNS = int(os.environ.get("SHADOWBENCH_FUZZ_RUNS", "1000000"))
ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(4 * 3600),
    pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this interpreter"),
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_million_executions_find_nothing(target: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz", target, "--runs", str(RUNS)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    said = told.stdout + told.stderr
    assert told.returncode == 0, said[-4000:]
    executed = re.search(r"stat::number_of_executed_units:\s+(\d+)", said)
    assert executed is not None and int(executed[1]) >= RUNS, said[-4000:]
    print(f"{target}: {executed[1]} executions")
