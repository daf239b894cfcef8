"""`shadowbench demo` as a user runs it, and what is left when it ends: its folder, and no process."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shadowbench.demo import model_server
from tests.sidecars import command, eventually

needs_model = pytest.mark.skipif(
    bool(model_server.missing()), reason=f"not installed: {', '.join(model_server.missing())}"
)


class Demo:
    """A running demo; its output goes to files in `folder`'s parent."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.out = folder.with_name("out.txt")
        self.err = folder.with_name("err.txt")
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [*command(), "demo", "--folder", str(folder), *arguments],
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
                env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
                start_new_session=True,
                # As a shell starts what it puts into the background; the demo has to answer Ctrl-C all the same.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
            )

    async def ends(self, within_s: float = 90) -> int:
        return await asyncio.to_thread(self.process.wait, within_s)

    @property
    def stderr(self) -> str:
        return self.err.read_text()


@asynccontextmanager
async def demo(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> AsyncIterator[Demo]:
    """A demo, and the check that none of its processes outlives it."""
    # Every descendant inherits it, and is found by it.
    monkeypatch.setenv("SHADOWBENCHTEST_DEMO", str(folder))
    running = Demo(folder, *arguments)
    try:
        yield running
        await eventually(lambda: not left(folder), within_s=20)
    finally:
        for pid in left(folder):
            os.kill(pid, signal.SIGKILL)
        running.process.wait()


def left(folder: Path) -> list[int]:
    """Processes whose environment carries this demo's mark; zombies have none."""
    mark = f"SHADOWBENCHTEST_DEMO={folder}\0".encode()
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and mark in environment(entry)]


def environment(process: Path) -> bytes:
    if int(process.name) == os.getpid():
        return b""
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""  # it has just ended


async def test_the_demo_with_a_script_prints_the_table_and_says_what_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with demo(tmp_path / "demo", monkeypatch, "--scripted", "--requests", "8") as running:
        assert await running.ends() == 0, running.stderr
    assert "scripted provider" in running.stderr
    table = running.out.read_text()
    assert "24 pairs of 8 exchanges" in table
    assert all(re.search(rf"^ +{name}\b", table, re.MULTILINE) for name in ("again", "hot", "short"))
    assert re.search(r"^ +again \(A/A\) .* 8 +8 +8 *$", table, re.MULTILINE)
    assert "rouge_l" in table
    assert "sqlite3" in running.stderr


@needs_model
async def test_the_demo_with_the_real_model_records_every_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with demo(tmp_path / "demo", monkeypatch, "--requests", "4") as running:
        assert await running.ends() == 0, running.stderr
    if "Not installed" in running.stderr:
        pytest.skip("the command under test has no model beside it")
    assert "SmolLM2" in running.stderr
    assert "12 pairs of 4 exchanges" in running.out.read_text()


async def test_a_kept_demo_answers_its_own_curl_line_until_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with demo(tmp_path / "demo", monkeypatch, "--scripted", "--requests", "2", "--keep") as running:
        await eventually(lambda: "Ctrl-C ends it" in running.stderr, within_s=60)
        (line,) = re.findall(r"^ *(curl .*chat/completions.*)$", running.stderr, re.MULTILINE)
        answer = await asyncio.to_thread(
            subprocess.run, ["sh", "-c", line], capture_output=True, timeout=30, check=True
        )
        assert b'"object":"chat.completion"' in answer.stdout
        running.process.send_signal(signal.SIGINT)
        assert await running.ends() == 0


@pytest.mark.parametrize("moment", ["at once", "while requests are under way"])
async def test_ctrl_c_at_any_moment_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    async with demo(tmp_path / "demo", monkeypatch, "--scripted", "--requests", "500") as running:
        await eventually(lambda: (running.folder / "shadowbench.yaml").exists(), within_s=30)
        if moment != "at once":
            await eventually(lambda: (running.folder / "pairs.db-wal").exists(), within_s=30)
        running.process.send_signal(signal.SIGINT)
        assert await running.ends() == 130


async def test_a_killed_demo_takes_its_children_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with demo(tmp_path / "demo", monkeypatch, "--scripted", "--requests", "500") as running:
        await eventually(lambda: (running.folder / "pairs.db-wal").exists(), within_s=30)
        assert len(left(running.folder)) >= 6
        running.process.kill()
        await running.ends()


def test_a_folder_that_cannot_be_written_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    arguments = ["demo", "--folder", str(tmp_path / "file" / "demo")]
    ended = subprocess.run([*command(), *arguments], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 4
    assert "--folder" in ended.stderr
    assert "Traceback" not in ended.stderr
