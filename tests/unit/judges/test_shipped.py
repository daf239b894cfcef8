from __future__ import annotations

from importlib.metadata import entry_points

import pytest
import yaml

from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.shipped import shipped
from tests.unit.judges.judged import options

FILES = shipped()


def kinds() -> dict[str, JudgeKind]:
    return {entry.name: entry.load() for entry in entry_points(group="shadowbench.judges")}


def test_there_is_one_of_each_kind() -> None:
    known = {yaml.safe_load(path.read_text())["kind"] for path in FILES.values()}
    assert known == {"pairwise", "rubric", "checklist", "factuality", "custom"}


@pytest.mark.parametrize("name", list(FILES))
def test_each_file_makes_a_judge(name: str) -> None:
    content = yaml.safe_load(FILES[name].read_text())
    judge = kinds()[content["kind"]].build(options(content["kind"], rubric=content))
    assert content["version"] in judge.measure.about
    assert content["name"] == ("politeness" if name == "custom" else name)


def test_an_entry_point_is_named_as_its_kind() -> None:
    for name, kind in kinds().items():
        assert isinstance(kind, JudgeKind)
        assert kind.name == name
