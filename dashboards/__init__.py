"""Grafana's dashboards, as code: `script/dashboards` writes config/grafana.

`overview`, `comparison` and `operations` say which panels there are and what each answers, a module for each row; `promql`
writes their expressions, `panels` and `kinds` what Grafana draws, `board` what stands around them. Nothing here runs with a
sidecar or imports its code: tests hold the names of signals against those that a sidecar tells.
"""
