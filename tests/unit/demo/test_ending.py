import io
from pathlib import Path

from rich.console import Console

from shadowbench.demo.configuration import Places
from shadowbench.demo.ending import next_steps
from shadowbench.demo.starting import Model

PLACES = Places(folder=Path("/demo"), runtime=Path("/demo/run"), model_port=1, proxy_port=2, admin_port=3)


def told(model: Model, *, kept: bool) -> str:
    console = Console(file=io.StringIO(), width=80)
    next_steps(console, PLACES, model, kept=kept)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_commands_stay_on_one_line_however_narrow_the_terminal() -> None:
    text = told(Model.REAL, kept=True)
    assert "curl -s http://127.0.0.1:2/v1/chat/completions -H 'content-type: application/json' -d '{" in text
    assert "shadowbench report -c /demo/shadowbench.yaml" in text


def test_only_a_kept_demo_suggests_talking_to_it() -> None:
    assert "curl" not in told(Model.REAL, kept=False)
    assert "--keep" in told(Model.REAL, kept=False)


def test_a_script_is_called_one() -> None:
    assert "script" in told(Model.SCRIPTED, kept=False)
    assert "script" not in told(Model.REAL, kept=False)
