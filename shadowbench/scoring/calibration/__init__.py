"""The measure of judges: what people say about pairs, what judges say about the same, and whether they still say it.

Decisions are pure: labels, verdicts and scores in, cards, queues and alarms out. Only `evidence` reads a log, only
`label_queue_file` a file, and only `canary_run` asks anybody.
"""
