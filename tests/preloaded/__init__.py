"""`python -m MODULE` for tests that call a command again and again, without the second that its imports take.

`python("shadowbench.cli")` is how a test starts it: the beginning of a command line, for subprocess or for a shell. What it
names is a client of a few lines (client.py): a process with its own exit code, descriptors, folder and environment. It hands
all of them to a server (server.py) that has imported everything already and forks, and ends as the fork ended.

As true as a process of its own, but for these: signals end the client, not the command; what a library reads of the environment
while it is imported, it has read in the server. Tests of signals, of process ids and of imports start Python themselves.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


def python(module: str) -> list[str]:
    """The command line of `python -m module`, to be continued with its arguments."""
    # -I and -S: the client is to start at once, and needs nothing but the standard library.
    return [sys.executable, "-IS", str(_HERE / "client.py"), _served(), module]


@cache
def _served() -> str:
    """The socket of this process's server, which starts with the first question and ends with this process."""
    folder = tempfile.TemporaryDirectory(prefix="preloaded-")
    path = f"{folder.name}/socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen(16)  # who comes before the server has imported everything waits here
        server = subprocess.Popen(
            [sys.executable, "-P", str(_HERE / "server.py"), str(listener.fileno())],
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,
            env={"PATH": os.defpath, "NO_COLOR": "1"},
            start_new_session=True,
        )
    atexit.register(folder.cleanup)
    atexit.register(server.communicate)  # closes its stdin, which ends it
    return path
