"""The summary as JSON, for programs. `version` changes when a member changes its meaning or goes; members may be added."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from shadowbench.report.scores import ScoreSummary
from shadowbench.report.summary import Summary

VERSION = 1


def render(summary: Summary, scores: Sequence[ScoreSummary] = ()) -> str:
    """One indented document. Members are in a fixed order; absent is null."""
    document = {
        "report": "shadowbench.summary",
        "version": VERSION,
        "pairs": summary.pairs,
        "summary": summary,
        "scores": list(scores),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
