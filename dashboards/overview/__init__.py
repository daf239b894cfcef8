"""Overview: is production untouched, and what do candidates do? For whoever was called, and for everyday's look."""

from __future__ import annotations

from dashboards.board import INSTANCE, JOB, TARGET, Board
from dashboards.overview import candidates, funnel, money, production, verdicts

BOARD = Board(
    uid="shadowbench-overview",
    title="Shadowbench: overview",
    description="Is production untouched, what becomes of copies, what do candidates do, and what does it cost?",
    sections=[production.SECTION, funnel.SECTION, candidates.SECTION, money.SECTION, verdicts.SECTION],
    variables=[JOB, INSTANCE, TARGET],
)
