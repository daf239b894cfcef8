"""Whoever starts us with descriptors closed gets /dev/null in their place, and nothing of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LOOKS = """
import json, os, sys
from shadowbench import streams
streams.make_whole()
sys.stdout.write("said"), sys.stdout.flush(), sys.stderr.write("told"), sys.stdin.read()
told = {"names": [os.readlink(f"/proc/self/fd/{n}") for n in range(3)], "next": os.open("/dev/zero", os.O_RDONLY),
        "inherited": [os.get_inheritable(n) for n in range(3)]}
open(sys.argv[1], "w").write(json.dumps(told))
"""


WORKER = """
import asyncio, json, os
from shadowbench.worker import run

async def main(parent, options):
    names = [os.readlink(f"/proc/self/fd/{n}") for n in range(3)]
    open(options["told"], "w").write(json.dumps(names))

run(main)
"""


def test_a_worker_does_so_too(tmp_path: Path) -> None:
    (tmp_path / "options").write_text(json.dumps({"told": str(tmp_path / "told")}))
    command = ["bash", "-c", f'exec "$@" <&- >&- 2>&- 3<{tmp_path}/options', "bash", sys.executable, "-c", WORKER]
    done = subprocess.run(command, env=os.environ | {"SHADOWBENCH_OPTIONS_FD": "3"}, timeout=60)
    assert done.returncode == 0
    assert json.loads((tmp_path / "told").read_text()) == ["/dev/null"] * 3


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- 2>&-", "<&- >&- 2>&-", ""])
def test_what_is_missing_is_opened_on_dev_null(tmp_path: Path, closed: str) -> None:
    command = ["bash", "-c", f'exec "$@" {closed}', "bash", sys.executable, "-c", LOOKS, str(tmp_path / "told")]
    with (tmp_path / "given").open("w+b") as given:
        done = subprocess.run(command, stdin=given, stdout=given, stderr=given, timeout=60)
    assert done.returncode == 0, (tmp_path / "given").read_text()
    told = json.loads((tmp_path / "told").read_text())
    missing = [sign in f" {closed}" for sign in (" <&-", " >&-", " 2>&-")]
    assert told["names"] == ["/dev/null" if each else str(tmp_path / "given") for each in missing]
    assert told["next"] == 3
    assert told["inherited"] == [True, True, True]
