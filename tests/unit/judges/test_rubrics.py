"""The files in config/judges, and the hash that tells rubrics apart."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.rubrics import canonical_hash
from tests.unit.judges.judged import options

FOLDER = Path(__file__).parents[3] / "config" / "judges"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
KINDS = ("pairwise", "rubric", "checklist", "factuality", "custom")


def kinds() -> dict[str, JudgeKind]:
    return {entry.name: entry.load() for entry in entry_points(group="shadowbench.judges") if entry.name in KINDS}


def test_there_is_a_file_of_each_kind() -> None:
    assert {yaml.safe_load(path.read_text())["kind"] for path in FILES.values()} == set(KINDS)


@pytest.mark.parametrize("name", list(FILES))
def test_each_file_makes_a_judge(name: str) -> None:
    content = yaml.safe_load(FILES[name].read_text())
    judge = kinds()[content["kind"]].build(options(content["kind"], rubric=content))
    assert content["version"] in judge.measure.about
    assert content["name"] == ("politeness" if name == "custom" else name)


def test_an_entry_point_is_named_as_its_kind() -> None:
    assert {name: kind.name for name, kind in kinds().items()} == {name: name for name in KINDS}


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.text()), max_size=4))
def test_the_hash_does_not_depend_on_the_order_of_members(content: dict[str, object]) -> None:
    assert canonical_hash(dict(reversed(content.items()))) == canonical_hash(content)
    assert canonical_hash({**content, "more": 1}) != canonical_hash({**content, "more": 2})
