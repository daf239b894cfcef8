"""docs/control.md against the code: requests, live keys, marks and signals."""

import re
from pathlib import Path

from shadowbench import control, live, steering
from shadowbench.telemetry.meanings import MEANINGS

TEXT = (Path(__file__).parents[2] / "docs/control.md").read_text()


def test_every_request_is_documented() -> None:
    assert {f"/v1/{action}" for action in control._ACTIONS} == set(re.findall(r"`(?:GET|POST) (/v1/\w+)`", TEXT))


def test_every_live_key_is_documented() -> None:
    section = TEXT.partition("## SIGHUP")[2].partition("## ")[0]
    listed = set(re.findall(r"`((?:mirror|candidates|proxy)\.[a-z_.*]+)`", section))
    assert listed == {".".join(keys) for keys in live._LIVE}


def test_every_mode_leaves_a_mark_that_is_documented() -> None:
    source = Path(steering.__file__).read_text()
    marks = set(re.findall(r'"((?:mirroring|policy)_(?:paused|resumed|killed|changed))"', source))
    assert len(marks) == 4
    assert all(f"`{mark}`" in TEXT for mark in marks)


def test_its_signals_are_ours() -> None:
    named = set(re.findall(r"`(\w+)(?:\{[\w,]+\})?`", TEXT.partition("Signals:")[2]))
    assert named
    assert named <= MEANINGS.keys()
