"""The scoring process: `python -m shadowbench.scoring`, options as JSON from its parent."""

from __future__ import annotations

import os
from typing import Any

from shadowbench.scoring.options import ScoringOptions
from shadowbench.scoring.worker import Scorer
from shadowbench.worker import Parent, from_json, run

_NICENESS = 19  # behind everything else


async def main(parent: Parent, fields: dict[str, Any]) -> None:
    """Score until drained; with `once`, until all is scored that can be now."""
    os.nice(_NICENESS)
    # What a plugin prints when it is imported would stand among what a command prints.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    await Scorer(from_json(ScoringOptions, fields), parent, os.environ).run()


if __name__ == "__main__":
    run(main)
