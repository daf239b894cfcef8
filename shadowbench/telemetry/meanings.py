"""What each signal means: the HELP text of /metrics, and docs/metrics.md. Names are without prefix.

Tests keep this list equal to what the code counts, and to the names that others build on: tests/unit/telemetry/series.txt.
"""

from __future__ import annotations

from shadowbench.telemetry.declaring import Part, Signal, counter, gauge, histogram, summary

PARTS = (
    Part(
        title="The parent",
        of_workers=False,
        signals=(
            gauge(
                "build_info",
                "version compiled",
                "Always 1; the labels are the version that runs, and whether its hot path is compiled (yes, no).",
            ),
            gauge("draining", "", "1 while this sidecar shuts down."),
            gauge("worker_up", "role worker", "1 while the worker's process lives."),
            gauge("worker_ready", "role worker", "1 while the worker serves, and was heard of within ten seconds."),
            gauge(
                "worker_silent_seconds",
                "role worker",
                "Since the worker was last heard of; each says something every second. One of many seconds hangs.",
            ),
            counter("worker_restarts_total", "role worker", "Worker processes started again after they ended unasked."),
            gauge("worker_resident_bytes", "role worker", "Resident memory of the worker's process."),
            gauge("mirroring_enabled", "", "1 while requests are copied; 0 while paused, killed or configured off."),
            counter("control_requests_total", "action result", "Requests to the control port by action and result."),
            counter(
                "config_reloads_total",
                "result",
                "Times that the configuration was read again, by result: applied, unchanged or invalid.",
            ),
        ),
    ),
    Part(
        title="Every worker",
        signals=(
            counter(
                "worker_uncaught_errors_total",
                "",
                "Exceptions nobody expected. Each kind is logged once; please report them.",
            ),
            counter(
                "log_dropped_lines_total",
                "",
                "Log lines that nobody took from standard error. The parent's own stand under the role parent.",
            ),
        ),
    ),
    Part(
        title="The proxy",
        signals=(
            counter("proxy_accepted_connections_total", "", "Client connections accepted."),
            counter("proxy_accept_errors_total", "reason", "Client connections that could not be accepted, by reason."),
            gauge("proxy_open_connections", "", "Client connections that stand."),
            counter("proxy_requests_total", "", "Requests begun."),
            gauge("proxy_active_requests", "", "Requests under way."),
            counter("proxy_answered_requests_total", "", "Requests whose answer from production was forwarded whole."),
            counter(
                "proxy_refused_requests_total",
                "reason",
                "Requests refused before production saw them, by reason.",
            ),
            counter(
                "proxy_cancelled_requests_total",
                "reason",
                "Requests given up because the client left, by reason.",
            ),
            counter(
                "proxy_production_faults_total",
                "reason",
                "Requests that production did not answer whole, by reason.",
            ),
            gauge("proxy_production_connections", "", "Connections to production that stand."),
            histogram(
                "proxy_overhead_seconds",
                "",
                "What the proxy added to an exchange, from reading to writing on both ways, without waiting.",
            ),
            counter("access_log_lines_total", "", "Lines of the access log (proxy.access_log) that were written."),
            counter(
                "access_log_dropped_total",
                "reason",
                "Lines of it that were not, by reason: above max_per_second (rate), taken by nobody (stderr), a bug (fault).",
            ),
            counter("proxy_tunnels_total", "", "Connections upgraded to a raw tunnel. They are never mirrored."),
            counter("proxy_dropped_trailers_total", "", "Messages whose trailers were dropped."),
        ),
    ),
    Part(
        title="Both ends of the handoff",
        signals=(
            gauge("handoff_connected", "", "1 while the proxy worker is connected to the mirror."),
            gauge(
                "handoff_admitted_ratio",
                "",
                "Share of the sampling range that is handed off now; below the policy's rate under overload.",
            ),
            counter(
                "handoff_exchanges_total",
                "decision",
                "Requests by what the proxy decided about their copy; each is counted once.",
            ),
            counter(
                "handoff_unwanted_total",
                "",
                "Of the sampled exchanges: copying ended early because the mirror had no use for them.",
            ),
            counter(
                "handoff_cut_short_total",
                "",
                "Of the sampled exchanges: copies given up halfway because the mirror did not keep up.",
            ),
            counter(
                "handoff_errors_total",
                "operation",
                "Faults of our own while copying, by operation. Any is a bug; no client saw it.",
            ),
            gauge(
                "handoff_unsettled",
                "",
                "Exchanges handed off that are neither in the log nor counted as discarded yet.",
            ),
            counter(
                "handoff_lost_total",
                "reason",
                "Exchanges handed off and not acknowledged when the mirror died, by reason: at most so many are lost.",
            ),
            counter("handoff_disconnects_total", "", "Connections to the next process that ended."),
            counter("handoff_hangups_total", "", "Connections given up because the next process stopped reading."),
            counter(
                "handoff_refusals_total",
                "reason",
                "Connections refused, by reason: another user's socket, another version, or not our protocol.",
            ),
        ),
    ),
    Part(
        title="The mirror",
        signals=(
            counter(
                "mirror_exchanges_total",
                "stage reason",
                "Exchanges by the stage they reached, and why they went no further.",
            ),
            gauge("mirror_proxies", "", "Proxy connections that stand."),
            counter("mirror_proxies_lost_total", "", "Proxy connections that ended without a goodbye."),
            counter(
                "mirror_refusals_total",
                "reason",
                "Proxy connections refused, by reason: another user, another version, or not our protocol.",
            ),
            counter(
                "mirror_late_frames_total",
                "",
                "Frames of exchanges settled before: normal after the mirror dropped some.",
            ),
            counter(
                "mirror_miscounted_acks_total",
                "",
                "Settlements the recorder reported beyond the exchanges it was given. Always 0.",
            ),
            gauge("mirror_live_exchanges", "", "Exchanges whose production side has not ended."),
            gauge("mirror_held_request_bytes", "", "Request bytes held until every candidate was called."),
            gauge("mirror_unsettled_exchanges", "", "Exchanges told to the recorder and not settled by it yet."),
            gauge("mirror_loop_lag_seconds", "", "Worst delay of the mirror's event loop since the last snapshot."),
            counter(
                "lane_calls_total",
                "candidate stage reason",
                "Candidate calls by the stage they reached, and why they went no further.",
            ),
            counter(
                "lane_retries_total",
                "candidate reason",
                "Attempts that came to nothing and were followed by another, by reason.",
            ),
            gauge("lane_queue_depth", "candidate", "Requests that wait for the candidate."),
            gauge(
                "lane_share_ratio",
                "candidate",
                "Share of what its rate chooses that a candidate gets now; below 1 under its cap or overload.",
            ),
            gauge("lane_running", "candidate", "Calls to the candidate under way."),
            gauge("lane_breaker_open", "candidate", "1 while the candidate is left alone because it failed."),
            gauge(
                "lane_budget_left_usd",
                "candidate window",
                "What the candidate may still cost in this window, less reservations; for limits that are set.",
            ),
        ),
    ),
    Part(
        title="The recorder",
        signals=(
            gauge("recorder_connections", "", "Mirror connections that stand."),
            counter("recorder_refusals_total", "reason", "Mirror connections refused, by reason."),
            counter(
                "recorder_exchanges_total",
                "result reason",
                "Exchanges by what became of them in the recorder, and why.",
            ),
            gauge("recorder_open_exchanges", "", "Exchanges whose frames are still coming."),
            gauge("recorder_held_bytes", "", "Bytes of exchanges that are open or wait for the log."),
            gauge("recorder_backlog", "", "Exchanges that wait for the log."),
            counter(
                "recorder_read_errors_total",
                "kind",
                "Exchanges whose bytes could not be read as an answer, by exception. Please report them.",
            ),
            counter(
                "recorder_redactions_total",
                "kind",
                "Placeholders left in the log instead of what stood there, by kind.",
            ),
            counter(
                "recorder_findings_total",
                "kind where",
                "Distinct secrets and personal data found, by kind and where; of answers, those new in them.",
            ),
            counter(
                "recorder_leaks_total",
                "",
                "Texts and bodies withheld: a credential was left in them after redaction. Any is a bug.",
            ),
            summary("recorder_commit_seconds", "", "Time to commit a batch to the log."),
            counter(
                "recorder_store_failures_total",
                "reason",
                "Batches the log refused, by reason: disk_full, busy, io_error, corrupt, read_only, moved (its file is no "
                "longer the one that was opened), unavailable (no folder, a newer or another program's file), other.",
            ),
            gauge("recorder_store_failing", "", "1 while the log refuses batches."),
            counter(
                "recorder_dropped_notes_total",
                "reason",
                "Funnel counts and marks that did not reach the log, by reason.",
            ),
        ),
    ),
    Part(
        title="Exports to OpenTelemetry",
        signals=(
            counter(
                "otlp_spans_total",
                "result",
                "Spans by what became of them: sent, failed (not taken) or dropped (too many waited, or we left).",
            ),
            counter(
                "otlp_failures_total",
                "signal reason",
                "Exports that failed, by signal (traces, metrics) and reason: of the receiver, or a fault of ours.",
            ),
            gauge("otlp_waiting_exchanges", "", "Exchanges whose calls wait to be sent; at most 2,048."),
        ),
    ),
    Part(
        title="The log and its exports",
        signals=(
            counter("export_files_total", "", "Files of new pairs that were exported."),
            counter(
                "export_failures_total",
                "reason",
                "Exports that failed, by reason. They are tried again from where they stopped.",
            ),
            counter("export_missed_exchanges_total", "", "Exchanges that retention removed before they were exported."),
            gauge("export_lag_seconds", "", "Since the last export began that sent all there was."),
            gauge(
                "store_used_bytes",
                "",
                "Bytes of the log's file that hold something; the rest is free for what comes next.",
            ),
            counter(
                "store_pruned_exchanges_total",
                "reason",
                "Exchanges that retention took out of the log, by the bound they were beyond.",
            ),
            counter(
                "store_prune_failures_total",
                "reason",
                "Slices of pruning that the log refused, by reason. They are tried again.",
            ),
            gauge(
                "store_wal_bytes",
                "",
                "Size of the log's write-ahead file. Growing for long: a reader holds a transaction open.",
            ),
            gauge(
                "store_free_bytes", "", "Bytes that the log's device has left, as of the last batch that was written."
            ),
        ),
    ),
    Part(
        title="Answers, counted by the recorder",
        signals=(
            histogram(
                "request_duration_seconds",
                "target",
                "From the request's last byte to the answer's last byte, of whole answers; none whose times we disturbed.",
            ),
            histogram(
                "time_to_first_token_seconds",
                "target",
                "From the request's last byte to a stream's first content: text, reasoning, refusal or a tool's arguments.",
            ),
            histogram(
                "chunk_gap_seconds",
                "target",
                "Between two pieces of a stream that have content; each gap counts.",
            ),
            histogram(
                "request_input_tokens",
                "target",
                "Input tokens of a request, cached ones included, where the provider reports them.",
            ),
            histogram(
                "request_output_tokens",
                "target",
                "Output tokens of an answer, reasoning included, where the provider reports them.",
            ),
            histogram(
                "request_cost_usd",
                "target",
                "Cost of a request with all of its attempts, in USD, where it is known.",
            ),
            counter("tokens_total", "target type", "Tokens as providers report them, by type: input or output."),
            counter(
                "token_parts_total",
                "target part",
                "Of the tokens in tokens_total: cached_input, cache_write and reasoning.",
            ),
            counter(
                "untimed_observations_total",
                "target reason",
                "Answers left out of the histograms of times: we read slowly (paused), or our loop was late.",
            ),
            gauge(
                "target_info",
                "target host model dialect",
                "Always 1; what stands behind a target's name. An empty label: as the client asks for it.",
            ),
            counter(
                "recorder_cost_usd_total",
                "target",
                "What observations in the log cost, in USD, by target; without those whose cost is unknown.",
            ),
            counter(
                "recorder_unpriced_total",
                "target reason",
                "Observations in the log whose cost is unknown, by target and reason.",
            ),
            counter(
                "recorder_model_changes_total",
                "target what",
                "Times that an endpoint answered as another model or build than before, by what changed.",
            ),
            counter("observations_total", "target outcome", "Observations in the log by target and outcome."),
        ),
    ),
    Part(
        title="The scorer",
        signals=(
            histogram(
                "score",
                "candidate metric side",
                "Scores of measures with bounds, 0 the least possible value and 1 the greatest, by whose value it is.",
            ),
            counter(
                "verdicts_total",
                "candidate judge verdict",
                "Pairs by what a judge makes of them: win (the candidate is better), tie or loss.",
            ),
            counter(
                "scores_total",
                "metric outcome",
                "Scores by metric or judge, and by outcome: scored, absent, or failed through the metric's own fault.",
            ),
            gauge(
                "scoring_backlog_pairs",
                "lane",
                "Pairs that lack a score, by lane; not those that lack nothing but scores of suspended metrics.",
            ),
            gauge("scoring_backlog_age_seconds", "lane", "Since the oldest of these pairs came, by lane."),
            counter(
                "scoring_runner_deaths_total",
                "reason",
                "Processes of metrics that crashed, or were ended because a call did not end, by reason.",
            ),
            gauge("scoring_runner_resident_bytes", "", "Resident memory of the process that runs metrics."),
            gauge(
                "scoring_suspended_metrics",
                "",
                "Metrics that are left out for a while because they hung or crashed again and again.",
            ),
            gauge("scoring_suspended_pairs", "", "Pairs that lack nothing but scores of suspended metrics."),
            counter(
                "scoring_store_failures_total",
                "reason",
                "Claims and settlements that the log refused, by reason. They are tried again.",
            ),
            gauge("scoring_lane_over", "lane reason", "1 when a lane of a run that is to end has ended, by reason."),
        ),
    ),
    Part(
        title="How candidates compare",
        signals=(
            gauge(
                "comparison_estimate",
                "candidate measure statistic against scale claim",
                "Effect of each primary and guardrail claim of the policy; a confidence sequence goes with it.",
            ),
            gauge(
                "comparison_low",
                "candidate measure statistic against scale claim",
                "Lower bound of the effect, which holds however often one looks.",
            ),
            gauge(
                "comparison_high",
                "candidate measure statistic against scale claim",
                "Upper bound of the effect, which holds however often one looks.",
            ),
            gauge(
                "comparison_allowed",
                "candidate measure statistic against scale claim",
                "The effect that would just do: no difference less the claim's margin, or the claim's bound.",
            ),
            gauge(
                "comparison_clusters",
                "candidate measure statistic against scale claim",
                "Independent groups of pairs (conversations, users) that the effect is of.",
            ),
            gauge(
                "comparison_refuted",
                "candidate measure statistic against scale claim",
                "1 where the effect is shown to be beyond what the claim allows, at a bound corrected for all claims; else 0.",
            ),
            gauge("comparison_timestamp_seconds", "", "When the log was looked at, in Unix seconds."),
            counter("comparison_runs_total", "result", "Looks at the whole log, by result: done or failed."),
        ),
    ),
    Part(
        title="Judges' calls",
        signals=(
            counter(
                "judge_calls_total",
                "judge outcome",
                "Attempts to ask a judge's or embeddings endpoint, by judge and outcome; each is counted.",
            ),
            counter(
                "judge_retries_total",
                "judge reason",
                "Attempts that came to nothing and were followed by another, by judge and reason.",
            ),
            counter(
                "judge_cached_total",
                "judge",
                "Questions and texts that needed no call, because the answer was kept, by judge.",
            ),
            counter(
                "judge_refused_total",
                "judge reason",
                "Questions that got no answer, by judge and reason: budget, unpriced, or a failure of their own.",
            ),
            counter(
                "judge_pauses_total",
                "judge reason",
                "Times that an endpoint turned out to be out of order, by judge and reason.",
            ),
            counter(
                "judge_cost_usd_total",
                "judge",
                "What calls cost, in USD, by judge; with the most it can have been where a call broke off.",
            ),
            counter("judge_unpriced_total", "judge reason", "Calls whose cost is unknown, by judge and reason."),
            counter("judge_canary_runs_total", "judge set", "Runs of frozen sets that were due, by judge and set."),
            gauge(
                "judge_drifted",
                "judge set",
                "1 while a judge's last run of a frozen set lies outside of its first run's interval, by judge and set.",
            ),
            gauge("judge_in_flight", "judge", "Calls under way to the judge's endpoint, of all judges that share it."),
            gauge(
                "judge_concurrency_allowed",
                "judge",
                "Calls that the judge's endpoint gets at a time now; fewer after it said it was too much.",
            ),
        ),
    ),
)

MEANINGS: dict[str, Signal] = {signal.name: signal for part in PARTS for signal in part.signals}
