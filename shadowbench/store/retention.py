"""How long exchanges stay in the pair log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionOptions:
    """Bounds of the log; None is none. What is beyond any of them goes, oldest first."""

    max_age_s: float | None = None
    max_bytes: int | None = None  # of the file, as far as pages are in use
    max_exchanges: int | None = None

    @property
    def bounds_anything(self) -> bool:
        """Whether there is anything to do."""
        return any(bound is not None for bound in (self.max_age_s, self.max_bytes, self.max_exchanges))
