"""Where the histograms of answers have their edges. Imports nothing: settings take their defaults from here."""

from __future__ import annotations

from dataclasses import dataclass

Edges = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketOptions:
    """Upper ends of buckets, ascending. They stand at values that objectives are set at (1 s, 2 s, 50 ms), because a share
    below any other value can only be guessed."""

    duration_s: Edges = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
    first_token_s: Edges = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0)
    gap_s: Edges = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5)
    tokens: Edges = (10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1e3, 2.5e3, 5e3, 1e4, 2.5e4, 5e4, 1e5, 2.5e5, 1e6)
    cost_usd: Edges = (
        *(1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01),
        *(0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    )
