"""The recorder, the log, and what is sent out of it."""

from __future__ import annotations

from dashboards.kinds import YES_IS_BAD, lines, states
from dashboards.panels import BAD, Query, Section
from dashboards.promql import grown, least, mean, most, or_none, or_zero, rate, series, total

SECTION = Section(
    title="The recorder and the log",
    panels=[
        states(
            "The log refuses",
            "While the log refuses batches, pairs wait in memory and are then given up. A full disk, a lock, or a "
            "damaged file: the reason is in “Refused by the log”.",
            Query(
                expression=most(series("recorder_store_failing"), by="instance"),
                legend="{{instance}}",
            ),
            names=YES_IS_BAD,
            width=6,
            height=6,
            nothing="not scraped",
        ),
        lines(
            "Waiting for the log",
            "Exchanges that wait for their turn. A steady rise: the disk is slow.",
            Query(expression=total(series("recorder_backlog")), legend="exchanges"),
            unit="short",
            width=6,
            height=6,
            nothing="not scraped",
        ),
        lines(
            "Time of a commit",
            "Mean time to write a batch to the log. A rise comes before pairs that wait: the disk is slow, or "
            "somebody holds a lock.",
            Query(expression=mean("recorder_commit_seconds"), legend="mean"),
            unit="s",
            width=6,
            height=6,
            limits=[(1, BAD)],
            nothing="nothing was written",
        ),
        lines(
            "Room left",
            "What the log's device has left. At 0 the log refuses: bound it with store.retention.max_bytes.",
            Query(expression=least(series("store_free_bytes"), by="instance"), legend="{{instance}}"),
            unit="bytes",
            width=6,
            height=6,
            nothing="nothing was written",
        ),
        lines(
            "Written and given up",
            "Exchanges by what became of them in the recorder, and why.",
            Query(
                expression=or_none(rate("recorder_exchanges_total", by="result, reason"), "result"),
                legend="{{result}} {{reason}}",
            ),
            unit="reqps",
        ),
        lines(
            "Refused by the log",
            "Batches, notes of the funnel and slices of pruning that the log refused, by reason.",
            Query(expression=or_none(rate("recorder_store_failures_total", by="reason")), legend="batches: {{reason}}"),
            Query(expression=or_none(rate("recorder_dropped_notes_total", by="reason")), legend="notes: {{reason}}"),
            Query(expression=or_none(rate("store_prune_failures_total", by="reason")), legend="pruning: {{reason}}"),
            unit="cps",
        ),
        lines(
            "Size of the log",
            "Bytes that hold something, and the write-ahead file. That grows for long: a reader holds a transaction "
            "open. Bound the log with store.retention.",
            Query(expression=total(series("store_used_bytes")), legend="used"),
            Query(expression=total(series("store_wal_bytes")), legend="write-ahead file"),
            unit="bytes",
            nothing="not told yet",
        ),
        lines(
            "Taken out by retention",
            "Exchanges that were removed, by the bound they were beyond.",
            Query(expression=or_none(rate("store_pruned_exchanges_total", by="reason")), legend="{{reason}}"),
            unit="cps",
        ),
        lines(
            "Exports",
            "Files of new pairs that were sent, attempts that failed, by reason, and exchanges that retention "
            "removed before they were sent.",
            Query(expression=or_zero(grown("export_files_total")), legend="files"),
            Query(expression=or_none(grown("export_failures_total", by="reason")), legend="failed: {{reason}}"),
            Query(expression=or_zero(grown("export_missed_exchanges_total")), legend="missed exchanges"),
            unit="short",
            bars=True,
        ),
        lines(
            "Age of the last export",
            "Since the last export began that sent all there was. Well above store.export.every_s: it fails, or "
            "cannot keep up.",
            Query(expression=most(series("export_lag_seconds"), by="instance"), legend="{{instance}}"),
            unit="s",
            nothing="no export is set up",
        ),
    ],
)
