"""The scorer: claims pairs that lack scores, runs metrics, then judges, and settles what came of it."""
