"""Meaning: turns the mirror's frames into exchanges of the pair log.

frames → `assembly` (one exchange's bytes) → `observe` and `exchange` (pure: what they say) → `redact` → `writer` (group
commit) → acknowledgement, in the order of CLOSE. It knows frames, wire formats and the store; it must not know the proxy,
the mirror's reasons for sampling, or any metric.
"""
