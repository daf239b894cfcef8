"""Whether clients can notice mirroring: production's latency and bytes under faults, beside the same load without it.

`python -m benchmarks.isolation` runs it; docs/isolation.md tells the method. Every process but the proxy worker runs on the
second core; the instrument (load and production) goes before all others there, so that it measures the proxy and not its own
hunger.
"""
