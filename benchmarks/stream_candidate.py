"""A candidate of token streams that end: `python -m benchmarks.stream_candidate PORT`, for `benchmarks.pipeline`.

Serves what `sse_origin` does, in a process of its own: the query says how many chunks a stream has (`?chunks=150`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import uvloop

from benchmarks import sse_origin


async def serve(port: int) -> None:
    """Serve for ever."""
    server, _ = await sse_origin.serve(port)
    await server.serve_forever()


def main(arguments: Sequence[str]) -> None:
    """Serve as the command line says."""
    uvloop.run(serve(int(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
