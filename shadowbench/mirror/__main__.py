"""The mirror worker: `python -m shadowbench.mirror`."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

from shadowbench import worker
from shadowbench.mirror.options import MirrorOptions
from shadowbench.mirror.service import SWITCH_INTERVAL_S, MirrorService

# What waits for candidates is walked by the collector every few exchanges with its usual thresholds, and nothing is found.
_COLLECT = (50_000, 20, 50)
_NICENESS = 5  # where proxy and mirror share a core that is short, clients come first


async def main(parent: worker.Parent, fields: dict[str, Any]) -> None:
    """Serve until told to drain."""
    os.nice(_NICENESS)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    service = MirrorService(worker.from_json(MirrorOptions, fields), parent, os.environ)
    parent.on_message("change", service.orders.change)
    parent.on_message("state", service.orders.state)
    await service.start()
    parent.ready()
    gc.set_threshold(*_COLLECT)  # after `ready`, which sets what suits processes that hold little
    await parent.draining.wait()
    await service.stop()


if __name__ == "__main__":
    worker.run(main)
