"""How signals and logs leave the process: totals over restarts, Prometheus text, structured log lines.

The jobs know nothing of this package: they count in `signals.Counters`, and their parent brings the numbers here.
"""
