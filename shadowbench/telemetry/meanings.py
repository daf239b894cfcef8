"""What each signal means: the HELP text of /metrics. Names without prefix, summaries without _sum and _count.

A test keeps this list equal to the names that the code counts.
"""

MEANINGS = {
    # the parent
    "build_info": "Always 1; the label is the version that runs.",
    "draining": "1 while this sidecar shuts down.",
    "worker_up": "1 while the worker's process lives.",
    "worker_ready": "1 while the worker serves.",
    "worker_restarts_total": "Worker processes started again after they ended unasked.",
    "worker_resident_bytes": "Resident memory of the worker's process.",
    # every worker
    "worker_uncaught_errors_total": "Exceptions nobody expected. Each kind is logged once; please report them.",
    # both ends of the handoff
    "handoff_disconnects_total": "Connections to the next process that ended.",
    "handoff_hangups_total": "Connections given up because the next process stopped reading.",
    "handoff_refusals_total": "Connections refused, by reason: another user's socket, or not our protocol.",
}
