"""The summary as JSON, for programs. `version` changes when a member changes its meaning or goes; members may be added."""

from __future__ import annotations

import orjson

from shadowbench.report.summary import Summary

VERSION = 1


def render(summary: Summary) -> str:
    """One indented document. Members are in a fixed order; absent is null."""
    document = {"report": "shadowbench.summary", "version": VERSION, "pairs": summary.pairs, "summary": summary}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
