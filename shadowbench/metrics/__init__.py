"""Quality measures on pairs: plain functions, and what they declare about themselves. They do no IO."""
