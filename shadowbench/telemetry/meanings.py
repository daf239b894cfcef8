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
    # the proxy
    "proxy_accepted_connections_total": "Client connections accepted.",
    "proxy_accept_errors_total": "Client connections that could not be accepted, by reason.",
    "proxy_open_connections": "Client connections that stand.",
    "proxy_requests_total": "Requests begun.",
    "proxy_active_requests": "Requests under way.",
    "proxy_answered_requests_total": "Requests whose answer from production was forwarded whole.",
    "proxy_refused_requests_total": "Requests refused before production saw them, by reason.",
    "proxy_cancelled_requests_total": "Requests given up because the client left, by reason.",
    "proxy_production_faults_total": "Requests that production did not answer whole, by reason.",
    "proxy_production_connections": "Connections to production that stand.",
    "proxy_tunnels_total": "Connections upgraded to a raw tunnel. They are never mirrored.",
    "proxy_dropped_trailers_total": "Messages whose trailers were dropped.",
    # both ends of the handoff
    "handoff_connected": "1 while the proxy worker is connected to the mirror.",
    "handoff_admitted_ratio": "Share of the sampling range that is handed off now; below the policy's rate under overload.",
    "handoff_exchanges_total": "Exchanges by what the proxy decided about their copy.",
    "handoff_errors_total": "Faults of our own while copying, by operation. Any is a bug; no client saw it.",
    "handoff_skipped_total": "Exchanges chosen and not copied, by reason.",
    "handoff_unsettled": "Exchanges handed off that are neither in the log nor counted as discarded yet.",
    "handoff_lost_total": "Exchanges handed off and lost, by reason.",
    "handoff_disconnects_total": "Connections to the next process that ended.",
    "handoff_hangups_total": "Connections given up because the next process stopped reading.",
    "handoff_refusals_total": "Connections refused, by reason: another user's socket, or not our protocol.",
    # the mirror
    "mirror_exchanges_total": "Exchanges by the stage they reached, and why they went no further.",
    "mirror_proxies": "Proxy connections that stand.",
    "mirror_proxies_lost_total": "Proxy connections that ended without a goodbye.",
    "mirror_refusals_total": "Proxy connections refused, by reason: another user, or not our protocol.",
    "mirror_late_frames_total": "Frames of exchanges settled before: normal after the mirror dropped some.",
    "mirror_miscounted_acks_total": "Settlements the recorder reported beyond the exchanges it was given. Always 0.",
    "mirror_live_exchanges": "Exchanges whose production side has not ended.",
    "mirror_held_request_bytes": "Request bytes held until every candidate was called.",
    "mirror_unsettled_exchanges": "Exchanges told to the recorder and not settled by it yet.",
    "mirror_loop_lag_seconds": "Worst delay of the mirror's event loop since the last snapshot.",
    "lane_calls_total": "Candidate calls by the stage they reached, and why they went no further.",
    "lane_retries_total": "Calls begun again on a fresh connection because a pooled one had been closed.",
    "lane_queue_depth": "Requests that wait for the candidate.",
    "lane_running": "Calls to the candidate under way.",
    # the recorder
    "recorder_connections": "Mirror connections that stand.",
    "recorder_refusals_total": "Mirror connections refused, by reason.",
    "recorder_exchanges_total": "Exchanges by what became of them in the recorder, and why.",
    "recorder_open_exchanges": "Exchanges whose frames are still coming.",
    "recorder_held_bytes": "Bytes of exchanges that are open or wait for the log.",
    "recorder_backlog": "Exchanges that wait for the log.",
    "recorder_read_errors_total": "Exchanges whose bytes could not be read as an answer, by exception. Please report them.",
    "recorder_redactions_total": "Placeholders left in the log instead of what stood there, by kind.",
    "recorder_commit_seconds": "Time to commit a batch to the log.",
    "recorder_store_failures_total": "Batches the log refused, by reason.",
    "recorder_store_failing": "1 while the log refuses batches.",
    "observations_total": "Observations in the log by endpoint and outcome.",
    "store_wal_bytes": "Size of the log's write-ahead file. Growing for long: a reader holds a transaction open.",
}
