"""`python -m benchmarks.isolation.awake`: keeps its core from falling asleep, and gives way to everybody else (SCHED_IDLE).

A core that sleeps between requests takes tens of microseconds to wake, in a virtual machine more. A core that mirrors sleeps
less, so that mirroring would look faster than it is, and the difference is larger than what is measured here.
"""

from __future__ import annotations

import os


def main() -> None:
    """Until it is ended."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while True:
        pass


if __name__ == "__main__":
    main()
