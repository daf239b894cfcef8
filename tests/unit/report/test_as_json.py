"""The JSON form is versioned, complete and stable."""

import json

from shadowbench.report.as_json import VERSION, render
from shadowbench.report.summary import summarise
from shadowbench.store.testing import invented_traffic


def test_the_document_says_what_it_is() -> None:
    document = json.loads(render(summarise([])))
    assert document == {
        "report": "shadowbench.summary",
        "version": VERSION,
        "pairs": 0,
        "summary": {"exchanges": 0, "first_at": None, "last_at": None, "candidates": [], "traffic": None},
        "scores": [],
    }


def test_absent_numbers_are_null() -> None:
    document = json.loads(render(summarise(invented_traffic(5))))
    assert document["summary"]["candidates"][0]["latency_s"]["candidate"]["p95"] is None


def test_the_same_log_gives_the_same_bytes() -> None:
    assert render(summarise(invented_traffic(50))) == render(summarise(invented_traffic(50)))
