"""What is kept of them: the pair log, and what is taken out before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shadowbench.settings.checking import check_export_url, check_finite, check_store_url
from shadowbench.settings.kinds import Positive
from shadowbench.settings.section import Section


class RetentionSettings(Section):
    """How long exchanges stay in the pair log; null is no bound. The oldest go first, a little at a time."""

    max_age_days: Positive | None = None
    """Older ones go."""
    max_bytes: Annotated[int, Field(ge=1 << 20)] | None = None
    """Size of the file."""
    max_exchanges: Annotated[int, Field(ge=1)] | None = None
    """Number of exchanges."""


class ExportSettings(Section):
    """Copies of the log that leave the machine on a schedule."""

    url: Annotated[str, AfterValidator(check_export_url)] | None = None
    """Where to: file:///FOLDER, s3://BUCKET/PREFIX, gs://… or az://…; null: nowhere. Credentials come from the environment."""
    format: Literal["jsonl", "csv", "parquet"] = "jsonl"
    """Of the files. Parquet needs `pip install 'shadowbench-sidecar[export]'`."""
    every_s: Annotated[float, AfterValidator(check_finite), Field(ge=1)] = 3600.0
    """How often: each time, what is new since the last."""


class StoreSettings(Section):
    """The pair log."""

    retention: RetentionSettings = RetentionSettings()
    """How long exchanges stay."""
    export: ExportSettings = ExportSettings()
    """Copies that leave the machine."""

    url: Annotated[str, AfterValidator(check_store_url)] = "sqlite:///shadowbench.db"
    """Where pairs are kept: sqlite:///FILE (relative to the working folder) or sqlite:////FILE (absolute)."""


class RedactionSettings(Section):
    """What is taken out of requests and answers before they are kept. Always: credentials of headers and of candidates, and
    whom a request names as its user."""

    enabled: bool = True
    """false keeps bodies as they are otherwise."""
    kinds: list[str] | None = None
    """What to look for; null: keys, tokens, e-mail addresses, payment cards and phone numbers. `shadowbench validate` lists
    all kinds when one is unknown."""
    patterns: dict[str, str] = {}
    """Regular expressions of your own by kind, e.g. {badge: "EMP-[0-9]{6}"}."""


class RuntimeSettings(Section):
    """What the processes of one sidecar share while they run."""

    folder: Path | None = None
    """Private folder (0700) of the sockets between the processes; null: $XDG_RUNTIME_DIR/shadowbench, or one in /tmp.
    Proxies and the mirror they feed name the same folder; two sidecars on one machine name different ones."""
