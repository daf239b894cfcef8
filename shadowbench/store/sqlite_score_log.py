"""All that scorers read and write, over one connection."""

from __future__ import annotations

from shadowbench.store.sqlite_judge_book import SqliteJudgeBook
from shadowbench.store.sqlite_knowledge import SqliteKnowledge
from shadowbench.store.sqlite_scores import SqliteScores
from shadowbench.store.sqlite_segments import SqliteSegments


class SqliteScoreLog(SqliteScores, SqliteJudgeBook, SqliteKnowledge, SqliteSegments):
    """A `ScoreLog` over a connection in autocommit mode (`isolation_level=None`); it closes the connection."""
