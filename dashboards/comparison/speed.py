"""Times of production and candidates, and what takes part of the answers out of them."""

from __future__ import annotations

from dashboards.kinds import lines
from dashboards.panels import Panel, Query, Section
from dashboards.promql import TARGETS, grown, or_zero, quantile, rate
from dashboards.shared import failures


def _times(title: str, description: str, name: str, nothing: str) -> list[Panel]:
    return [
        lines(
            f"{title}, p{level * 100:g}",
            description,
            Query(expression=quantile(level, name, TARGETS, by="target"), legend="{{target}}"),
            unit="s",
            height=7,
            nothing=nothing,
        )
        for level in (0.5, 0.95, 0.99)
    ]


SECTION = Section(
    title="Speed",
    panels=[
        *_times(
            "Time to first token",
            "From the request's last byte to a stream's first content: text, reasoning, refusal or a tool's "
            "arguments. Production and candidates had the same requests, if not at the very same moment.",
            "time_to_first_token_seconds",
            "no streams",
        ),
        *_times(
            "Duration",
            "From the request's last byte to the answer's last byte, of whole answers. Longer answers take longer: "
            "see “Output tokens”.",
            "request_duration_seconds",
            "no copies",
        ),
        *_times(
            "Gap between pieces",
            "Between two pieces of a stream that have content; each gap counts, so long answers count more.",
            "chunk_gap_seconds",
            "no streams",
        ),
        lines(
            "Left out of times",
            "Answers whose times we disturbed, so that they are in none of these: paused, we read slowly because the "
            "client did; late, our own loop was late. A large share makes the rest less telling.",
            Query(
                expression=or_zero(
                    rate("untimed_observations_total", TARGETS, by="target, reason"), reason="none so far"
                ),
                legend="{{target}} {{reason}}",
            ),
            unit="reqps",
            height=7,
            overrides=[],
        ),
        failures(height=7),
        lines(
            "Other models than before",
            "Times that an endpoint answered as another model or build than before. What was compared until then was "
            "another contestant.",
            Query(
                expression=or_zero(
                    grown("recorder_model_changes_total", TARGETS, by="target, what"), what="none so far"
                ),
                legend="{{target}} {{what}}",
            ),
            unit="short",
            height=7,
            bars=True,
            overrides=[],
        ),
    ],
)
