"""`python client.py SOCKET MODULE ARGUMENT…`: `python -m MODULE ARGUMENT…` by the server at that socket.

Descriptors 0 to 9, arguments, folder and environment go there; the status with which the command ended comes back.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

DESCRIPTORS = range(10)  # those that a shell can name


def main(path: str, module: str, *arguments: str) -> int:
    """The exit code of the command. Where a signal ended it, the same signal ends us."""
    given = [number for number in DESCRIPTORS if _is_open(number)]
    call = {
        "given": given,
        "module": module,
        "arguments": arguments,
        "folder": os.getcwd(),
        "environ": dict(os.environ),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(path)
        socket.send_fds(server, [json.dumps(call).encode()], given)
        code = os.waitstatus_to_exitcode(int(server.recv(64)))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
