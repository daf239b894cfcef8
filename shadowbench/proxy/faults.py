"""What the client is told when production fails before its head, and what the copy says of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionFault:
    """`code` goes to the client and into counters, `reason` into the copy's ABORT frame."""

    status: int
    code: str
    reason: str
    message: str


def _unreachable(code: str, message: str) -> ProductionFault:
    return ProductionFault(status=502, code=code, reason="production_unreachable", message=message)


_CONNECT = {
    "refused": _unreachable("production_refused", "production refused the connection"),
    "reset": _unreachable("production_reset", "production reset the connection while it was being made"),
    "dns": _unreachable("production_dns", "production's host name does not resolve"),
    "tls": _unreachable("production_tls", "no TLS connection to production: certificate or protocol"),
    "unreachable": _unreachable("production_unreachable", "production cannot be reached"),
    "timed_out_connect": ProductionFault(
        status=504, code="production_connect_timed_out", reason="timed_out_connect",
        message="production did not accept a connection in time",
    ),
}  # fmt: skip

FIRST_BYTE = ProductionFault(
    status=504, code="production_first_byte_timed_out", reason="timed_out_first_byte",
    message="production did not begin to answer in time",
)  # fmt: skip
# Of the copy it says what is known of the answer: that it did not begin.
UPLOAD = ProductionFault(
    status=504, code="production_upload_timed_out", reason="timed_out_first_byte",
    message="production stopped reading the request and did not take the rest of it in time",
)  # fmt: skip
IDLE = ProductionFault(
    status=504, code="production_idle_timed_out", reason="timed_out_idle", message="production stopped answering"
)
_RESPONSE = {
    "reset": ProductionFault(
        status=502, code="production_reset", reason="production_reset",
        message="production closed the connection before it answered",
    ),
    "truncated": ProductionFault(
        status=502, code="production_truncated", reason="production_truncated",
        message="production closed the connection in the middle of its answer's head",
    ),
    "stale": ProductionFault(
        status=502, code="production_stale", reason="production_stale",
        message="production closed a kept-alive connection while the request was on its way; it was not sent again",
    ),
    "bad_response": ProductionFault(
        status=502, code="production_bad_response", reason="production_bad_response",
        message="production's answer is not well-formed HTTP/1.1",
    ),
}  # fmt: skip

CODES = tuple(dict.fromkeys(each.code for each in (*_CONNECT.values(), FIRST_BYTE, UPLOAD, IDLE, *_RESPONSE.values())))


def of_connect(reason: str) -> ProductionFault:
    """For the reason of a `ConnectFault`."""
    return _CONNECT.get(reason, _CONNECT["unreachable"])


def of_response(reason: str) -> ProductionFault:
    """For the reason of `ResponseHandler.on_fault`."""
    return _RESPONSE.get(reason, _RESPONSE["reset"])
