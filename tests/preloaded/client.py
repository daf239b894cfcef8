"""`python client.py SOCKET MODULE ARGUMENT…`: `python -m MODULE ARGUMENT…` by the server at that socket.

Descriptors 0 to 9, arguments, folder and environment go there; the status with which the command ended comes back.
It starts for every command, so it imports what is built in alone: `socket` and `json` would take longer than all the rest.
"""

from __future__ import annotations

import _socket
import array
import marshal
import os
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
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    server.connect(path)
    server.sendmsg([marshal.dumps(call)], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", given))])
    code = os.waitstatus_to_exitcode(int(server.recv(64)))
    if code < 0:
        import signal

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
