"""The command `shadowbench`: parses arguments, calls one function, turns errors into messages and exit codes.

0 success, 1 gate failed, 2 usage or configuration, 3 inconclusive, 4 could not run, be it for a bug of ours. Results go to
stdout, all else to stderr.
Libraries are imported by the commands that use them: `--version` and `--help` are immediate.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from shadowbench import __version__, streams
from shadowbench.errors import ShadowbenchError

INTERRUPTED = 130  # what shells call a command that Ctrl-C ended
BROKEN_PIPE = 141  # and one whose reader went away, as in `shadowbench export | head`
_CANNOT_WRITE = 4
_WITH_RESULTS = (None, 0, 1, 3)  # exit codes of commands that have printed what they found


def main() -> None:
    """Entry point. Ends the process."""
    streams.make_whole()
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"shadowbench {__version__}\n")
        if code := _flushed(0):
            sys.exit(code)
        return
    code = _flushed(_run())
    _give_up_stderr()
    sys.exit(code)


def _run() -> int | str | None:
    try:
        from shadowbench.cli.app import app

        app()
    except ShadowbenchError as error:
        return _explained(error)
    except SystemExit as ending:
        # typer and rich turn a broken pipe into exit code 1, which would say that a gate failed.
        return BROKEN_PIPE if isinstance(ending.__context__, BrokenPipeError) else ending.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  the last resort: Python's own exit code means a gate that failed
        if isinstance(error, OSError) and (code := _flushed(0)):
            return code  # it was stdout: what could not be written still cannot
        return _unforeseen(error)
    return 0


def _explained(error: ShadowbenchError) -> int:
    from shadowbench.report.visible import visible  # a message may name what a stranger named

    for line in str(error).splitlines():
        _say(f"shadowbench: {visible(line)}\n")
    return error.exit_code


def _unforeseen(error: Exception) -> int:
    from shadowbench.cli.last_resort import EXIT_CODE, unforeseen

    _say(unforeseen(error, os.environ))
    return EXIT_CODE


def _say(text: str) -> None:
    """On stderr, where there is one that takes it: what it does not take must not change the exit code."""
    with suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write(text)


def _flushed(code: int | str | None) -> int | str | None:
    """The exit code when the rest of the results is written. Python would do so later, and complain in its own words."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code not in _WITH_RESULTS:
            return code  # the reason has been told
        if isinstance(error, BrokenPipeError):
            return code or BROKEN_PIPE
        sys.stderr.write(f"shadowbench: cannot write standard output: {error.strerror}\n")
        return _CANNOT_WRITE
    return code


def _give_up_stderr() -> None:
    """What a terminal that was closed did not take. Python would try again at its end, and exit with 120."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
