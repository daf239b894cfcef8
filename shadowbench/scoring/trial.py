"""The process in which plugins are tried out: `python -m shadowbench.scoring.trial FD`, started by `trying.py`.

Other people's code may hang, print, and end the process, as soon as it is imported. Here that harms nobody: what it prints goes
nowhere, and what it was at is told before it begins.

    parent   the options
    trial    {"running": WHAT}        as often as a plugin's code is about to run; "" when it came back
             {"refused": WHY}         it cannot work as configured; or
             {"fits": true}           it can
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from shadowbench.errors import ShadowbenchError
from shadowbench.metrics.watching import watched
from shadowbench.scoring.checking import check_here
from shadowbench.scoring.messages import pack, received
from shadowbench.scoring.options import ScoringOptions
from shadowbench.scoring.ties import die_with_parent
from shadowbench.worker import describe, forbid_core_dumps, from_json


def main(wire: socket.socket) -> None:
    """Try out what comes, and say what came of it."""
    with wire.makefile("rb") as incoming:
        options = from_json(ScoringOptions, received(incoming))

    def tell(**message: Any) -> None:
        wire.sendall(pack(message))

    try:
        with watched(lambda what: tell(running=what)):
            check_here(options)
    except ShadowbenchError as error:
        tell(refused=str(error))
    except Exception as error:  # noqa: BLE001  a plugin's: its exceptions are of any kind
        tell(refused=describe(error))
    else:
        tell(fits=True)


if __name__ == "__main__":
    die_with_parent()
    forbid_core_dumps()
    main(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # threads that a plugin began do not keep it
