"""Whatever rows say, each becomes an exchange of the log or is named as bad; and a second time nothing is added."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.cli.import_shape import ShapeOptions, run_import_shape
from shadowbench.offline.gathering import gathered
from shadowbench.offline.rows import BadRow, Row
from shadowbench.store.opening import open_log
from tests.unit.offline.made import SCORE, one_file

WHERE = {"system": "s", "request_id": "i", "reference": "r", "cluster": "c", "started_at": "at", "tags": {"t": "t"}}
MEMBERS = ("question", "ours", "theirs", "model", "p", "s", "i", "r", "c", "at", "t", "n", "usd", "by")
HALF = "x\ud800"  # what a text ends with that was cut within a character
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\0"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
good = {"question": "?", "ours": "a", "theirs": "b", "model": "small", "p": 1.5}


def rows_with(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.dictionaries(st.sampled_from(MEMBERS), values).map(lambda told: good | told), max_size=6)


@given(rows_with(anything))
def test_each_row_is_an_exchange_or_is_named(rows: list[dict[str, Any]]) -> None:
    side = {"output_tokens": "n", "cost_usd": "usd"}
    scores = [SCORE | {"about": {"by": "by"}, "detail": {"t": "t"}}]
    shape = one_file(exchange=WHERE, production=side, candidate=side | {"scores": scores})
    told = [Row("a.jsonl", "a", number, row) for number, row in enumerate(rows, start=1)]
    found = list(gathered(shape, told, (), started_at=5.0))
    places = [each.number if isinstance(each, BadRow) else each.exchange.sequence for each in found]
    assert places == list(range(1, len(rows) + 1))


SHAPE = """
name: any
version: 1
exchange: {prompt: question, request_id: i, reference: r, stratum: t, cluster: c, tags: {t: t}}
production: {text: ours, output_tokens: n}
candidates: [{name: model, text: theirs, scores: [{name: won, value: p, about: {by: by}, detail: {t: t}}]}]
"""


@settings(max_examples=25, deadline=None)
@given(rows=rows_with(anything | st.just(HALF)))
def test_what_is_put_is_there_and_comes_once(
    rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "shape.yaml").write_text(SHAPE)
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert first_and_second(folder) == 0


def first_and_second(folder: Path) -> int:
    """Import twice; how many pairs the second time adds."""
    url = f"sqlite:///{folder}/log.db"
    options = ShapeOptions(
        log_url=url, shape=f"{folder}/shape.yaml", files=(folder / "a.jsonl",), started_at=5.0, skip_bad=True
    )
    counts = []
    for _ in range(2):
        assert run_import_shape(options) == 0
        with closing(open_log(url, "read")) as log:
            counts.append(log.counts().pairs)
    return counts[1] - counts[0]
