"""`shadowbench report`: reads pair logs, and shows what they say about the candidates."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shadowbench.cli.analysed import Asked, analysed
from shadowbench.cli.memory import give_back_freed_memory
from shadowbench.cli.output import check_output, destination, standard_output
from shadowbench.errors import ConfigurationError
from shadowbench.report.document.root import Document
from shadowbench.report.words import remarks
from shadowbench.store.exporting.objects import object_exists, put_object

NO_PAIRS = 3
Format = Literal["terminal", "markdown", "html", "json", "csv", "junit"]
_BY_ENDING: Mapping[str, Format] = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
    ".csv": "csv",
    ".xml": "junit",
    ".txt": "terminal",
}
_WIDTH_OF_FILES = 120

HOW_TO_GET_PAIRS = """\
no pairs in {logs} yet, so there is nothing to compare.
Give a candidate a sample_rate above 0 in the configuration, run `shadowbench serve`, and send requests to its address;
`shadowbench doctor` checks the way, and /metrics of the admin address counts why requests were not copied."""
NONE_AS_ASKED = "no pairs in {logs} are as asked for: {asked}; ask for more"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """`output`: a path or the URL of an object; None is stdout. `charts`: of HTML; None: where the library is there."""

    asked: Asked
    format: Format = "terminal"
    output: Path | str | None = None
    force: bool = False  # an output that exists is replaced
    own_files: tuple[Path, ...] = ()  # never written over
    charts: bool | None = None
    full: bool = False  # on a terminal all chapters


def format_by(output: str | None, option: str = "--output") -> Format:
    """What the output's ending tells; without one it is as for a terminal. Raises ConfigurationError for another."""
    ending = Path(output or "").suffix.lower()
    if ending and ending not in _BY_ENDING:
        raise ConfigurationError(no_form(option, str(output), _BY_ENDING))
    return _BY_ENDING.get(ending, "terminal")


def no_form(option: str, output: str, endings: Iterable[str]) -> str:
    """For the error: an ending that no form has."""
    otherwise = "; or name it with --format" if option == "--output" else ""
    return f"{option} {output}: its ending says no form; there are: {', '.join(endings)}{otherwise}"


def run_report(options: ReportOptions, *, now: float) -> int:
    """Write the report; the exit code: 0, or 3 where there is nothing to compare."""
    _check(options)
    document = analysed(options.asked, now=now)
    give_back_freed_memory()
    if document.totals.pairs or options.format != "terminal":
        _write(document, options)
    if not document.totals.pairs:
        sys.stderr.write(_why_nothing(document) + "\n")
        return NO_PAIRS
    return 0


def _why_nothing(document: Document) -> str:
    logs, asked_for = ", ".join(document.source.logs), remarks.asked_for(document.source)
    return NONE_AS_ASKED.format(logs=logs, asked=asked_for) if asked_for else HOW_TO_GET_PAIRS.format(logs=logs)


def rendered(document: Document, format: Format, *, charts: bool | None = None) -> str:
    """The report in one of its forms, for a file."""
    render: Mapping[str, Callable[[], str]] = {
        "terminal": lambda: _drawn(document),
        "markdown": lambda: _markdown(document),
        "html": lambda: _html(document, charts),
        "json": lambda: _json(document),
        "csv": lambda: _csv(document),
        "junit": lambda: _junit(document),
    }
    return render[format]()


def _check(options: ReportOptions) -> None:
    if not isinstance(options.output, str):
        check_output(options.output, options.own_files, force=options.force)
    elif not options.force and object_exists(options.output):
        raise ConfigurationError(f"{options.output} exists; --force overwrites it")


def _write(document: Document, options: ReportOptions) -> None:
    """To a terminal as wide as it is; elsewhere as bytes, whole or not at all."""
    if options.format == "terminal" and options.output is None:
        _show(document, full=options.full)
        return
    content = rendered(document, options.format, charts=options.charts).encode()
    if isinstance(options.output, str):
        with tempfile.TemporaryFile() as file:
            file.write(content)
            put_object(options.output, file)
        return
    with destination(options.output) as out:
        out.write(content)


def _show(document: Document, *, full: bool) -> None:
    from rich.console import Console

    from shadowbench.report.terminal import show

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal of few characters shows "?" for a name's, and the numbers
    with standard_output():
        show(document, Console(highlight=False), full=full)


def _drawn(document: Document) -> str:
    from rich.console import Console

    from shadowbench.report.terminal import show

    out = io.StringIO()
    show(document, Console(file=out, width=_WIDTH_OF_FILES, highlight=False, color_system=None), full=True)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _markdown(document: Document) -> str:
    from shadowbench.report.markdown import render

    return render(document)


def _html(document: Document, charts: bool | None) -> str:
    from shadowbench.report.html import render

    return render(document, charts=charts)


def _json(document: Document) -> str:
    from shadowbench.report.as_json import dump

    return dump(document)


def _csv(document: Document) -> str:
    from shadowbench.report.as_csv import render

    return render(document)


def _junit(document: Document) -> str:
    from shadowbench.report.junit import render

    return render(document)
