"""Shapes are read in configuration's way: what is wrong is told by its key."""

from pathlib import Path
from typing import Any

import pytest

from shadowbench.configuration import read_import_shape_file
from shadowbench.errors import ConfigurationError
from shadowbench.offline.rows import Where
from shadowbench.offline.shape_files import read_shape
from shadowbench.offline.shapes import Scale
from shadowbench.scores import Direction, Shape
from tests.unit.offline.made import SCORE, one_file, two_files

SHIPPED = Path(__file__).parents[3] / "config" / "imports"


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_shapes_that_come_along_are_read_by_name(file: Path) -> None:
    assert read_shape(read_import_shape_file(file.stem, "--shape")).name == file.stem


def test_a_name_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(ConfigurationError, match=r"--shape: there is no shape 'alpaka'; there are: alpaca_eval"):
        read_import_shape_file("alpaka", "--shape")


def test_a_shape_tells_where_everything_stands() -> None:
    shape = one_file(
        exchange={"system": "s", "tags": {"lang": "meta.lang"}, "started_at": {"value": "2026-01-31"}},
        production={"output_tokens": "n"},
    )
    assert (shape.name, shape.version, shape.file) == ("sheet", "1", "*")
    assert (shape.prompt, shape.system) == (Where(path="question"), Where(path="s"))
    assert shape.tags == {"lang": Where(path="meta.lang")}
    assert shape.started_at == Where(value="2026-01-31")
    assert shape.production.output_tokens == Where(path="n")
    assert shape.production.cost_usd is None


def test_a_score_is_a_judges_and_of_the_pair_unless_told_otherwise() -> None:
    (score,) = one_file().candidates[0].scores
    assert (score.kind, score.shape, score.direction, score.low, score.high) == (
        "judge", Shape.PAIR, Direction.HIGHER, 0.0, 1.0,
    )  # fmt: skip
    told = {
        "name": "f1",
        "kind": "metric",
        "value": "a",
        "production": "b",
        "direction": "lower",
        "low": 0,
        "absent": [-1],
    }
    (score,) = one_file(candidate={"scores": [told]}).candidates[0].scores
    assert (score.shape, score.direction, score.low, score.high) == (Shape.SIDES, Direction.LOWER, 0.0, None)
    assert score.absent == {"-1"}


def test_a_scale_that_runs_downwards_prefers_the_other_side() -> None:
    downwards = Scale(first=2, last=1, low=0, high=1)
    assert (downwards(2), downwards(1.25), downwards(1)) == (0, 0.75, 1)
    with pytest.raises(ValueError, match="from 2 to 1, not 3"):
        downwards(3)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"exchnge": {}}, r"shape: there is no key 'exchnge'; there are: name, version, "),
    ({"exchange": {"promt": "q"}}, r"shape\.exchange: there is no key 'promt'"),
    ({"exchange": {"prompt": 7}}, r"shape\.exchange\.prompt is the name of a member"),
    ({"exchange": {"prompt": {"file": "name"}}}, r"exchange\.prompt\.file is one of stem, not 'name'"),
    ({"exchange": {"prompt": {"file": "stem", "value": 1}}}, r"exchange\.prompt is the name of a member"),
    ({"exchange": {"tags": {"a": []}}}, r"exchange\.tags\.a is the name of a member"),
    ({"production": {"text": None}}, r"shape\.production: text is missing"),
    ({"candidate": {"txt": "x"}}, r"candidates\[0\]: there is no key 'txt'"),
    ({"candidate": {"key": "i"}}, r"candidates\[0\]\.key joins rows of a file of its own"),
    ({"candidate": {"file": "*"}}, r"shape: key is missing"),
    ({"candidate": {"file": "*"}, "key": "i"}, r"shape: file is missing"),
    ({"candidate": {"scores": [SCORE, SCORE]}}, r"scores: the name 'won' stands twice"),
    ({"candidate": {"scores": [SCORE | {"scle": 1}]}}, r"scores\[0\]: there is no key 'scle'"),
    ({"candidate": {"scores": [SCORE | {"kind": "people"}]}}, r"scores\[0\]\.kind is one of judge, metric"),
    ({"candidate": {"scores": [SCORE | {"low": 0}]}}, r"with scale, low and high follow"),
    ({"candidate": {"scores": [SCORE | {"words": {"a": "b"}}]}}, r"words\.a is a number"),
    (
        {"candidate": {"scores": [SCORE | {"scale": {"from": [1, 1], "to": [0, 1]}}]}},
        r"scale\.from is two different numbers",
    ),
    ({"candidate": {"scores": [SCORE | {"scale": {"from": [1, 2]}}]}}, r"scale: to is missing"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_what_is_wrong_is_told_by_its_key(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        one_file(**changes)


def test_files_are_told_apart_by_their_names() -> None:
    shape = two_files(file="*.jsonl")
    assert shape.part_of("base_1.jsonl") is None
    assert shape.part_of("small.jsonl") is shape.candidates[0]
    with pytest.raises(LookupError):
        shape.part_of("small.csv")
