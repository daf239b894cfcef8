"""Every process of every sidecar."""

from __future__ import annotations

from dashboards.kinds import YES_IS_GOOD, lines, number, states
from dashboards.panels import ODD, Query, Section
from dashboards.promql import grown, last_hour, least, most, or_none, or_zero, series, total

SECTION = Section(
    title="Processes",
    panels=[
        states(
            "Ready",
            "Each process of each sidecar, and whether it serves: one that hangs, silent for ten seconds, does not. The "
            "proxy matters to clients; all others only to pairs.",
            Query(
                expression=least(series("worker_ready"), by="instance, role, worker"),
                legend="{{role}} {{worker}} {{instance}}",
            ),
            names=YES_IS_GOOD,
            width=12,
            height=9,
            nothing="not scraped",
        ),
        lines(
            "Started again",
            "Processes that ended unasked and were started again. Once is an accident; again and again: read its "
            "log, and look whether the kernel killed it for its memory.",
            Query(expression=grown("worker_restarts_total", by="instance, role"), legend="{{role}} {{instance}}"),
            unit="short",
            bars=True,
            width=6,
            height=9,
            nothing="not scraped",
        ),
        number(
            "Leaving",
            "Sidecars that are shutting down now: no new connections, running answers finish.",
            Query(expression=total(series("draining")), legend="leaving"),
            unit="short",
            width=6,
            height=9,
            limits=[(1, ODD)],
            nothing="not scraped",
        ),
        lines(
            "Memory",
            "Resident memory of each kind of process, of the one that has most. A proxy wants 35 MiB and little for "
            "each stream; a steady rise over days is a leak, please report it.",
            Query(expression=most(series("worker_resident_bytes"), by="role"), legend="{{role}}"),
            Query(expression=most(series("scoring_runner_resident_bytes")), legend="runner of metrics"),
            unit="bytes",
            nothing="not scraped",
        ),
        lines(
            "Faults of our own",
            "What should never happen, in the last hour: exceptions nobody expected, faults while copying, answers "
            "that could not be read, accounts that do not add up. No client saw any. Each kind is logged once; "
            "please report them.",
            Query(expression=or_zero(last_hour("worker_uncaught_errors_total")), legend="uncaught exceptions"),
            Query(expression=or_zero(last_hour("handoff_errors_total")), legend="while copying"),
            Query(expression=or_zero(last_hour("recorder_read_errors_total")), legend="answers not read"),
            Query(expression=or_zero(last_hour("mirror_miscounted_acks_total")), legend="settled twice"),
            unit="short",
            nothing="not scraped",
        ),
        lines(
            "Operators' requests and new configurations",
            "What the control port was asked, by action and result, and configurations that were read again: invalid "
            "ones changed nothing.",
            Query(
                expression=or_zero(
                    grown("control_requests_total", by="action, result"), action="control", result="none so far"
                ),
                legend="{{action}}: {{result}}",
            ),
            Query(
                expression=or_none(grown("config_reloads_total", by="result"), "result"),
                legend="configuration: {{result}}",
            ),
            unit="short",
            bars=True,
        ),
    ],
)
