import os
import socket
import sys
from pathlib import Path

from shadowbench.demo.children import child, free_port, last_lines


def test_a_child_is_stopped_when_the_block_ends_and_its_output_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = "import signal; print('up', flush=True); signal.pause()"
    with child([sys.executable, "-c", program], log, os.environ) as process:
        while "up" not in log.read_text():
            assert process.poll() is None
    assert process.poll() == -15
    assert last_lines(log) == "up"


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("shadowbench.demo.children._STOP_WITHIN_S", 0.05)
    log = tmp_path / "log"
    program = "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"
    with child([sys.executable, "-c", program], log, os.environ) as process:
        while "up" not in log.read_text():
            assert process.poll() is None
    assert process.poll() == -9


def test_a_free_port_can_be_listened_at() -> None:
    with socket.create_server(("127.0.0.1", free_port())):
        pass
