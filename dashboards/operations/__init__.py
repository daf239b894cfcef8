"""Operations: does each part of it work? From the outside in: scraped, alive, proxying, handing off, writing, scoring."""

from __future__ import annotations

from dashboards.board import INSTANCE, JOB, TARGET, Board
from dashboards.operations import (
    handoff,
    judges,
    mirror,
    outlets,
    processes,
    proxy,
    recorder,
    redaction,
    scoring,
    watched,
)

BOARD = Board(
    uid="shadowbench-operations",
    title="Shadowbench: operations",
    description="Does each part work: processes, handoff, lanes, log, scorer, judges?",
    sections=[
        watched.SECTION,
        processes.SECTION,
        proxy.SECTION,
        handoff.SECTION,
        mirror.SECTION,
        recorder.SECTION,
        redaction.SECTION,
        scoring.SECTION,
        judges.SECTION,
        outlets.SECTION,
    ],
    variables=[JOB, INSTANCE, TARGET],
)
