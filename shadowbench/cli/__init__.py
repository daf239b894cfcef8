"""The command `shadowbench`: parses arguments, calls one function, turns errors into messages and exit codes.

0 success, 1 gate failed, 2 usage or configuration, 3 inconclusive, 4 could not run. Results go to stdout, all else to stderr.
Libraries are imported by the commands that use them: `--version` and `--help` are immediate.
"""

from __future__ import annotations

import os
import sys

from shadowbench import __version__
from shadowbench.errors import ShadowbenchError

INTERRUPTED = 130  # what shells call a command that Ctrl-C ended
_BROKEN_PIPE = 141  # and one whose reader went away, as in `shadowbench export | head`


def main() -> None:
    """Entry point. Ends the process."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"shadowbench {__version__}\n")
        return
    from shadowbench.cli.app import app

    try:
        app()
    except ShadowbenchError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"shadowbench: {line}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Python would complain once more when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
