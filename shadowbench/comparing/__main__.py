"""One look: `python -m shadowbench.comparing`, what to look at as JSON on standard input, effects as JSON on standard output.

The number of threads of numpy's libraries is the caller's, in the environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from shadowbench.comparing.effects import effects
from shadowbench.errors import ShadowbenchError
from shadowbench.reading.opening import read
from shadowbench.report.policy import Policy
from shadowbench.scoring.ties import die_with_parent
from shadowbench.worker import describe, forbid_core_dumps, from_json

_NICENESS = 19


def look(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`store_url`, `policy`, `candidates` (names) and `again` (names of those that are production itself)."""
    policy = from_json(Policy, told["policy"])
    with read([told["store_url"]], candidate=told["candidates"]) as log:
        return effects(log, policy, told["again"]) if log.pairs.n else []


def main() -> int:
    """The exit code: 0, or 1 with a line on standard error."""
    forbid_core_dumps()
    die_with_parent()
    os.nice(_NICENESS)
    try:
        seen = look(json.load(sys.stdin))
    except ShadowbenchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Exception as error:  # noqa: BLE001  the end of the process: one line instead of a traceback
        sys.stderr.write(f"{describe(error)}\n")
        return 1
    sys.stdout.write(json.dumps(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
