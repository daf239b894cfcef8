"""Chance, from the seed and a name: every part draws its own, so that what one draws changes nothing of the others."""

from __future__ import annotations

import zlib

import numpy as np


def chance_of(seed: int, *names: str) -> np.random.Generator:
    """The generator of the part of this name. The same seed and name give the same numbers."""
    return np.random.default_rng([seed, zlib.crc32("\0".join(names).encode())])
