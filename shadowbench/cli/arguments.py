"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "-c",
        "--config",
        metavar="FILE",
        help="Configuration. Default: shadowbench.yaml here, in config, or in /etc/shadowbench.",
    ),
]
LogOption = Annotated[
    str | None, typer.Option("--log", metavar="FILE", help="The pair log, a file or URL. Default: the configuration's.")
]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="No progress bar.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say how much it would be.")]
