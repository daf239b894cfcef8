"""What can be set about the exporter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterOptions:
    """Options of the exporter process."""

    store_url: str
    url: str  # file:///FOLDER, s3://BUCKET/PREFIX, gs://… or az://…
    format: str = "jsonl"  # jsonl | csv | parquet
    every_s: float = 3600.0
    # Of one file. A hundred thousand pairs of usual size are some hundred MB: what tools that read such files like.
    max_exchanges: int = 50_000
    drain_s: float = 30.0  # after the word to drain: how long what is left may take
