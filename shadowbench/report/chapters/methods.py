"""Which methods the numbers are by, and of how many values."""

from __future__ import annotations

from shadowbench.report.chapters.nouns import Chapter, Column, Row, Table
from shadowbench.report.document.root import Document
from shadowbench.report.words import remarks
from shadowbench.stats.methods import ABOUT


def methods(document: Document) -> Chapter:
    """Each with what it answers and its source; formulas are in docs/statistics.md and in the HTML form."""
    columns = (
        Column(title="method"),
        Column(title="answers", spare=True),
        Column(title="used"),
        Column(title="by", spare=True),
    )
    rows = tuple(
        Row(
            (
                each.method.value.replace("_", " "),
                ABOUT[each.method].answers,
                remarks.method_used(each),
                ABOUT[each.method].source,
            )
        )
        for each in document.methods
    )
    return Chapter(title="Methods", blocks=(Table(columns=columns, rows=rows),) if rows else (), detail=True)
