"""docs/import.md names every key of a shape, and its example works."""

import re
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from shadowbench.cli.import_shape import ShapeOptions, run_import_shape
from shadowbench.offline.shape_files import _EXCHANGE, _SCORE, _SIDE
from shadowbench.store.opening import open_score_log

DOCUMENT = (Path(__file__).parents[2] / "docs" / "import.md").read_text()
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.mark.parametrize("key", [*(f"exchange.{key}" for key in _EXCHANGE), *_SIDE, *_SCORE])
def test_every_key_is_explained(key: str) -> None:
    assert f"`{key}`" in DOCUMENT


def test_the_example_does_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "trial.yaml").write_text(EXAMPLE)
    assert yaml.safe_load(EXAMPLE)["name"] == "trial"
    rows = "question,old_answer,new_answer,winner\n2+2?,4,four,new\n3+3?,6,six,both\n"
    (tmp_path / "trial.csv").write_text(rows)
    url = f"sqlite:///{tmp_path}/log.db"
    files = (tmp_path / "trial.csv",)
    assert run_import_shape(ShapeOptions(log_url=url, shape=f"{tmp_path}/trial.yaml", files=files, started_at=5.0)) == 0
    with closing(open_score_log(url, "read")) as scores:
        assert [score.value for score in scores.scores_of([1], after=0, upto=9)] == [1.0, 0.5]
