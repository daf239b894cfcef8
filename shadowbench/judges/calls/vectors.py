"""Vectors of texts: how they are kept, and how alike two are. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_KEPT = "<f4"  # what providers make has no more precision


def pack(vector: Sequence[float]) -> bytes:
    """A vector as it is kept: 32-bit floats, little-endian."""
    import numpy as np  # a worker without embeddings does without it

    with np.errstate(over="ignore"):
        return np.asarray(vector, dtype=_KEPT).tobytes()


def unpack(kept: bytes) -> np.ndarray | None:
    """A kept vector, in double precision; None when it is none."""
    import numpy as np

    return np.frombuffer(kept, dtype=_KEPT).astype(np.float64) if kept and len(kept) % 4 == 0 else None


def cosine(one: np.ndarray, other: np.ndarray) -> float | str:
    """The cosine of the angle between two vectors, from -1 to 1; else why there is none."""
    import numpy as np

    if one.shape != other.shape:
        return "unlike_dimensions"
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return "not_a_number"
    length = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return max(-1.0, min(1.0, float(one @ other) / length)) if length else "zero_vector"
