"""`shadowbench demo`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running until Ctrl-C, to poke with curl.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where configuration, pair log and output go. Default: a new temporary folder.")
    ] = None,
    requests: Annotated[int, typer.Option(min=1, max=1000, help="How many prompts to send.")] = 40,
    scripted: Annotated[
        bool, typer.Option("--scripted", help="A scripted provider instead of the real model.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where the proxy listens. Default: a free one.")
    ] = None,
) -> None:
    """Mirror real requests to a small real model on this machine, and print the report. Takes about two minutes."""
    from shadowbench.demo.run import DemoOptions, run_demo

    place = folder or Path(tempfile.mkdtemp(prefix="shadowbench-demo-"))
    raise typer.Exit(run_demo(DemoOptions(folder=place, requests=requests, keep=keep, scripted=scripted, port=port)))
