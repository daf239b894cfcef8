"""Processes whose parents died, where they come to us."""

from __future__ import annotations

import json
import subprocess
import sys

from shadowbench import orphans

# Linux lets any process be to its descendants what process 1 is to all (prctl(2), PR_SET_CHILD_SUBREAPER is 36).
PARENT = """
import asyncio, ctypes, json, os
from shadowbench import orphans

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

async def orphaned():
    # Two processes whose parent was killed.
    script = "sleep 60 >/dev/null & echo $!; sleep 60 >/dev/null & echo $!; kill -9 $$"
    parent = await asyncio.create_subprocess_exec("sh", "-c", script, stdout=asyncio.subprocess.PIPE)
    pids = [int(await parent.stdout.readline()) for _ in range(2)]
    return await parent.wait(), pids

async def main():
    code, (ending, living) = await orphaned()
    os.kill(ending, 9)
    while not orphans.zombies():
        await asyncio.sleep(0.01)
    reaping = asyncio.create_task(orphans.reap(look_s=0.02))
    while orphans.zombies():
        await asyncio.sleep(0.01)
    own = [await (await asyncio.create_subprocess_exec("sh", "-c", f"exit {n}")).wait() for n in range(9)]
    os.kill(living, 0)  # raises when it is gone
    os.kill(living, 9)
    print(json.dumps({"code": code, "own": own, "ended": reaping.done()}))
    reaping.cancel()

asyncio.run(main())
"""


def test_orphans_that_ended_are_reaped_and_workers_keep_their_exit_codes() -> None:
    done = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert json.loads(done.stdout) == {"code": -9, "own": list(range(9)), "ended": False}


def test_only_process_1_inherits() -> None:
    assert not orphans.are_ours()
