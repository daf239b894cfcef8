"""Production's faults in the log: which request it was, what went wrong. Few of each kind, however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from shadowbench.outlet import Throttle
from shadowbench.proxy.lines import Naming, request_id, route_of, shown_path, trace_id

if TYPE_CHECKING:
    from shadowbench.http1.requests import RequestHead
    from shadowbench.proxy.faults import ProductionFault

# Of one kind of fault: so many at once, then one in so many seconds. Counters have them all.
_BURST, _EVERY_S = 5, 5.0


class Complaints:
    """One per worker. `log`: the worker's."""

    def __init__(self, log: Callable[..., None], *, naming: Naming, upstream: str) -> None:
        self._log = log
        self._naming = naming
        self._upstream = upstream
        self._throttle = Throttle(burst=_BURST, every_s=_EVERY_S)

    def tell(self, fault: ProductionFault, head: RequestHead, *, answered: bool, now: float) -> None:
        """`answered`: the client has the head of an answer and saw it break. `now`: monotonic seconds."""
        untold = self._throttle.admit(fault.code, now)
        if untold is None:
            return
        try:
            self._tell(fault, head, answered, untold)
        except Exception as error:  # noqa: BLE001  a bug of ours must not keep the client from its answer
            context = {"message": "complaints", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    def _tell(self, fault: ProductionFault, head: RequestHead, answered: bool, untold: int) -> None:
        self._log(
            "warning",
            f"production failed: {fault.code}",
            status=None if answered else fault.status,
            broken_off=answered,
            request_id=request_id(self._naming, head.fields, []),
            trace_id=trace_id(head.fields),
            method=head.method.decode("latin-1"),
            route=route_of(self._naming, head.path),
            path=shown_path(head.path),
            upstream=self._upstream,
            **({"suppressed": untold} if untold else {}),
        )
