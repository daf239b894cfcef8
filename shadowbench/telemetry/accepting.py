"""Which form of /metrics a reader is answered in. Pure.

Prometheus lists the forms that it reads with a weight for each (RFC 9110 §12.5.1). OpenMetrics is the only one that carries
exemplars; whoever does not ask for it, as a browser or curl, gets the older text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

_OPEN_METRICS = "application/openmetrics-text"
_PLAIN = ("text/plain", "text/*", "*/*")
_VERSIONS = ("", "1.0.0")  # that we write; "": any


@dataclass(frozen=True, slots=True)
class Form:
    """A form of /metrics."""

    content_type: str


TEXT = Form(CONTENT_TYPE_PLAIN_0_0_4)
OPEN_METRICS = Form(CONTENT_TYPE_LATEST)


def form_for(accept: str) -> Form:
    """The form that a reader with this Accept header likes best. One that likes none of ours gets text."""
    open_metrics = plain = 0.0
    for kind, parameters, weight in _ranges(accept):
        if kind == _OPEN_METRICS and parameters.get("version", "") in _VERSIONS:
            open_metrics = max(open_metrics, weight)
        elif kind in _PLAIN:
            plain = max(plain, weight)
    return OPEN_METRICS if open_metrics > 0 and open_metrics >= plain else TEXT


def _ranges(accept: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """The media ranges of an Accept header: type, parameters, weight. What cannot be read is left out."""
    for part in accept.split(","):
        kind, *rest = [piece.strip() for piece in part.split(";")]
        parameters = {
            name.strip().lower(): value.strip(' "') for name, _, value in (each.partition("=") for each in rest)
        }
        try:
            yield kind.lower(), parameters, float(parameters.get("q", "1"))
        except ValueError:
            continue
