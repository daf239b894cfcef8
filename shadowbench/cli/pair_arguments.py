"""Which pairs are read, and what was declared about them: arguments that `report`, `gate` and `plan` have in common."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

LogsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="LOG", help="Pair logs, files or URLs; several are read as one. Default: the configuration's."
    ),
]
FurtherLogOption = Annotated[
    str | None,
    typer.Option("--log", metavar="LOG", help="One more pair log: it is read together with those named LOG."),
]
PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="NAME|FILE",
        help="What must be shown: a policy that comes with us, or yours. Default: the configuration's.",
    ),
]
AgainOption = Annotated[
    list[str] | None,
    typer.Option(
        "--again", metavar="NAME", help="This candidate is production itself (A/A). Known from a configuration."
    ),
]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="TIME", help="From then on: 2025-10-09, 7d.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before then.")]
CandidateOption = Annotated[
    list[str] | None, typer.Option("--candidate", metavar="NAME", help="Only this one; may be repeated.")
]
SliceOption = Annotated[
    list[str] | None,
    typer.Option("--slice", metavar="COL=VALUE", help="Only such traffic: stratum=long. May be repeated."),
]
SeedOption = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of what is resampled.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The same arguments as they were typed."""

    logs: Sequence[str] | None = None
    config: Path | None = None
    log: str | None = None
    policy: str | None = None
    again: Sequence[str] | None = None
    since: str | None = None
    until: str | None = None
    slices: Sequence[str] | None = None
    quiet: bool = False


def begun() -> float:
    """The moment at which a command begins, Unix seconds. It comes first: numpy takes its number of threads from the
    environment when it is imported."""
    from shadowbench.cli.threads import one_thread

    one_thread(os.environ)
    from shadowbench.cli.prune import wall_clocks

    return wall_clocks().now()
