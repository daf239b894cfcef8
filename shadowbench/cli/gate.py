"""`shadowbench gate`: analyses pair logs, and says by its exit code whether the traffic may move."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from shadowbench.cli.analysed import Asked, analysed, earlier_reports
from shadowbench.cli.output import check_output, destination, standard_output
from shadowbench.cli.report import format_by, no_form, rendered
from shadowbench.errors import ConfigurationError
from shadowbench.policies.reading import preset_names
from shadowbench.report import gate_forms
from shadowbench.report.chapters.gating import gating
from shadowbench.report.document.root import Document
from shadowbench.report.gate import GateResult, Result, gate
from shadowbench.report.policy import Policy

EXIT_CODES: Mapping[Result, int] = {Result.PASS: 0, Result.FAIL: 1, Result.INCONCLUSIVE: 3}
Form = Literal["terminal", "markdown", "junit", "json"]
_BY_ENDING: Mapping[str, Form] = {".md": "markdown", ".xml": "junit", ".json": "json", ".txt": "terminal"}
_WIDTH_OF_FILES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """`only`: the candidates that are gated; nothing: all. `also`: files that get the result besides, by their endings.
    `reports`: files for the whole report, by their endings."""

    asked: Asked
    only: frozenset[str] = frozenset()
    baseline: str | None = None
    uncalibrated_judges: bool = False
    form: Form = "terminal"
    output: Path | None = None
    also: tuple[Path, ...] = ()
    reports: tuple[Path, ...] = ()
    own_files: tuple[Path, ...] = ()  # never written over


def run_gate(options: GateOptions, *, now: float) -> int:
    """Gate, tell, and write what was asked for; the exit code: 0 pass, 1 fail, 3 inconclusive. Raises ConfigurationError (2)
    and UnavailableError (4)."""
    _check(options)
    baseline = None if options.baseline is None else earlier_reports([options.baseline])[0]
    asked = replace(options.asked, policy=_policy(options), verdicts_only=not options.reports)
    document = analysed(asked, now=now)
    result = gate(document, only=options.only, baseline=baseline)
    for path in options.also:
        _write(path, _form_of(path), result, document)
    for path in options.reports:
        with destination(path) as out:
            out.write(rendered(document, format_by(str(path), "--report")).encode())
    _tell(options, result, document)
    return EXIT_CODES[result.result]


def _check(options: GateOptions) -> None:
    """Before anything is read: what cannot end well."""
    if not options.asked.policy.primary:
        raise ConfigurationError(_nothing_declared(options.asked.declared_by))
    for path in (options.output, *options.reports, *options.also):
        if path is not None:
            check_output(path, options.own_files, force=True)  # the next run's results take the place of this one's
    for path in options.also:
        _form_of(path)
    for path in options.reports:
        format_by(str(path), "--report")


def _nothing_declared(by: str) -> str:
    if by:
        return (
            f"{by} has no primary claim, so there is nothing to decide by: declare one, such as "
            "`primary: {error_class: {margin: 1%}}`; docs/gate.md tells how"
        )
    return (
        f"nothing is declared, so there is nothing to decide by: name a policy with --policy ({', '.join(preset_names())}, "
        "or a YAML file), or in the configuration's report.policy; docs/gate.md tells how to write one"
    )


def _policy(options: GateOptions) -> Policy:
    policy = options.asked.policy
    if not options.uncalibrated_judges:
        return policy
    return replace(policy, requires=replace(policy.requires, uncalibrated_judges=True))


def form_by(output: Path | None) -> Form:
    """What the output's ending tells; without one it is as for a terminal. Raises ConfigurationError for another."""
    return _form_of(output, "--output") if output is not None and output.suffix else "terminal"


def _form_of(path: Path, option: str = "--also") -> Form:
    form = _BY_ENDING.get(path.suffix.lower())
    if form is None:
        raise ConfigurationError(no_form(option, str(path), _BY_ENDING))
    return form


def _tell(options: GateOptions, result: GateResult, document: Document) -> None:
    if options.output is not None:
        _write(options.output, options.form, result, document)
    elif options.form == "terminal":
        _show(result, document)
    else:
        with standard_output():
            sys.stdout.write(_formed(options.form, result, document))


def _write(path: Path, form: Form, result: GateResult, document: Document) -> None:
    with destination(path) as out:
        out.write(_formed(form, result, document).encode())


def _formed(form: Form, result: GateResult, document: Document) -> str:
    forms: Mapping[Form, Callable[[GateResult, Document], str]] = {
        "terminal": _drawn,
        "markdown": gate_forms.as_markdown,
        "junit": gate_forms.as_junit,
        "json": gate_forms.as_json,
    }
    return forms[form](result, document)


def _show(result: GateResult, document: Document) -> None:
    from rich.console import Console

    from shadowbench.report.terminal import show_chapters

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal of few characters shows "?" for a name's, and the numbers
    with standard_output():
        show_chapters(gating(result, document), Console(highlight=False))


def _drawn(result: GateResult, document: Document) -> str:
    from rich.console import Console

    from shadowbench.report.terminal import show_chapters

    out = io.StringIO()
    show_chapters(
        gating(result, document), Console(file=out, width=_WIDTH_OF_FILES, highlight=False, color_system=None)
    )
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
