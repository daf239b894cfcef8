"""What an answer is made as: JSON, XML, HTML, SQL, Markdown, code. docs/metrics-catalogue.md has them all."""

from __future__ import annotations

from shadowbench.metrics.agreement import agreement
from shadowbench.metrics.base import Metric
from shadowbench.metrics.structure.code_parsing import code_parse
from shadowbench.metrics.structure.html_tags import html_valid
from shadowbench.metrics.structure.json_answers import json_schema, json_valid
from shadowbench.metrics.structure.json_fields import json_diff
from shadowbench.metrics.structure.json_paths import json_path_equals, json_path_equals_agreement
from shadowbench.metrics.structure.markdown_blocks import markdown_structure
from shadowbench.metrics.structure.sql_statements import sql_valid
from shadowbench.metrics.structure.xml_documents import xml_valid

_OF_SIDES = (json_valid, json_schema, xml_valid, html_valid, sql_valid, code_parse)

METRICS: tuple[Metric, ...] = (
    *(metric for side in _OF_SIDES for metric in (side, agreement(side))),
    *json_diff,
    json_path_equals,
    json_path_equals_agreement,
    *markdown_structure,
)
