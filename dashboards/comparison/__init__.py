"""Comparison: production against each candidate. First what was declared, with bounds that hold however often one looks."""

from __future__ import annotations

from dashboards.board import INSTANCE, JOB, TARGET, Board
from dashboards.comparison import cost, declared, quality, speed, targets

BOARD = Board(
    uid="shadowbench-comparison",
    title="Shadowbench: comparison",
    description="Production against each candidate: what was declared, speed, cost, quality.",
    sections=[declared.SECTION, speed.SECTION, cost.SECTION, quality.SECTION, targets.SECTION],
    variables=[JOB, INSTANCE, TARGET, declared.MEASURE, quality.METRIC],
)
