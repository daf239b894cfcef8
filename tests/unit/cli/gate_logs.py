"""Small pair logs with a plain answer, for `gate` and `plan`; every exchange is a cluster of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from shadowbench.records import NO_USAGE, Observation, Outcome
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, an_observation

HOUR = 3600.0


def failing_in(every: int) -> Callable[[int], Observation]:
    """A candidate `small` that fails in every so many requests; 0: never."""

    def seen(number: int) -> Observation:
        if every and number % every == 0:
            return an_observation(
                endpoint="small", outcome=Outcome.HTTP_ERROR, reason="status", status=500, answer=None, usage=NO_USAGE
            )
        return an_observation(endpoint="small")

    return seen


def write_log(path: Path, *, exchanges: int = 300, small: Callable[[int], Observation] | None = None) -> Path:
    """A log of one exchange in an hour. The lane `again` answers as production does."""
    seen = small or failing_in(0)
    with closing(open_log(f"sqlite:///{path}", "write")) as log:
        log.append(
            [
                an_exchange(
                    number,
                    an_observation(endpoint="again"),
                    seen(number),
                    cluster_key=f"c{number}",
                    started_at=1_760_000_000.0 + number * HOUR,
                )
                for number in range(1, exchanges + 1)
            ]
        )
    return path
