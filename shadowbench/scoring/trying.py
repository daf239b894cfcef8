"""Has a process of its own try out plugins, and waits for it no longer than each may take."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys

from shadowbench.errors import ConfigurationError
from shadowbench.scoring.messages import pack, received
from shadowbench.scoring.options import ScoringOptions
from shadowbench.worker import to_json

PATIENCE_S = 60.0
"""How long the import of one plugin, and of the libraries that it wants, may take."""

_LAST_BREATH_S = 5.0  # for a process whose wire has ended, to end itself


def try_out(options: ScoringOptions, *, patience_s: float = PATIENCE_S) -> None:
    """Import and build what these name. Raises ConfigurationError with the plugin's name, also for one that hangs or ends the
    process. It blocks: call it in a thread where a loop runs.
    """
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(
                # -P: as workers are started; a file in the folder one happens to stand in is not imported.
                (sys.executable, "-P", "-m", "shadowbench.scoring.trial", str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        try:
            ours.settimeout(patience_s)
            _wait(ours, process, options, patience_s)
        finally:
            process.kill()
            process.wait()


def _wait(wire: socket.socket, process: subprocess.Popen[bytes], options: ScoringOptions, patience_s: float) -> None:
    at = ""
    try:
        wire.sendall(pack(to_json(options)))
        with wire.makefile("rb") as incoming:
            while "fits" not in (message := received(incoming)):
                if "refused" in message:
                    raise ConfigurationError(message["refused"])
                at = message["running"]
    except TimeoutError:
        raise ConfigurationError(f"{at or 'trying out plugins'} is not done after {patience_s:g} s") from None
    except (EOFError, ConnectionError):
        raise ConfigurationError(f"{at or 'a plugin'} ended the process ({_how(process)})") from None


def _how(process: subprocess.Popen[bytes]) -> str:
    """How a process came to its end."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        code = process.wait(_LAST_BREATH_S)
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
    return "it hung up"
