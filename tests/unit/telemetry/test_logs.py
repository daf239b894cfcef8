import io
import json

from shadowbench.telemetry import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_are_json_where_no_eye_reads_them() -> None:
    out = io.StringIO()
    logs.configure(out).info("worker ready", role="proxy", worker=0)
    fields = json.loads(out.getvalue())
    assert fields.pop("timestamp").endswith("Z")
    assert fields == {"event": "worker ready", "level": "info", "role": "proxy", "worker": 0}


def test_lines_are_words_on_a_terminal() -> None:
    out = Terminal()
    logs.configure(out).warning("worker ended", exit_code=1)
    assert "worker ended" in out.getvalue()
    assert not out.getvalue().startswith("{")


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")

    def flush(self) -> None:
        raise OSError(5, "Input/output error")


def test_a_terminal_that_was_closed_hurts_nobody() -> None:
    logs.configure(Gone()).error("worker ended", exit_code=1)
