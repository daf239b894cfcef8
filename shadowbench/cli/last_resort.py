"""What nobody foresaw: one line that says whose fault it is, and the traceback for those who ask for it.

Python itself would end with 1, which is `gate`'s word for a candidate that failed.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

from shadowbench import __version__
from shadowbench.report.visible import visible

EXIT_CODE = 4
TRACEBACK = "SHADOWBENCH_TRACEBACK"
_PACKAGE = Path(__file__).parents[1]
_MOST = 200  # characters of somebody else's message: it may quote what was read
_ASK = f"{TRACEBACK}=1 shows the traceback"


def unforeseen(error: Exception, environ: Mapping[str, str]) -> str:
    """What goes to stderr, with its line end. What the system refuses is no bug of ours; all else is."""
    wanted = environ.get(TRACEBACK, "") not in ("", "0")
    trace = "".join(traceback.format_exception(error)) if wanted else ""
    ask = "" if wanted else f"; {_ASK}"
    return f"{trace}shadowbench: {_whose(error)}{ask}\n"


def _whose(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"there is too little memory for this: {_place(error)}"
    if isinstance(error, OSError):
        return f"the system refused: {_told(error)} ({_place(error)})"
    return (
        f"this is a bug in shadowbench {__version__}, not in what you did: {_told(error)} ({_place(error)}); "
        "please report this line to the project, with the command that you ran"
    )


def _told(error: Exception) -> str:
    """`KeyError: 'again'`, on one line."""
    text = visible(" ".join(str(error).split()))
    return f"{type(error).__name__}: {text[:_MOST]}{'…' if len(text) > _MOST else ''}"


def _place(error: Exception) -> str:
    """The last line of ours that it went through: `shadowbench/report/gate.py:12`."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not ours:
        return "outside of shadowbench's own files"
    return f"{Path(ours[-1].filename).relative_to(_PACKAGE.parent)}:{ours[-1].lineno}"
