"""Benchmarks: our proxy beside its peers, on this machine. `python -m benchmarks.run` (or `make bench`) prints the table.

Measured processes run on one core, everything that loads them on another. What is compared comes from one run, in interleaved
rounds, because two runs on a shared machine do not compare.
"""
