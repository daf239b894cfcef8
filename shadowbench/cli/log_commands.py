"""The commands that change a pair log or carry pairs in and out: their arguments. What they do is imported when they run."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shadowbench.cli.arguments import ConfigOption, DryRunOption, LogOption, QuietOption
from shadowbench.errors import ConfigurationError

PANEL = "The log"


class ExportFormat(StrEnum):
    """What `export` writes."""

    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (export, prune, erase, migrate):
        app.command(rich_help_panel=PANEL)(command)
    app.command("import", rich_help_panel=PANEL)(import_)


def export(
    config: ConfigOption = None,
    log: LogOption = None,
    format: Annotated[
        ExportFormat | None, typer.Option("--format", help="Default: by the output's ending, else jsonl.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE|URL",
            help="A file, or s3://, gs://, az://; .gz and .zst compress. Default: stdout.",
        ),
    ] = None,
    candidate: Annotated[
        list[str] | None, typer.Option("--candidate", metavar="NAME", help="Only this one's pairs; may be repeated.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="TIME", help="From then on: 2025-10-09, 7d.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before then.")] = None,
    after: Annotated[
        int, typer.Option("--after", metavar="NUMBER", min=0, help="Only exchanges numbered above it.")
    ] = 0,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output when it exists.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Write the pairs as JSON lines, CSV or Parquet."""
    from shadowbench.cli.export import run_export, told_options
    from shadowbench.cli.output import own_files
    from shadowbench.cli.prune import wall_clocks
    from shadowbench.cli.source import log_source

    log_url = log_source(config, log).url
    options = told_options(
        log_url=log_url,
        format=None if format is None else format.value,
        output=output,
        since=since,
        until=until,
        now=wall_clocks().now(),
        after=after,
        force=force,
        own_files=own_files(config, log_url, os.environ),
        candidates=tuple(candidate or ()),
        progress=False if quiet else None,
    )
    raise typer.Exit(run_export(options))


def import_(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE…]", help="Pair logs, or exported JSON lines (.gz, .zst); s3:// too. With --shape: answers."
        ),
    ] = None,
    config: ConfigOption = None,
    log: LogOption = None,
    labels: Annotated[
        list[Path] | None,
        typer.Option("--labels", metavar="FILE", help="People's labels, JSON lines or CSV; may be repeated."),
    ] = None,
    references: Annotated[
        list[Path] | None,
        typer.Option("--references", metavar="FILE", help="Right answers, JSON lines or CSV; may be repeated."),
    ] = None,
    labeller: Annotated[
        str, typer.Option("--labeller", metavar="NAME", help="Whose labels they are, where a line does not tell.")
    ] = "import",
    shape: Annotated[
        str | None,
        typer.Option(
            "--shape",
            metavar="NAME|FILE",
            help="The files are answers gathered elsewhere, and look so (docs/import.md).",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="With --shape: when rows without a time were gathered. Default: now."
        ),
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Pass over lines that cannot be read.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Add the exchanges of other logs or of exports, or labels and right answers for those that are there.

    With --shape: answers and scores that something else gathered, such as a published evaluation.
    An exchange that is in the log already is left as it is.
    """
    from shadowbench.cli.import_labels import KnowledgeOptions, run_import_knowledge
    from shadowbench.cli.import_log import ImportOptions, run_import
    from shadowbench.cli.prune import wall_clocks
    from shadowbench.cli.source import log_source

    if at is not None and shape is None:
        raise ConfigurationError("--at is for rows without a time; it goes with --shape")
    if not (sources or labels or references):
        raise ConfigurationError("what shall be imported? Name FILE, --labels FILE or --references FILE")
    log_url = log_source(config, log).url
    progress = False if quiet else None
    code = 0
    if shape is not None:
        code = _import_shape(shape, sources or [], log_url, at, skip_bad=skip_bad, progress=progress)
    elif sources:
        run_import(ImportOptions(log_url=log_url, sources=tuple(sources), skip_bad=skip_bad, progress=progress))
    knowledge = KnowledgeOptions(
        log_url=log_url,
        labels=tuple(labels or ()),
        references=tuple(references or ()),
        labeller=labeller,
        skip_bad=skip_bad,
    )
    known = run_import_knowledge(knowledge, wall_clocks().now()) if labels or references else 0
    raise typer.Exit(max(code, known))


def _import_shape(
    shape: str, sources: list[str], log_url: str, at: str | None, *, skip_bad: bool, progress: bool | None
) -> int:
    from shadowbench.cli.import_shape import ShapeOptions, run_import_shape
    from shadowbench.cli.prune import wall_clocks
    from shadowbench.cli.quantities import moment_of

    now = wall_clocks().now()
    options = ShapeOptions(
        log_url=log_url,
        shape=shape,
        files=tuple(map(Path, sources)),
        started_at=now if at is None else moment_of(at, "--at", now),
        skip_bad=skip_bad,
        progress=progress,
    )
    return run_import_shape(options)


def prune(
    config: ConfigOption = None,
    log: LogOption = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="What started longer ago: 30d, 12h.")
    ] = None,
    keep: Annotated[
        int | None, typer.Option("--keep", metavar="N", min=0, help="All but the newest N exchanges.")
    ] = None,
    max_bytes: Annotated[
        str | None, typer.Option("--max-bytes", metavar="SIZE", help="The oldest, until the log is smaller: 1GB.")
    ] = None,
    dry_run: DryRunOption = False,
    rewrite: Annotated[
        bool, typer.Option("--rewrite", help="Write the file anew, so that no trace stays. A recorder waits meanwhile.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Take the oldest exchanges out of the log and give the space back. A sidecar may run."""
    from shadowbench.cli.prune import PruneOptions, run_prune, wall_clocks
    from shadowbench.cli.quantities import bytes_of, seconds_of
    from shadowbench.cli.source import log_source
    from shadowbench.store.retention import RetentionOptions

    bounds = RetentionOptions(
        max_age_s=None if older_than is None else seconds_of(older_than, "--older-than"),
        max_exchanges=keep,
        max_bytes=None if max_bytes is None else bytes_of(max_bytes, "--max-bytes"),
    )
    options = PruneOptions(
        log_url=log_source(config, log).url,
        bounds=bounds,
        dry_run=dry_run,
        rewrite=rewrite,
        progress=False if quiet else None,
    )
    raise typer.Exit(run_prune(options, wall_clocks()))


def erase(
    config: ConfigOption = None,
    log: LogOption = None,
    user: Annotated[str | None, typer.Option("--user", metavar="VALUE", help="The end user of this name.")] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="VALUE", help="By the tenant header's value.")
    ] = None,
    credential: Annotated[
        str | None,
        typer.Option("--credential", metavar="VALUE", help="Every request that carried this key."),
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="VALUE", help="By the cluster header's value.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="HASH", help="A user_key, tenant_key or cluster_key of the log.")
    ] = None,
    dry_run: DryRunOption = False,
    rewrite: Annotated[
        bool | None,
        typer.Option(
            "--rewrite/--no-rewrite",
            help="Write the file anew, so that no trace stays; a recorder waits meanwhile. Default: if anything was erased.",
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Take all exchanges of one user, tenant or cluster out of the log. A sidecar may run.

    The log knows them by keyed hashes: values are hashed with the mirror's secret.
    """
    from shadowbench.cli.erase import EraseOptions, Named, run_erase, secret_file_of
    from shadowbench.cli.prune import wall_clocks
    from shadowbench.cli.source import log_source

    log_url = log_source(config, log).url
    options = EraseOptions(
        log_url=log_url,
        whose=Named(user=user, tenant=tenant, credential=credential, cluster=cluster, key=key),
        secret_file=secret_file_of(config, log, log_url, os.environ),
        dry_run=dry_run,
        rewrite=rewrite,
        progress=False if quiet else None,
    )
    raise typer.Exit(run_erase(options, os.environ, wall_clocks()))


def migrate(config: ConfigOption = None, log: LogOption = None) -> None:
    """Bring the log to this version's schema. The sidecar does so by itself when it starts."""
    from shadowbench.cli.migrate import run_migrate
    from shadowbench.cli.source import log_source

    raise typer.Exit(run_migrate(log_source(config, log).url))
